//! Real name servers on free loopback ports. Each has one zone and runs for one test.
#![expect(clippy::disallowed_methods, reason = "a test may know where it runs")]

use crate::apply::retry::RetryPolicy;
use crate::apply::rfc2136::{Rfc2136Zone, key};
use crate::apply::zone::DnsZone;
use crate::apply::{context::ProviderContext, open::open_zone};
use crate::name::DnsName;
use crate::record::{RecordSets, RecordType};
use crate::tests::apply::http::declared;
use crate::tests::apply::scenarios::{TestZone, ZoneContent, zone};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The name server software.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bind,
    Knot,
    PowerDns,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Bind, Kind::Knot, Kind::PowerDns];

    fn program(self) -> &'static str {
        match self {
            Kind::Bind => "/usr/sbin/named",
            Kind::Knot => "/usr/sbin/knotd",
            Kind::PowerDns => "/usr/sbin/pdns_server",
        }
    }

    /// Whether it is installed. With `PLEACH_NEED_DNS=1` it must be.
    pub(crate) fn is_installed(self) -> bool {
        let here = Path::new(self.program()).exists() && Path::new("/usr/bin/nsupdate").exists();
        assert!(here || std::env::var_os("PLEACH_NEED_DNS").is_none(), "{} is missing", self.program());
        here
    }
}

/// Who may change the zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody, without restrictions.
    Open,
    /// Only the key of `apply`, only below `shop` and `_pleach`, only the needed types, and no zone transfer.
    Least,
}

const SECRET: &str = "cGxlYWNoLWNhbmFyeS1wbGVhY2gtY2FuYXJ5LTAxMjM=";
const ADMIN: &str = "YWRtaW4tYWRtaW4tYWRtaW4tYWRtaW4tYWRtaW4tMDE=";

/// The key of the API of `PowerDNS`.
pub(crate) const API_KEY: &str = "api-canary-2b7e151628aed2a6";

/// The key that `apply` uses.
pub(crate) fn apply_key() -> String {
    format!("hmac-sha256:pleach:{SECRET}")
}

/// The key of an administrator without restrictions.
pub(crate) fn admin_key() -> String {
    format!("hmac-sha256:admin:{ADMIN}")
}

/// A running server.
pub(crate) struct Running {
    pub(crate) kind: Kind,
    pub(crate) access: Access,
    pub(crate) port: u16,
    /// The port of its API, if it has one.
    pub(crate) api: u16,
    /// The algorithm of the key of `apply`.
    algorithm: &'static str,
    folder: tempfile::TempDir,
    child: Child,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A folder in memory if possible, because the servers sync every change to the disk.
fn new_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn free_port() -> u16 {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() && TcpListener::bind(("::1", port)).is_ok() {
            return port;
        }
    }
}

impl Running {
    /// Runs SQL on the database of `PowerDNS`.
    pub(crate) fn sql(&self, command: &str) {
        let output = Command::new("sqlite3").arg(self.folder.path().join("pdns.db")).arg(command).output().unwrap();
        assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A server whose zone has SOA, NS and the zone file lines `more`.
    pub(crate) fn start(kind: Kind, access: Access, more: &str) -> Self {
        Running::start_with(kind, access, more, "hmac-sha256")
    }

    /// The same with a key of another algorithm.
    pub(crate) fn start_with(kind: Kind, access: Access, more: &str, algorithm: &'static str) -> Self {
        let mut folder = new_folder();
        let text = format!(
            "$ORIGIN dev.example.com.\n$TTL 3600\n@ SOA ns.example.net. hostmaster.example.net. 1 3600 600 86400 60\n@ NS ns.example.net.\n{more}"
        );
        std::fs::write(folder.path().join("zone.db"), text).unwrap();
        if kind == Kind::PowerDns {
            power_dns_zone(folder.path(), access, algorithm);
        }
        let mut log = String::new();
        // Another test may take the port first.
        for _ in 0..5 {
            let (port, api) = (free_port(), free_port());
            let child = spawn(kind, access, folder.path(), (port, api), algorithm);
            let mut running = Running { kind, access, port, api, algorithm, folder, child };
            if running.is_up() {
                return running;
            }
            running.kill();
            log = running.log();
            folder = std::mem::replace(&mut running.folder, new_folder());
        }
        panic!("{kind:?} does not start\n{log}");
    }

    fn is_up(&mut self) -> bool {
        for _ in 0..200 {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if self.dig(&["dev.example.com", "SOA", "+tries=1", "+time=1"]).contains("hostmaster") {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    /// Kills the server; the zone stays on disk.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again on the same port.
    pub(crate) fn restart(&mut self) {
        self.child = spawn(self.kind, self.access, self.folder.path(), (self.port, self.api), self.algorithm);
        assert!(self.is_up());
    }

    /// Replaces the update policy of `PowerDNS` for the key of `apply`: the body of a Lua function of `name` and `kind`.
    pub(crate) fn set_policy(&mut self, body: &str) {
        let policy = format!(
            "function updatepolicy(input)
  if input:getTsigName():equal('admin') then return true end
  local name, kind = input:getQName(), input:getQType()
  {body}
end
"
        );
        write(self.folder.path(), "policy.lua", &policy);
        self.kill();
        self.restart();
    }

    /// Its log.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What `dig` prints, without comments.
    pub(crate) fn dig(&self, args: &[&str]) -> String {
        let dig = Command::new("dig")
            .args(["@127.0.0.1", "-p", &self.port.to_string(), "-y", &admin_key()])
            .args(["+noall", "+answer"])
            .args(args)
            .output()
            .unwrap();
        String::from_utf8(dig.stdout).unwrap()
    }

    /// Runs `nsupdate` commands as the administrator.
    pub(crate) fn nsupdate(&self, commands: &str) {
        nsupdate(&format!("server 127.0.0.1 {}\nzone dev.example.com\n{commands}send\n", self.port));
    }

    /// The zone as the administrator transfers it: a line with name, TTL, type and data for each record except SOA.
    pub(crate) fn dump(&self) -> Vec<String> {
        let text = self.dig(&["dev.example.com", "AXFR"]);
        let mut lines: Vec<String> = text.lines().filter(|line| !line.contains("\tSOA\t")).map(str::to_owned).collect();
        lines.sort();
        lines
    }

    /// The zone with a key that may do everything.
    pub(crate) fn admin(&self, retry: RetryPolicy) -> Rfc2136Zone {
        let key = key::parse(&admin_key()).unwrap();
        Rfc2136Zone::new(zone(), self.address(), Some(key), retry)
    }

    /// The zone with the key of `apply`, if it needs one.
    pub(crate) fn apply_zone(&self, retry: RetryPolicy) -> Rfc2136Zone {
        let key = (self.access == Access::Least).then(|| key::parse(&apply_key()).unwrap());
        Rfc2136Zone::new(zone(), self.address(), key, retry)
    }
}

impl Running {
    /// The zone through its API.
    pub(crate) fn open_api(&self, retry: RetryPolicy) -> Box<dyn DnsZone + Send> {
        let declared = declared(&format!("provider: powerdns, server: 'http://127.0.0.1:{}'", self.api));
        let variable = |name: &str| (name == "PDNS_API_KEY").then(|| API_KEY.to_owned());
        let file = |_: &str| unreachable!("no variable names a file");
        let context = ProviderContext { variable: &variable, file: &file, trace: None };
        open_zone(&zone(), Some(&declared), &context, retry).unwrap()
    }
}

impl TestZone for Running {
    fn open(&self) -> Box<dyn DnsZone + Send> {
        Box::new(self.apply_zone(crate::tests::apply::scenarios::RETRY_POLICY))
    }

    fn put(&self, names: &[(DnsName, RecordSets)], ttl: u32) {
        let mut commands = String::new();
        for (name, records) in names {
            writeln!(commands, "update delete {name}.").unwrap();
            for (kind, data) in records.iter() {
                writeln!(commands, "update add {name}. {ttl} {kind} {}", data.presentation(kind)).unwrap();
            }
        }
        self.nsupdate(&commands);
    }

    fn put_foreign(&self, name: &DnsName, kind: &str, data: &str) {
        self.nsupdate(&format!("update add {name}. 60 {kind} {data}\n"));
    }

    fn content(&self) -> ZoneContent {
        let mut ttls: BTreeMap<(String, String), u32> = BTreeMap::new();
        for line in self.dump() {
            let words: Vec<&str> = line.split_whitespace().take(4).collect();
            ttls.insert((words[0].trim_end_matches('.').to_lowercase(), words[3].into()), words[1].parse().unwrap());
        }
        let ttl = |name: &DnsName, kind: RecordType| ttls[&(name.to_string(), kind.name().to_owned())];
        let all = self.admin(RetryPolicy::default()).list().unwrap().into_iter();
        all.map(|(name, records)| {
            let times: Vec<u32> = records.sets().map(|(kind, _)| ttl(&name, kind)).collect();
            assert!(times.windows(2).all(|pair| pair[0] == pair[1]), "{name} {times:?}");
            (name, (records, times[0]))
        })
        .collect()
    }

    fn writes(&self) -> usize {
        let soa = self.dig(&["dev.example.com", "SOA"]);
        soa.split_whitespace().nth(6).unwrap().parse().unwrap()
    }
}

/// Runs `nsupdate` commands, including `server` and `zone`, as the administrator.
pub(crate) fn nsupdate(commands: &str) {
    let mut child = Command::new("nsupdate")
        .args(["-y", &admin_key()])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(commands.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{commands}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// The example of docs/src/dns.md in this language, so that the tests cover it.
fn documented_example(language: &str) -> String {
    let text = std::fs::read_to_string(crate::tests::kit::root().join("docs/src/dns.md")).unwrap();
    let (_, rest) =
        text.split_once(&format!("\n```{language}\n")).unwrap_or_else(|| panic!("no example in {language}"));
    rest.split_once("\n```\n").unwrap().0.to_owned() + "\n"
}

fn spawn(kind: Kind, access: Access, folder: &Path, (port, api): (u16, u16), algorithm: &str) -> Child {
    let conf = match kind {
        Kind::Bind => bind(access, folder, port, algorithm),
        Kind::Knot => knot(access, folder, port, algorithm),
        Kind::PowerDns => power_dns(access, folder, (port, api)),
    };
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let mut command = Command::new(kind.program());
    match kind {
        Kind::Bind => command.args(["-g", "-n", "1", "-c"]).arg(conf),
        Kind::Knot => command.arg("-c").arg(conf),
        Kind::PowerDns => command.arg(format!("--config-dir={}", folder.display())),
    };
    command.stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn bind(access: Access, folder: &Path, port: u16, algorithm: &str) -> PathBuf {
    let policy = match access {
        Access::Open => "allow-update { any; };".to_owned(),
        Access::Least => {
            let example = documented_example("bind");
            let from = example.find("update-policy").unwrap();
            let policy = &example[from..from + example[from..].find("};").unwrap() + 2];
            policy.replace("update-policy {", "update-policy { grant admin. zonesub any;")
        }
    };
    let folder_name = folder.display();
    let text = format!(
        "options {{
            directory \"{folder_name}\"; pid-file none; lock-file none; session-keyfile \"{folder_name}/session.key\";
            listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 port {port} {{ ::1; }};
            recursion no; dnssec-validation no; notify no; empty-zones-enable no; allow-transfer {{ key admin.; }};
        }};
        controls {{ }};
        key pleach. {{ algorithm {algorithm}; secret \"{SECRET}\"; }};
        key admin. {{ algorithm hmac-sha256; secret \"{ADMIN}\"; }};
        zone dev.example.com {{ type primary; file \"zone.db\"; {policy} }};\n"
    );
    write(folder, "named.conf", &text)
}

fn knot(access: Access, folder: &Path, port: u16, algorithm: &str) -> PathBuf {
    let acl = match access {
        Access::Open => "  - id: pleach\n    address: [127.0.0.1, \"::1\"]\n    action: update\n".to_owned(),
        Access::Least => {
            let example = documented_example("knot");
            let (_, acl) = example.split_once("acl:\n").unwrap();
            acl.split_once("zone:\n").unwrap().0.to_owned()
        }
    };
    let folder_name = folder.display();
    let text = format!(
        "server:
  rundir: {folder_name}
  listen: [127.0.0.1@{port}, \"::1@{port}\"]
database:
  storage: {folder_name}
log:
  - target: stderr
    any: warning
key:
  - id: pleach
    algorithm: {algorithm}
    secret: {SECRET}
  - id: admin
    algorithm: hmac-sha256
    secret: {ADMIN}
acl:
  - id: admin
    key: admin
    action: [transfer, update]
{acl}zone:
  - domain: dev.example.com
    storage: {folder_name}
    file: zone.db
    acl: [admin, pleach]
"
    );
    write(folder, "knot.conf", &text)
}

fn power_dns(access: Access, folder: &Path, (port, api): (u16, u16)) -> PathBuf {
    let folder_name = folder.display();
    let policy = match access {
        Access::Open => String::new(),
        Access::Least => format!("lua-dnsupdate-policy-script={folder_name}/policy.lua\n"),
    };
    let text = format!(
        "launch=gsqlite3
gsqlite3-database={folder_name}/pdns.db
local-address=127.0.0.1,::1
local-port={port}
webserver-address=127.0.0.1
webserver-port={api}
webserver-allow-from=127.0.0.0/8
api=yes
api-key={API_KEY}
socket-dir={folder_name}
daemon=no
guardian=no
disable-axfr=no
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8,::1
loglevel=4
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
{policy}"
    );
    write(folder, "pdns.conf", &text)
}

fn power_dns_zone(folder: &Path, access: Access, algorithm: &str) {
    power_dns(access, folder, (0, 0));
    let ours = "local key = input:getTsigName()\n";
    let policy =
        documented_example("lua").replace(ours, &format!("{ours}  if key:equal('admin') then return true end\n"));
    assert!(policy.contains("'admin'"));
    write(folder, "policy.lua", &policy);
    let schema = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";
    let run = |program: &str, args: &[&str]| {
        let output = Command::new(program).args(args).output().unwrap();
        assert!(output.status.success(), "{program} {args:?}\n{}", String::from_utf8_lossy(&output.stderr));
    };
    let database = folder.join("pdns.db");
    run("sqlite3", &[database.to_str().unwrap(), &format!(".read {schema}")]);
    let config = format!("--config-dir={}", folder.display());
    let zone = "dev.example.com";
    let util = |args: &[&str]| run("pdnsutil", &[&[config.as_str()], args].concat());
    util(&["load-zone", zone, folder.join("zone.db").to_str().unwrap()]);
    util(&["import-tsig-key", "pleach", algorithm, SECRET]);
    util(&["import-tsig-key", "admin", "hmac-sha256", ADMIN]);
    util(&["set-meta", zone, "SOA-EDIT-DNSUPDATE", "INCREASE"]);
    util(&["set-meta", zone, "TSIG-ALLOW-AXFR", "admin"]);
    if access == Access::Least {
        util(&["set-meta", zone, "TSIG-ALLOW-DNSUPDATE", "pleach", "admin"]);
    }
}
