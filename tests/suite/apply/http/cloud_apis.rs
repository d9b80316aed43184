//! The rules of Google Cloud DNS and of Amazon Route 53, including authentication.

use crate::hex;
use crate::spec::ZoneProvider;
use crate::tests::apply::http::json_apis::CANARY;
use crate::tests::apply::http::{
    FakeResponse, ProviderRules, ReceivedRequest, Table, as_set, decoded, quoted, unquoted,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{digest, hmac, signature};
use roxmltree::{Document, Node};
use serde_json::{Value, json};
use std::fmt::Write;

/// Google Cloud DNS, with an access token or a service account.
#[derive(Default)]
pub(crate) struct CloudDns {
    /// The file of a service account, and its public key (PKCS #1), if it has one.
    pub(crate) account: Option<(String, Vec<u8>)>,
    /// How many record sets a response has.
    pub(crate) page: Option<usize>,
}

const ZONES: &str = "/dns/v1/projects/shop-dns/managedZones";

fn google(status: u16, reason: &str, message: &str) -> FakeResponse {
    let errors = json!([{"message": message, "domain": "global", "reason": reason}]);
    FakeResponse::new(status, json!({"error": {"code": status, "message": message, "errors": errors}}))
}

/// A record set as Cloud DNS writes it.
fn rrset(name: &str, kind: &str, ttl: u32, values: &[&String]) -> Value {
    json!({"kind": "dns#resourceRecordSet", "name": format!("{name}."), "type": kind, "ttl": ttl, "rrdatas": values})
}

impl CloudDns {
    fn token(&self, got: &ReceivedRequest) -> FakeResponse {
        let fault = |why: &str| FakeResponse::new(400, json!({"error": "invalid_grant", "error_description": why}));
        let (_, key) = self.account.as_ref().expect("only service accounts request a token");
        let fields: Vec<(String, String)> = got
            .body
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), decoded(value)))
            .collect();
        let test_zone =
            |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap();
        assert_eq!(test_zone("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
        let (text, proof) = test_zone("assertion").rsplit_once('.').unwrap();
        let proof = URL_SAFE_NO_PAD.decode(proof).unwrap();
        let key = signature::UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, key);
        if key.verify(text.as_bytes(), &proof).is_err() {
            return fault("Invalid JWT Signature.");
        }
        let part = |text: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap() };
        let (head, claims) = text.split_once('.').unwrap();
        let (head, claims) = (part(head), part(claims));
        assert_eq!(head, json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"}));
        assert_eq!(claims["iss"], "pleach@shop-dns.iam.gserviceaccount.com");
        assert_eq!(claims["scope"], "https://www.googleapis.com/auth/ndev.clouddns.readwrite");
        assert!(claims["aud"].as_str().unwrap().ends_with("/token"), "{claims}");
        assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3600);
        FakeResponse::new(
            200,
            json!({"access_token": format!("ya29.{CANARY}"), "expires_in": 3599, "token_type": "Bearer"}),
        )
    }

    fn change(table: &mut Table, body: &Value) -> FakeResponse {
        let list = |key: &str| body[key].as_array().cloned().unwrap_or_default();
        let (additions, deletions) = (list("additions"), list("deletions"));
        if additions.len() + deletions.len() == 0 {
            return google(400, "required", "The 'entity.change' parameter is required but was missing.");
        }
        assert!(additions.len() <= 1000 && deletions.len() <= 1000);
        let read = |set: &Value| {
            let name = set["name"].as_str().unwrap().strip_suffix('.').expect("names end with a dot").to_owned();
            assert!(name.ends_with(".dev.example.com"), "{name}");
            let values: Vec<String> = serde_json::from_value(set["rrdatas"].clone()).unwrap();
            assert!(!values.is_empty());
            let ttl = u32::try_from(set["ttl"].as_u64().unwrap()).unwrap();
            (name, set["type"].as_str().unwrap().to_owned(), ttl, values)
        };
        assert!(additions.iter().all(|set| !deletions.contains(set)), "a set is deleted and added unchanged: {body}");
        let mut next = table.clone();
        for (at, set) in deletions.iter().enumerate() {
            let (name, kind, ttl, values) = read(set);
            let place = format!("entity.change.deletions[{at}]");
            let Some(held) = next.get(&name, &kind) else {
                let message = format!("The '{place}' resource named '{name}. ({kind})' does not exist.");
                return google(404, "notFound", &message);
            };
            if held.ttl != ttl || as_set(held.values.values()) != as_set(&values) {
                return google(412, "conditionNotMet", &format!("Precondition not met for '{place}'"));
            }
            next.put(&name, &kind, 0, Vec::new());
        }
        for (at, set) in additions.iter().enumerate() {
            let (name, kind, ttl, values) = read(set);
            if next.get(&name, &kind).is_some() {
                let place = format!("entity.change.additions[{at}]");
                let message = format!("The resource '{place}' named '{name}. ({kind})' already exists");
                return google(409, "alreadyExists", &message);
            }
            if kind == "TXT" {
                for value in &values {
                    unquoted(value, 10);
                }
            }
            next.put(&name, &kind, ttl, values);
        }
        if !next.with_cname_conflict().is_empty() {
            let message = "The resource record set is invalid because a CNAME stands alone.";
            return google(400, "cnameResourceRecordSetConflict", message);
        }
        *table = next;
        FakeResponse::new(200, json!({"kind": "dns#change", "id": "7", "status": "pending"}))
    }
}

impl ProviderRules for CloudDns {
    fn provider(&self) -> ZoneProvider {
        ZoneProvider::CloudDns
    }

    fn project(&self) -> Option<&'static str> {
        self.account.is_none().then_some("shop-dns")
    }

    fn variables(&self, _: &str) -> Vec<(&'static str, String)> {
        vec![match &self.account {
            Some(_) => ("GOOGLE_APPLICATION_CREDENTIALS", "/run/secrets/google.json".into()),
            None => ("CLOUDSDK_AUTH_ACCESS_TOKEN", format!("ya29.{CANARY}")),
        }]
    }

    fn file(&self, base: &str) -> String {
        let (key, _) = self.account.as_ref().unwrap();
        json!({
            "type": "service_account", "project_id": "shop-dns", "private_key_id": "key-1", "private_key": key,
            "client_email": "pleach@shop-dns.iam.gserviceaccount.com", "token_uri": format!("{base}/token"),
        })
        .to_string()
    }

    fn answer(&self, table: &mut Table, got: &ReceivedRequest) -> FakeResponse {
        if (got.method.as_str(), got.path()) == ("POST", "/token") {
            return self.token(got);
        }
        if got.header("authorization") != format!("Bearer ya29.{CANARY}") {
            let message = format!("Invalid Credentials: {}", got.header("authorization"));
            return google(401, "authError", &message);
        }
        let sets = format!("{ZONES}/dev/rrsets");
        let changes = format!("{ZONES}/dev/changes");
        match (got.method.as_str(), got.path()) {
            ("GET", ZONES) => {
                assert_eq!(got.query("dnsName").unwrap(), "dev.example.com.");
                let zone =
                    |name: &str, seen: &str| json!({"name": name, "dnsName": "dev.example.com.", "visibility": seen});
                let zones = json!([zone("inside", "private"), zone("dev", "public")]);
                FakeResponse::new(200, json!({"kind": "dns#managedZonesListResponse", "managedZones": zones}))
            }
            ("GET", path) if path == sets => {
                let wanted = got.query("name").map(|name| name.trim_end_matches('.').to_owned());
                let all =
                    table.sets.iter().filter(|((name, _), _)| wanted.as_ref().is_none_or(|wanted| wanted == name));
                let at: usize = got.query("pageToken").map_or(0, |token| token.parse().unwrap());
                let size = self.page.unwrap_or(1000).min(got.query("maxResults").unwrap().parse().unwrap());
                let page: Vec<Value> = all
                    .clone()
                    .skip(at)
                    .take(size)
                    .map(|((name, kind), set)| rrset(name, kind, set.ttl, &set.values.values().collect::<Vec<_>>()))
                    .collect();
                let mut body = json!({"kind": "dns#resourceRecordSetsListResponse", "rrsets": page});
                if all.count() > at + size {
                    body["nextPageToken"] = (at + size).to_string().into();
                }
                FakeResponse::new(200, body)
            }
            ("POST", path) if path == changes => Self::change(table, &got.json()),
            (_, path) => {
                google(404, "notFound", &format!("The 'parameters.managedZone' resource {path} does not exist."))
            }
        }
    }
}

/// Amazon Route 53.
pub(crate) struct Route53 {
    /// How many record sets a response has.
    pub(crate) page: usize,
    pub(crate) session: bool,
    /// Whether the error of a batch is an `<InvalidChangeBatch>` without a code. The service answers with both shapes.
    pub(crate) bare_errors: bool,
}

const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";
const KEY: &str = "AKIDEXAMPLE";

fn amazon(status: u16, code: &str, message: &str) -> FakeResponse {
    let message = escaped(message);
    let body = format!(
        "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>x</RequestId></ErrorResponse>"
    );
    FakeResponse::new(status, body)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn text(node: Node, tag: &str) -> String {
    let found = node.descendants().find(|node| node.has_tag_name((NAMESPACE, tag)));
    found.and_then(|node| node.text()).unwrap_or_default().to_owned()
}

/// The sort key of names in responses: the labels from right to left.
fn order(name: &str) -> Vec<String> {
    name.split('.').rev().map(str::to_owned).collect()
}

impl Route53 {
    fn secret() -> String {
        format!("secret/{CANARY}")
    }

    fn session() -> String {
        format!("session/{CANARY}")
    }

    /// The expected signature of a request.
    fn signature(got: &ReceivedRequest, names: &str) -> String {
        let hash = |text: &str| hex::encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
        let mut pairs = got.pairs();
        pairs.sort_unstable();
        let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut canonical = format!("{}\n{}\n{}\n", got.method, got.path(), query.join("&"));
        names.split(';').for_each(|name| writeln!(canonical, "{name}:{}", got.header(name)).unwrap());
        write!(canonical, "\n{names}\n{}", hash(&got.body)).unwrap();
        let (stamp, day) = (got.header("x-amz-date"), &got.header("x-amz-date")[..8]);
        let scope = format!("{day}/us-east-1/route53/aws4_request");
        let mut key = format!("AWS4{}", Self::secret()).into_bytes();
        let sign = |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
        for part in [day, "us-east-1", "route53", "aws4_request"] {
            key = sign(&key, part).as_ref().to_vec();
        }
        let proof = sign(&key, &format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hash(&canonical)));
        format!(
            "AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, Signature={}",
            hex::encode(proof.as_ref())
        )
    }

    /// The error of a batch.
    fn invalid_batch(&self, message: &str) -> FakeResponse {
        if !self.bare_errors {
            return amazon(400, "InvalidChangeBatch", message);
        }
        let messages = format!("<Messages><Message>{}</Message></Messages>", escaped(message));
        let body = format!(
            "<InvalidChangeBatch xmlns=\"{NAMESPACE}\">{messages}<RequestId>x</RequestId></InvalidChangeBatch>"
        );
        FakeResponse::new(400, format!("<?xml version=\"1.0\"?>\n{body}"))
    }

    fn batch(&self, table: &mut Table, body: &str) -> FakeResponse {
        let document = Document::parse(body).unwrap();
        let root = document.root_element();
        assert!(root.has_tag_name((NAMESPACE, "ChangeResourceRecordSetsRequest")), "{body}");
        let (mut next, mut errors, mut characters, mut records) = (table.clone(), Vec::new(), 0, 0);
        for change in root.descendants().filter(|node| node.has_tag_name((NAMESPACE, "Change"))) {
            let name = text(change, "Name").strip_suffix('.').unwrap().to_owned();
            let (kind, ttl) = (text(change, "Type"), text(change, "TTL").parse::<u32>().unwrap());
            let values: Vec<String> = change
                .descendants()
                .filter(|node| node.has_tag_name((NAMESPACE, "Value")))
                .map(|node| node.text().unwrap().to_owned())
                .collect();
            records += values.len();
            characters += values.iter().map(String::len).sum::<usize>();
            let plain = |value: &String| match kind.as_str() {
                "TXT" => quoted(&unquoted(value, 8), |byte| format!("\\{byte:03}")),
                _ => value.clone(),
            };
            let values: Vec<String> = values.iter().map(plain).collect();
            let about = format!("resource record set [name='{name}.', type='{kind}']");
            match (text(change, "Action").as_str(), next.get(&name, &kind)) {
                ("CREATE", Some(_)) => errors.push(format!("Tried to create {about} but it already exists")),
                ("CREATE", None) => next.put(&name, &kind, ttl, values),
                ("DELETE", None) => errors.push(format!("Tried to delete {about} but it was not found")),
                ("DELETE", Some(held)) if held.ttl != ttl || as_set(held.values.values()) != as_set(&values) => {
                    errors.push(format!(
                        "Tried to delete {about} but the values provided do not match the current values"
                    ));
                }
                ("DELETE", Some(_)) => next.put(&name, &kind, 0, Vec::new()),
                (action, _) => return amazon(400, "InvalidInput", &format!("no such action: {action}")),
            }
        }
        if records > 1000 || characters > 32_000 {
            return self.invalid_batch("Number of records limit of 1000 exceeded.");
        }
        let conflicts = next.with_cname_conflict();
        let cname_errors = conflicts.iter().map(|name| {
            format!("RRSet of type CNAME with DNS name {name}. is not permitted as it conflicts with other records with the same DNS name in zone dev.example.com.")
        });
        errors.extend(cname_errors);
        if !errors.is_empty() {
            return self.invalid_batch(&format!("[{}]", errors.join(", ")));
        }
        *table = next;
        let info = "<ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status></ChangeInfo>";
        FakeResponse::new(
            200,
            format!(
                "<ChangeResourceRecordSetsResponse xmlns=\"{NAMESPACE}\">{info}</ChangeResourceRecordSetsResponse>"
            ),
        )
    }

    fn list(&self, table: &Table, got: &ReceivedRequest) -> FakeResponse {
        let start = got.query("name").map(|name| order(name.trim_end_matches('.')));
        let kind = got.query("type").unwrap_or_default();
        let mut all: Vec<(Vec<String>, &(String, String))> =
            table.sets.keys().map(|key| (order(&key.0), key)).collect();
        all.sort();
        let from = |(labels, key): &&(Vec<String>, &(String, String))| match &start {
            Some(start) => (labels, &key.1) >= (start, &kind),
            None => true,
        };
        let rest: Vec<_> = all.iter().filter(from).collect();
        let size = self.page.min(got.query("maxitems").unwrap().parse().unwrap());
        let name = |key: &(String, String)| format!("{}.", key.0.replace('*', "\\052"));
        let mut body = format!(
            "<?xml version=\"1.0\"?>\n<ListResourceRecordSetsResponse xmlns=\"{NAMESPACE}\"><ResourceRecordSets>"
        );
        for (_, key) in rest.iter().take(size) {
            let set = &table.sets[*key];
            let values: String = set.values.values().fold(String::new(), |text, value| {
                let value = match key.1.as_str() {
                    "TXT" => quoted(&unquoted(value, 10), |byte| format!("\\{byte:03o}")),
                    _ => value.clone(),
                };
                text + &format!("<ResourceRecord><Value>{}</Value></ResourceRecord>", escaped(&value))
            });
            write!(
                body,
                "<ResourceRecordSet><Name>{}</Name><Type>{}</Type><TTL>{}</TTL><ResourceRecords>{values}</ResourceRecords></ResourceRecordSet>",
                name(key), key.1, set.ttl
            )
            .unwrap();
        }
        let next = rest.get(size).map_or("<IsTruncated>false</IsTruncated>".to_owned(), |(_, key)| {
            format!(
                "<IsTruncated>true</IsTruncated><NextRecordName>{}</NextRecordName><NextRecordType>{}</NextRecordType>",
                name(key).replace("\\052", "*"),
                key.1
            )
        });
        FakeResponse::new(
            200,
            format!("{body}</ResourceRecordSets>{next}<MaxItems>{size}</MaxItems></ListResourceRecordSetsResponse>"),
        )
    }
}

impl ProviderRules for Route53 {
    fn provider(&self) -> ZoneProvider {
        ZoneProvider::Route53
    }

    fn variables(&self, _: &str) -> Vec<(&'static str, String)> {
        let mut variables = vec![("AWS_ACCESS_KEY_ID", KEY.to_owned()), ("AWS_SECRET_ACCESS_KEY", Self::secret())];
        if self.session {
            variables.push(("AWS_SESSION_TOKEN", Self::session()));
        }
        variables
    }

    fn answer(&self, table: &mut Table, got: &ReceivedRequest) -> FakeResponse {
        let names = if self.session { "host;x-amz-date;x-amz-security-token" } else { "host;x-amz-date" };
        if self.session && got.header("x-amz-security-token") != Self::session() {
            return amazon(403, "InvalidClientTokenId", &format!("not {}", got.header("x-amz-security-token")));
        }
        if got.header("authorization") != Self::signature(got, names) {
            let message = format!("The request signature we calculated does not match {}", got.header("authorization"));
            return amazon(403, "SignatureDoesNotMatch", &message);
        }
        match (got.method.as_str(), got.path()) {
            ("GET", "/2013-04-01/hostedzonesbyname") => {
                let zone = |id: &str, name: &str, private: bool| {
                    format!(
                        "<HostedZone><Id>/hostedzone/{id}</Id><Name>{name}</Name><CallerReference>x</CallerReference><Config>\
                         <PrivateZone>{private}</PrivateZone></Config></HostedZone>"
                    )
                };
                // The response has the zones from this name on, and a private zone may have the same name.
                let zones = [
                    zone("Z1PRIVATE", "dev.example.com.", true),
                    zone("Z2PUBLIC", "dev.example.com.", false),
                    zone("Z3OTHER", "dev.example.net.", false),
                ];
                let list = "ListHostedZonesByNameResponse";
                let zones = zones.concat();
                FakeResponse::new(
                    200,
                    format!("<{list} xmlns=\"{NAMESPACE}\"><HostedZones>{zones}</HostedZones></{list}>"),
                )
            }
            ("GET", "/2013-04-01/hostedzone/Z2PUBLIC/rrset") => self.list(table, got),
            ("POST", "/2013-04-01/hostedzone/Z2PUBLIC/rrset/") => self.batch(table, &got.body),
            (_, path) => amazon(404, "NoSuchHostedZone", path),
        }
    }
}
