//! Tokens, keys and passwords, which no output may contain.
//!
//! A secret is formatted as `…`, and text from outside is shown only after [`KnownSecrets::redact`].

use std::fmt;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl Secret {
    /// The secret in a text, without surrounding white space such as the line break at the end of a file.
    pub(super) fn new(text: &str) -> Self {
        Secret(text.trim().to_owned())
    }

    /// The same with a prefix.
    pub(super) fn with_prefix(&self, prefix: &str) -> Secret {
        Secret(format!("{prefix}{}", self.0))
    }

    /// The text itself, for requests and signatures.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// The secrets to remove from texts.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownSecrets {
    all: Vec<Secret>,
    /// The secrets of the last request only.
    of_request: Vec<Secret>,
}

/// The longest text from outside that is shown, in characters.
const LONGEST: usize = 2000;

impl KnownSecrets {
    /// Adds a secret.
    pub(super) fn add(&mut self, secret: &Secret) {
        if !secret.0.is_empty() && !self.all.contains(secret) {
            self.all.push(secret.clone());
        }
    }

    /// Sets the secrets of a request, such as its signature, until the next request.
    pub(super) fn set_request_secrets(&mut self, secrets: impl Iterator<Item = Secret>) {
        self.of_request = secrets.filter(|secret| !secret.0.is_empty()).collect();
    }

    /// The text without secrets and control characters, shortened if it is long.
    pub(super) fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for Secret(secret) in self.of_request.iter().chain(&self.all) {
            text = text.replace(secret.as_str(), "…");
        }
        let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let words: Vec<&str> = plain.split_whitespace().collect();
        let mut text = words.join(" ");
        if let Some((at, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(at);
            text.push('…');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_redacted() {
        let secret = Secret::new("canary\n");
        assert_eq!(format!("{secret:?}"), "…");
        let mut secrets = KnownSecrets::default();
        secrets.add(&secret);
        secrets.add(&Secret::new(""));
        secrets.set_request_secrets([Secret::new("signature of canary")].into_iter());
        assert_eq!(secrets.redact("signature of canary"), "…");
        assert_eq!(secrets.redact("no \"canary\"\u{1b}[31m\n for\ta canary"), "no \"…\" [31m for a …");
        assert_eq!(secrets.redact(&"x".repeat(5000)).chars().count(), LONGEST + 1);
    }
}
