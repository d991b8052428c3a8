//! Who writes next, in a time that the tests turn on.

use super::*;

type Asks = mpsc::Sender<&'static str>;

fn queue() -> (Asks, Asks, Queue<&'static str>) {
    let ((append, appends), (project, projections)) = (mpsc::channel(8), mpsc::channel(8));
    (append, project, Queue::new(appends, projections))
}

async fn next(queue: &mut Queue<&'static str>) -> &'static str {
    queue.next().await.unwrap().1
}

#[tokio::test(start_paused = true)]
async fn appends_go_before_a_projection_that_came_first() {
    let (append, project, mut queue) = queue();
    project.send("projection").await.unwrap();
    append.send("first").await.unwrap();
    append.send("second").await.unwrap();
    let order = [next(&mut queue).await, next(&mut queue).await, next(&mut queue).await];
    assert_eq!(order, ["first", "second", "projection"]);
}

#[tokio::test(start_paused = true)]
async fn an_append_that_follows_within_a_moment_goes_before_the_projection_too() {
    let (append, project, mut queue) = queue();
    append.send("first").await.unwrap();
    assert_eq!(next(&mut queue).await, "first");
    project.send("projection").await.unwrap();
    let answered = tokio::spawn(async move {
        tokio::time::sleep(MOMENT / 2).await;
        append.send("second").await.unwrap();
        append
    });
    assert_eq!(next(&mut queue).await, "second");
    let _append = answered.await.unwrap();
    assert_eq!(next(&mut queue).await, "projection");
}

#[tokio::test(start_paused = true)]
async fn a_projection_without_appends_does_not_wait() {
    let (_append, project, mut queue) = queue();
    tokio::time::sleep(MOMENT).await;
    project.send("projection").await.unwrap();
    let asked = Instant::now();
    assert_eq!(next(&mut queue).await, "projection");
    assert_eq!(asked.elapsed(), Duration::ZERO);
}

/// Appends of 1 ms, one after the other, until the projection has its turn.
async fn waited(queue: &mut Queue<&'static str>, append: &Asks) -> Duration {
    let asked = Instant::now();
    loop {
        append.send("append").await.unwrap();
        match queue.next().await.unwrap() {
            (Turn::Append, _) => tokio::time::sleep(Duration::from_millis(1)).await,
            (Turn::Projection, _) => return asked.elapsed(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn appends_that_never_end_leave_a_quarter_of_the_time_to_projections() {
    let (append, project, mut queue) = queue();
    for (lasted, patience) in [(1, 20), (50, 150), (5, 20)] {
        queue.lasted(Turn::Projection, Duration::from_millis(lasted));
        project.send("projection").await.unwrap();
        let waited = waited(&mut queue, &append).await;
        // One append more may have been running already.
        assert!(waited.as_millis().abs_diff(patience) <= 2, "{waited:?} instead of {patience} ms");
        while queue.appends.try_recv().is_ok() {}
    }
}

#[tokio::test(start_paused = true)]
async fn when_nobody_can_ask_any_more_it_ends() {
    let (append, project, mut queue) = queue();
    append.send("last").await.unwrap();
    drop((append, project));
    assert_eq!(next(&mut queue).await, "last");
    assert!(queue.next().await.is_none());
}
