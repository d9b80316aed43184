//! Authentication of requests.

use super::aws::{AwsCredentials, SigningScope};
use super::google::{self, TokenSource};
use super::message::{ApiRequest, ApiResponse};
use super::secret::Secret;

/// How requests are authenticated.
#[derive(Clone, Debug)]
pub(super) enum Authentication {
    /// The same header in every request: its name, its value, and the secret parts of the value if it is not secret as a whole.
    Header(&'static str, Secret, Vec<Secret>),
    /// A signature of the request.
    Aws(AwsCredentials, SigningScope),
    /// An access token, and the time when it expires.
    Google(TokenSource, Option<(Secret, u64)>),
}

impl Authentication {
    /// All secrets in it.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let secrets: Vec<&Secret> = match self {
            Authentication::Header(_, value, parts) if parts.is_empty() => vec![value],
            Authentication::Header(_, _, parts) => parts.iter().collect(),
            Authentication::Aws(keys, _) => [&keys.id, &keys.secret].into_iter().chain(&keys.session).collect(),
            Authentication::Google(source, token) => {
                let source = match source {
                    TokenSource::Given(token) => vec![token],
                    TokenSource::UserLogin(login) => vec![&login.secret, &login.refresh],
                    TokenSource::ServiceAccount(_) => Vec::new(),
                };
                source.into_iter().chain(token.iter().map(|(token, _)| token)).collect()
            }
        };
        secrets.into_iter()
    }

    /// The headers for a request that is sent to `host` at this time, in seconds since 1970.
    pub(super) fn headers(&self, request: &ApiRequest, host: &str, seconds: u64) -> Vec<(&'static str, String)> {
        let bearer = |token: &Secret| vec![("authorization", format!("Bearer {}", token.reveal()))];
        match self {
            Authentication::Header(name, value, _) => vec![(*name, value.reveal().to_owned())],
            Authentication::Aws(keys, scope) => keys.sign(request, host, *scope, seconds),
            Authentication::Google(TokenSource::Given(token), _) | Authentication::Google(_, Some((token, _))) => {
                bearer(token)
            }
            Authentication::Google(_, None) => Vec::new(),
        }
    }

    /// The URL and request for an access token, if a new one is needed.
    pub(super) fn token_request(&self, seconds: u64) -> Option<(String, ApiRequest)> {
        match self {
            Authentication::Google(_, Some((_, until))) if seconds < *until => None,
            Authentication::Google(TokenSource::ServiceAccount(account), _) => {
                Some((account.server.clone(), account.request(seconds)))
            }
            Authentication::Google(TokenSource::UserLogin(login), _) => Some((login.server.clone(), login.request())),
            _ => None,
        }
    }

    /// Stores the token of the response.
    pub(super) fn take_token(&mut self, response: &ApiResponse, seconds: u64) -> Result<Secret, String> {
        let (token, until) = google::token(response, seconds)?;
        if let Authentication::Google(_, current) = self {
            *current = Some((token.clone(), until));
        }
        Ok(token)
    }
}
