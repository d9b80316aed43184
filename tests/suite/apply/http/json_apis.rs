//! The rules of Cloudflare, `PowerDNS` and GoDaddy, whose APIs use JSON.

use crate::record::RecordType;
use crate::spec::ZoneProvider;
use crate::tests::apply::http::{FakeResponse, ProviderRules, ReceivedRequest, Table, as_set, decoded, unquoted};
use serde_json::{Value, json};

/// A part of every credential, which no output may contain.
pub(crate) const CANARY: &str = "canary-7f3a9c51";

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text")).to_owned()
}

/// A name below the zone in a request, with or without a dot at its end.
fn host(value: &Value, dot: bool) -> String {
    let name = text(value);
    assert_eq!(name.ends_with('.'), dot, "{name}");
    let name = name.trim_end_matches('.').to_owned();
    assert!(name.ends_with(".dev.example.com"), "{name} is not in the zone");
    name
}

/// Cloudflare.
pub(crate) struct Cloudflare {
    /// How many records a response has.
    pub(crate) page: usize,
    pub(crate) plan: &'static str,
}

impl Cloudflare {
    fn refusal(status: u16, code: u64, message: &str) -> FakeResponse {
        let errors = json!([{"code": code, "message": message}]);
        FakeResponse::new(status, json!({"success": false, "errors": errors, "messages": [], "result": null}))
    }

    fn record(table: &Table, (name, kind, ttl, id, value): &(String, String, u32, String, String)) -> Value {
        let content = if kind == "CNAME" { value.trim_end_matches('.') } else { value };
        let mut record = json!({
            "id": id, "name": name, "type": kind, "content": content, "ttl": ttl, "proxied": false, "proxiable": true,
            "settings": {}, "meta": {}, "comment": null, "tags": [], "created_on": "2024-01-01T05:20:00.12345Z",
        });
        for (key, value) in table.settings.get(id).and_then(Value::as_object).into_iter().flatten() {
            record[key] = value.clone();
        }
        if record["proxied"] == true {
            record["ttl"] = 1.into();
        }
        record
    }

    /// Stores the settings of a request about the record `id`.
    fn set(table: &mut Table, id: &str, kind: &str, request: &Value) {
        let settings = table.settings.entry(id.to_owned()).or_insert_with(|| json!({}));
        for key in ["proxied", "comment", "tags"] {
            if !request[key].is_null() {
                settings[key] = request[key].clone();
            }
        }
        let proxied = settings["proxied"] == true;
        assert!(!proxied || ["A", "AAAA", "CNAME"].contains(&kind), "{kind} records cannot be proxied");
        assert!(!proxied || request["ttl"] == 1, "a proxied record has the TTL 1");
    }

    fn ttl(request: &Value) -> Result<u32, FakeResponse> {
        let ttl = u32::try_from(request["ttl"].as_u64().unwrap()).unwrap();
        if ttl == 1 || (60..=86400).contains(&ttl) {
            return Ok(ttl);
        }
        Err(Self::refusal(400, 9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic."))
    }

    /// Changes a record in place.
    fn patch(table: &mut Table, patch: &Value) -> Result<(String, String, u32, String, String), FakeResponse> {
        let (id, ttl) = (text(&patch["id"]), Self::ttl(patch)?);
        let found = table.sets.iter_mut().find(|(_, set)| set.values.contains_key(&id));
        let Some(((name, kind), set)) = found else { return Err(Self::refusal(404, 81044, "Record does not exist.")) };
        assert_eq!(
            (name.as_str(), kind.as_str()),
            (host(&patch["name"], false).as_str(), patch["type"].as_str().unwrap())
        );
        let value = Self::value(kind, patch);
        if set.values.iter().any(|(other, held)| *held == value && *other != id) {
            return Err(Self::refusal(400, 81058, "An identical record already exists."));
        }
        set.ttl = ttl;
        set.values.insert(id.clone(), value.clone());
        let made = (name.clone(), kind.clone(), ttl, id.clone(), value);
        Self::set(table, &id, &made.1, patch);
        Ok(made)
    }

    /// The data of a new record in the form of zone files.
    fn value(kind: &str, post: &Value) -> String {
        match kind {
            "CAA" => {
                let data = &post["data"];
                format!("{} {} \"{}\"", data["flags"].as_u64().unwrap(), text(&data["tag"]), text(&data["value"]))
            }
            "TXT" => {
                unquoted(&text(&post["content"]), 10);
                text(&post["content"])
            }
            "CNAME" => format!("{}.", text(&post["content"])),
            _ => text(&post["content"]),
        }
    }

    fn batch(&self, table: &mut Table, body: &Value) -> FakeResponse {
        let known = ["deletes", "patches", "puts", "posts"];
        assert!(body.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{body}");
        let (deletes, patches, posts) = (list(&body["deletes"]), list(&body["patches"]), list(&body["posts"]));
        if deletes.len() + patches.len() + posts.len() > if self.plan == "free" { 200 } else { 3500 } {
            return Self::refusal(400, 81063, "Batch exceeds the limit");
        }
        let mut next = table.clone();
        let mut made = Vec::new();
        for delete in &deletes {
            let id = text(&delete["id"]);
            let found = next.sets.iter().find(|(_, set)| set.values.contains_key(&id)).map(|(key, _)| key.clone());
            let Some(key) = found else { return Self::refusal(404, 81044, "Record does not exist.") };
            let set = next.sets.get_mut(&key).unwrap();
            set.values.remove(&id);
            if set.values.is_empty() {
                next.sets.remove(&key);
            }
        }
        let mut patched = Vec::new();
        for patch in &patches {
            match Self::patch(&mut next, patch) {
                Ok(record) => patched.push(Self::record(&next, &record)),
                Err(refusal) => return refusal,
            }
        }
        for post in &posts {
            let (name, kind) = (host(&post["name"], false), text(&post["type"]));
            let ttl = match Self::ttl(post) {
                Ok(ttl) => ttl,
                Err(refusal) => return refusal,
            };
            let value = Self::value(&kind, post);
            let id = next.id();
            let set = next.sets.entry((name.clone(), kind.clone()));
            let set = set
                .or_insert_with(|| crate::tests::apply::http::Set { ttl, values: std::collections::BTreeMap::new() });
            if set.values.values().any(|held| *held == value) {
                return Self::refusal(400, 81058, "An identical record already exists.");
            }
            // All records of a set have the TTL of the last one.
            set.ttl = ttl;
            set.values.insert(id.clone(), value.clone());
            if next.with_cname_conflict().contains(&name) {
                let code = if kind == "CNAME" { 81053 } else { 81054 };
                return Self::refusal(400, code, "A CNAME record with that host already exists.");
            }
            Self::set(&mut next, &id, &kind, post);
            made.push(Self::record(&next, &(name, kind, ttl, id, value)));
        }
        *table = next;
        FakeResponse::new(
            200,
            json!({"success": true, "errors": [], "messages": [], "result": {"deletes": [], "patches": patched, "posts": made}}),
        )
    }
}

impl ProviderRules for Cloudflare {
    fn provider(&self) -> ZoneProvider {
        ZoneProvider::Cloudflare
    }

    fn variables(&self, _: &str) -> Vec<(&'static str, String)> {
        vec![("CLOUDFLARE_API_TOKEN", CANARY.to_owned())]
    }

    fn answer(&self, table: &mut Table, got: &ReceivedRequest) -> FakeResponse {
        if got.header("authorization") != format!("Bearer {CANARY}") {
            // Like some proxies, the response repeats the credential.
            return Self::refusal(403, 9109, &format!("Invalid access token {}", got.header("authorization")));
        }
        let zone = json!({"id": "023e105f4ecef8ad9ca31a8372d0c353", "name": "dev.example.com", "plan": {"legacy_id": self.plan}});
        let ok = |result: Value| {
            FakeResponse::new(200, json!({"success": true, "errors": [], "messages": [], "result": result}))
        };
        match (got.method.as_str(), got.path()) {
            ("GET", "/client/v4/zones") => {
                ok(if got.query("name").unwrap() == "dev.example.com" { json!([zone]) } else { json!([]) })
            }
            ("GET", "/client/v4/zones/023e105f4ecef8ad9ca31a8372d0c353") => ok(zone),
            ("GET", "/client/v4/zones/023e105f4ecef8ad9ca31a8372d0c353/dns_records") => {
                let wanted = got.query("name.exact");
                let records = table.records();
                let records: Vec<_> =
                    records.iter().filter(|record| wanted.as_ref().is_none_or(|name| *name == record.0)).collect();
                let size = got.query("per_page").unwrap().parse::<usize>().unwrap().min(self.page);
                let at: usize = got.query("page").unwrap().parse().unwrap();
                let part: Vec<Value> =
                    records.iter().skip((at - 1) * size).take(size).map(|record| Self::record(table, record)).collect();
                let info = json!({
                    "page": at, "per_page": size, "total_pages": records.len().div_ceil(size).max(1),
                    "count": part.len(), "total_count": records.len(),
                });
                FakeResponse::new(
                    200,
                    json!({"success": true, "errors": [], "messages": [], "result": part, "result_info": info}),
                )
            }
            ("POST", "/client/v4/zones/023e105f4ecef8ad9ca31a8372d0c353/dns_records/batch") => {
                self.batch(table, &got.json())
            }
            (method, path) => Self::refusal(400, 7003, &format!("Could not route {method} to {path}")),
        }
    }
}

/// The API of `PowerDNS`.
pub(crate) struct PowerDns;

impl PowerDns {
    fn patch(table: &mut Table, body: &Value) -> FakeResponse {
        let refusal = |message: String| FakeResponse::new(422, json!({"error": message}));
        let mut next = table.clone();
        for set in list(&body["rrsets"]) {
            let (name, kind) = (host(&set["name"], true), text(&set["type"]));
            match set["changetype"].as_str() {
                Some("DELETE") => next.put(&name, &kind, 0, Vec::new()),
                Some("REPLACE") => {
                    let records = list(&set["records"]);
                    let values = records.iter().map(|record| {
                        assert_eq!(record["disabled"], false);
                        text(&record["content"])
                    });
                    let ttl = u32::try_from(set["ttl"].as_u64().unwrap()).unwrap();
                    next.put(&name, &kind, ttl, values.collect::<Vec<_>>());
                    if next.with_cname_conflict().contains(&name) {
                        return refusal(format!("RRset {name}. IN {kind}: Conflicts with pre-existing RRset"));
                    }
                }
                other => return refusal(format!("Changetype {other:?} not understood")),
            }
        }
        *table = next;
        FakeResponse::new(204, "")
    }
}

impl ProviderRules for PowerDns {
    fn provider(&self) -> ZoneProvider {
        ZoneProvider::PowerDns
    }

    fn variables(&self, _: &str) -> Vec<(&'static str, String)> {
        vec![("PDNS_API_KEY", CANARY.to_owned())]
    }

    fn answer(&self, table: &mut Table, got: &ReceivedRequest) -> FakeResponse {
        if got.header("x-api-key") != CANARY {
            return FakeResponse::new(401, format!("Unauthorized {}", got.header("x-api-key")));
        }
        if decoded(got.path()) != "/api/v1/servers/localhost/zones/dev.example.com." {
            return FakeResponse::new(404, json!({"error": "Not Found"}));
        }
        match got.method.as_str() {
            "GET" => {
                let wanted = got.query("rrset_name").map(|name| name.trim_end_matches('.').to_owned());
                let sets =
                    table.sets.iter().filter(|((name, _), _)| wanted.as_ref().is_none_or(|wanted| wanted == name));
                let sets = sets.map(|((name, kind), set)| {
                    let record = |content: &String| json!({"content": content, "disabled": false});
                    let records: Vec<Value> = set.values.values().map(record).collect();
                    json!({"name": format!("{name}."), "type": kind, "ttl": set.ttl, "comments": [], "records": records})
                });
                FakeResponse::new(200, json!({"name": "dev.example.com.", "rrsets": sets.collect::<Vec<_>>()}))
            }
            "PATCH" => Self::patch(table, &got.json()),
            _ => FakeResponse::new(405, json!({"error": "Method Not Allowed"})),
        }
    }
}

/// GoDaddy.
pub(crate) struct GoDaddy;

const TYPES: [&str; 8] = ["A", "AAAA", "CNAME", "MX", "NS", "SOA", "SRV", "TXT"];

impl GoDaddy {
    fn refusal(status: u16, code: &str, message: &str) -> FakeResponse {
        FakeResponse::new(status, json!({"code": code, "message": message}))
    }

    fn replace(table: &mut Table, kind: &str, name: &str, records: &[Value]) -> FakeResponse {
        let mut next = table.clone();
        let mut values = Vec::new();
        let mut ttl = 0;
        for record in records {
            ttl = u32::try_from(record["ttl"].as_u64().unwrap()).unwrap();
            if !(600..=86400).contains(&ttl) {
                return Self::refusal(422, "INVALID_BODY", "ttl must be between 600 and 86400");
            }
            let data = text(&record["data"]);
            values.push(match kind {
                "TXT" => {
                    let strings: Vec<Vec<u8>> = data.as_bytes().chunks(255).map(<[u8]>::to_vec).collect();
                    crate::tests::apply::http::quoted(&strings, |byte| format!("\\{byte:03}"))
                }
                "CNAME" => format!("{data}."),
                _ => data,
            });
        }
        if as_set(&values).len() < values.len() {
            return Self::refusal(422, "DUPLICATE_RECORD", "Another record with the same attributes already exists");
        }
        next.put(name, kind, ttl, values);
        if next.with_cname_conflict().contains(&name.to_owned()) {
            return Self::refusal(422, "DUPLICATE_RECORD", "A CNAME stands alone");
        }
        *table = next;
        FakeResponse::new(200, "")
    }
}

impl ProviderRules for GoDaddy {
    fn provider(&self) -> ZoneProvider {
        ZoneProvider::GoDaddy
    }

    fn variables(&self, _: &str) -> Vec<(&'static str, String)> {
        vec![("GODADDY_API_KEY", format!("key-{CANARY}")), ("GODADDY_API_SECRET", format!("secret-{CANARY}"))]
    }

    fn takes(&self, kind: RecordType) -> bool {
        TYPES.contains(&kind.name())
    }

    fn answer(&self, table: &mut Table, got: &ReceivedRequest) -> FakeResponse {
        let (key, secret) = (format!("key-{CANARY}"), format!("secret-{CANARY}"));
        if got.header("authorization") != format!("sso-key {key}:{secret}") {
            return Self::refusal(401, "UNABLE_TO_AUTHENTICATE", &format!("Unknown {}", got.header("authorization")));
        }
        let Some(rest) = got.path().strip_prefix("/v1/domains/dev.example.com/records") else {
            return Self::refusal(404, "UNKNOWN_DOMAIN", "The given domain is not registered");
        };
        let parts: Vec<String> = rest.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
        match (got.method.as_str(), &parts[..]) {
            ("GET", []) => {
                let limit: usize = got.query("limit").unwrap().parse().unwrap();
                assert!(limit <= 500);
                let record = |(name, kind, ttl, _, value): &(String, String, u32, String, String)| {
                    let data = match kind.as_str() {
                        "TXT" => String::from_utf8(unquoted(value, 10).concat()).unwrap(),
                        _ => value.trim_end_matches('.').to_owned(),
                    };
                    let name = name.strip_suffix("dev.example.com").unwrap().trim_end_matches('.');
                    json!({"name": if name.is_empty() { "@" } else { name }, "type": kind, "ttl": ttl, "data": data})
                };
                let records: Vec<Value> = table.records().iter().take(limit).map(record).collect();
                FakeResponse::new(200, Value::Array(records))
            }
            (_, [kind, _]) if !TYPES.contains(&kind.as_str()) => Self::refusal(422, "INVALID_TYPE", "no such type"),
            ("PUT", [kind, name]) => {
                let records = list(&got.json());
                assert!(!records.is_empty());
                Self::replace(table, kind, &format!("{name}.dev.example.com"), &records)
            }
            ("DELETE", [kind, name]) => {
                let whole = format!("{name}.dev.example.com");
                if table.get(&whole, kind).is_none() {
                    return Self::refusal(404, "NOT_FOUND", "no such record");
                }
                table.put(&whole, kind, 0, Vec::new());
                FakeResponse::new(204, "")
            }
            _ => Self::refusal(404, "NOT_FOUND", "no such operation"),
        }
    }
}
