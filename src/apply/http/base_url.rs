//! The base URL of an API: scheme, host and port.

use crate::diagnostic::{Code, Diagnostic};
use ureq::http::Uri;

/// The base URL in `text`. Plain HTTP is accepted on the loopback interface only, because requests contain credentials.
pub(super) fn base_url(text: &str) -> Result<String, Diagnostic> {
    let fault = |what: &str| Diagnostic::new(Code::Spec, format!("`{text}` {what}"));
    let form = "write `https://HOST` or `https://HOST:PORT`";
    let uri: Uri = text.parse().map_err(|_| fault("is not the URL of an API"))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(fault("is not the URL of an API").help(form));
    };
    if authority.as_str().contains('@') {
        return Err(fault("contains a user name or password").help("credentials come from the environment"));
    }
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err(fault("has a path or query").help(form));
    }
    let base = format!("{scheme}://{authority}");
    match scheme {
        "https" => Ok(base),
        "http" if is_loopback(&base) => Ok(base),
        "http" => {
            let help = "write `https://`, or forward a port of this machine to the API through a tunnel";
            Err(fault("would send the credential without encryption").help(help))
        }
        _ => Err(fault("is not the URL of an API").help(form)),
    }
}

/// Whether the host of a URL is this machine.
pub(super) fn is_loopback(url: &str) -> bool {
    let host = url.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_addresses_are_recognized() {
        for local in ["http://127.0.0.1:80", "http://[::1]:8081", "http://localhost", "https://127.8.0.1"] {
            assert!(is_loopback(local), "{local}");
        }
        for remote in ["http://192.0.2.1", "http://localhost.example.com", "http://127.0.0.1.example.com", "x", ""] {
            assert!(!is_loopback(remote), "{remote}");
        }
    }
}
