//! Google Cloud DNS: changes of additions and deletions that happen together, and deletions that must be exactly what
//! stands there.
//!
//! <https://cloud.google.com/dns/docs/reference/rest/v1/changes>. The fence goes into every change with another lifetime,
//! so that no two changes of one owner can be based on the same state. A set that stays as it is is left out, since the
//! service need not take it for a condition.

use super::message::{Method, Reply, Request, encoded};
use super::provider::{Bounds, Exchange, Page, Provider, Record, Role, Room, Swap, common, name};
use super::spelling::{self, Escape};
use crate::apply::zone::{Failure, Promise};
use crate::name::DnsName;
use crate::record::RecordType;
use serde_json::{Value, json};

/// A managed zone of a project.
#[derive(Clone, Debug)]
pub struct CloudDns {
    /// The project.
    pub project: String,
    /// The zone.
    pub zone: DnsName,
    /// What the zone is called in the project.
    pub id: Option<String>,
}

/// How many sets a question is answered with; the service gives fewer if it likes.
const PAGE: &str = "1000";
/// The two lifetimes of a fence, in turn.
const TTLS: [u32; 2] = [60, 61];

impl CloudDns {
    fn zones(&self) -> String {
        format!("/dns/v1/projects/{}/managedZones", encoded(&self.project))
    }

    fn path(&self, rest: &str) -> String {
        format!("{}/{}/{rest}", self.zones(), encoded(self.id.as_deref().unwrap_or_default()))
    }
}

impl Provider for CloudDns {
    fn promise(&self) -> Promise {
        Promise::FULL
    }

    fn bounds(&self) -> Bounds {
        let ttl = (1, i32::MAX.cast_unsigned());
        Bounds { provider: "Google Cloud DNS", ttl, automatic: None, types: &RecordType::ALL, text: 4000 }
    }

    fn lookup(&self) -> Option<Request> {
        self.id.is_none().then(|| Request::get(self.zones()).with("dnsName", format!("{}.", self.zone)))
    }

    fn found(&mut self, reply: &Reply) -> Result<(), String> {
        let json = reply.json();
        let zones = json["managedZones"].as_array().map(Vec::as_slice).unwrap_or_default();
        let public: Vec<&str> = zones
            .iter()
            .filter(|zone| zone["visibility"].as_str() != Some("private"))
            .filter(|zone| zone["dnsName"].as_str().and_then(name).as_ref() == Some(&self.zone))
            .filter_map(|zone| zone["name"].as_str())
            .collect();
        let [id] = public[..] else {
            let (count, project) = (public.len(), &self.project);
            return Err(format!("the project `{project}` has {count} public zones of that name: say which with `id`"));
        };
        self.id = Some(id.to_owned());
        Ok(())
    }

    fn question(&self, name: Option<&DnsName>, next: Option<&str>) -> Request {
        let mut request = Request::get(self.path("rrsets")).with("maxResults", PAGE);
        if let Some(name) = name {
            request = request.with("name", format!("{name}."));
        }
        match next {
            Some(next) => request.with("pageToken", next),
            None => request,
        }
    }

    fn answer(&self, reply: &Reply) -> Result<Page, String> {
        let json = reply.json();
        if json.get("kind").is_none() && json.get("rrsets").is_none() {
            return Err("it has no `rrsets`".into());
        }
        let mut page = Page::default();
        for set in json["rrsets"].as_array().into_iter().flatten() {
            let Some(name) = set["name"].as_str().and_then(name) else { continue };
            let kind = set["type"].as_str().and_then(RecordType::of_name);
            let data: Vec<&str> = set["rrdatas"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let ttl = set["ttl"].as_u64().and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or_default();
            match kind {
                Some(kind) if !data.is_empty() => page.records.extend(data.into_iter().map(|raw| {
                    let (data, raw) = spelling::heard(kind, raw, Escape::Decimal);
                    Record { name: name.clone(), kind, data, ttl, raw, id: "".into() }
                })),
                // Without data it is answered by a routing policy.
                _ => page.others.push(name),
            }
        }
        page.next = json["nextPageToken"].as_str().map(str::to_owned);
        Ok(page)
    }

    fn touch(&self, role: Role, ttl: u32) -> Option<u32> {
        (role == Role::Fence).then(|| if ttl == TTLS[0] { TTLS[1] } else { TTLS[0] })
    }

    fn room(&self) -> Room {
        Room { records: 1000, characters: 90_000 }
    }

    fn requests(&self, swaps: &[Swap]) -> Vec<Request> {
        let (mut additions, mut deletions) = (Vec::new(), Vec::new());
        for swap in swaps {
            for Exchange { kind, gone, come, ttl } in swap.exchanges().filter(|exchange| !exchange.is_idle()) {
                let set = |ttl: u32, data: Vec<String>| json!({"name": format!("{}.", swap.name), "type": kind.name(), "ttl": ttl, "rrdatas": data});
                if let Some(first) = gone.first() {
                    deletions.push(set(
                        first.ttl,
                        gone.iter().map(|record| spelling::again(record, Escape::Decimal)).collect(),
                    ));
                }
                if !come.is_empty() {
                    additions.push(set(ttl, come.iter().map(|data| data.presentation(kind)).collect()));
                }
            }
        }
        let body = json!({"additions": additions, "deletions": deletions});
        vec![Request::json(Method::Post, self.path("changes"), &body)]
    }

    fn failure(&self, _: &Request, reply: &Reply) -> Option<Failure> {
        if reply.is_ok() {
            return None;
        }
        let json = reply.json();
        let error = &json["error"];
        let told = error["message"].as_str().unwrap_or_default();
        let reasons: Vec<&str> =
            error["errors"].as_array().into_iter().flatten().filter_map(|e| e["reason"].as_str()).collect();
        let about_change = told.contains("entity.change");
        match reply.status {
            409 | 412 => Some(Failure::Moved),
            404 if about_change => Some(Failure::Moved),
            400 if reasons.iter().any(|reason| reason.contains("ResourceRecordSetConflict")) => Some(Failure::Moved),
            403 if reasons.iter().any(|reason| reason.contains("LimitExceeded") || *reason == "quotaExceeded") => {
                Some(Failure::Busy(format!("too many requests: {told}"), reply.retry_after))
            }
            _ => common(reply, told),
        }
    }
}
