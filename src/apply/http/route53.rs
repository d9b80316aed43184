//! Amazon Route 53: change batches that happen as a whole, in which `CREATE` and `DELETE` are conditions. `UPSERT` is
//! none and is never sent.
//!
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>. Whatever a name held is
//! deleted and created again, the fence included, even if it stays as it is, so that the service looks at all of it.

use super::message::{Method, Reply, Request, encoded};
use super::provider::{Bounds, Exchange, Page, Provider, Record, Role, Room, Swap, common, name};
use super::spelling::{self, Escape};
use crate::apply::zone::{Failure, Promise};
use crate::name::DnsName;
use crate::record::RecordType;
use roxmltree::{Document, Node};
use std::fmt::Write;
use std::time::Duration;

/// A hosted zone.
#[derive(Clone, Debug)]
pub struct Route53 {
    /// The zone.
    pub zone: DnsName,
    /// Its id, as `Z0123456789`.
    pub id: Option<String>,
}

const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";
/// How many sets a question is answered with, which is as many as the service gives.
const PAGE: &str = "300";
/// The reasons for which a batch is refused because something else stands there than was thought.
const MOVED: [&str; 4] = ["already exists", "not found", "do not match", "conflicts with other records"];

impl Route53 {
    fn path(&self) -> String {
        format!("/2013-04-01/hostedzone/{}/rrset", encoded(self.id.as_deref().unwrap_or_default()))
    }
}

impl Provider for Route53 {
    fn promise(&self) -> Promise {
        Promise::FULL
    }

    fn bounds(&self) -> Bounds {
        let ttl = (0, i32::MAX.cast_unsigned());
        Bounds { provider: "Route 53", ttl, automatic: None, types: &RecordType::ALL, text: 4000 }
    }

    /// An account has five requests a second.
    fn pace(&self) -> Duration {
        Duration::from_millis(220)
    }

    fn lookup(&self) -> Option<Request> {
        let request = || Request::get("/2013-04-01/hostedzonesbyname").with("dnsname", format!("{}.", self.zone));
        self.id.is_none().then(request)
    }

    fn found(&mut self, reply: &Reply) -> Result<(), String> {
        let document = Document::parse(&reply.body).map_err(|error| error.to_string())?;
        let zones = document.descendants().filter(|node| node.has_tag_name((NAMESPACE, "HostedZone")));
        let public = zones.filter(|zone| text(*zone, "PrivateZone") != "true");
        let ours = public.filter(|zone| unescaped(&text(*zone, "Name")).as_ref() == Some(&self.zone));
        let ids: Vec<String> =
            ours.map(|zone| text(zone, "Id").trim_start_matches("/hostedzone/").to_owned()).collect();
        let [id] = &ids[..] else {
            return Err(format!("the account has {} public zones of that name: say which with `id`", ids.len()));
        };
        self.id = Some(id.clone());
        Ok(())
    }

    fn answers_from(&self) -> bool {
        true
    }

    fn question(&self, name: Option<&DnsName>, next: Option<&str>) -> Request {
        let request = Request::get(self.path());
        match (name, next.and_then(|next| next.split_once(' '))) {
            (_, Some((name, kind))) => request.with("name", name).with("type", kind).with("maxitems", PAGE),
            (Some(name), None) => request.with("name", format!("{name}.")).with("maxitems", "20"),
            (None, None) => request.with("maxitems", PAGE),
        }
    }

    fn answer(&self, reply: &Reply) -> Result<Page, String> {
        let document = Document::parse(&reply.body).map_err(|error| error.to_string())?;
        let root = document.root_element();
        if !root.has_tag_name((NAMESPACE, "ListResourceRecordSetsResponse")) {
            return Err(format!("it is a `{}`", root.tag_name().name()));
        }
        let mut page = Page::default();
        for set in root.descendants().filter(|node| node.has_tag_name((NAMESPACE, "ResourceRecordSet"))) {
            let Some(name) = unescaped(&text(set, "Name")) else { continue };
            let values: Vec<String> = set
                .descendants()
                .filter(|node| node.has_tag_name((NAMESPACE, "Value")))
                .map(|node| node.text().unwrap_or_default().to_owned())
                .collect();
            // Those with an identifier are answered by a policy, those without values are aliases.
            let plain = text(set, "SetIdentifier").is_empty() && !values.is_empty();
            match RecordType::of_name(&text(set, "Type")) {
                Some(kind) if plain => page.records.extend(values.into_iter().map(|raw| {
                    let (data, raw) = spelling::heard(kind, &raw, Escape::Octal);
                    let ttl = text(set, "TTL").parse().unwrap_or_default();
                    Record { name: name.clone(), kind, data, ttl, raw, id: "".into() }
                })),
                _ => page.others.push(name),
            }
        }
        if text(root, "IsTruncated") == "true" {
            page.next = Some(format!("{} {}", text(root, "NextRecordName"), text(root, "NextRecordType")));
        }
        Ok(page)
    }

    fn touch(&self, _: Role, ttl: u32) -> Option<u32> {
        Some(ttl)
    }

    fn room(&self) -> Room {
        Room { records: 1000, characters: 32_000 }
    }

    fn requests(&self, swaps: &[Swap]) -> Vec<Request> {
        let (mut deletions, mut creations) = (String::new(), String::new());
        for swap in swaps {
            for Exchange { kind, gone, come, ttl } in swap.exchanges() {
                if let Some(first) = gone.first() {
                    let values = gone.iter().map(|record| spelling::again(record, Escape::Octal));
                    change(&mut deletions, "DELETE", swap, kind, first.ttl, values);
                }
                if !come.is_empty() {
                    let values = come.iter().map(|data| spelling::written(kind, data, Escape::Octal));
                    change(&mut creations, "CREATE", swap, kind, ttl, values);
                }
            }
        }
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ChangeResourceRecordSetsRequest xmlns=\"{NAMESPACE}\"><ChangeBatch>\
             <Changes>{deletions}{creations}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
        );
        let body = Some(("application/xml", body));
        vec![Request { method: Method::Post, path: format!("{}/", self.path()), query: Vec::new(), body }]
    }

    fn failure(&self, _: &Request, reply: &Reply) -> Option<Failure> {
        if reply.is_ok() {
            return None;
        }
        let document = Document::parse(&reply.body).ok();
        let all = |tag: &str| -> Vec<String> {
            let nodes = document.iter().flat_map(|document| document.descendants());
            let nodes = nodes.filter(|node| node.tag_name().name() == tag);
            nodes.map(|node| node.text().unwrap_or_default().to_owned()).collect()
        };
        let (codes, told) = (all("Code"), all("Message").join("; "));
        let code = codes.first().map(String::as_str).unwrap_or_default();
        match code {
            "Throttling" | "ThrottlingException" | "PriorRequestNotComplete" => {
                Some(Failure::Busy(format!("too many requests ({code}): {told}"), reply.retry_after))
            }
            "InvalidChangeBatch" if MOVED.iter().any(|reason| told.contains(reason)) => Some(Failure::Moved),
            "InvalidClientTokenId" | "SignatureDoesNotMatch" | "ExpiredToken" | "AccessDenied" | "NoSuchHostedZone" => {
                let reason = format!("the credential is wrong or has no right to do this ({code}): {told}");
                Some(Failure::Refused(reason))
            }
            _ => common(reply, &told),
        }
    }
}

fn change(
    out: &mut String,
    action: &str,
    swap: &Swap,
    kind: RecordType,
    ttl: u32,
    values: impl Iterator<Item = String>,
) {
    let values: String = values.fold(String::new(), |mut text, value| {
        let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        write!(text, "<ResourceRecord><Value>{value}</Value></ResourceRecord>").expect("a string takes all");
        text
    });
    write!(
        out,
        "<Change><Action>{action}</Action><ResourceRecordSet><Name>{}.</Name><Type>{kind}</Type><TTL>{ttl}</TTL>\
         <ResourceRecords>{values}</ResourceRecords></ResourceRecordSet></Change>",
        swap.name
    )
    .expect("a string takes all");
}

/// The text of the first element of that name below a node.
fn text(node: Node, tag: &str) -> String {
    let found = node.descendants().find(|node| node.has_tag_name((NAMESPACE, tag)));
    found.and_then(|node| node.text()).unwrap_or_default().to_owned()
}

/// A name in which `*` is written as `\052`.
fn unescaped(text: &str) -> Option<DnsName> {
    name(&text.replace("\\052", "*"))
}
