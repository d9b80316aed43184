//! The HTTP API of `PowerDNS`: record sets that are replaced or deleted, all of one request together.
//!
//! <https://doc.powerdns.com/authoritative/http-api/zone.html>. There are no conditions. The same server takes updates with
//! conditions (RFC 2136), which is the better way in.

use super::message::{Method, Reply, Request, encoded};
use super::provider::{Bounds, Exchange, Page, Provider, Record, Role, Room, Swap, common, name};
use super::spelling::{self, Escape};
use crate::apply::zone::{Failure, Promise};
use crate::name::DnsName;
use crate::record::RecordType;
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;

/// A zone of a server.
#[derive(Clone, Debug)]
pub struct PowerDns {
    /// The zone.
    pub zone: DnsName,
    /// What the server calls it; its name with a dot at the end, if nothing else is said.
    pub id: Option<String>,
}

/// What is read of a zone, which comes as a whole, however large it is.
#[derive(Deserialize)]
struct Zone<'a> {
    #[serde(borrow)]
    rrsets: Vec<Set<'a>>,
}

#[derive(Deserialize)]
struct Set<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    ttl: u32,
    #[serde(borrow)]
    records: Vec<Held<'a>>,
}

#[derive(Deserialize)]
struct Held<'a> {
    #[serde(borrow)]
    content: Cow<'a, str>,
    #[serde(default)]
    disabled: bool,
}

impl PowerDns {
    fn path(&self) -> String {
        let id = self.id.clone().unwrap_or_else(|| format!("{}.", self.zone));
        format!("/api/v1/servers/localhost/zones/{}", encoded(&id))
    }
}

impl Provider for PowerDns {
    fn promise(&self) -> Promise {
        Promise { compares: false, atomic: true }
    }

    fn bounds(&self) -> Bounds {
        let ttl = (0, i32::MAX.cast_unsigned());
        Bounds { provider: "PowerDNS", ttl, automatic: None, types: &RecordType::ALL, text: 4000 }
    }

    fn lookup(&self) -> Option<Request> {
        None
    }

    fn found(&mut self, _: &Reply) -> Result<(), String> {
        Ok(())
    }

    fn question(&self, name: Option<&DnsName>, _: Option<&str>) -> Request {
        let request = Request::get(self.path());
        match name {
            Some(name) => request.with("rrset_name", format!("{name}.")),
            None => request,
        }
    }

    fn answer(&self, reply: &Reply) -> Result<Page, String> {
        let zone: Zone = serde_json::from_str(&reply.body).map_err(|error| error.to_string())?;
        let mut page = Page::default();
        for set in zone.rrsets {
            let Some(name) = name(&set.name) else { continue };
            let Some(kind) = RecordType::of_name(&set.kind) else {
                page.others.push(name);
                continue;
            };
            // What is disabled is not answered, and is in the way all the same.
            if set.records.iter().any(|record| record.disabled) {
                page.others.push(name.clone());
            }
            page.records.extend(set.records.into_iter().filter(|record| !record.disabled).map(|held| Record {
                name: name.clone(),
                kind,
                data: spelling::read(kind, &held.content, Escape::Decimal),
                ttl: set.ttl,
                raw: None,
                id: "".into(),
            }));
        }
        Ok(page)
    }

    fn touch(&self, _: Role, _: u32) -> Option<u32> {
        None
    }

    fn room(&self) -> Room {
        Room { records: 1000, characters: 500_000 }
    }

    fn requests(&self, swaps: &[Swap]) -> Vec<Request> {
        let (mut deletions, mut others) = (Vec::new(), Vec::new());
        for swap in swaps {
            for Exchange { kind, come, ttl, .. } in swap.exchanges().filter(|exchange| !exchange.is_idle()) {
                let (name, kind_name) = (format!("{}.", swap.name), kind.name());
                if come.is_empty() {
                    deletions.push(json!({"name": name, "type": kind_name, "changetype": "DELETE"}));
                } else {
                    let record = |data: String| json!({"content": data, "disabled": false});
                    let records: Vec<Value> = come.iter().map(|data| record(data.presentation(kind))).collect();
                    others.push(json!({
                        "name": name, "type": kind_name, "ttl": ttl, "changetype": "REPLACE", "records": records,
                    }));
                }
            }
        }
        // A CNAME is refused while something else stands at its name.
        deletions.extend(others);
        vec![Request::json(Method::Patch, self.path(), &json!({"rrsets": deletions}))]
    }

    fn failure(&self, _: &Request, reply: &Reply) -> Option<Failure> {
        if reply.is_ok() {
            return None;
        }
        let told = reply.json()["error"].as_str().unwrap_or_default().to_owned();
        match reply.status {
            409 => Some(Failure::Moved),
            422 if told.to_ascii_lowercase().contains("conflicts with pre-existing") => Some(Failure::Moved),
            _ => common(reply, &told),
        }
    }
}
