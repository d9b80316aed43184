//! Access tokens as Google gives them out: to a service account that signs for itself (RFC 7523), or to a person who
//! has logged in before. A token that stands in the environment needs neither.

use super::base_url::is_loopback;
use super::message::{Method, Reply, Request, encoded};
use super::secret::Secret;
use crate::diagnostic::{Code, Diagnostic};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use std::sync::Arc;

/// What may be done with a token: read and change DNS, and nothing else.
const SCOPE: &str = "https://www.googleapis.com/auth/ndev.clouddns.readwrite";
/// How long a token is asked for, in seconds; the longest that is given.
const LIFETIME: u64 = 3600;

/// Where tokens come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// One was given.
    Token(Secret),
    /// A service account.
    Account(Account),
    /// A login.
    Login(Login),
}

/// A service account and its key.
#[derive(Clone)]
pub(super) struct Account {
    email: String,
    key_id: String,
    key: Arc<RsaKeyPair>,
    /// Where tokens are given out.
    pub(super) server: String,
    /// The project that it belongs to.
    pub(super) project: Option<String>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.email)
    }
}

/// A person who has logged in.
#[derive(Clone, Debug)]
pub(super) struct Login {
    id: String,
    /// The parts of it that are secret.
    pub(super) secret: Secret,
    pub(super) refresh: Secret,
    pub(super) server: String,
}

/// The source that a file of credentials holds, as `GOOGLE_APPLICATION_CREDENTIALS` names it. Diagnostics hold none of it.
pub(super) fn credentials(text: &str) -> Result<Source, Diagnostic> {
    let fault = |what: &str| {
        let help =
            "for any other kind, put what `gcloud auth print-access-token` prints into CLOUDSDK_AUTH_ACCESS_TOKEN";
        Diagnostic::new(Code::Usage, format!("the Google credentials {what}")).help(help)
    };
    let file: Value = serde_json::from_str(text).map_err(|_| fault("are not in JSON"))?;
    let field = |key: &str| {
        let value = file[key].as_str().filter(|value| !value.is_empty()).map(str::to_owned);
        value.ok_or_else(|| fault(&format!("have no `{key}`")))
    };
    let server = || {
        let server = field("token_uri").unwrap_or_else(|_| "https://oauth2.googleapis.com/token".into());
        let safe = server.starts_with("https://") || is_loopback(&server);
        safe.then_some(server).ok_or_else(|| fault("have a `token_uri` that is not `https`"))
    };
    match field("type")?.as_str() {
        "service_account" => {
            let pem = field("private_key")?;
            let key = key(&pem).ok_or_else(|| fault("have a `private_key` that is no RSA key in PKCS #8"))?;
            Ok(Source::Account(Account {
                email: field("client_email")?,
                key_id: field("private_key_id").unwrap_or_default(),
                key: Arc::new(key),
                server: server()?,
                project: field("project_id").ok(),
            }))
        }
        "authorized_user" => Ok(Source::Login(Login {
            id: field("client_id")?,
            secret: Secret::new(&field("client_secret")?),
            refresh: Secret::new(&field("refresh_token")?),
            server: server()?,
        })),
        _ => Err(fault("are of a `type` other than `service_account` and `authorized_user`")),
    }
}

fn key(pem: &str) -> Option<RsaKeyPair> {
    let body: String = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(body).ok()?).ok()
}

impl Account {
    /// The request for a token, signed at a moment.
    pub(super) fn request(&self, seconds: u64) -> Request {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = part(&json!({"alg": "RS256", "typ": "JWT", "kid": self.key_id}));
        let claims = part(&json!({
            "iss": self.email, "scope": SCOPE, "aud": self.server, "iat": seconds, "exp": seconds + LIFETIME,
        }));
        let text = format!("{head}.{claims}");
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .expect("the buffer is as long as the key");
        let assertion = format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature));
        form(&[("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &assertion)])
    }
}

impl Login {
    /// The request for a token.
    pub(super) fn request(&self) -> Request {
        form(&[
            ("grant_type", "refresh_token"),
            ("client_id", &self.id),
            ("client_secret", self.secret.reveal()),
            ("refresh_token", self.refresh.reveal()),
        ])
    }
}

fn form(fields: &[(&str, &str)]) -> Request {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let body = Some(("application/x-www-form-urlencoded", fields.join("&")));
    Request { method: Method::Post, path: String::new(), query: Vec::new(), body }
}

/// The token of a reply and the moment from which it is not used any more.
pub(super) fn token(reply: &Reply, seconds: u64) -> Result<(Secret, u64), String> {
    let json = reply.json();
    match json["access_token"].as_str() {
        Some(token) if reply.is_ok() => {
            let lifetime = json["expires_in"].as_u64().unwrap_or(LIFETIME);
            Ok((Secret::new(token), seconds + lifetime.saturating_sub(60)))
        }
        _ => Err(format!(
            "Google gives no token ({}): {} {}",
            reply.status,
            json["error"].as_str().unwrap_or_default(),
            json["error_description"].as_str().unwrap_or_default()
        )),
    }
}
