//! Amazon Route 53: atomic change batches, in which `CREATE` and `DELETE` are conditions. `UPSERT` is not a condition and
//! is never sent.
//!
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>. All record
//! sets of a name and the fence are deleted and created again, even if they are unchanged, so that the service checks them.

use super::message::{ApiRequest, ApiResponse, HttpMethod, percent_encoded};
use super::provider::{
    ChangeLimit, NameReplacement, NameRole, Provider, ProviderLimits, ProviderRecord, RecordPage, RecordSetReplacement,
    error_of_status, foreign, no_zone, not_one_zone, parse_name,
};
use super::rdata::{self, EscapeStyle};
use crate::apply::zone::{ProviderGuarantee, ZoneError};
use crate::name::DnsName;
use crate::record::RecordType;
use roxmltree::{Document, Node};
use std::fmt::Write;
use std::time::Duration;

/// A hosted zone.
#[derive(Clone, Debug)]
pub(crate) struct Route53 {
    /// The zone.
    pub(crate) zone: DnsName,
    /// Its id, such as `Z0123456789`.
    id: Option<String>,
}

const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";
/// The number of record sets of a page, which is the maximum.
const PAGE: &str = "300";
/// The messages of a conflict.
const CONFLICTS: [&str; 4] = ["already exists", "not found", "do not match", "conflicts with other records"];
/// The error codes of too many requests at once. A retry helps.
const BUSY: [&str; 8] = [
    "PriorRequestNotComplete",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
];
/// The error codes of wrong credentials and missing permissions. A retry does not help.
const DENIED: [&str; 11] = [
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "OptInRequired",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

impl Route53 {
    /// The hosted zone with this id, or with this name if there is no id. The console and tools of AWS also write an id with a
    /// path before it, as in `/hostedzone/Z0123456789`.
    pub(crate) fn new(zone: DnsName, id: Option<&str>) -> Self {
        Route53 { zone, id: id.map(bare_id).map(str::to_owned) }
    }

    fn path(&self) -> String {
        format!("/2013-04-01/hostedzone/{}/rrset", percent_encoded(self.id.as_deref().unwrap_or_default()))
    }
}

impl Provider for Route53 {
    fn guarantee(&self) -> ProviderGuarantee {
        ProviderGuarantee::FULL
    }

    fn limits(&self) -> ProviderLimits {
        let ttl = (0, i32::MAX.cast_unsigned());
        ProviderLimits { provider: "Route 53", ttl, automatic: None, types: &RecordType::ALL, text: 4000 }
    }

    /// The rate limit of an account is five requests a second.
    fn request_interval(&self) -> Duration {
        Duration::from_millis(220)
    }

    fn find_zone_request(&self) -> Option<ApiRequest> {
        let request = || ApiRequest::get("/2013-04-01/hostedzonesbyname").with("dnsname", format!("{}.", self.zone));
        self.id.is_none().then(request)
    }

    fn read_zone_id(&mut self, response: &ApiResponse) -> Result<(), String> {
        let document = Document::parse(&response.body).map_err(|error| response.unreadable(error))?;
        let zones = document.descendants().filter(|node| node.has_tag_name((NAMESPACE, "HostedZone")));
        let public = zones.filter(|zone| text(*zone, "PrivateZone") != "true");
        let ours = public.filter(|zone| parse_escaped_name(&text(*zone, "Name")).as_ref() == Some(&self.zone));
        let ids: Vec<String> = ours.map(|zone| bare_id(&text(zone, "Id")).to_owned()).collect();
        let [id] = &ids[..] else {
            return Err(not_one_zone("the account", ids.len(), "public zones"));
        };
        self.id = Some(id.clone());
        Ok(())
    }

    fn lists_following_names(&self) -> bool {
        true
    }

    fn list_request(&self, name: Option<&DnsName>, next: Option<&str>) -> ApiRequest {
        let request = ApiRequest::get(self.path());
        match (name, next.and_then(|next| next.split_once(' '))) {
            (_, Some((name, kind))) => request.with("name", name).with("type", kind).with("maxitems", PAGE),
            (Some(name), None) => request.with("name", format!("{name}.")).with("maxitems", "20"),
            (None, None) => request.with("maxitems", PAGE),
        }
    }

    fn read_page(&self, response: &ApiResponse) -> Result<RecordPage, String> {
        let document = Document::parse(&response.body).map_err(|error| response.unreadable(error))?;
        let root = document.root_element();
        if !root.has_tag_name((NAMESPACE, "ListResourceRecordSetsResponse")) {
            return Err(response.unreadable(format!("it is an element `{}`", root.tag_name().name())));
        }
        let mut page = RecordPage::default();
        for set in root.descendants().filter(|node| node.has_tag_name((NAMESPACE, "ResourceRecordSet"))) {
            let Some(name) = parse_escaped_name(&text(set, "Name")) else { continue };
            let values: Vec<String> = set
                .descendants()
                .filter(|node| node.has_tag_name((NAMESPACE, "Value")))
                .map(|node| node.text().unwrap_or_default().to_owned())
                .collect();
            // A record set with an identifier has a routing policy; one without values is an alias.
            let plain = text(set, "SetIdentifier").is_empty() && !values.is_empty();
            let kind = text(set, "Type");
            match RecordType::of_name(&kind) {
                Some(kind) if plain => page.records.extend(values.into_iter().map(|raw| {
                    let (data, raw) = rdata::parse_original(kind, &raw, EscapeStyle::Octal);
                    let ttl = text(set, "TTL").parse().unwrap_or_default();
                    ProviderRecord { raw, ..ProviderRecord::new(name.clone(), kind, data, ttl) }
                })),
                _ => page.foreign.push((name, foreign(&kind, "alias or routing policy"))),
            }
        }
        if text(root, "IsTruncated") == "true" {
            page.next = Some(format!("{} {}", text(root, "NextRecordName"), text(root, "NextRecordType")));
        }
        Ok(page)
    }

    fn rewrite_ttl(&self, _: NameRole, ttl: u32) -> Option<u32> {
        Some(ttl)
    }

    fn change_limit(&self) -> ChangeLimit {
        ChangeLimit { records: 1000, characters: 32_000 }
    }

    fn change_requests(&self, replacements: &[NameReplacement]) -> Vec<ApiRequest> {
        let (mut deletions, mut creations) = (String::new(), String::new());
        for replacement in replacements {
            for RecordSetReplacement { kind, old, new, ttl } in replacement.by_type() {
                if let Some(first) = old.first() {
                    let values = old.iter().map(|record| rdata::original_text(record, EscapeStyle::Octal));
                    change(&mut deletions, "DELETE", replacement, kind, first.ttl, values);
                }
                if !new.is_empty() {
                    let values = new.iter().map(|data| rdata::to_text(kind, data, EscapeStyle::Octal));
                    change(&mut creations, "CREATE", replacement, kind, ttl, values);
                }
            }
        }
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ChangeResourceRecordSetsRequest xmlns=\"{NAMESPACE}\"><ChangeBatch>\
             <Changes>{deletions}{creations}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
        );
        let body = Some(("application/xml", body));
        vec![ApiRequest { method: HttpMethod::Post, path: format!("{}/", self.path()), query: Vec::new(), body }]
    }

    fn error(&self, _: &ApiRequest, response: &ApiResponse) -> Option<ZoneError> {
        if response.is_ok() {
            return None;
        }
        let document = Document::parse(&response.body).ok();
        let all = |tag: &str| -> Vec<String> {
            let nodes = document.iter().flat_map(|document| document.descendants());
            let nodes = nodes.filter(|node| node.tag_name().name() == tag);
            nodes.map(|node| node.text().unwrap_or_default().to_owned()).collect()
        };
        // A batch that is not accepted may be answered with an `<InvalidChangeBatch>` that has messages and no code.
        let root = document.iter().map(|document| document.root_element().tag_name().name().to_owned());
        let code = all("Code").into_iter().chain(root).next().unwrap_or_default();
        let message = all("Message").join("; ");
        match code.as_str() {
            code if BUSY.contains(&code) => {
                Some(ZoneError::Unavailable(format!("too many requests ({code}): {message}"), response.retry_after))
            }
            "InvalidChangeBatch" if CONFLICTS.iter().any(|reason| message.contains(reason)) => {
                Some(ZoneError::Conflict(message))
            }
            "NoSuchHostedZone" => Some(no_zone(&format!("{message} ({code})"))),
            code if DENIED.contains(&code) => {
                let reason = format!("the credential is wrong or lacks a permission ({code}): {message}");
                Some(ZoneError::Denied(reason))
            }
            _ => error_of_status(response, &message),
        }
    }
}

fn change(
    out: &mut String,
    action: &str,
    replacement: &NameReplacement,
    kind: RecordType,
    ttl: u32,
    values: impl Iterator<Item = String>,
) {
    let values: String = values.fold(String::new(), |mut text, value| {
        let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        write!(text, "<ResourceRecord><Value>{value}</Value></ResourceRecord>").expect("writing to a string succeeds");
        text
    });
    write!(
        out,
        "<Change><Action>{action}</Action><ResourceRecordSet><Name>{}.</Name><Type>{kind}</Type><TTL>{ttl}</TTL>\
         <ResourceRecords>{values}</ResourceRecords></ResourceRecordSet></Change>",
        replacement.name
    )
    .expect("writing to a string succeeds");
}

/// An id without the path before it.
fn bare_id(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or_default()
}

/// The text of the first element with this name below a node.
fn text(node: Node, tag: &str) -> String {
    let found = node.descendants().find(|node| node.has_tag_name((NAMESPACE, tag)));
    found.and_then(|node| node.text()).unwrap_or_default().to_owned()
}

/// A name in which `*` is written as `\052`.
fn parse_escaped_name(text: &str) -> Option<DnsName> {
    parse_name(&text.replace("\\052", "*"))
}
