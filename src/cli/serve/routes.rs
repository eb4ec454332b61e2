//! What is answered where. openapi.json says the same to clients, which a test holds.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};

use super::access::{self, Access};
use super::answers::{self, Refusal, Service, typed};
use super::metrics;

/// Methods and paths.
pub const ROUTES: [(&str, &str); 4] =
    [("post", "/classify"), ("get", "/health"), ("get", "/metrics"), ("get", "/openapi.json")];

const OPENAPI: &str = include_str!("openapi.json");

pub fn router(service: Service, access: Access) -> Router {
    let handler = |path: &str| -> MethodRouter<Service> {
        match path {
            "/classify" => post(answers::classify),
            "/health" => get(health),
            "/metrics" => get(metrics_text),
            "/openapi.json" => get(openapi),
            _ => unreachable!("a test asks for every route"),
        }
    };
    let mut router = Router::new();
    for (_, path) in ROUTES {
        router = router.route(path, handler(path));
    }
    let metrics = Arc::clone(&service.metrics);
    router
        .fallback(async || Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this path"))
        .method_not_allowed_fallback(async || {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "the path has another method")
        })
        // The limits are those of answers.rs.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Arc::new(access), access::check))
        .layer(from_fn_with_state(metrics, metrics::count))
        .with_state(service)
}

async fn health() -> Response {
    let health = serde_json::json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") });
    typed("application/json", format!("{health}\n"))
}

async fn metrics_text(State(service): State<Service>) -> Response {
    typed("text/plain; version=0.0.4; charset=utf-8", service.metrics.text())
}

async fn openapi() -> Response {
    typed("application/json", OPENAPI)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_the_routes_and_the_version() {
        let document: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let mut described: Vec<(&str, &str)> = Vec::new();
        for (path, methods) in paths {
            described
                .extend(methods.as_object().unwrap().keys().map(|m| (m.as_str(), path.as_str())));
        }
        described.sort_by_key(|(_, path)| *path);
        assert_eq!(described, ROUTES);
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    }
}
