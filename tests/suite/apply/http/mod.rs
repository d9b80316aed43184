//! An HTTP server in this process with the rules of a provider and a zone in memory. It records requests, and single
//! requests can have faults.

pub(in crate::tests) mod cloud_apis;
mod cloudflare;
pub(in crate::tests) mod json_apis;
mod route53;
pub(in crate::tests) mod scenarios;

use crate::apply::retry::RetryPolicy;
use crate::apply::zone::DnsZone;
use crate::apply::{context::ProviderContext, open::open_zone};
use crate::diagnostic::Diagnostic;
use crate::name::DnsName;
use crate::record::{RecordData, RecordSets, RecordType};
use crate::source::Project;
use crate::spec::{self, ZoneProvider};
use crate::tests::apply::scenarios::{RETRY_POLICY, TestZone, ZoneContent, zone};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// A received request.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReceivedRequest {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// The headers by lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl ReceivedRequest {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    /// The names and values of the query, still encoded.
    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap()).collect()
    }

    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.pairs().into_iter().find(|(key, _)| *key == name).map(|(_, value)| decoded(value))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).unwrap()
}

/// The body of a response.
pub(crate) struct Body(String);

impl From<&str> for Body {
    fn from(text: &str) -> Self {
        Body(text.to_owned())
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Body(text)
    }
}

impl From<serde_json::Value> for Body {
    fn from(json: serde_json::Value) -> Self {
        Body(json.to_string())
    }
}

/// A response.
#[derive(Clone, Debug)]
pub(crate) struct FakeResponse {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u32>,
    pub(crate) body: String,
}

impl FakeResponse {
    pub(crate) fn new(status: u16, body: impl Into<Body>) -> Self {
        FakeResponse { status, retry_after: None, body: body.into().0 }
    }
}

/// A record set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) ttl: u32,
    /// The data of records in the form of zone files, by id.
    pub(crate) values: BTreeMap<String, String>,
}

/// The zone: sets by name and type. Names have no dot at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) sets: BTreeMap<(String, String), Set>,
    /// What else the provider stores with a record, by its id.
    pub(crate) settings: BTreeMap<String, Value>,
    last_id: u64,
    pub(crate) writes: usize,
}

impl Table {
    pub(crate) fn id(&mut self) -> String {
        self.last_id += 1;
        format!("{:032x}", self.last_id)
    }

    pub(crate) fn put(&mut self, name: &str, kind: &str, ttl: u32, values: impl IntoIterator<Item = String>) {
        let values: BTreeMap<String, String> = values.into_iter().map(|value| (self.id(), value)).collect();
        let key = (name.to_owned(), kind.to_owned());
        if values.is_empty() {
            self.sets.remove(&key);
        } else {
            self.sets.insert(key, Set { ttl, values });
        }
    }

    pub(crate) fn get(&self, name: &str, kind: &str) -> Option<&Set> {
        self.sets.get(&(name.to_owned(), kind.to_owned()))
    }

    /// Names with a CNAME and other records, or with two CNAMEs.
    pub(crate) fn with_cname_conflict(&self) -> Vec<String> {
        let cnames = self.sets.iter().filter(|((_, kind), _)| kind == "CNAME");
        let with_cname_conflict = cnames.filter(|((name, _), set)| {
            set.values.len() > 1 || self.sets.keys().filter(|(other, _)| other == name).count() > 1
        });
        with_cname_conflict.map(|((name, _), _)| name.clone()).collect()
    }

    /// Every record with its set and its id.
    pub(crate) fn records(&self) -> Vec<(String, String, u32, String, String)> {
        let record = |((name, kind), set): (&(String, String), &Set)| {
            let of = |(id, value): (&String, &String)| (name.clone(), kind.clone(), set.ttl, id.clone(), value.clone());
            set.values.iter().map(of).collect::<Vec<_>>()
        };
        self.sets.iter().flat_map(record).collect()
    }
}

/// The fault of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerFault {
    /// Too many requests; retry after this number of seconds.
    TooMany(Option<u32>),
    /// The server fails before it applies the request.
    Fail,
    /// The server fails after it has applied the request.
    FailAfter,
    /// The connection ends before the request is applied.
    Cut,
    /// The connection ends after the request is applied.
    CutAfter,
    /// The request is applied, and the response takes longer than any timeout.
    Silent,
}

/// A short timeout.
pub(crate) const SHORT_TIMEOUT: Duration = Duration::from_millis(400);

/// The rules of one provider.
pub(crate) trait ProviderRules: Send + Sync {
    /// The provider.
    fn provider(&self) -> ZoneProvider;
    /// The variables with the credentials.
    fn variables(&self, base: &str) -> Vec<(&'static str, String)>;
    /// The content of the file that they name.
    fn file(&self, _base: &str) -> String {
        String::new()
    }
    /// The project that the zone is in.
    fn project(&self) -> Option<&'static str> {
        None
    }
    fn answer(&self, table: &mut Table, got: &ReceivedRequest) -> FakeResponse;
    fn takes(&self, _kind: RecordType) -> bool {
        true
    }
}

#[derive(Default)]
struct State {
    table: Table,
    log: Vec<ReceivedRequest>,
    /// The number of requests that only read, and their faults; the same for requests that change something.
    reads: (usize, BTreeMap<usize, ServerFault>),
    changes: (usize, BTreeMap<usize, ServerFault>),
    /// An action before the change with this number.
    other: Option<(usize, Other)>,
}

type Other = Box<dyn FnOnce(&mut Table) + Send>;

/// A running server.
pub(crate) struct FakeServer {
    rules: Arc<dyn ProviderRules>,
    state: Arc<Mutex<State>>,
    pub(crate) port: u16,
    over: Arc<AtomicBool>,
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl FakeServer {
    pub(crate) fn start(rules: impl ProviderRules + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (rules, state): (Arc<dyn ProviderRules>, Arc<Mutex<State>>) = (Arc::new(rules), Arc::default());
        let over = Arc::new(AtomicBool::new(false));
        let fake = FakeServer { rules: rules.clone(), state: state.clone(), port, over: over.clone() };
        fake.state().table.put("dev.example.com", "SOA", 3600, ["ns.example.net. host.example.net. 1 2 3 4 5".into()]);
        fake.state().table.put("dev.example.com", "NS", 3600, ["ns.example.net.".into(), "ns2.example.net.".into()]);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (rules, state) = (rules.clone(), state.clone());
                std::thread::spawn(move || serve(&stream.unwrap(), &*rules, &state));
            }
        });
        fake
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Every request so far.
    pub(crate) fn log(&self) -> Vec<ReceivedRequest> {
        self.state().log.clone()
    }

    /// Sets the faults of further requests that change something, by number.
    pub(crate) fn set_faults(&self, faults: &[(usize, ServerFault)]) {
        self.state().changes = (0, faults.iter().copied().collect());
    }

    /// The same for requests that only read.
    pub(crate) fn set_read_faults(&self, faults: &[(usize, ServerFault)]) {
        self.state().reads = (0, faults.iter().copied().collect());
    }

    /// Reads or changes the zone directly.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Table)) {
        change(&mut self.state().table);
    }

    /// Sets an action before a further change, by number.
    pub(crate) fn before_change(&self, at: usize, other: impl FnOnce(&mut Table) + Send + 'static) {
        self.state().other = Some((at, Box::new(other)));
    }

    /// The environment variables with its credentials.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        self.rules.variables(&self.base())
    }

    pub(crate) fn credentials_file(&self) -> String {
        self.rules.file(&self.base())
    }

    /// The zone as `apply` opens it, with some variables replaced.
    pub(crate) fn open_with(
        &self,
        other: &[(&str, &str)],
        trace: Option<crate::apply::http::RequestTrace>,
    ) -> Result<Box<dyn DnsZone + Send>, Diagnostic> {
        self.open_all(other, trace, RETRY_POLICY)
    }

    /// The same with a short timeout.
    pub(crate) fn open_with_short_timeout(&self) -> Box<dyn DnsZone + Send> {
        self.open_all(&[], None, RetryPolicy { answer_timeout: SHORT_TIMEOUT, ..RETRY_POLICY }).unwrap()
    }

    fn open_all(
        &self,
        other: &[(&str, &str)],
        trace: Option<crate::apply::http::RequestTrace>,
        retry: RetryPolicy,
    ) -> Result<Box<dyn DnsZone + Send>, Diagnostic> {
        let project = self.rules.project().map(|project| format!(", project: {project}")).unwrap_or_default();
        let declared = declared(&format!(
            "provider: {}, server: '{}'{project}",
            provider_name(self.rules.provider()),
            self.base()
        ));
        let variables = self.variables();
        let variable = |name: &str| {
            let own = || variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
            other.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()).or_else(own)
        };
        let file = |_: &str| Ok(self.credentials_file());
        let context = ProviderContext { variable: &variable, file: &file, trace };
        open_zone(&zone(), Some(&declared), &context, retry)
    }
}

/// The name of the provider in the spec.
pub(crate) fn provider_name(provider: ZoneProvider) -> &'static str {
    match provider {
        ZoneProvider::Rfc2136 => "rfc2136",
        ZoneProvider::CloudDns => "clouddns",
        ZoneProvider::Route53 => "route53",
        ZoneProvider::Cloudflare => "cloudflare",
        ZoneProvider::PowerDns => "powerdns",
        ZoneProvider::GoDaddy => "godaddy",
    }
}

/// The key of a zone that names the project, for the provider that has projects.
pub(crate) fn project_key(provider: ZoneProvider) -> &'static str {
    if provider == ZoneProvider::CloudDns { ", project: shop-dns" } else { "" }
}

/// The zone as a spec declares it.
pub(crate) fn declared(keys: &str) -> spec::Zone {
    let head = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nzones:\n";
    let text = format!("{head}  dev.example.com: {{{keys}}}\n");
    spec::read(&Project::in_memory([("branches.yaml", text.as_str())])).unwrap().zones[&zone()].clone()
}

impl TestZone for FakeServer {
    fn open(&self) -> Box<dyn DnsZone + Send> {
        self.open_with(&[], None).unwrap()
    }

    fn put(&self, names: &[(DnsName, RecordSets)], ttl: u32) {
        let table = &mut self.state().table;
        for (name, records) in names {
            for kind in RecordType::ALL {
                let values = records.get(kind).into_iter().flatten().map(|data| data.presentation(kind));
                table.put(name.as_str(), kind.name(), ttl, values.collect::<Vec<_>>());
            }
        }
    }

    fn put_foreign(&self, name: &DnsName, kind: &str, data: &str) {
        self.state().table.put(name.as_str(), kind, 3600, [data.into()]);
    }

    fn content(&self) -> ZoneContent {
        let mut content = ZoneContent::new();
        for (name, kind, ttl, _, value) in self.state().table.records() {
            if let Some(kind) = RecordType::of_name(&kind) {
                let held = content.entry(DnsName::target(&name).unwrap()).or_insert((RecordSets::default(), ttl));
                assert_eq!(held.1, ttl, "{name}");
                assert!(held.0.insert(kind, data(kind, &value)), "{name} holds {kind} {value} twice");
            }
        }
        content
    }

    fn writes(&self) -> usize {
        self.state().table.writes
    }

    fn takes(&self, kind: RecordType) -> bool {
        self.rules.takes(kind)
    }
}

/// The data of a record as a zone file has it.
fn data(kind: RecordType, value: &str) -> RecordData {
    match kind {
        RecordType::Txt => {
            let strings = unquoted(value, 10);
            RecordData::from_wire(
                strings.iter().flat_map(|s| [&[u8::try_from(s.len()).unwrap()], &s[..]].concat()).collect::<Vec<_>>(),
            )
        }
        _ => RecordData::parse(kind, value).unwrap(),
    }
}

/// The character strings of a quoted text, with escapes in this radix.
pub(crate) fn unquoted(text: &str, radix: u32) -> Vec<Vec<u8>> {
    let mut strings = Vec::new();
    let mut rest = text.bytes();
    while let Some(quote) = rest.find(|byte| *byte != b' ') {
        assert_eq!(quote, b'"', "{text}");
        let mut string = Vec::new();
        loop {
            match rest.next().expect("a string ends") {
                b'"' => break,
                b'\\' => {
                    let next = rest.next().unwrap();
                    if next.is_ascii_digit() {
                        let digits = String::from_utf8(vec![next, rest.next().unwrap(), rest.next().unwrap()]).unwrap();
                        string.push(u8::from_str_radix(&digits, radix).unwrap());
                    } else {
                        string.push(next);
                    }
                }
                byte => string.push(byte),
            }
        }
        assert!(string.len() <= 255, "{text}");
        strings.push(string);
    }
    strings
}

/// The character strings quoted, with escapes for other bytes.
pub(crate) fn quoted(strings: &[Vec<u8>], number: fn(u8) -> String) -> String {
    let one = |string: &Vec<u8>| {
        let byte = |byte: &u8| match byte {
            b'"' | b'\\' => format!("\\{}", char::from(*byte)),
            b' '..=b'~' => char::from(*byte).to_string(),
            _ => number(*byte),
        };
        format!("\"{}\"", string.iter().map(byte).collect::<String>())
    };
    strings.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The values as a set.
pub(crate) fn as_set<'a>(values: impl IntoIterator<Item = &'a String>) -> BTreeSet<&'a String> {
    values.into_iter().collect()
}

fn serve(stream: &TcpStream, rules: &dyn ProviderRules, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    while let Some(got) = receive(&mut reader) {
        let mut state = state.lock().unwrap();
        let is_login = got.path() == "/token";
        let counter = if got.method == "GET" { &mut state.reads } else { &mut state.changes };
        let fault = if is_login { None } else { counter.1.remove(&counter.0) };
        counter.0 += usize::from(!is_login);
        state.log.push(got.clone());
        if got.method != "GET" && !is_login {
            state.other = match state.other.take() {
                Some((0, other)) => {
                    other(&mut state.table);
                    None
                }
                later => later.map(|(at, other)| (at - 1, other)),
            };
        }
        let before = state.table.sets.clone();
        let mut act = || {
            let response = rules.answer(&mut state.table, &got);
            assert!((200..300).contains(&response.status) || state.table.sets == before, "a refusal changes nothing");
            if state.table.sets != before {
                state.table.writes += 1;
            }
            response
        };
        let response = match fault {
            None => act(),
            Some(ServerFault::TooMany(seconds)) => {
                FakeResponse { retry_after: seconds, ..FakeResponse::new(429, "{}") }
            }
            Some(ServerFault::Fail) => FakeResponse::new(503, "no"),
            Some(ServerFault::FailAfter) => {
                act();
                FakeResponse::new(500, "no")
            }
            Some(ServerFault::Cut) => return,
            Some(ServerFault::CutAfter) => {
                act();
                return;
            }
            Some(ServerFault::Silent) => {
                act();
                drop(state);
                std::thread::sleep(2 * SHORT_TIMEOUT);
                return;
            }
        };
        drop(state);
        let retry = response.retry_after.map_or(String::new(), |seconds| format!("retry-after: {seconds}\r\n"));
        let head = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n{retry}\r\n", response.status, response.body.len());
        let mut stream = stream;
        if stream.write_all((head + &response.body).as_bytes()).is_err() {
            return;
        }
    }
}

fn receive(reader: &mut BufReader<&TcpStream>) -> Option<ReceivedRequest> {
    let mut got = ReceivedRequest::default();
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 0 {
        let text = std::mem::take(&mut line);
        let text = text.trim_end();
        if got.method.is_empty() {
            let mut words = text.split(' ');
            words.next()?.clone_into(&mut got.method);
            words.next()?.clone_into(&mut got.target);
        } else if text.is_empty() {
            let len = got.headers.get("content-length").map_or(0, |len| len.parse().unwrap());
            let mut body = vec![0; len];
            reader.read_exact(&mut body).ok()?;
            got.body = String::from_utf8(body).unwrap();
            assert!(!got.headers.contains_key("transfer-encoding"));
            return Some(got);
        } else {
            let (name, value) = text.split_once(':').unwrap();
            got.headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    None
}
