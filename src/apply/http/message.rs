//! Requests and responses as values. Nothing here is sent, and nothing is secret.

use serde_json::Value;
use std::fmt::{Display, Write};
use std::time::Duration;

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HttpMethod {
    /// Reads.
    Get,
    /// Creates.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Deletes.
    Delete,
}

impl HttpMethod {
    /// The name in a request.
    pub(crate) fn word(self) -> &'static str {
        match self {
            HttpMethod::Get => "GET",
            HttpMethod::Post => "POST",
            HttpMethod::Put => "PUT",
            HttpMethod::Patch => "PATCH",
            HttpMethod::Delete => "DELETE",
        }
    }
}

/// A request without authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiRequest {
    /// The method.
    pub(crate) method: HttpMethod,
    /// The path below the base URL. It is percent-encoded.
    pub(crate) path: String,
    /// The names and values of the query, not encoded.
    pub(crate) query: Vec<(&'static str, String)>,
    /// The media type of the body and the body.
    pub(crate) body: Option<(&'static str, String)>,
}

impl ApiRequest {
    /// A GET request.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        ApiRequest { method: HttpMethod::Get, path: path.into(), query: Vec::new(), body: None }
    }

    /// The same with a further query parameter.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// A request with a JSON body.
    pub(crate) fn json(method: HttpMethod, path: impl Into<String>, body: &Value) -> Self {
        let body = Some(("application/json", body.to_string()));
        ApiRequest { method, path: path.into(), query: Vec::new(), body }
    }

    /// The path and query, as in the first line of a request.
    pub(crate) fn target(&self) -> String {
        let mut text = self.path.clone();
        for (at, (name, value)) in self.query.iter().enumerate() {
            text.push(if at == 0 { '?' } else { '&' });
            text += name;
            text.push('=');
            text += &percent_encoded(value);
        }
        text
    }
}

/// The text with everything except letters, digits and `-._~` percent-encoded (RFC 3986 2.3).
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").expect("writing to a string succeeds"),
        }
    }
    out
}

/// How many characters of a response of an unknown form are shown.
const EXCERPT: usize = 200;

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiResponse {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The earliest time for a retry.
    pub(crate) retry_after: Option<Duration>,
    /// The URL that it redirects to.
    pub(crate) location: Option<String>,
    /// The body.
    pub(crate) body: String,
}

impl ApiResponse {
    /// Whether the status is a success.
    pub(crate) fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The start of the body, for errors about responses of an unknown form. It is not redacted.
    pub(crate) fn excerpt(&self) -> String {
        let body = self.body.trim();
        let end = body.char_indices().nth(EXCERPT).map_or(body.len(), |(at, _)| at);
        match &body[..end] {
            "" => "the response is empty".to_owned(),
            start if end < body.len() => format!("the response starts with `{start}`"),
            whole => format!("the response is `{whole}`"),
        }
    }

    /// Why the response cannot be read, with its start.
    pub(crate) fn unreadable(&self, reason: impl Display) -> String {
        format!("{reason}; {}", self.excerpt())
    }

    /// The body as JSON; `null` if it is not JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_short() {
        let excerpt = |body: &str| {
            ApiResponse { status: 200, retry_after: None, location: None, body: body.to_owned() }.excerpt()
        };
        assert_eq!(excerpt(" \n"), "the response is empty");
        assert_eq!(excerpt("[]\n"), "the response is `[]`");
        assert_eq!(excerpt(&"é".repeat(5000)), format!("the response starts with `{}`", "é".repeat(EXCERPT)));
    }

    #[test]
    fn a_target_is_encoded() {
        let request = ApiRequest::get("/a").with("name", "*.é.example.com.").with("x", "a b&c=d/e+f");
        assert_eq!(request.target(), "/a?name=%2A.%C3%A9.example.com.&x=a%20b%26c%3Dd%2Fe%2Bf");
    }
}
