//! From what the spec says of a zone behind an API, and the credentials that stand around, to the zone.

use super::Api;
use super::auth::Auth;
use super::aws::{Keys, Scope};
use super::base_url::{base_url, is_loopback};
use super::clouddns::CloudDns;
use super::cloudflare::Cloudflare;
use super::godaddy::GoDaddy;
use super::google::{self, Source};
use super::powerdns::PowerDns;
use super::provider::Provider;
use super::route53::Route53;
use super::secret::Secret;
use super::wire::Wire;
use crate::apply::open::Surroundings;
use crate::apply::patience::Patience;
use crate::diagnostic::{Code, Diagnostic};
use crate::name::DnsName;
use crate::spec;
use ureq::tls::{Certificate, PemItem};

/// Makes the translator of a zone, finds its credential and says where its API usually is.
type Open = fn(&DnsName, &spec::Zone, &Surroundings) -> Result<Opened, Diagnostic>;
type Opened = (Box<dyn Provider>, Auth, Option<&'static str>);

/// Opens a zone behind an API; nothing is sent yet. `None` if the provider has no API over HTTP.
pub fn open(
    name: &DnsName,
    zone: &spec::Zone,
    around: &Surroundings,
    patience: Patience,
) -> Option<Result<Api, Diagnostic>> {
    let (open, address): (Open, &[&str]) = match zone.provider? {
        spec::ZoneProvider::Rfc2136 => return None,
        spec::ZoneProvider::CloudDns => (cloud_dns, &["CLOUDSDK_API_ENDPOINT_OVERRIDES_DNS"]),
        spec::ZoneProvider::Route53 => (route53, &["AWS_ENDPOINT_URL_ROUTE_53", "AWS_ENDPOINT_URL"]),
        spec::ZoneProvider::Cloudflare => (cloudflare, &["CLOUDFLARE_BASE_URL"]),
        spec::ZoneProvider::PowerDns => (power_dns, &["PDNS_API_URL"]),
        spec::ZoneProvider::GoDaddy => (go_daddy, &["GODADDY_API_URL"]),
    };
    let make = || {
        let (provider, auth, usual) = open(name, zone, around)?;
        let given = || address.iter().find_map(|variable| (around.variable)(variable));
        let Some(base) = zone.server.as_ref().map(ToString::to_string).or_else(given).or(usual.map(str::to_owned))
        else {
            let help = "add `server: https://HOST:PORT`, the address of its API";
            return Err(Diagnostic::new(Code::Spec, format!("the zone `{name}` has no `server`")).help(help));
        };
        let base = base_url(&base)?;
        let pace = if is_loopback(&base) { std::time::Duration::ZERO } else { provider.pace() };
        let wire = Wire::new(base, auth, patience, pace, authorities(around)?, around.trace.clone());
        Ok(Api::new(provider, wire, patience))
    };
    Some(make())
}

fn cloud_dns(name: &DnsName, zone: &spec::Zone, around: &Surroundings) -> Result<Opened, Diagnostic> {
    let tokens = ["CLOUDSDK_AUTH_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN"];
    let source = match (secret(around, name, &tokens)?, around.first(&["GOOGLE_APPLICATION_CREDENTIALS"], name)) {
        (Some(token), _) => Source::Token(token),
        (None, Some(path)) => google::credentials(&(around.file)(&path)?)?,
        (None, None) => return Err(missing(name, "GOOGLE_APPLICATION_CREDENTIALS or CLOUDSDK_AUTH_ACCESS_TOKEN")),
    };
    let own = match &source {
        Source::Account(account) => account.project.clone(),
        Source::Token(_) | Source::Login(_) => None,
    };
    let said = || around.first(&["GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"], name);
    let Some(project) = zone.project.as_ref().map(ToString::to_string).or_else(said).or(own) else {
        let message = format!("the zone `{name}` has no `project`, and the environment names none");
        return Err(Diagnostic::new(Code::Spec, message).help("add `project: PROJECT` to the zone"));
    };
    let provider = CloudDns { project, zone: name.clone(), id: id(zone) };
    Ok((Box::new(provider), Auth::Google(source, None), Some("https://dns.googleapis.com")))
}

fn route53(name: &DnsName, zone: &spec::Zone, around: &Surroundings) -> Result<Opened, Diagnostic> {
    let of = |variable: &str| secret(around, name, &[variable]);
    let (Some(id_of_key), Some(secret)) = (of("AWS_ACCESS_KEY_ID")?, of("AWS_SECRET_ACCESS_KEY")?) else {
        return Err(missing(name, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
    };
    let keys = Keys { id: id_of_key, secret, session: of("AWS_SESSION_TOKEN")? };
    let scope = Scope { region: "us-east-1", service: "route53" };
    let provider = Route53 { zone: name.clone(), id: id(zone) };
    Ok((Box::new(provider), Auth::Aws(keys, scope), Some("https://route53.amazonaws.com")))
}

fn cloudflare(name: &DnsName, zone: &spec::Zone, around: &Surroundings) -> Result<Opened, Diagnostic> {
    let Some(token) = secret(around, name, &["CLOUDFLARE_API_TOKEN", "CF_API_TOKEN"])? else {
        return Err(missing(name, "CLOUDFLARE_API_TOKEN"));
    };
    let auth = Auth::Header("authorization", token.after("Bearer "), vec![token]);
    let provider = Cloudflare::new(name.clone(), id(zone));
    Ok((Box::new(provider), auth, Some("https://api.cloudflare.com")))
}

fn power_dns(name: &DnsName, zone: &spec::Zone, around: &Surroundings) -> Result<Opened, Diagnostic> {
    let Some(key) = secret(around, name, &["PDNS_API_KEY"])? else { return Err(missing(name, "PDNS_API_KEY")) };
    let provider = PowerDns { zone: name.clone(), id: id(zone) };
    Ok((Box::new(provider), Auth::Header("x-api-key", key, Vec::new()), None))
}

fn go_daddy(name: &DnsName, _: &spec::Zone, around: &Surroundings) -> Result<Opened, Diagnostic> {
    let of = |variable: &str| secret(around, name, &[variable]);
    let (Some(key), Some(secret)) = (of("GODADDY_API_KEY")?, of("GODADDY_API_SECRET")?) else {
        return Err(missing(name, "GODADDY_API_KEY and GODADDY_API_SECRET"));
    };
    let auth = Auth::Header("authorization", secret.after(&format!("sso-key {}:", key.reveal())), vec![key, secret]);
    Ok((Box::new(GoDaddy::new(name.clone())), auth, Some("https://api.godaddy.com")))
}

fn secret(around: &Surroundings, zone: &DnsName, variables: &[&str]) -> Result<Option<Secret>, Diagnostic> {
    for variable in variables {
        if let Some(text) = around.credential(variable, zone)? {
            return Ok(Some(Secret::new(&text)));
        }
    }
    Ok(None)
}

fn id(zone: &spec::Zone) -> Option<String> {
    zone.id.as_ref().map(ToString::to_string)
}

fn missing(zone: &DnsName, variables: &str) -> Diagnostic {
    let message = format!("there is no credential for the zone `{zone}`");
    Diagnostic::new(Code::Usage, message).help(format!("set {variables} in the environment"))
}

/// The certificates of the file that `SSL_CERT_FILE` names, as other programs take it.
fn authorities(around: &Surroundings) -> Result<Option<Vec<Certificate<'static>>>, Diagnostic> {
    let Some(path) = (around.variable)("SSL_CERT_FILE") else { return Ok(None) };
    let text = (around.file)(&path)?;
    let items = ureq::tls::parse_pem(text.as_bytes());
    let certificates: Vec<Certificate<'static>> = items
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(
            Diagnostic::new(Code::Usage, format!("`{path}` holds no certificate")).help("SSL_CERT_FILE names it")
        );
    }
    Ok(Some(certificates))
}
