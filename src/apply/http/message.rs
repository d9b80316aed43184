//! Requests and replies as values: what a translator makes and reads. Nothing here is sent, and nothing is secret.

use serde_json::Value;
use std::fmt::Write;
use std::time::Duration;

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Asks, and changes nothing.
    Get,
    /// Makes something.
    Post,
    /// Puts something in the place of what was there.
    Put,
    /// Changes a part.
    Patch,
    /// Takes something away.
    Delete,
}

impl Method {
    /// The word in the protocol.
    pub fn word(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// A request without what proves who sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What it does.
    pub method: Method,
    /// The path below the address of the API; every part is encoded.
    pub path: String,
    /// Names and values behind the path, not encoded yet.
    pub query: Vec<(&'static str, String)>,
    /// The media type of the body and the body.
    pub body: Option<(&'static str, String)>,
}

impl Request {
    /// A question.
    pub fn get(path: impl Into<String>) -> Self {
        Request { method: Method::Get, path: path.into(), query: Vec::new(), body: None }
    }

    /// The same with a name and value behind the path.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// A request with a body in JSON.
    pub fn json(method: Method, path: impl Into<String>, body: &Value) -> Self {
        let body = Some(("application/json", body.to_string()));
        Request { method, path: path.into(), query: Vec::new(), body }
    }

    /// Path and query as they stand in the first line.
    pub fn target(&self) -> String {
        let mut text = self.path.clone();
        for (at, (name, value)) in self.query.iter().enumerate() {
            text.push(if at == 0 { '?' } else { '&' });
            text += name;
            text.push('=');
            text += &encoded(value);
        }
        text
    }
}

/// A text in which everything but letters, digits and `-._~` is percent-encoded (RFC 3986 2.3).
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").expect("a string takes all"),
        }
    }
    out
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// After which time it may be tried again.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: String,
}

impl Reply {
    /// Whether the status says that it was done.
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON; `null` for what is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_encoded() {
        let request = Request::get("/a").with("name", "*.é.example.com.").with("x", "a b&c=d/e+f");
        assert_eq!(request.target(), "/a?name=%2A.%C3%A9.example.com.&x=a%20b%26c%3Dd%2Fe%2Bf");
    }
}
