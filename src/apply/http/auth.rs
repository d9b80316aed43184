//! What proves who sends a request.

use super::aws::{Keys, Scope};
use super::google::{self, Source};
use super::message::{Reply, Request};
use super::secret::Secret;

/// A proof.
#[derive(Clone, Debug)]
pub(super) enum Auth {
    /// The same header in every request: its name, its value, and the parts of that which are secret on their own.
    Header(&'static str, Secret, Vec<Secret>),
    /// A signature over the request.
    Aws(Keys, Scope),
    /// A token that is asked for, and the moment from which it is not used any more.
    Google(Source, Option<(Secret, u64)>),
}

impl Auth {
    /// All that is secret in it.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let secrets: Vec<&Secret> = match self {
            Auth::Header(_, value, parts) => std::iter::once(value).chain(parts).collect(),
            Auth::Aws(keys, _) => [&keys.id, &keys.secret].into_iter().chain(&keys.session).collect(),
            Auth::Google(source, token) => {
                let source = match source {
                    Source::Token(token) => vec![token],
                    Source::Login(login) => vec![&login.secret, &login.refresh],
                    Source::Account(_) => Vec::new(),
                };
                source.into_iter().chain(token.iter().map(|(token, _)| token)).collect()
            }
        };
        secrets.into_iter()
    }

    /// The headers for a request that is sent to `host` at a moment.
    pub(super) fn headers(&self, request: &Request, host: &str, seconds: u64) -> Vec<(&'static str, String)> {
        let bearer = |token: &Secret| vec![("authorization", format!("Bearer {}", token.reveal()))];
        match self {
            Auth::Header(name, value, _) => vec![(*name, value.reveal().to_owned())],
            Auth::Aws(keys, scope) => keys.sign(request, host, *scope, seconds),
            Auth::Google(Source::Token(token), _) | Auth::Google(_, Some((token, _))) => bearer(token),
            Auth::Google(_, None) => Vec::new(),
        }
    }

    /// Where and how a token is asked for, if one is needed.
    pub(super) fn login(&self, seconds: u64) -> Option<(String, Request)> {
        match self {
            Auth::Google(_, Some((_, until))) if seconds < *until => None,
            Auth::Google(Source::Account(account), _) => Some((account.server.clone(), account.request(seconds))),
            Auth::Google(Source::Login(login), _) => Some((login.server.clone(), login.request())),
            _ => None,
        }
    }

    /// Takes the token of the reply.
    pub(super) fn logged_in(&mut self, reply: &Reply, seconds: u64) -> Result<Secret, String> {
        let (token, until) = google::token(reply, seconds)?;
        if let Auth::Google(_, held) = self {
            *held = Some((token.clone(), until));
        }
        Ok(token)
    }
}
