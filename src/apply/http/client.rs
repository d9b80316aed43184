//! The HTTP client for all providers, with authentication, rate limits, retries, timeouts and redaction.
//!
//! Requests that only read are retried. A request that changes something is sent once, because a retry is right only after
//! reading what has changed.

use super::auth::Authentication;
use super::base_url::is_loopback;
use super::clock;
use super::message::{ApiRequest, ApiResponse};
use super::secret::{KnownSecrets, Secret};
use crate::apply::retry::Retry;
use crate::apply::zone::ZoneError;
use crate::limits::API_RESPONSE_BYTES;
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, AsSendBody, Body, Error, Timeout, http};

/// Receives every request and response, without secrets.
pub(crate) type RequestTrace = Arc<dyn Fn(&str) + Send + Sync>;

/// Why there is no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoResponse {
    /// The request was not sent.
    Unsent(String),
    /// The request may have arrived.
    Unanswered(String),
    /// The request cannot be sent, and a retry fails too.
    Unsendable(String),
}

impl From<NoResponse> for ZoneError {
    fn from(lost: NoResponse) -> Self {
        match lost {
            NoResponse::Unsent(reason) => ZoneError::Unavailable(reason, None),
            NoResponse::Unanswered(reason) => ZoneError::OutcomeUnknown(reason),
            NoResponse::Unsendable(reason) => ZoneError::Denied(reason),
        }
    }
}

/// A client for one API.
pub(super) struct ApiClient {
    /// The base URL.
    base: String,
    agent: Agent,
    auth: Authentication,
    secrets: KnownSecrets,
    retry: Retry,
    request_interval: Duration,
    last: Option<Instant>,
    trace: Option<RequestTrace>,
}

impl ApiClient {
    /// A client for the API at `base`. It trusts the given certificate authorities, or the usual ones.
    pub(super) fn new(
        base: String,
        auth: Authentication,
        retry: Retry,
        request_interval: Duration,
        authorities: Option<Vec<Certificate<'static>>>,
        trace: Option<RequestTrace>,
    ) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // The target of a redirect must not receive the credential.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("pleach/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&base) {
            config = config.proxy(None);
        }
        if let Some(authorities) = authorities {
            let roots = RootCerts::Specific(Arc::new(authorities));
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        let mut secrets = KnownSecrets::default();
        auth.secrets().for_each(|secret| secrets.add(secret));
        let request_interval = request_interval.min(retry.longest_pause());
        ApiClient { base, agent: config.build().new_agent(), auth, secrets, retry, request_interval, last: None, trace }
    }

    /// Sends a request that only reads, with retries. `error` returns the error that a response reports.
    pub(super) fn send_with_retries(
        &mut self,
        request: &ApiRequest,
        error: impl Fn(&ApiResponse) -> Option<ZoneError>,
    ) -> Result<ApiResponse, ZoneError> {
        let mut next = 1;
        loop {
            let last_error = match self.send(request) {
                Ok(response) => match error(&response) {
                    None => return Ok(response),
                    Some(error) => self.redact(error),
                },
                Err(no_response) => no_response.into(),
            };
            if !matches!(last_error, ZoneError::Unavailable(..) | ZoneError::OutcomeUnknown(_)) {
                return Err(last_error);
            }
            let asked = last_error.asked_pause();
            if next >= self.retry.tries() || !self.retry.wait(next, asked, &last_error) {
                return Err(ZoneError::Unavailable(last_error.to_string(), None));
            }
            next += 1;
        }
    }

    /// Sends a request once.
    pub(super) fn send(&mut self, request: &ApiRequest) -> Result<ApiResponse, NoResponse> {
        self.renew_token()?;
        let now = clock::now();
        let host = self.base.split_once("://").map_or(self.base.as_str(), |(_, host)| host).to_owned();
        let headers = self.auth.headers(request, &host, now);
        let signatures = headers.iter().filter(|(name, _)| *name == "authorization");
        self.secrets.set_request_secrets(
            signatures.map(|(_, value)| Secret::new(value.rsplit("Signature=").next().unwrap_or_default())),
        );
        let base = self.base.clone();
        self.trace(&format!("> {} {base}{}", request.method.word(), request.target()));
        if let Some((_, body)) = &request.body {
            self.trace(&format!("> {body}"));
        }
        let response = self.send_to(&base, request, &headers);
        match &response {
            Ok(response) => {
                self.trace(&format!("< {} {}", response.status, response.body));
            }
            Err(NoResponse::Unsent(reason) | NoResponse::Unanswered(reason) | NoResponse::Unsendable(reason)) => {
                self.trace(&format!("< no response: {reason}"));
            }
        }
        response
    }

    /// The error without secrets in its reason.
    pub(super) fn redact(&self, error: ZoneError) -> ZoneError {
        match error {
            ZoneError::Conflict(reason) => ZoneError::Conflict(self.secrets.redact(&reason)),
            ZoneError::Unavailable(reason, asked) => ZoneError::Unavailable(self.secrets.redact(&reason), asked),
            ZoneError::OutcomeUnknown(reason) => ZoneError::OutcomeUnknown(self.secrets.redact(&reason)),
            ZoneError::Ignored(reason) => ZoneError::Ignored(self.secrets.redact(&reason)),
            ZoneError::Denied(reason) => ZoneError::Denied(self.secrets.redact(&reason)),
            ZoneError::Rejected(reason) => ZoneError::Rejected(self.secrets.redact(&reason)),
        }
    }

    fn trace(&self, text: &str) {
        if let Some(trace) = &self.trace {
            trace(&self.secrets.redact(text));
        }
    }

    /// Requests a new access token if the last one has expired. The request and the response are secret, so the trace says
    /// only that it happened.
    fn renew_token(&mut self) -> Result<(), NoResponse> {
        let now = clock::now();
        let Some((server, request)) = self.auth.token_request(now) else { return Ok(()) };
        for secret in request.body.iter().flat_map(|(_, body)| body.split(['=', '&'])).filter(|part| part.len() > 40) {
            self.secrets.add(&Secret::new(secret));
        }
        let mut next = 1;
        let response = loop {
            self.trace(&format!("> {} {server} (access token)", request.method.word()));
            let last_error = match self.send_to(&server, &request, &[]) {
                Ok(response) if response.status < 500 && response.status != 429 => break response,
                Ok(response) => format!("Google returned no access token ({})", response.status),
                Err(NoResponse::Unsendable(reason)) => return Err(NoResponse::Unsendable(reason)),
                Err(NoResponse::Unsent(reason) | NoResponse::Unanswered(reason)) => reason,
            };
            if next >= self.retry.tries() || !self.retry.wait(next, Duration::ZERO, &last_error) {
                return Err(NoResponse::Unsent(last_error));
            }
            next += 1;
        };
        self.trace(&format!("< {}", response.status));
        let token =
            self.auth.take_token(&response, now).map_err(|why| NoResponse::Unsendable(self.secrets.redact(&why)))?;
        self.secrets.add(&token);
        Ok(())
    }

    fn send_to(
        &mut self,
        base: &str,
        request: &ApiRequest,
        headers: &[(&'static str, String)],
    ) -> Result<ApiResponse, NoResponse> {
        self.wait_for_interval();
        let url = format!("{base}{}", request.target());
        let mut builder = http::Request::builder().method(request.method.word()).uri(&url);
        for (name, value) in headers {
            builder = builder.header(*name, value);
        }
        if let Some((media, _)) = &request.body {
            builder = builder.header("content-type", *media);
        }
        let not_valid = |error: http::Error| NoResponse::Unsendable(format!("the request is not valid: {error}"));
        let mut response = match &request.body {
            Some((_, body)) => self.run(builder.body(body.as_str()).map_err(not_valid)?)?,
            None => self.run(builder.body(()).map_err(not_valid)?)?,
        };
        let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.trim().to_owned());
        let retry_after = header("retry-after").and_then(|value| clock::time_until(&value));
        let location = header("location");
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(API_RESPONSE_BYTES).read_to_vec();
        let body = body.map_err(|error| match error {
            Error::BodyExceedsLimit(limit) => NoResponse::Unanswered(format!(
                "the response is larger than {limit} bytes: delegate a smaller zone for the branches"
            )),
            error => NoResponse::Unanswered(format!("the response is incomplete: {error}")),
        })?;
        let body =
            String::from_utf8(body).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Ok(ApiResponse { status, retry_after, location, body })
    }

    /// Runs a request in the time that is left.
    fn run<B: AsSendBody>(&self, request: http::Request<B>) -> Result<http::Response<Body>, NoResponse> {
        let no_time = |_| NoResponse::Unsent(format!("`{}` was not asked: no time is left", self.base));
        let time = self.retry.answer_end().left().map_err(no_time)?;
        let request = self.agent.configure_request(request).timeout_global(Some(time)).build();
        self.agent.run(request).map_err(|error| no_response(&self.base, &error))
    }

    #[expect(clippy::disallowed_methods, reason = "requests keep a minimum interval")]
    fn wait_for_interval(&mut self) {
        if let Some(last) = self.last {
            std::thread::sleep(self.request_interval.saturating_sub(last.elapsed()));
        }
        self.last = Some(Instant::now());
    }
}

fn no_response(base: &str, error: &Error) -> NoResponse {
    match error {
        Error::HostNotFound => NoResponse::Unsent(format!("`{base}` cannot be reached: the host does not exist")),
        Error::ConnectionFailed => NoResponse::Unsent(format!("`{base}` cannot be reached")),
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            NoResponse::Unsent(format!("`{base}` cannot be reached: timeout"))
        }
        Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused => {
            NoResponse::Unsent(format!("`{base}` cannot be reached: connection refused"))
        }
        Error::Timeout(_) => NoResponse::Unanswered(format!("`{base}` does not answer: timeout")),
        Error::Io(io) => NoResponse::Unanswered(format!("the connection to `{base}` failed: {io}")),
        Error::BadUri(_) | Error::Http(_) | Error::InvalidProxyUrl | Error::Tls(_) => {
            NoResponse::Unsendable(format!("`{base}` cannot be reached: {error}"))
        }
        other => NoResponse::Unanswered(format!("the connection to `{base}` failed: {other}")),
    }
}
