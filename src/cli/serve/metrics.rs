//! What the server has done, in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::OwnedSemaphorePermit;

use super::routes::ROUTES;

/// Upper ends of the classes that times are counted in, in seconds.
const BOUNDS: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

#[derive(Default)]
pub struct Metrics {
    /// By route and status.
    requests: Mutex<BTreeMap<(&'static str, u16), u64>>,
    in_flight: AtomicU64,
    pages: AtomicU64,
    pages_failed: AtomicU64,
    blocks: AtomicU64,
    connections_failed: AtomicU64,
    request_times: Mutex<Times>,
    page_times: Mutex<Times>,
}

/// A histogram.
#[derive(Default)]
struct Times {
    /// How many were in each class; those beyond the last are in none.
    counts: [u64; BOUNDS.len()],
    count: u64,
    sum: f64,
}

impl Times {
    fn add(&mut self, time: Duration) {
        let seconds = time.as_secs_f64();
        if let Some(class) = BOUNDS.iter().position(|&bound| seconds <= bound) {
            self.counts[class] += 1;
        }
        self.count += 1;
        self.sum += seconds;
    }

    fn write(&self, text: &mut String, name: &str) {
        let mut below = 0;
        for (bound, count) in BOUNDS.iter().zip(self.counts) {
            below += count;
            add(text, format_args!("{name}_bucket{{le=\"{bound}\"}} {below}"));
        }
        add(text, format_args!("{name}_bucket{{le=\"+Inf\"}} {}", self.count));
        add(text, format_args!("{name}_sum {}", self.sum));
        add(text, format_args!("{name}_count {}", self.count));
    }
}

/// A request to /classify that is under way, up to the last byte of its answer.
pub struct Turn {
    metrics: Arc<Metrics>,
    begin: Instant,
    _place: OwnedSemaphorePermit,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.metrics.in_flight.fetch_sub(1, Ordering::Relaxed);
        locked(&self.metrics.request_times).add(self.begin.elapsed());
    }
}

impl Metrics {
    pub fn begin(self: &Arc<Metrics>, place: OwnedSemaphorePermit) -> Turn {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Turn { metrics: Arc::clone(self), begin: Instant::now(), _place: place }
    }

    pub fn page(&self, time: Duration, answered: bool) {
        let counter = if answered { &self.pages } else { &self.pages_failed };
        counter.fetch_add(1, Ordering::Relaxed);
        locked(&self.page_times).add(time);
    }

    pub fn blocks(&self, count: usize) {
        self.blocks.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub fn connection_failed(&self) {
        self.connections_failed.fetch_add(1, Ordering::Relaxed);
    }

    /// The text of `GET /metrics`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        head(&mut text, "saring_requests_total", "counter", "Requests by route and status.");
        for ((route, status), count) in locked(&self.requests).iter() {
            let labels = format_args!("route=\"{route}\",status=\"{status}\"");
            add(&mut text, format_args!("saring_requests_total{{{labels}}} {count}"));
        }
        let help = "Requests to /classify under way.";
        head(&mut text, "saring_requests_in_flight", "gauge", help);
        add(&mut text, format_args!("saring_requests_in_flight {}", number(&self.in_flight)));
        head(&mut text, "saring_pages_total", "counter", "Pages by what became of them.");
        for (result, counter) in [("answered", &self.pages), ("failed", &self.pages_failed)] {
            let count = number(counter);
            add(&mut text, format_args!("saring_pages_total{{result=\"{result}\"}} {count}"));
        }
        head(&mut text, "saring_blocks_total", "counter", "Blocks labelled.");
        add(&mut text, format_args!("saring_blocks_total {}", number(&self.blocks)));
        let name = "saring_connections_failed_total";
        head(&mut text, name, "counter", "Connections that broke, or were idle or slow too long.");
        add(&mut text, format_args!("{name} {}", number(&self.connections_failed)));
        let name = "saring_request_seconds";
        head(&mut text, name, "histogram", "Requests to /classify, to the end of the answer.");
        locked(&self.request_times).write(&mut text, name);
        let name = "saring_page_seconds";
        head(&mut text, name, "histogram", "Pages, the wait for a thread included.");
        locked(&self.page_times).write(&mut text, name);
        text
    }
}

/// Counts a request with the status of its answer.
pub async fn count(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // One name for all that is not there: a client must not be able to fill the memory.
    let known = ROUTES.iter().map(|(_, route)| *route).find(|route| *route == path);
    let response = next.run(request).await;
    let key = (known.unwrap_or("other"), response.status().as_u16());
    *locked(&metrics.requests).entry(key).or_default() += 1;
    response
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    add(text, format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
}

fn add(text: &mut String, line: std::fmt::Arguments) {
    writeln!(text, "{line}").expect("a string takes everything");
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it holds this lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_below_their_bounds() {
        let mut times = Times::default();
        for milliseconds in [1, 3, 700, 60_000] {
            times.add(Duration::from_millis(milliseconds));
        }
        let mut text = String::new();
        times.write(&mut text, "t");
        for line in
            ["t_bucket{le=\"0.001\"} 1", "t_bucket{le=\"0.0025\"} 1", "t_bucket{le=\"1\"} 3"]
        {
            assert!(text.lines().any(|l| l == line), "{line} in {text}");
        }
        assert!(text.ends_with("t_bucket{le=\"+Inf\"} 4\nt_sum 60.704\nt_count 4\n"), "{text}");
    }
}
