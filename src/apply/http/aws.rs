//! Signatures of AWS requests (Signature Version 4).

use super::clock;
use super::message::{ApiRequest, percent_encoded};
use super::secret::Secret;
use crate::hex;
use ring::{digest, hmac};
use std::fmt::Write;

/// An access key.
#[derive(Clone, Debug)]
pub(super) struct AwsCredentials {
    /// The id of the key. It is secret too.
    pub(super) id: Secret,
    pub(super) secret: Secret,
    /// The session token of temporary keys.
    pub(super) session: Option<Secret>,
}

/// The region and service of a signature.
#[derive(Clone, Copy, Debug)]
pub(super) struct SigningScope {
    pub(super) region: &'static str,
    pub(super) service: &'static str,
}

impl AwsCredentials {
    /// The headers with the signature of a request that is sent to `host` at this time, in seconds since 1970.
    pub(super) fn sign(
        &self,
        request: &ApiRequest,
        host: &str,
        scope: SigningScope,
        seconds: u64,
    ) -> Vec<(&'static str, String)> {
        let timestamp = clock::timestamp(seconds);
        let day = &timestamp[..8];
        let mut signed = vec![("host", host.to_owned()), ("x-amz-date", timestamp.clone())];
        if let Some(session) = &self.session {
            signed.push(("x-amz-security-token", session.reveal().to_owned()));
        }
        let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let mut query: Vec<String> = request
            .query
            .iter()
            .map(|(name, value)| format!("{}={}", percent_encoded(name), percent_encoded(value)))
            .collect();
        query.sort();
        let headers: String = signed.iter().fold(String::new(), |mut text, (name, value)| {
            writeln!(text, "{name}:{}", value.trim()).expect("writing to a string succeeds");
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
        let credential_scope = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
        let text = format!("AWS4-HMAC-SHA256\n{timestamp}\n{credential_scope}\n{hash}");
        let first = format!("AWS4{}", self.secret.reveal());
        let key = [day, scope.region, scope.service, "aws4_request"]
            .iter()
            .fold(first.into_bytes(), |key, part| hmac_sha256(&key, part.as_bytes()));
        let signature = hex::encode(&hmac_sha256(&key, text.as_bytes()));
        let id = self.id.reveal();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={id}/{credential_scope}, SignedHeaders={names}, Signature={signature}"
        );
        let mut headers: Vec<_> = signed.into_iter().filter(|(name, _)| *name != "host").collect();
        headers.push(("authorization", authorization));
        headers
    }
}

fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys, the time and two requests of the test suite that AWS has published.
    #[test]
    fn signatures_are_those_of_the_published_test_suite() {
        let keys = AwsCredentials {
            id: Secret::new("AKIDEXAMPLE"),
            secret: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session: None,
        };
        let scope = SigningScope { region: "us-east-1", service: "service" };
        for (request, want) in [
            (ApiRequest::get("/"), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            (
                ApiRequest::get("/").with("Param2", "value2").with("Param1", "value1"),
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
