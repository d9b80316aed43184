//! Cloudflare: records with ids, and batches that happen as a whole.
//!
//! <https://developers.cloudflare.com/api/resources/dns/subresources/records/methods/batch>. A batch has no conditions, but a
//! record that is to be deleted must be there. So every batch takes the fence away and puts it up again: of two runs that
//! have read the same fence, the second finds it gone. A record that somebody changes in place keeps its id, and that is
//! not noticed. A record that stays as it is is left alone, with its comment and its proxy.

use super::message::{Method, Reply, Request, encoded};
use super::provider::{Bounds, Page, Provider, Record, Role, Room, Swap, common, name};
use super::spelling::{self, Escape};
use crate::apply::zone::{Failure, Promise};
use crate::name::DnsName;
use crate::record::{RecordData, RecordType};
use serde_json::{Value, json};

/// A zone of an account.
#[derive(Clone, Debug)]
pub struct Cloudflare {
    zone: DnsName,
    id: Option<String>,
    /// How many records go into one batch, which depends on what the zone's plan costs.
    batch: usize,
}

/// The batch of zones that cost nothing, and of the others.
const BATCH: [usize; 2] = [200, 3500];
/// As many as a zone of any plan has by default: what comes in one part was read at one moment.
const PAGE: usize = 5000;
/// The codes that say that something else stands there than was thought: no such record, a CNAME beside others, the same
/// record twice.
const MOVED: [u64; 5] = [81044, 81053, 81054, 81057, 81058];

impl Cloudflare {
    /// The zone with that id, or the one of that name.
    pub fn new(zone: DnsName, id: Option<String>) -> Self {
        Cloudflare { zone, id, batch: BATCH[0] }
    }

    fn path(&self) -> String {
        format!("/client/v4/zones/{}", encoded(self.id.as_deref().unwrap_or_default()))
    }
}

impl Provider for Cloudflare {
    fn promise(&self) -> Promise {
        Promise { compares: false, atomic: true }
    }

    fn bounds(&self) -> Bounds {
        Bounds { provider: "Cloudflare", ttl: (60, 86400), automatic: Some(1), types: &RecordType::ALL, text: 2048 }
    }

    fn lookup(&self) -> Option<Request> {
        Some(match &self.id {
            Some(_) => Request::get(self.path()),
            None => Request::get("/client/v4/zones").with("name", self.zone.as_str()),
        })
    }

    fn found(&mut self, reply: &Reply) -> Result<(), String> {
        let result = &reply.json()["result"];
        let zones: Vec<&Value> = match result.as_array() {
            Some(zones) => zones.iter().collect(),
            None => vec![result],
        };
        let [zone] = zones[..] else {
            return Err(format!("the token sees {} zones of that name: say which with `id`", zones.len()));
        };
        if zone["name"].as_str().and_then(name).as_ref() != Some(&self.zone) {
            return Err(format!("the zone with that `id` is called `{}`", zone["name"].as_str().unwrap_or_default()));
        }
        self.id = Some(zone["id"].as_str().ok_or("the reply has no `id`")?.to_owned());
        let free = zone["plan"]["legacy_id"].as_str().is_none_or(|plan| plan == "free");
        self.batch = BATCH[usize::from(!free)];
        Ok(())
    }

    fn question(&self, name: Option<&DnsName>, next: Option<&str>) -> Request {
        let mut request = Request::get(format!("{}/dns_records", self.path()));
        if let Some(name) = name {
            request = request.with("name.exact", name.as_str());
        }
        request.with("per_page", PAGE.to_string()).with("page", next.unwrap_or("1"))
    }

    fn answer(&self, reply: &Reply) -> Result<Page, String> {
        let json = reply.json();
        let records = json["result"].as_array().ok_or("it has no `result`")?;
        let mut page = Page::default();
        for found in records {
            match record(found) {
                Some(record) => page.records.push(record),
                None => page.others.extend(found["name"].as_str().and_then(name)),
            }
        }
        let info = &json["result_info"];
        let at = info["page"].as_u64().unwrap_or(1);
        let total = info["total_count"].as_u64().and_then(|total| usize::try_from(total).ok());
        page.counted = total.map(|total| (records.len(), total));
        page.next = (info["total_pages"].as_u64().unwrap_or(1) > at).then(|| (at + 1).to_string());
        Ok(page)
    }

    fn touch(&self, role: Role, ttl: u32) -> Option<u32> {
        (role == Role::Fence).then_some(ttl)
    }

    fn room(&self) -> Room {
        Room { records: self.batch, characters: usize::MAX }
    }

    fn requests(&self, swaps: &[Swap]) -> Vec<Request> {
        let (mut deletes, mut posts) = (Vec::new(), Vec::new());
        for swap in swaps {
            let stays = |kind: RecordType, data: &RecordData| {
                let same = |old: &Record| old.kind == kind && old.data == *data && old.ttl == swap.lifetime(kind);
                swap.role != Role::Fence && swap.gone.iter().any(same)
            };
            let comes = |old: &Record| swap.come.get(old.kind).is_some_and(|set| set.contains(&old.data));
            let goes = swap.gone.iter().filter(|old| !(comes(old) && stays(old.kind, &old.data)));
            deletes.extend(goes.map(|old| json!({"id": old.id.as_str()})));
            let new = swap.come.iter().filter(|(kind, data)| !stays(*kind, data));
            posts.extend(new.map(|(kind, data)| post(&swap.name, kind, data, swap.lifetime(kind))));
        }
        let body = json!({"deletes": deletes, "posts": posts});
        vec![Request::json(Method::Post, format!("{}/dns_records/batch", self.path()), &body)]
    }

    fn failure(&self, _: &Request, reply: &Reply) -> Option<Failure> {
        let json = reply.json();
        if reply.is_ok() && json["success"].as_bool() == Some(true) {
            return None;
        }
        let errors = json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let told = |error: &Value| format!("{} ({})", error["message"].as_str().unwrap_or_default(), error["code"]);
        let told = errors.iter().map(told).collect::<Vec<_>>().join("; ");
        let moved = |error: &Value| error["code"].as_u64().is_some_and(|code| MOVED.contains(&code));
        match reply.status {
            200..=299 => Some(Failure::Unknown(format!("the provider says neither yes nor no: {told}"))),
            400 | 404 | 409 if errors.iter().any(moved) => Some(Failure::Moved),
            _ => common(reply, &told),
        }
    }

    fn made(&self, reply: &Reply) -> Vec<Record> {
        reply.json()["result"]["posts"].as_array().into_iter().flatten().filter_map(record).collect()
    }
}

fn record(found: &Value) -> Option<Record> {
    let kind = RecordType::of_name(found["type"].as_str()?)?;
    let raw = found["content"].as_str()?;
    // A text that a person has typed may stand there without quotes.
    let bare = kind == RecordType::Txt && !raw.starts_with('"');
    let bare = bare.then(|| RecordData::parse(kind, raw).ok()).flatten();
    Some(Record {
        name: name(found["name"].as_str()?)?,
        kind,
        data: bare.unwrap_or_else(|| spelling::read(kind, raw, Escape::Decimal)),
        ttl: u32::try_from(found["ttl"].as_u64()?).ok()?,
        raw: None,
        id: found["id"].as_str()?.into(),
    })
}

fn post(name: &DnsName, kind: RecordType, data: &RecordData, ttl: u32) -> Value {
    let mut record = json!({"name": name.as_str(), "type": kind.name(), "ttl": ttl});
    match kind {
        RecordType::Caa => {
            let value = data.value(kind);
            let mut words = value.splitn(3, ' ');
            let mut word = || words.next().unwrap_or_default().to_owned();
            let (flags, tag, value) = (word().parse::<u8>().unwrap_or_default(), word(), word());
            record["data"] = json!({"flags": flags, "tag": tag, "value": value.trim_matches('"')});
        }
        RecordType::Txt => record["content"] = data.presentation(kind).into(),
        RecordType::A | RecordType::Aaaa | RecordType::Cname => {
            record["content"] = data.value(kind).into();
            record["proxied"] = false.into();
        }
    }
    record
}
