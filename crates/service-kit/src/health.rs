//! `/livez`: the process answers. `/readyz`: what it depends on answers, too.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, web};
use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

/// How long one check may take.
const DEADLINE: Duration = Duration::from_secs(2);

type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;
type Check = Arc<dyn Fn() -> Answer + Send + Sync>;

/// Whether this process can do its work. Cheap to clone; red until it is told that it has started.
#[derive(Clone, Default)]
pub struct Health {
    started: Arc<AtomicBool>,
    checks: Arc<RwLock<Vec<(&'static str, Check)>>>,
}

impl Health {
    /// Red, without checks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a check of something that the work depends on. It may take 2 seconds; why it failed is logged, not shown.
    pub fn check<F, Fut, E>(&self, name: &'static str, check: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        let check: Check = Arc::new(move || {
            let answer = check();
            Box::pin(async move { answer.await.map_err(|error| error.to_string()) })
        });
        self.checks.write().unwrap_or_else(PoisonError::into_inner).push((name, check));
    }

    /// From now on the checks decide.
    pub fn started(&self) {
        self.started.store(true, Ordering::Release);
    }

    /// Adds `/livez` and `/readyz`.
    pub fn configure(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::new(self.clone()))
            .service(web::resource("/livez").route(web::get().to(live)))
            .service(web::resource("/readyz").route(web::get().to(ready)));
    }

    /// What each check says, by name.
    async fn look(&self) -> Vec<(&'static str, bool)> {
        let checks = self.checks.read().unwrap_or_else(PoisonError::into_inner).clone();
        let started = ("started", self.started.load(Ordering::Acquire));
        let answers =
            checks.into_iter().map(|(name, check)| async move { (name, is_well(name, check()).await) });
        std::iter::once(started).chain(join_all(answers).await).collect()
    }
}

async fn is_well(name: &'static str, answer: Answer) -> bool {
    let error = match timeout(DEADLINE, answer).await {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => error,
        Err(_) => "no answer in time".to_owned(),
    };
    tracing::warn!(check = name, error, "not ready");
    false
}

async fn live() -> HttpResponse {
    uncached(HttpResponse::Ok().json(json!({"status": "ok"})))
}

async fn ready(health: web::Data<Health>) -> HttpResponse {
    let seen = health.look().await;
    let all_well = seen.iter().all(|(_, well)| *well);
    let word = |well: bool| Value::from(if well { "ok" } else { "failing" });
    let checks: Map<String, Value> =
        seen.into_iter().map(|(name, well)| (name.to_owned(), word(well))).collect();
    let mut answer = if all_well { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    uncached(answer.json(json!({"status": word(all_well), "checks": checks})))
}

fn uncached(mut answer: HttpResponse) -> HttpResponse {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Health").field("started", &self.started).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw_http::{Running, start};

    async fn ready(server: &Running) -> (u16, Value) {
        let answer = server.send("GET /readyz HTTP/1.1", b"").await;
        (answer.status, answer.json())
    }

    #[tokio::test]
    async fn ready_means_started_and_all_checks_well() {
        let (health, well) = (Health::new(), Arc::new(AtomicBool::new(false)));
        let asked = Arc::clone(&well);
        health.check("store", move || {
            let well = asked.load(Ordering::Relaxed);
            async move { if well { Ok(()) } else { Err("a password in an error text") } }
        });
        let configured = health.clone();
        let server = start(move |cfg| configured.configure(cfg));
        let expect = |status, started, store| {
            (
                if status == "ok" { 200 } else { 503 },
                json!({"status": status, "checks": {"started": started, "store": store}}),
            )
        };

        assert_eq!(ready(&server).await, expect("failing", "failing", "failing"));
        health.started();
        assert_eq!(ready(&server).await, expect("failing", "ok", "failing"));
        well.store(true, Ordering::Relaxed);
        assert_eq!(ready(&server).await, expect("ok", "ok", "ok"));
        assert_eq!(server.send("GET /livez HTTP/1.1", b"").await.json(), json!({"status": "ok"}));
    }
}
