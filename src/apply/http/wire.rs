//! The way to a provider: who sends proves who it is, waits as long as it is asked to, gives up after a while, and shows
//! nothing that is secret. Every provider goes through here, so that all this exists once.
//!
//! Questions are asked again where that may help. What changes something is sent once: whether it is sent again is decided
//! by somebody who has looked first.

use super::auth::Auth;
use super::base_url::is_loopback;
use super::message::{Reply, Request};
use super::secret::{Secret, Secrets};
use crate::apply::patience::Patience;
use crate::apply::zone::Failure;
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Error, Timeout, http};

/// Hears of every message, without secrets.
pub type Trace = Arc<dyn Fn(&str) + Send + Sync>;

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// The request was not sent.
    Unsent(String),
    /// It may have arrived.
    Unanswered(String),
    /// It will never be answered.
    Hopeless(String),
}

impl From<Lost> for Failure {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Unsent(reason) => Failure::Busy(reason, None),
            Lost::Unanswered(reason) => Failure::Unknown(reason),
            Lost::Hopeless(reason) => Failure::Refused(reason),
        }
    }
}

/// The address of an API and how to talk to it.
pub(super) struct Wire {
    /// Scheme, host and port, without a path.
    base: String,
    agent: Agent,
    auth: Auth,
    secrets: Secrets,
    patience: Patience,
    pace: Duration,
    last: Option<Instant>,
    trace: Option<Trace>,
}

/// The longest reply that is read.
const LONGEST: u64 = 256 * 1024 * 1024;

impl Wire {
    /// A way to the API at `base`, over certificates that the given authorities have signed, or the usual ones.
    pub(super) fn new(
        base: String,
        auth: Auth,
        patience: Patience,
        pace: Duration,
        authorities: Option<Vec<Certificate<'static>>>,
        trace: Option<Trace>,
    ) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // Whoever answers with another address is not who was asked, and must not see the credential.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(patience.answer))
            .user_agent(concat!("pleach/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&base) {
            config = config.proxy(None);
        }
        if let Some(authorities) = authorities {
            let roots = RootCerts::Specific(Arc::new(authorities));
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        let mut secrets = Secrets::default();
        auth.secrets().for_each(|secret| secrets.add(secret));
        let pace = pace.min(patience.longest);
        Wire { base, agent: config.build().new_agent(), auth, secrets, patience, pace, last: None, trace }
    }

    /// Asks until there is an answer. `failure` says what is wrong with a reply.
    pub(super) fn ask(
        &mut self,
        request: &Request,
        failure: impl Fn(&Reply) -> Option<Failure>,
    ) -> Result<Reply, Failure> {
        let mut next = 1;
        loop {
            let trouble = match self.tell(request) {
                Ok(reply) => match failure(&reply) {
                    None => return Ok(reply),
                    Some(failure) => self.plain(failure),
                },
                Err(lost) => lost.into(),
            };
            let asked = match &trouble {
                Failure::Busy(_, asked) => asked.unwrap_or_default(),
                Failure::Unknown(_) => Duration::ZERO,
                Failure::Moved | Failure::Refused(_) | Failure::Impossible(_) => return Err(trouble),
            };
            if next >= self.patience.tries {
                return Err(Failure::Busy(trouble.to_string(), None));
            }
            self.patience.wait(next, asked);
            next += 1;
        }
    }

    /// Sends a request once.
    pub(super) fn tell(&mut self, request: &Request) -> Result<Reply, Lost> {
        self.log_in()?;
        let now = super::clock::now();
        let host = self.base.split_once("://").map_or(self.base.as_str(), |(_, host)| host).to_owned();
        let headers = self.auth.headers(request, &host, now);
        let proofs = headers.iter().filter(|(name, _)| *name == "authorization");
        self.secrets.prove(proofs.map(|(_, value)| Secret::new(value.rsplit("Signature=").next().unwrap_or_default())));
        let base = self.base.clone();
        self.note(&format!("> {} {base}{}", request.method.word(), request.target()));
        if let Some((_, body)) = &request.body {
            self.note(&format!("> {body}"));
        }
        let reply = self.send(&base, request, &headers);
        match &reply {
            Ok(reply) => {
                self.note(&format!("< {} {}", reply.status, reply.body));
            }
            Err(Lost::Unsent(reason) | Lost::Unanswered(reason) | Lost::Hopeless(reason)) => {
                self.note(&format!("< nothing: {reason}"));
            }
        }
        reply
    }

    /// A failure without secrets in its reason.
    pub(super) fn plain(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Moved => Failure::Moved,
            Failure::Busy(reason, asked) => Failure::Busy(self.secrets.redact(&reason), asked),
            Failure::Unknown(reason) => Failure::Unknown(self.secrets.redact(&reason)),
            Failure::Refused(reason) => Failure::Refused(self.secrets.redact(&reason)),
            Failure::Impossible(reason) => Failure::Impossible(self.secrets.redact(&reason)),
        }
    }

    fn note(&self, text: &str) {
        if let Some(trace) = &self.trace {
            trace(&self.secrets.redact(text));
        }
    }

    /// Gets a token where one is needed and the last one is used up. What is sent and what comes back is all secret, so
    /// only that it happened is told.
    fn log_in(&mut self) -> Result<(), Lost> {
        let now = super::clock::now();
        let Some((server, request)) = self.auth.login(now) else { return Ok(()) };
        for secret in request.body.iter().flat_map(|(_, body)| body.split(['=', '&'])).filter(|part| part.len() > 40) {
            self.secrets.add(&Secret::new(secret));
        }
        let mut next = 1;
        let reply = loop {
            self.note(&format!("> {} {server} (a token is asked for)", request.method.word()));
            let trouble = match self.send(&server, &request, &[]) {
                Ok(reply) if reply.status < 500 && reply.status != 429 => break reply,
                Ok(reply) => format!("Google gives no token ({})", reply.status),
                Err(Lost::Hopeless(reason)) => return Err(Lost::Hopeless(reason)),
                Err(Lost::Unsent(reason) | Lost::Unanswered(reason)) => reason,
            };
            if next >= self.patience.tries {
                return Err(Lost::Unsent(trouble));
            }
            self.patience.wait(next, Duration::ZERO);
            next += 1;
        };
        self.note(&format!("< {}", reply.status));
        let token = self.auth.logged_in(&reply, now).map_err(|why| Lost::Hopeless(self.secrets.redact(&why)))?;
        self.secrets.add(&token);
        Ok(())
    }

    fn send(&mut self, base: &str, request: &Request, headers: &[(&'static str, String)]) -> Result<Reply, Lost> {
        self.keep_pace();
        let url = format!("{base}{}", request.target());
        let mut builder = http::Request::builder().method(request.method.word()).uri(&url);
        for (name, value) in headers {
            builder = builder.header(*name, value);
        }
        if let Some((media, _)) = &request.body {
            builder = builder.header("content-type", *media);
        }
        let unfit = |error: http::Error| Lost::Hopeless(format!("the request cannot be written: {error}"));
        let sent = match &request.body {
            Some((_, body)) => self.agent.run(builder.body(body.as_str()).map_err(unfit)?),
            None => self.agent.run(builder.body(()).map_err(unfit)?),
        };
        let mut reply = sent.map_err(|error| lost(&self.base, &error))?;
        let retry_after = reply.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let status = reply.status().as_u16();
        let body = reply.body_mut().with_config().limit(LONGEST).read_to_vec();
        let body = body.map_err(|error| Lost::Unanswered(format!("the reply breaks off: {error}")))?;
        let body = String::from_utf8(body).unwrap_or_else(|odd| String::from_utf8_lossy(odd.as_bytes()).into_owned());
        Ok(Reply { status, retry_after: retry_after.map(Duration::from_secs), body })
    }

    #[expect(clippy::disallowed_methods, reason = "requests are kept apart")]
    fn keep_pace(&mut self) {
        if let Some(last) = self.last {
            std::thread::sleep(self.pace.saturating_sub(last.elapsed()));
        }
        self.last = Some(Instant::now());
    }
}

fn lost(base: &str, error: &Error) -> Lost {
    match error {
        Error::HostNotFound => Lost::Unsent(format!("`{base}` cannot be reached: there is no host of that name")),
        Error::ConnectionFailed => Lost::Unsent(format!("`{base}` cannot be reached")),
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            Lost::Unsent(format!("`{base}` cannot be reached in time"))
        }
        Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused => {
            Lost::Unsent(format!("`{base}` cannot be reached: nobody listens there"))
        }
        Error::Timeout(_) => Lost::Unanswered(format!("`{base}` does not answer in time")),
        Error::Io(io) => Lost::Unanswered(format!("the connection to `{base}` broke: {io}")),
        Error::BadUri(_) | Error::Http(_) | Error::InvalidProxyUrl | Error::Tls(_) => {
            Lost::Hopeless(format!("`{base}` cannot be talked to: {error}"))
        }
        other => Lost::Unanswered(format!("the connection to `{base}` broke: {other}")),
    }
}
