//! The shared key that signs messages (TSIG, RFC 8945), in the forms of `nsupdate -y` and `nsupdate -k`.
//!
//! Errors contain nothing of the text of a key.

use crate::diagnostic::{Code, Diagnostic};
use base64::Engine;
use domain::base::Name;
use domain::tsig::{Algorithm, Key};
use std::str::FromStr;
use std::sync::Arc;

/// The key in `ALGORITHM:NAME:SECRET`, or in the text of a file that `tsig-keygen` writes.
pub(crate) fn parse(text: &str) -> Result<Arc<Key>, Diagnostic> {
    let fault = |what: &str| {
        Diagnostic::new(Code::Usage, format!("the TSIG key {what}"))
            .help("use `hmac-sha256:NAME:SECRET`, or the key file that `tsig-keygen` writes")
    };
    let text = text.trim();
    let clause = || {
        let words: Vec<&str> = text
            .split(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | ';' | '"'))
            .filter(|w| !w.is_empty())
            .collect();
        let after = |word| Some(*words.get(words.iter().position(|w| *w == word)? + 1)?);
        Some((after("algorithm")?, after("key")?, after("secret")?))
    };
    let connection = || {
        let mut parts = text.splitn(3, ':');
        Some((parts.next()?, parts.next()?, parts.next()?))
    };
    let found = if text.contains('{') { clause() } else { connection() };
    let (algorithm, name, secret) = found.ok_or_else(|| fault("has an unknown form"))?;
    let algorithm = match algorithm.to_ascii_lowercase().as_str() {
        "hmac-sha256" => Algorithm::Sha256,
        "hmac-sha384" => Algorithm::Sha384,
        "hmac-sha512" => Algorithm::Sha512,
        _ => return Err(fault("has an unsupported algorithm: use hmac-sha256, hmac-sha384 or hmac-sha512")),
    };
    let name = Name::from_str(name).map_err(|_| fault("has a name that is not a DNS name"))?;
    let secret = base64::engine::general_purpose::STANDARD.decode(secret).map_err(|_| fault("is not base64"))?;
    let key = Key::new(algorithm, &secret, name, None, None).expect("a signature in full length is long enough");
    Ok(Arc::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_parsed_and_errors_do_not_contain_the_secret() {
        let file = "key \"pleach\" {\n\talgorithm hmac-sha512;\n\tsecret \"c2VjcmV0LWNhbmFyeQ==\";\n};\n";
        assert_eq!(parse(file).unwrap().algorithm(), Algorithm::Sha512);
        let key = parse("HMAC-SHA256:pleach.example:c2VjcmV0LWNhbmFyeQ==\n").unwrap();
        assert_eq!(key.name().to_string(), "pleach.example");
        for bad in [
            "",
            "c2VjcmV0LWNhbmFyeQ==",
            "pleach:c2VjcmV0LWNhbmFyeQ==",
            "hmac-md5:pleach:c2VjcmV0LWNhbmFyeQ==",
            "hmac-sha256:a..b:c2VjcmV0LWNhbmFyeQ==",
            "hmac-sha256:pleach:c2VjcmV0LWNhbmFyeQ=",
            "key pleach { secret c2VjcmV0LWNhbmFyeQ==; }",
        ] {
            let error = parse(bad).unwrap_err();
            let text = format!("{error} {:?}", error.parts().help);
            assert!(!text.contains("c2Vj"), "{text}");
        }
    }
}
