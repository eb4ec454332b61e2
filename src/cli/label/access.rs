//! Who is let in: the browser that opened the link which was printed, and no page but ours.
//!
//! | what | what it is against |
//! |---|---|
//! | the Host header names this address and port | a name of the attacker's that leads here (DNS rebinding) |
//! | Origin, where there is one, is ours; whatever changes something has one | forms and scripts of other sites |
//! | a cookie that only `SameSite=Strict` requests bring and no script reads | both again, and other programs |
//! | a link that works once | who reads it later in a history, a log or a list of processes |

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use saring::{Error, Result};

use crate::cli::output::say;
use crate::cli::serve::access::same;
use crate::cli::serve::answers::Refusal;

pub struct Access {
    port: u16,
    /// What the cookie holds.
    secret: String,
    /// What the next link holds.
    token: Mutex<String>,
}

impl Access {
    /// # Errors
    /// [`Error::Io`] if the system has no random numbers.
    pub fn new(port: u16) -> Result<Access> {
        Ok(Access { port, secret: random()?, token: Mutex::new(random()?) })
    }

    /// The address to open in a browser. It works once.
    pub fn link(&self) -> String {
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        format!("http://127.0.0.1:{}/?token={token}", self.port)
    }

    /// Whether this is the token of the link, which from now on has another.
    fn redeem(&self, given: &str) -> Result<bool> {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if !same(given.as_bytes(), &token) {
            return Ok(false);
        }
        *token = random()?;
        Ok(true)
    }

    /// Cookies are shared by all ports of an address, so this one is called after its port.
    fn cookie_name(&self) -> String {
        format!("saring-{}", self.port)
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let name = self.cookie_name();
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        let mut cookies =
            cookies.flat_map(|v| v.split(';')).filter_map(|c| c.trim().split_once('='));
        cookies.any(|(known, value)| known == name && same(value.as_bytes(), &self.secret))
    }

    fn hosts(&self) -> [String; 2] {
        ["127.0.0.1", "localhost"].map(|name| format!("{name}:{}", self.port))
    }

    /// Why a request is not from a page of ours.
    fn foreign(&self, request: &Request) -> Option<&'static str> {
        let header = |name| request.headers().get(name).map(|v: &HeaderValue| v.as_bytes());
        let host = header(header::HOST).unwrap_or_default();
        if !self.hosts().iter().any(|known| known.as_bytes() == host) || has_other_host(request) {
            return Some("the Host header is not this address");
        }
        let ours = [b"http://", host].concat();
        match header(header::ORIGIN) {
            Some(origin) if origin != ours => {
                return Some("the request is from another site's page");
            }
            None if request.method() != Method::GET => return Some("the request has no Origin"),
            _ => {}
        }
        // Links to the first page may stand anywhere.
        let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
        let from_elsewhere = site.is_some_and(|site| site != b"same-origin" && site != b"none");
        (from_elsewhere && request.uri().path() != "/")
            .then_some("the request is from another site")
    }
}

/// A request line may name a host of its own.
fn has_other_host(request: &Request) -> bool {
    request.uri().authority().is_some()
}

/// Lets a request pass, or refuses it before anything of its body is read.
pub async fn check(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    if let Some(why) = access.foreign(&request) {
        return Refusal::new(StatusCode::FORBIDDEN, why).into_response();
    }
    if access.has_cookie(request.headers()) {
        return next.run(request).await;
    }
    let token = (request.uri().path() == "/").then(|| token_of(&request)).flatten();
    match token.map(|token| access.redeem(token)) {
        Some(Ok(true)) => {}
        Some(Err(error)) => {
            return Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
                .into_response();
        }
        Some(Ok(false)) | None => {
            let message = "open the link that saring label has printed; each works once, and the newest \
                           is the last line in the terminal";
            return Refusal::new(StatusCode::UNAUTHORIZED, message).into_response();
        }
    }
    say(format!("saring: opened; for another browser: {}", access.link()));
    let mut response = next.run(request).await;
    let cookie =
        format!("{}={}; HttpOnly; SameSite=Strict; Path=/", access.cookie_name(), access.secret);
    let cookie = HeaderValue::from_str(&cookie).expect("letters and digits");
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

fn token_of(request: &Request) -> Option<&str> {
    request.uri().query()?.split('&').find_map(|part| part.strip_prefix("token="))
}

/// 128 bits that nobody guesses, in hexadecimal.
fn random() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|e| Error::io("random numbers", e))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn only_pages_of_this_address_ask() {
        let access = Access::new(7000).unwrap();
        let foreign = |method: &str, path: &str, headers: &[(&str, &str)]| {
            access.foreign(&request(method, path, headers))
        };
        let host = ("host", "127.0.0.1:7000");
        let own = ("origin", "http://127.0.0.1:7000");
        for (method, path, headers) in [
            ("GET", "/", vec![host]),
            ("GET", "/", vec![host, ("sec-fetch-site", "cross-site")]),
            ("GET", "/api/state", vec![host, ("sec-fetch-site", "same-origin")]),
            ("GET", "/api/state", vec![host, own]),
            ("POST", "/api/label", vec![host, own, ("sec-fetch-site", "same-origin")]),
            (
                "POST",
                "/api/label",
                vec![("host", "localhost:7000"), ("origin", "http://localhost:7000")],
            ),
        ] {
            assert_eq!(foreign(method, path, &headers), None, "{method} {path} {headers:?}");
        }
        for (method, path, headers) in [
            ("GET", "/", vec![]),
            ("GET", "/", vec![("host", "127.0.0.1")]),
            ("GET", "/", vec![("host", "127.0.0.1:7001")]),
            ("GET", "/", vec![("host", "attacker.example:7000")]),
            ("GET", "/", vec![("host", "127.0.0.1:7000.attacker.example")]),
            ("GET", "http://attacker.example/", vec![host]),
            ("GET", "/api/state", vec![host, ("sec-fetch-site", "cross-site")]),
            ("GET", "/api/state", vec![host, ("sec-fetch-site", "same-site")]),
            ("GET", "/api/state", vec![host, ("origin", "http://attacker.example")]),
            ("POST", "/api/label", vec![host]),
            ("POST", "/api/label", vec![host, ("origin", "null")]),
            ("POST", "/api/label", vec![host, ("origin", "http://127.0.0.1:7001")]),
            ("POST", "/api/label", vec![host, ("origin", "http://localhost:7000")]),
            ("POST", "/api/label", vec![host, own, ("sec-fetch-site", "cross-site")]),
        ] {
            assert!(foreign(method, path, &headers).is_some(), "{method} {path} {headers:?}");
        }
    }

    #[test]
    fn a_link_works_once() {
        let access = Access::new(1).unwrap();
        let token = access.link().rsplit('=').next().unwrap().to_string();
        assert!(!access.redeem("").unwrap() && !access.redeem(&token[1..]).unwrap());
        assert!(access.redeem(&token).unwrap());
        assert!(!access.redeem(&token).unwrap());
        assert_ne!(access.link().rsplit('=').next().unwrap(), token);
    }

    #[test]
    fn cookies() {
        let access = Access::new(7).unwrap();
        let has =
            |cookie: &str| access.has_cookie(request("GET", "/", &[("cookie", cookie)]).headers());
        let secret = &access.secret;
        assert!(has(&format!("saring-7={secret}")));
        assert!(has(&format!("a=b; saring-7=x; saring-7={secret}")));
        for cookie in
            ["", "saring-7=", "saring-7", &format!("saring-8={secret}"), &format!("x={secret}")]
        {
            assert!(!has(cookie), "{cookie}");
        }
    }
}
