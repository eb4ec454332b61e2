//! `POST /classify`: a body in, one answer or a stream of them out.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use saring::Classifier;
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};

use crate::cli::classify::{self, Kept, min_probability, probability};
use crate::cli::input::{self, Input, Pending, Unread};
use crate::cli::render::{Rendered, jsonl};

use super::kind::Kind;
use super::lines;
use super::metrics::Metrics;

/// What every request is answered with.
#[derive(Clone)]
pub struct Service {
    settings: Arc<Settings>,
    classifier: Arc<Classifier>,
    /// Requests that are let in.
    places: Arc<Semaphore>,
    /// Pages that are worked on.
    threads: Arc<Semaphore>,
    pub metrics: Arc<Metrics>,
}

pub struct Settings {
    pub classifier: Classifier,
    pub threshold: Option<f32>,
    pub threads: usize,
    pub max_body: usize,
    pub max_requests: usize,
    pub timeout: Duration,
    pub client_timeout: Duration,
}

/// A classifier with what was asked of it.
#[derive(Clone)]
pub struct Asked {
    classifier: Arc<Classifier>,
    threshold: Option<f32>,
}

/// The options of a query, with the names and values of the command line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    keep: Option<String>,
    threshold: Option<String>,
    min_probability: Option<String>,
    /// The address that the page of the body was fetched from.
    url: Option<String>,
}

impl Options {
    fn kept(&self) -> Result<Kept, String> {
        let number = |name: &str, value: &Option<String>, read: fn(&str) -> Result<f32, String>| {
            value.as_deref().map(read).transpose().map_err(|e| format!("{name}: {e}"))
        };
        let labels = self.keep.iter().flat_map(|labels| labels.split(','));
        Ok(Kept {
            keep: labels
                .map(|label| label.parse().map_err(|e| format!("keep: {e}")))
                .collect::<Result<_, String>>()?,
            threshold: number("threshold", &self.threshold, probability)?,
            min_probability: number("min_probability", &self.min_probability, min_probability)?,
        })
    }
}

/// Why a page has no answer.
pub enum Missing {
    /// As on the command line.
    Unread(Unread),
    /// It took too long.
    Late,
}

/// A request that is not done.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    message: String,
    header: Option<(HeaderName, &'static str)>,
}

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Refusal {
        Refusal { status, message: message.into(), header: None }
    }

    pub fn with(self, name: HeaderName, value: &'static str) -> Refusal {
        Refusal { header: Some((name, value)), ..self }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "error": self.message }).to_string() + "\n";
        let mut response = typed("application/json", Body::from(body));
        *response.status_mut() = self.status;
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// A good answer.
pub fn typed(content_type: &'static str, body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, content_type)], body.into()).into_response()
}

impl Service {
    pub fn new(settings: Settings) -> Service {
        Service {
            classifier: Arc::new(settings.classifier.clone()),
            places: Arc::new(Semaphore::new(settings.max_requests)),
            threads: Arc::new(Semaphore::new(settings.threads)),
            metrics: Arc::default(),
            settings: Arc::new(settings),
        }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What the classifier says of a page, as a line of JSON.
    ///
    /// # Errors
    /// What is wrong with the page, or that it took too long. A thread that is late goes on to the
    /// end of its page, and is not free before that.
    pub async fn answer(&self, asked: Asked, page: Pending) -> Result<String, Missing> {
        let begin = Instant::now();
        let metrics = Arc::clone(&self.metrics);
        let source = page.source.clone();
        let work = move || {
            let Asked { classifier, threshold } = asked;
            classify::classify(&classifier, page, None, false, |source, document, page| {
                metrics.blocks(page.blocks.len());
                jsonl::page(&Rendered { source, document, page, threshold, columns: None })
            })
        };
        let threads = Arc::clone(&self.threads);
        let answer = timeout(self.settings.timeout, async {
            let thread = threads.acquire_owned().await.expect("nobody closes it");
            let work = tokio::task::spawn_blocking(move || {
                let _thread = thread;
                work()
            });
            // A page that panics is an answer, too; what is left is the end of the server.
            let ended =
                |_| Err(Unread { source: source.clone(), message: "the server ends".into() });
            work.await.unwrap_or_else(ended)
        });
        let answer = match answer.await {
            Ok(answer) => answer.map_err(Missing::Unread),
            Err(_) => Err(Missing::Late),
        };
        self.metrics.page(begin.elapsed(), answer.is_ok());
        answer
    }

    /// The classifier that a request asks for. One with options of its own takes time to make.
    async fn asked(&self, kept: Kept) -> Asked {
        let Kept { keep, threshold, min_probability } = &kept;
        if keep.is_empty() && threshold.is_none() && min_probability.is_none() {
            let classifier = Arc::clone(&self.classifier);
            return Asked { classifier, threshold: self.settings.threshold };
        }
        let threshold = threshold.or(self.settings.threshold);
        let base = Arc::clone(&self.classifier);
        let make = move || Arc::new(kept.apply(base.as_ref().clone()));
        let classifier = tokio::task::spawn_blocking(make).await;
        Asked { classifier: classifier.expect("it copies"), threshold }
    }
}

/// `POST /classify`.
pub async fn classify(
    State(service): State<Service>,
    options: Result<Query<Options>, QueryRejection>,
    request: Request,
) -> Result<Response, Refusal> {
    let bad = |message| Refusal::new(StatusCode::BAD_REQUEST, message);
    let Query(options) = options.map_err(|e| bad(e.body_text()))?;
    let kept = options.kept().map_err(bad)?;
    let (head, body) = request.into_parts();
    let kind = Kind::of(&head.headers)?;
    if kind == Kind::Ndjson && options.url.is_some() {
        return Err(bad("url: every line has its own".into()));
    }
    let Ok(place) = Arc::clone(&service.places).try_acquire_owned() else {
        let message = "as many requests as there may be are under way";
        let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message);
        return Err(refusal.with(header::RETRY_AFTER, "1"));
    };
    let turn = service.metrics.begin(place);
    let asked = service.asked(kept).await;
    if kind == Kind::Ndjson {
        return Ok(typed("application/x-ndjson", lines::answers(service, asked, body, turn)));
    }
    let declared =
        head.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
    let Settings { max_body, client_timeout, .. } = service.settings();
    let bytes = whole(body, declared, *max_body, *client_timeout).await?;
    let (body, charset) = match kind {
        Kind::Html(charset) => (input::Body::Html(bytes), charset),
        Kind::Text(charset) => (input::Body::Text(bytes), charset),
        Kind::Ndjson => unreachable!("it has been answered"),
    };
    // What the command line calls stdin.
    let page = Input { source: "-".into(), url: options.url, body, charset, cut: false };
    match service.answer(asked, page.into()).await {
        Ok(answer) => Ok(typed("application/json", answer)),
        Err(Missing::Late) => Err(Refusal::new(StatusCode::GATEWAY_TIMEOUT, service.late())),
        Err(Missing::Unread(Unread { message, .. })) => {
            Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, message))
        }
    }
}

impl Service {
    /// What is said of a page that took too long.
    pub fn late(&self) -> String {
        format!("the page has had no answer in {} s", self.settings.timeout.as_secs_f64())
    }
}

/// A body of which not one byte too many is held.
///
/// # Errors
/// 413 for one of more than `limit` bytes, 408 for one that is not there in time, 400 for one that breaks
/// off.
pub async fn whole(
    body: Body,
    declared: Option<usize>,
    limit: usize,
    patience: Duration,
) -> Result<Vec<u8>, Refusal> {
    let too_large = || {
        let message = format!("the body is longer than {limit} bytes");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    };
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let deadline = Instant::now() + patience;
    let mut pieces = body.into_data_stream();
    let mut bytes = Vec::with_capacity(declared.unwrap_or(0).min(1 << 20));
    loop {
        match timeout_at(deadline, pieces.next()).await {
            Ok(None) => return Ok(bytes),
            Ok(Some(Ok(piece))) if piece.len() > limit - bytes.len() => return Err(too_large()),
            Ok(Some(Ok(piece))) => bytes.extend_from_slice(&piece),
            Ok(Some(Err(error))) => {
                return Err(Refusal::new(StatusCode::BAD_REQUEST, format!("the body: {error}")));
            }
            Err(_) => {
                let seconds = patience.as_secs_f64();
                let message = format!("the body was not there in {seconds} s");
                return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, message));
            }
        }
    }
}
