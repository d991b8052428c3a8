//! Who writes next. Appends, because somebody waits for their answer; but appends that never end leave a quarter of the
//! time to projections.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::Turn;

/// How long after an append another one goes before a projection that waits. Longer than the way of an answer to a
/// client and of its next request back, with a batch of facts to be read and checked.
const MOMENT: Duration = Duration::from_millis(8);
/// How long a projection lets appends go before it: at least so long, and three times as long as the last projection lasted.
const PATIENCE: Duration = Duration::from_millis(20);

/// Those who wait for a turn.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    appends: mpsc::Receiver<T>,
    projections: mpsc::Receiver<T>,
    /// The projection that comes next, and since when it waits.
    projection: Option<(T, Instant)>,
    last_append: Instant,
    patience: Duration,
}

impl<T> Queue<T> {
    pub(crate) fn new(appends: mpsc::Receiver<T>, projections: mpsc::Receiver<T>) -> Self {
        Self { appends, projections, projection: None, last_append: Instant::now(), patience: PATIENCE }
    }

    /// The next one; none when nobody can ask any more.
    pub(crate) async fn next(&mut self) -> Option<(Turn, T)> {
        // Its patience begins to run although appends are always there.
        if self.projection.is_none() {
            self.projection = self.projections.try_recv().ok().map(|ask| (ask, Instant::now()));
        }
        if self.projection.is_none() {
            tokio::select! {
                biased;
                append = self.appends.recv() => return self.append(append),
                projection = self.projections.recv() => self.projection = Some((projection?, Instant::now())),
            }
        }
        let patience = self.patience.saturating_sub(self.waited());
        let moment = MOMENT.saturating_sub(self.last_append.elapsed());
        if !patience.is_zero()
            && let Ok(append) = timeout(patience.min(moment), self.appends.recv()).await
        {
            return self.append(append);
        }
        self.projection.take().map(|(ask, _)| (Turn::Projection, ask))
    }

    /// How long the projection that comes next has waited.
    fn waited(&self) -> Duration {
        self.projection.as_ref().map_or(Duration::ZERO, |(_, since)| since.elapsed())
    }

    fn append(&mut self, ask: Option<T>) -> Option<(Turn, T)> {
        self.last_append = Instant::now();
        ask.map(|ask| (Turn::Append, ask))
    }

    /// Tells how long a turn was.
    pub(crate) fn lasted(&mut self, turn: Turn, lasted: Duration) {
        if turn == Turn::Projection {
            self.patience = PATIENCE.max(lasted * 3);
        }
    }
}

#[cfg(test)]
mod tests {
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
}
