//! Who is answered.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use super::answers::Refusal;

/// How long a token is at least, in characters.
pub const LEAST: usize = 16;

/// The one route that is open to all: it is asked by machines that watch, and tells nothing.
const OPEN: &str = "/health";

pub enum Access {
    /// Programs of this machine. A web page in a browser of this machine can make a name of its own
    /// lead here (DNS rebinding); the name then stands in the Host header.
    Loopback,
    /// Whoever brings this token.
    Token(String),
}

impl Access {
    fn refusal(&self, request: &Request) -> Option<Refusal> {
        match self {
            Access::Loopback if is_loopback(host(request)) => None,
            Access::Loopback => {
                let message = "without a token only requests to localhost are answered";
                Some(Refusal::new(StatusCode::FORBIDDEN, message))
            }
            Access::Token(_) if request.uri().path() == OPEN => None,
            Access::Token(token) if bearer(request).is_some_and(|t| same(t, token)) => None,
            Access::Token(_) => {
                let message = "the request needs the header Authorization: Bearer TOKEN";
                let refusal = Refusal::new(StatusCode::UNAUTHORIZED, message);
                Some(refusal.with(header::WWW_AUTHENTICATE, "Bearer"))
            }
        }
    }
}

/// Lets a request pass, or refuses it before anything of its body is read.
pub async fn check(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    match access.refusal(&request) {
        None => next.run(request).await,
        Some(refusal) => refusal.into_response(),
    }
}

fn host(request: &Request) -> &str {
    let header = request.headers().get(header::HOST);
    let authority = request.uri().authority().map(|a| a.as_str());
    authority.or_else(|| header?.to_str().ok()).unwrap_or_default()
}

/// Whether a host, with or without a port, can only be this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn bearer(request: &Request) -> Option<&[u8]> {
    let value = request.headers().get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

/// Takes as long for a wrong first byte as for a wrong last one.
pub fn same(given: &[u8], token: &str) -> bool {
    given.ct_eq(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine() {
        for host in ["localhost", "LocalHost:7274", "127.0.0.1:1", "127.9.9.9", "[::1]:80", "[::1]"]
        {
            assert!(is_loopback(host), "{host}");
        }
        for host in
            ["", "localhost.attacker.example", "attacker.example:80", "10.0.0.1", "[::2]", "0"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
