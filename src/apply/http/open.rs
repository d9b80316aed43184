//! Opens a zone behind an HTTP API, with credentials from the environment.

use super::ApiZone;
use super::auth::Authentication;
use super::aws::{AwsCredentials, SigningScope};
use super::base_url::{base_url, is_loopback};
use super::client::ApiClient;
use super::clouddns::CloudDns;
use super::cloudflare::Cloudflare;
use super::godaddy::GoDaddy;
use super::google::{self, TokenSource};
use super::powerdns::PowerDns;
use super::provider::Provider;
use super::route53::Route53;
use super::secret::Secret;
use crate::apply::context::ProviderContext;
use crate::apply::retry::Retry;
use crate::diagnostic::{Code, Diagnostic};
use crate::name::DnsName;
use crate::spec;
use ureq::tls::{Certificate, PemItem};

/// Creates the provider of a zone, with its authentication and the default base URL.
type OpenProvider = fn(&DnsName, &spec::Zone, &ProviderContext) -> Result<OpenedProvider, Diagnostic>;
type OpenedProvider = (Box<dyn Provider>, Authentication, Option<&'static str>);

/// Opens a zone behind an API. Nothing is sent yet. `None` if the provider has no HTTP API.
pub(crate) fn open_api_zone(
    name: &DnsName,
    zone: &spec::Zone,
    context: &ProviderContext,
    retry: Retry,
) -> Option<Result<ApiZone, Diagnostic>> {
    let (open, variables): (OpenProvider, &[&str]) = match zone.provider? {
        spec::ZoneProvider::Rfc2136 => return None,
        spec::ZoneProvider::CloudDns => (cloud_dns, &["CLOUDSDK_API_ENDPOINT_OVERRIDES_DNS"]),
        spec::ZoneProvider::Route53 => (route53, &["AWS_ENDPOINT_URL_ROUTE_53", "AWS_ENDPOINT_URL"]),
        spec::ZoneProvider::Cloudflare => (cloudflare, &["CLOUDFLARE_BASE_URL"]),
        spec::ZoneProvider::PowerDns => (power_dns, &["PDNS_API_URL"]),
        spec::ZoneProvider::GoDaddy => (go_daddy, &["GODADDY_API_URL"]),
    };
    let open_zone = || {
        let (provider, auth, default) = open(name, zone, context)?;
        let from_environment = || variables.iter().find_map(|variable| (context.variable)(variable));
        let Some(base) =
            zone.server.as_ref().map(ToString::to_string).or_else(from_environment).or(default.map(str::to_owned))
        else {
            let help = "add `server: https://HOST:PORT` with the URL of its API";
            return Err(Diagnostic::new(Code::Spec, format!("the zone `{name}` has no `server`")).help(help));
        };
        let base = base_url(&base)?;
        let request_interval = if is_loopback(&base) { std::time::Duration::ZERO } else { provider.request_interval() };
        let (authorities, trace) = (authorities(context)?, context.trace.clone());
        let client = ApiClient::new(base, auth, retry.clone(), request_interval, authorities, trace);
        Ok(ApiZone::new(provider, client, retry))
    };
    Some(open_zone())
}

fn cloud_dns(name: &DnsName, zone: &spec::Zone, context: &ProviderContext) -> Result<OpenedProvider, Diagnostic> {
    let tokens = ["CLOUDSDK_AUTH_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN"];
    let source = match (secret(context, name, &tokens)?, context.first(&["GOOGLE_APPLICATION_CREDENTIALS"], name)) {
        (Some(token), _) => TokenSource::Given(token),
        (None, Some(path)) => google::credentials(&(context.file)(&path)?)?,
        (None, None) => return Err(missing(name, "GOOGLE_APPLICATION_CREDENTIALS or CLOUDSDK_AUTH_ACCESS_TOKEN")),
    };
    let of_account = match &source {
        TokenSource::ServiceAccount(account) => account.project.clone(),
        TokenSource::Given(_) | TokenSource::UserLogin(_) => None,
    };
    let from_environment = || context.first(&["GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"], name);
    let Some(project) = zone.project.as_ref().map(ToString::to_string).or_else(from_environment).or(of_account) else {
        let message = format!("the zone `{name}` has no `project`, neither in the spec nor in the environment");
        return Err(Diagnostic::new(Code::Spec, message).help("add `project: PROJECT` to the zone"));
    };
    let provider = CloudDns { project, zone: name.clone(), id: zone_id(zone) };
    Ok((Box::new(provider), Authentication::Google(source, None), Some("https://dns.googleapis.com")))
}

fn route53(name: &DnsName, zone: &spec::Zone, context: &ProviderContext) -> Result<OpenedProvider, Diagnostic> {
    let credential = |variable: &str| secret(context, name, &[variable]);
    let (Some(id_of_key), Some(secret)) = (credential("AWS_ACCESS_KEY_ID")?, credential("AWS_SECRET_ACCESS_KEY")?)
    else {
        return Err(missing(name, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
    };
    let keys = AwsCredentials { id: id_of_key, secret, session: credential("AWS_SESSION_TOKEN")? };
    let scope = SigningScope { region: "us-east-1", service: "route53" };
    let provider = Route53::new(name.clone(), zone.id.as_deref());
    Ok((Box::new(provider), Authentication::Aws(keys, scope), Some("https://route53.amazonaws.com")))
}

fn cloudflare(name: &DnsName, zone: &spec::Zone, context: &ProviderContext) -> Result<OpenedProvider, Diagnostic> {
    let Some(token) = secret(context, name, &["CLOUDFLARE_API_TOKEN", "CF_API_TOKEN"])? else {
        return Err(missing(name, "CLOUDFLARE_API_TOKEN"));
    };
    let auth = Authentication::Header("authorization", token.with_prefix("Bearer "), vec![token]);
    let provider = Cloudflare::new(name.clone(), zone_id(zone));
    Ok((Box::new(provider), auth, Some("https://api.cloudflare.com")))
}

fn power_dns(name: &DnsName, zone: &spec::Zone, context: &ProviderContext) -> Result<OpenedProvider, Diagnostic> {
    let Some(key) = secret(context, name, &["PDNS_API_KEY"])? else { return Err(missing(name, "PDNS_API_KEY")) };
    let provider = PowerDns { zone: name.clone(), id: zone_id(zone) };
    Ok((Box::new(provider), Authentication::Header("x-api-key", key, Vec::new()), None))
}

fn go_daddy(name: &DnsName, _: &spec::Zone, context: &ProviderContext) -> Result<OpenedProvider, Diagnostic> {
    let credential = |variable: &str| secret(context, name, &[variable]);
    let (Some(key), Some(secret)) = (credential("GODADDY_API_KEY")?, credential("GODADDY_API_SECRET")?) else {
        return Err(missing(name, "GODADDY_API_KEY and GODADDY_API_SECRET"));
    };
    let auth = Authentication::Header(
        "authorization",
        secret.with_prefix(&format!("sso-key {}:", key.reveal())),
        vec![key, secret],
    );
    Ok((Box::new(GoDaddy::new(name.clone())), auth, Some("https://api.godaddy.com")))
}

fn secret(context: &ProviderContext, zone: &DnsName, variables: &[&str]) -> Result<Option<Secret>, Diagnostic> {
    for variable in variables {
        if let Some(text) = context.credential(variable, zone)? {
            return Ok(Some(Secret::new(&text)));
        }
    }
    Ok(None)
}

fn zone_id(zone: &spec::Zone) -> Option<String> {
    zone.id.as_ref().map(ToString::to_string)
}

fn missing(zone: &DnsName, variables: &str) -> Diagnostic {
    let message = format!("missing credential for the zone `{zone}`");
    Diagnostic::new(Code::Usage, message).help(format!("set {variables} in the environment"))
}

/// The certificates of the file that the variable `SSL_CERT_FILE` names.
fn authorities(context: &ProviderContext) -> Result<Option<Vec<Certificate<'static>>>, Diagnostic> {
    let Some(path) = (context.variable)("SSL_CERT_FILE") else { return Ok(None) };
    let text = (context.file)(&path)?;
    let items = ureq::tls::parse_pem(text.as_bytes());
    let certificates: Vec<Certificate<'static>> = items
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(Diagnostic::new(Code::Usage, format!("`{path}` has no certificate"))
            .help("the variable SSL_CERT_FILE names this file"));
    }
    Ok(Some(certificates))
}
