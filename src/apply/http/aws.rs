//! Signatures as AWS wants them (Signature Version 4): a keyed hash over what is sent and when.

use super::clock;
use super::message::{Request, encoded};
use super::secret::Secret;
use crate::hex;
use ring::{digest, hmac};
use std::fmt::Write;

/// Who signs.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    /// The id of the key, which is not shown either.
    pub(super) id: Secret,
    pub(super) secret: Secret,
    /// The token of a session that ends by itself.
    pub(super) session: Option<Secret>,
}

/// Where a signature counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    pub(super) region: &'static str,
    pub(super) service: &'static str,
}

impl Keys {
    /// The headers that prove who sends a request to `host` at a moment.
    pub(super) fn sign(
        &self,
        request: &Request,
        host: &str,
        scope: Scope,
        seconds: u64,
    ) -> Vec<(&'static str, String)> {
        let stamp = clock::stamp(seconds);
        let day = &stamp[..8];
        let mut signed = vec![("host", host.to_owned()), ("x-amz-date", stamp.clone())];
        if let Some(session) = &self.session {
            signed.push(("x-amz-security-token", session.reveal().to_owned()));
        }
        let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let mut query: Vec<String> =
            request.query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        query.sort();
        let headers: String = signed.iter().fold(String::new(), |mut text, (name, value)| {
            writeln!(text, "{name}:{}", value.trim()).expect("a string takes all");
            text
        });
        let body = request.body.as_ref().map_or("", |(_, body)| body);
        let canonical = format!(
            "{}\n{}\n{}\n{headers}\n{names}\n{}",
            request.method.word(),
            request.path,
            query.join("&"),
            hex::encode(digest::digest(&digest::SHA256, body.as_bytes()).as_ref())
        );
        let hash = hex::encode(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
        let within = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
        let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{within}\n{hash}");
        let first = format!("AWS4{}", self.secret.reveal());
        let key = [day, scope.region, scope.service, "aws4_request"]
            .iter()
            .fold(first.into_bytes(), |key, part| keyed(&key, part.as_bytes()));
        let signature = hex::encode(&keyed(&key, text.as_bytes()));
        let id = self.id.reveal();
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={id}/{within}, SignedHeaders={names}, Signature={signature}");
        let mut headers: Vec<_> = signed.into_iter().filter(|(name, _)| *name != "host").collect();
        headers.push(("authorization", authorization));
        headers
    }
}

fn keyed(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys, the moment and two requests of the test suite that AWS has published for the signature.
    #[test]
    fn published_signatures_come_out() {
        let keys = Keys {
            id: Secret::new("AKIDEXAMPLE"),
            secret: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session: None,
        };
        let scope = Scope { region: "us-east-1", service: "service" };
        for (request, want) in [
            (Request::get("/"), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            (
                Request::get("/").with("Param2", "value2").with("Param1", "value1"),
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
        ] {
            let headers = keys.sign(&request, "example.amazonaws.com", scope, 1_440_938_160);
            assert_eq!(headers[0], ("x-amz-date", "20150830T123600Z".to_owned()));
            assert_eq!(
                headers[1].1,
                format!(
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                     SignedHeaders=host;x-amz-date, Signature={want}"
                )
            );
        }
    }
}
