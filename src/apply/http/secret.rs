//! Tokens, keys and passwords, which no output may contain.
//!
//! A secret is formatted as `…`, and text from outside is shown only after [`KnownSecrets::redact`].

use super::decoded::DecodedText;
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
/// The most bytes of it that are searched for secrets.
const MOST_SEARCHED: usize = 64 * 1024;

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
        let is_cut = text.len() > MOST_SEARCHED;
        let end = (0..=text.len().min(MOST_SEARCHED)).rev().find(|end| text.is_char_boundary(*end));
        let text = &text[..end.unwrap_or_default()];
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
        let end = text.char_indices().nth(LONGEST).map(|(at, _)| at);
        if is_cut || end.is_some() {
            text.truncate(end.unwrap_or(text.len()));
            text.push('…');
        }
        text
    }
}

/// How many bytes of a secret are enough to hide them: servers repeat secrets shortened.
const PART: usize = 8;

/// How often a text may be encoded.
const MOST_ENCODINGS: usize = 3;

/// Secrets in the forms in which a server may repeat them: as they are, and in base64. A text is searched as it is and decoded.
#[derive(Clone, Default)]
struct SecretForms {
    /// The forms that are shorter than [`PART`].
    short: BTreeSet<Vec<u8>>,
    /// All parts of the others with this length.
    parts: BTreeSet<[u8; PART]>,
}

impl SecretForms {
    fn add(&mut self, Secret(secret): &Secret) {
        for form in forms(secret).into_iter().filter(|form| !form.is_empty()) {
            if form.len() < PART {
                self.short.insert(form.into_bytes());
            } else {
                let parts = form.as_bytes().windows(PART);
                self.parts.extend(parts.map(|part| <[u8; PART]>::try_from(part).expect("a window has this length")));
            }
        }
    }

    /// Marks the bytes of `text` that are in a secret, or encode one.
    fn mark(&self, text: &str, is_secret: &mut [bool]) {
        if self.short.is_empty() && self.parts.is_empty() {
            return;
        }
        let mut decoded = DecodedText::of(text);
        for _ in 0..=MOST_ENCODINGS {
            self.mark_decoded(&decoded, is_secret);
            // Hexadecimal digits are in many texts, so one digit more or less is a possible beginning.
            (0..2).for_each(|skipped| self.mark_decoded(&decoded.hex_decoded(skipped), is_secret));
            match decoded.unescaped() {
                Some(next) => decoded = next,
                None => break,
            }
        }
    }

    fn mark_decoded(&self, decoded: &DecodedText, is_secret: &mut [bool]) {
        let mut mark = |at: usize, length: usize| {
            let (from, to) = (decoded.sources[at].start, decoded.sources[at + length - 1].end);
            is_secret[from..to].fill(true);
        };
        for form in &self.short {
            for (at, _) in decoded.bytes.windows(form.len()).enumerate().filter(|(_, part)| part == form) {
                mark(at, form.len());
            }
        }
        for (at, _) in decoded.bytes.windows(PART).enumerate().filter(|(_, part)| self.parts.contains(*part)) {
            mark(at, PART);
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
    let mut forms = vec![secret.to_owned()];
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

#[cfg(test)]
mod tests {
    use super::super::message::percent_encoded;
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
        assert_eq!(secrets.redact(&(" ".repeat(MOST_SEARCHED) + "canary")), "…");
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
            format!("?token={}", percent_encoded(secret).replace("%2F", "%2f").replace("%2B", "%2b")),
            format!("?token={}", percent_encoded(&percent_encoded(secret))),
            format!("?token={}", percent_encoded(&STANDARD.encode(secret))),
            format!("token: {}", each(secret, |byte| format!("%{byte:02x}"))),
            format!("token: {}", each(secret, |byte| format!("%{byte:02X}"))),
            format!("token: {}", each(secret, |byte| format!("\\u{byte:04x}"))),
            format!("token: {}", each(secret, |byte| format!("\\u{byte:04X}"))),
            format!("token: {}", each(secret, |byte| format!("\\\\u{byte:04x}"))),
            format!("token: {}", each(secret, |byte| format!("\\x{byte:02x}"))),
            format!("token: {}", each(secret, |byte| format!("&#{byte};"))),
            format!("token: {}", each(secret, |byte| format!("&#x{byte:X};"))),
            format!("token: {}", each(secret, |byte| format!("{byte:02x}"))),
            format!("token: {}", each(secret, |byte| format!("{byte:02X}"))),
            format!("token: {}", each(secret, |byte| format!("{byte:02x}:"))),
            format!("token: [{}]", each(secret, |byte| format!("0x{byte:02x}, "))),
            format!("token: {}", each(secret, |byte| format!("{byte:02x}\n"))),
            format!("token: a{}", each(&secret[3..], |byte| format!("{byte:02x}"))),
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
            let hex = each(secret, |byte| format!("{byte:02x}"));
            for encoded in
                [secret.to_owned(), percent_encoded(secret), STANDARD.encode(secret), hex.to_uppercase(), hex]
            {
                let leaks =
                    encoded.as_bytes().windows(PART).any(|part| shown.contains(std::str::from_utf8(part).unwrap()));
                assert!(!leaks, "{text}: {shown}");
            }
        }
        for plain in [
            "the zone `dev.example.com` has 7f3a9 names",
            "see https://example.com/a%20b?c=%2F and \\u00e9, \\n, 100% &amp; &#8230; %",
            "request 550e8400-e29b-41d4-a716-446655440000 at 2001:db8::dead:beef",
        ] {
            assert_eq!(secrets.redact(plain), plain);
        }
        assert_eq!(format!("{secrets:?}"), "KnownSecrets { all: …, of_request: … }");
    }

    /// The text with each byte encoded.
    fn each(text: &str, encode: impl Fn(u8) -> String) -> String {
        text.bytes().map(encode).collect()
    }
}
