//! What is answered where, and the headers that keep a page from doing more than it should.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};

use crate::cli::serve::answers::{Refusal, typed};

use super::access::{self, Access};
use super::answers::{self, Desk};

const INDEX: &str = include_str!("assets/index.html");

/// Scripts and styles by name.
const ASSETS: [(&str, &str); 10] = [
    ("app.css", include_str!("assets/app.css")),
    ("frame.css", include_str!("assets/frame.css")),
    ("labels.css", include_str!("assets/labels.css")),
    ("app.js", include_str!("assets/app.js")),
    ("actions.js", include_str!("assets/actions.js")),
    ("frame.js", include_str!("assets/frame.js")),
    ("keys.js", include_str!("assets/keys.js")),
    ("list.js", include_str!("assets/list.js")),
    ("server.js", include_str!("assets/server.js")),
    ("training.js", include_str!("assets/training.js")),
];

/// For our own page: our own scripts and styles, nothing inline, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For the pages that are labelled: our own styles. The sandbox has no scripts, forms or windows; that it
/// is of the same origin lets our page, which has scripts, mark blocks in it.
const FRAME_POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
                            frame-ancestors 'self'; sandbox allow-same-origin";

pub fn router(desk: Arc<Desk>, access: Access) -> Router {
    Router::new()
        .route("/", get(async || typed("text/html; charset=utf-8", INDEX)))
        .route("/assets/{name}", get(asset))
        .route("/pages/{page}", get(answers::frame))
        .route("/api/state", get(answers::state))
        .route("/api/pages/{page}", get(answers::page))
        .route("/api/pages/{page}/reasons/{block}", get(answers::reasons))
        .route("/api/label", post(answers::label))
        .route("/api/same-text", post(answers::same_text))
        .route("/api/retrain", post(answers::retrain))
        .route("/api/use", post(answers::use_model))
        .route("/api/save", post(answers::save))
        .route("/api/model", get(answers::model))
        .fallback(async || Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this path"))
        .method_not_allowed_fallback(async || {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "the path has another method")
        })
        // The limit is that of answers.rs.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Arc::new(access), access::check))
        .layer(from_fn(harden))
        .with_state(desk)
}

async fn asset(Path(name): Path<String>) -> Result<Response, Refusal> {
    let asset = ASSETS.iter().find(|(known, _)| *known == name);
    let missing = || Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this path");
    let (name, content) = asset.ok_or_else(missing)?;
    let script = name.ends_with(".js");
    Ok(typed(
        if script { "text/javascript; charset=utf-8" } else { "text/css; charset=utf-8" },
        *content,
    ))
}

/// Headers for every answer, refusals included.
async fn harden(request: Request, next: Next) -> Response {
    let policy = if request.uri().path().starts_with("/pages/") { FRAME_POLICY } else { POLICY };
    let mut response = next.run(request).await;
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use saring::Label;

    use super::*;

    fn asset_named(name: &str) -> &'static str {
        ASSETS.iter().find(|(known, _)| *known == name).unwrap().1
    }

    #[test]
    fn every_label_has_a_key_and_a_colour() {
        for label in Label::ALL {
            assert!(asset_named("labels.css").contains(&format!(".l-{label} {{")), "{label}");
            assert!(asset_named("keys.js").contains(&format!("\"{label}\"")), "{label}");
        }
    }

    #[test]
    fn nothing_is_inline_and_nothing_is_from_elsewhere() {
        let handler = |word: &str| word.starts_with("on") && word.contains('=');
        assert!(!INDEX.contains("<style") && !INDEX.contains("style="));
        assert!(!INDEX.split_whitespace().any(handler));
        let scripts = INDEX.matches("<script").count();
        assert_eq!(scripts, INDEX.matches("<script type=\"module\" src=\"/assets/").count());
        for (name, text) in ASSETS.into_iter().chain([("index.html", INDEX)]) {
            for foreign in ["http:", "https:", "url(", "@import", "innerHTML", "eval("] {
                assert!(!text.contains(foreign), "{name} has {foreign}");
            }
        }
    }
}
