//! Access tokens of Google, for a service account (RFC 7523) or for a user who has logged in. A token from the environment
//! needs neither.

use super::base_url::is_loopback;
use super::message::{ApiRequest, ApiResponse, HttpMethod, percent_encoded};
use super::secret::Secret;
use crate::diagnostic::{Code, Diagnostic};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use std::sync::Arc;

/// The permissions of a token: read and change DNS.
const SCOPE: &str = "https://www.googleapis.com/auth/ndev.clouddns.readwrite";
/// The requested validity of a token in seconds, which is the maximum.
const VALIDITY: u64 = 3600;

/// The source of access tokens.
#[derive(Clone, Debug)]
pub(super) enum TokenSource {
    /// A token from the environment.
    Given(Secret),
    /// A service account.
    ServiceAccount(ServiceAccount),
    /// A login.
    UserLogin(UserLogin),
}

/// A service account and its key.
#[derive(Clone)]
pub(super) struct ServiceAccount {
    email: String,
    key_id: String,
    key: Arc<RsaKeyPair>,
    /// The URL of the token endpoint.
    pub(super) server: String,
    /// Its project.
    pub(super) project: Option<String>,
}

impl std::fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.email)
    }
}

/// A user who has logged in.
#[derive(Clone, Debug)]
pub(super) struct UserLogin {
    id: String,
    pub(super) secret: Secret,
    pub(super) refresh: Secret,
    pub(super) server: String,
}

/// The source in the file that `GOOGLE_APPLICATION_CREDENTIALS` names. Diagnostics contain nothing of the file.
pub(super) fn credentials(text: &str) -> Result<TokenSource, Diagnostic> {
    let fault = |what: &str| {
        let help =
            "for any other type, set CLOUDSDK_AUTH_ACCESS_TOKEN to the output of `gcloud auth print-access-token`";
        Diagnostic::new(Code::Usage, format!("the Google credentials {what}")).help(help)
    };
    let file: Value = serde_json::from_str(text).map_err(|_| fault("are not JSON"))?;
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
            let key = rsa_key(&pem).ok_or_else(|| fault("have a `private_key` that is not an RSA key in PKCS #8"))?;
            Ok(TokenSource::ServiceAccount(ServiceAccount {
                email: field("client_email")?,
                key_id: field("private_key_id").unwrap_or_default(),
                key: Arc::new(key),
                server: server()?,
                project: field("project_id").ok(),
            }))
        }
        "authorized_user" => Ok(TokenSource::UserLogin(UserLogin {
            id: field("client_id")?,
            secret: Secret::new(&field("client_secret")?),
            refresh: Secret::new(&field("refresh_token")?),
            server: server()?,
        })),
        _ => Err(fault("have a `type` that is neither `service_account` nor `authorized_user`")),
    }
}

fn rsa_key(pem: &str) -> Option<RsaKeyPair> {
    let body: String = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(body).ok()?).ok()
}

impl ServiceAccount {
    /// The request for a token, signed at this time.
    pub(super) fn request(&self, seconds: u64) -> ApiRequest {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = part(&json!({"alg": "RS256", "typ": "JWT", "kid": self.key_id}));
        let claims = part(&json!({
            "iss": self.email, "scope": SCOPE, "aud": self.server, "iat": seconds, "exp": seconds + VALIDITY,
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

impl UserLogin {
    /// The request for a token.
    pub(super) fn request(&self) -> ApiRequest {
        form(&[
            ("grant_type", "refresh_token"),
            ("client_id", &self.id),
            ("client_secret", self.secret.reveal()),
            ("refresh_token", self.refresh.reveal()),
        ])
    }
}

fn form(fields: &[(&str, &str)]) -> ApiRequest {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
    let body = Some(("application/x-www-form-urlencoded", fields.join("&")));
    ApiRequest { method: HttpMethod::Post, path: String::new(), query: Vec::new(), body }
}

/// The token of a response, and the time when it expires.
pub(super) fn token(response: &ApiResponse, seconds: u64) -> Result<(Secret, u64), String> {
    let json = response.json();
    match json["access_token"].as_str() {
        Some(token) if response.is_ok() => {
            let validity = json["expires_in"].as_u64().unwrap_or(VALIDITY);
            Ok((Secret::new(token), seconds + validity.saturating_sub(60)))
        }
        _ => Err(format!(
            "Google returned no access token ({}): {} {}",
            response.status,
            json["error"].as_str().unwrap_or_default(),
            json["error_description"].as_str().unwrap_or_default()
        )),
    }
}
