//! What no output may hold: tokens, keys and passwords.
//!
//! A secret is shown as three dots wherever it is formatted, and whatever comes from outside goes through
//! [`Secrets::redact`] before anybody sees it.

use std::fmt;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl Secret {
    /// Hides a text; the white space around it, such as a file's last line break, is no part of it.
    pub(super) fn new(text: &str) -> Self {
        Secret(text.trim().to_owned())
    }

    /// The same with words in front of it.
    pub(super) fn after(&self, front: &str) -> Secret {
        Secret(format!("{front}{}", self.0))
    }

    /// The text itself, for what is sent and what is signed.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// The secrets that a conversation knows of.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets {
    all: Vec<Secret>,
    /// What proved who sent the last request.
    proofs: Vec<Secret>,
}

/// The longest text from outside that is shown.
const LONGEST: usize = 2000;

impl Secrets {
    /// Remembers a secret.
    pub(super) fn add(&mut self, secret: &Secret) {
        if !secret.0.is_empty() && !self.all.contains(secret) {
            self.all.push(secret.clone());
        }
    }

    /// Remembers what proves who sends a request, until the next one.
    pub(super) fn prove(&mut self, proofs: impl Iterator<Item = Secret>) {
        self.proofs = proofs.filter(|proof| !proof.0.is_empty()).collect();
    }

    /// A text without any of them, without control characters, and not too long.
    pub(super) fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for Secret(secret) in self.proofs.iter().chain(&self.all) {
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
    fn a_secret_is_in_no_text() {
        let secret = Secret::new("canary\n");
        assert_eq!(format!("{secret:?}"), "…");
        let mut secrets = Secrets::default();
        secrets.add(&secret);
        secrets.add(&Secret::new(""));
        secrets.prove([Secret::new("proof of canary")].into_iter());
        assert_eq!(secrets.redact("proof of canary"), "…");
        assert_eq!(secrets.redact("no \"canary\"\u{1b}[31m\n for\ta canary"), "no \"…\" [31m for a …");
        assert_eq!(secrets.redact(&"x".repeat(5000)).chars().count(), LONGEST + 1);
    }
}
