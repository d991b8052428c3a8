//! `/metrics` in the text format of Prometheus, of everything that the process counts by the `metrics` crate.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::lifecycle::Lifecycle;

/// How long observations wait to be sorted into buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// Bounds of all histograms of seconds.
const SECONDS: [f64; 15] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0];

/// The figures of this process. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

/// Why nothing is counted.
#[derive(Debug, thiserror::Error)]
#[error("figures cannot be collected: {0}")]
pub struct MetricsError(#[from] BuildError);

impl Metrics {
    /// Collects the figures of this process from now on. Once per process.
    ///
    /// # Errors
    /// When something collects them already.
    pub fn install() -> Result<Self, MetricsError> {
        let buckets = Matcher::Suffix("_seconds".to_owned());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(buckets, &SECONDS)?;
        let figures = Self(builder.install_recorder()?);
        describe();
        metrics::gauge!("batea_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Ok(figures)
    }

    /// Sorts what histograms collected into their buckets every few seconds, as each look at `/metrics` does: without
    /// either, every observation would be kept.
    pub fn keep(&self, lifecycle: &mut Lifecycle) {
        let (figures, shutdown) = (self.0.clone(), lifecycle.shutdown());
        lifecycle.task::<Infallible>("metrics", async move {
            while !shutdown.is_requested() {
                shutdown.pause(UPKEEP).await;
                figures.run_upkeep();
            }
            Ok(())
        });
    }

    /// Adds `/metrics`.
    pub fn configure(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::new(self.clone()))
            .service(web::resource("/metrics").route(web::get().to(show)));
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

fn describe() {
    metrics::describe_counter!("http_requests_total", "Answered requests.");
    metrics::describe_histogram!(
        "http_request_duration_seconds",
        "From a request's head to the head of its answer."
    );
    metrics::describe_gauge!("batea_build_info", "Which version runs; always 1.");
    metrics::describe_gauge!("process_resident_memory_bytes", "Resident memory.");
    metrics::describe_gauge!("process_open_fds", "Open file descriptors.");
}

async fn show(figures: web::Data<Metrics>) -> HttpResponse {
    look_at_process();
    figures.0.run_upkeep();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(figures.0.render())
}

/// What Linux tells about this process; elsewhere these figures are missing.
fn look_at_process() {
    if let Some(bytes) = resident_bytes() {
        metrics::gauge!("process_resident_memory_bytes").set(bytes);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        metrics::gauge!("process_open_fds").set(open.count() as f64);
    }
}

fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1_024.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw_http::start;

    #[tokio::test]
    async fn requests_are_counted_by_route_and_timed_in_buckets() {
        let figures = Metrics::install().unwrap();
        let server = start(move |cfg| figures.configure(cfg));
        server.send("GET /metrics?email=ada@example.com HTTP/1.1", b"").await;
        server.send("GET /ada@example.com HTTP/1.1", b"").await;
        let text = server.send("GET /metrics HTTP/1.1", b"").await.body;
        for line in [
            r#"http_requests_total{method="GET",route="/metrics",status="200"} 1"#,
            r#"http_requests_total{method="GET",route="unmatched",status="404"} 1"#,
            r#"http_request_duration_seconds_bucket{method="GET",route="/metrics",le="10"} 1"#,
            "# HELP http_requests_total Answered requests.",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(text.contains("process_resident_memory_bytes "), "{text}");
        assert!(!text.contains("ada"), "{text}");
    }
}
