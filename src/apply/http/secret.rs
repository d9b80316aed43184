//! Tokens, keys and passwords, which no output may contain.
//!
//! A secret is formatted as `…`, and text from outside is shown only after [`KnownSecrets::redact`].

use super::message::percent_encoded;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::BTreeSet;
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
    all: SecretForms,
    /// The secrets of the last request only.
    of_request: SecretForms,
}

/// The longest text from outside that is shown, in characters.
const LONGEST: usize = 2000;

impl KnownSecrets {
    /// Adds a secret.
    pub(super) fn add(&mut self, secret: &Secret) {
        self.all.add(secret);
    }

    /// Sets the secrets of a request, such as its signature, until the next request.
    pub(super) fn set_request_secrets(&mut self, secrets: impl Iterator<Item = Secret>) {
        self.of_request = SecretForms::default();
        secrets.for_each(|secret| self.of_request.add(&secret));
    }

    /// The text without secrets and control characters, shortened if it is long.
    pub(super) fn redact(&self, text: &str) -> String {
        let mut is_secret = vec![false; text.len()];
        for forms in [&self.of_request, &self.all] {
            forms.mark(text, &mut is_secret);
        }
        let mut shown = String::new();
        let mut is_within = false;
        for (at, c) in text.char_indices() {
            let hidden = is_secret[at..at + c.len_utf8()].contains(&true);
            match (hidden, is_within) {
                (false, _) if c.is_control() => shown.push(' '),
                (false, _) => shown.push(c),
                (true, false) => shown.push('…'),
                (true, true) => {}
            }
            is_within = hidden;
        }
        let words: Vec<&str> = shown.split_whitespace().collect();
        let mut text = words.join(" ");
        if let Some((at, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(at);
            text.push('…');
        }
        text
    }
}

/// How many bytes of a secret are enough to hide them: servers repeat secrets shortened.
const PART: usize = 8;

/// Secrets in the forms in which a server may repeat them: as they are, percent-encoded, as a JSON string, in base64.
#[derive(Clone, Default)]
struct SecretForms {
    /// The forms that are shorter than [`PART`].
    short: BTreeSet<String>,
    /// All parts of the others with this length.
    parts: BTreeSet<[u8; PART]>,
}

impl SecretForms {
    fn add(&mut self, Secret(secret): &Secret) {
        for form in forms(secret).into_iter().filter(|form| !form.is_empty()) {
            if form.len() < PART {
                self.short.insert(form);
            } else {
                let parts = form.as_bytes().windows(PART);
                self.parts.extend(parts.map(|part| <[u8; PART]>::try_from(part).expect("a window has this length")));
            }
        }
    }

    /// Marks the bytes of `text` that are in a secret.
    fn mark(&self, text: &str, is_secret: &mut [bool]) {
        for form in &self.short {
            for (at, _) in text.match_indices(form) {
                is_secret[at..at + form.len()].fill(true);
            }
        }
        if !self.parts.is_empty() {
            for (at, part) in text.as_bytes().windows(PART).enumerate() {
                if self.parts.contains(part) {
                    is_secret[at..at + PART].fill(true);
                }
            }
        }
    }
}

impl fmt::Debug for SecretForms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// The forms of a secret. In base64, its text depends on the number of bytes before it; the characters that others share with it
/// are left out.
fn forms(secret: &str) -> Vec<String> {
    let upper = percent_encoded(secret);
    let json = serde_json::to_string(secret).expect("a text is a JSON string");
    let json = json[1..json.len() - 1].to_owned();
    let mut forms = vec![secret.to_owned(), lower_hex(&upper), upper, json.replace('/', "\\/"), json];
    for (before, skipped) in [(0, 0), (1, 2), (2, 3)] {
        let bytes = [&vec![b'x'; before], secret.as_bytes()].concat();
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&bytes);
            let end = bytes.len() * 8 / 6;
            forms.push(encoded.get(skipped..end).unwrap_or_default().to_owned());
        }
    }
    // The text of a secret of a few bytes is in many words.
    forms.retain(|form| form == secret || form.len() > 3);
    forms
}

/// A percent-encoded text with lower-case digits.
fn lower_hex(encoded: &str) -> String {
    let parts = encoded.split('%').enumerate().map(|(i, part)| match part.get(..2) {
        Some(digits) if i > 0 => format!("%{}{}", digits.to_ascii_lowercase(), &part[2..]),
        _ => part.to_owned(),
    });
    parts.collect()
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

    #[test]
    fn other_forms_and_parts_of_secrets_are_redacted() {
        use base64::engine::general_purpose::STANDARD;
        let secret = "key/with+\"quotes\" & more: 7f3a9c51e2d8b604";
        let mut secrets = KnownSecrets::default();
        secrets.add(&Secret::new(secret));
        let json = serde_json::json!({ "token": secret }).to_string();
        for text in [
            format!("no `{secret}`"),
            format!("?token={}", percent_encoded(secret)),
            format!("?token={}", lower_hex(&percent_encoded(secret))),
            json.replace('/', "\\/"),
            json,
            format!("Basic {}", STANDARD.encode(secret)),
            format!("Basic {}", STANDARD.encode(format!("u:{secret}"))),
            format!("Basic {}", STANDARD.encode(format!("user:{secret}:x"))),
            format!("invalid token {}...", &secret[..12]),
            format!("invalid token ...{}", &secret[secret.len() - 10..]),
        ] {
            let shown = secrets.redact(&text);
            assert!(shown.contains('…'), "{text}: {shown}");
            for encoded in [secret.to_owned(), percent_encoded(secret), STANDARD.encode(secret)] {
                let leaks =
                    encoded.as_bytes().windows(PART).any(|part| shown.contains(std::str::from_utf8(part).unwrap()));
                assert!(!leaks, "{text}: {shown}");
            }
        }
        let plain = "the zone `dev.example.com` has 7f3a9 names";
        assert_eq!(secrets.redact(plain), plain);
        assert_eq!(format!("{secrets:?}"), "KnownSecrets { all: …, of_request: … }");
    }
}
