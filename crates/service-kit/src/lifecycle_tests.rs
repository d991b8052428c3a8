use std::sync::{Arc, Mutex};

use actix_web::web;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::*;
use crate::server::listen;

type Order = Arc<Mutex<Vec<&'static str>>>;

/// A server whose only answer waits for `go_on`.
fn slow_server(order: &Order, arrived: &Arc<Notify>, go_on: &Arc<Notify>) -> HttpListener {
    let (order, arrived, go_on) = (Arc::clone(order), Arc::clone(arrived), Arc::clone(go_on));
    let slow = move || {
        let (order, arrived, go_on) = (Arc::clone(&order), Arc::clone(&arrived), Arc::clone(&go_on));
        async move {
            arrived.notify_one();
            go_on.notified().await;
            order.lock().unwrap().push("answered");
            "answered"
        }
    };
    let routes = move |cfg: &mut web::ServiceConfig| {
        cfg.service(web::resource("/").route(web::get().to(slow.clone())));
    };
    listen("test", &"127.0.0.1:0".parse().unwrap(), routes).unwrap()
}

#[tokio::test]
async fn what_is_in_flight_is_answered_then_tasks_end_then_the_last_works_are_done() {
    let (order, arrived, go_on) = (Order::default(), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let listener = slow_server(&order, &arrived, &go_on);
    let mut stream = TcpStream::connect(listener.address()).await.unwrap();

    let mut lifecycle = Lifecycle::new();
    let shutdown = lifecycle.shutdown();
    lifecycle.serve(listener);
    let (ended, told) = (Arc::clone(&order), lifecycle.shutdown());
    lifecycle.task("task", async move {
        told.requested().await;
        ended.lock().unwrap().push("task ended");
        Ok::<(), String>(())
    });
    let closed = Arc::clone(&order);
    lifecycle.at_end("close", async move { closed.lock().unwrap().push("closed") });

    stream.write_all(b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").await.unwrap();
    arrived.notified().await;
    let ending = tokio::spawn(async move { lifecycle.stop().await });
    assert!(!shutdown.is_requested(), "tasks go on while a request is in flight");
    go_on.notify_one();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("answered"), "{answer}");
    assert!(ending.await.unwrap());
    assert_eq!(*order.lock().unwrap(), ["answered", "task ended", "closed"]);
}

#[tokio::test]
async fn a_task_that_returns_or_panics_before_it_was_asked_to_ends_the_process_failing() {
    let mut returns = Lifecycle::new();
    returns.task("returns", async { Ok::<(), String>(()) });
    assert!(!returns.run_to_end().await);

    let mut panics = Lifecycle::new();
    panics.task("panics", async { "words".parse::<u16>().map(|_| Err("a number")).unwrap() });
    assert!(!panics.run_to_end().await);
}

#[tokio::test]
async fn a_requested_shutdown_ends_well_unless_a_task_fails_meanwhile() {
    for (outcome, well) in [(Ok(()), true), (Err("could not flush"), false)] {
        let mut lifecycle = Lifecycle::new();
        let told = lifecycle.shutdown();
        lifecycle.task("task", async move {
            told.requested().await;
            outcome
        });
        lifecycle.shutdown().request();
        assert_eq!(lifecycle.run_to_end().await, well);
    }
}

#[tokio::test]
async fn an_answer_that_waits_for_something_is_told_to_end_before_servers_stop() {
    let (order, arrived, go_on) = (Order::default(), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let listener = slow_server(&order, &arrived, &go_on);
    let mut stream = TcpStream::connect(listener.address()).await.unwrap();
    let mut lifecycle = Lifecycle::new();
    let draining = lifecycle.draining();
    lifecycle.serve(listener);
    let waiting = tokio::spawn(async move {
        draining.requested().await;
        go_on.notify_one();
    });
    stream.write_all(b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").await.unwrap();
    arrived.notified().await;
    assert!(!waiting.is_finished());
    let ending = tokio::spawn(async move { lifecycle.stop().await });
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("answered"), "{answer}");
    assert!(ending.await.unwrap());
}
