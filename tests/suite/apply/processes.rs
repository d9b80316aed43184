//! Processes of `pleach dns apply` against real servers: killed at each message, running at the same time, and measured.

use crate::record::RecordSets;
use crate::tests::apply::scenarios::{TestZone, cname, n, ownership_name, ownership_records};
use crate::tests::apply::server::{Access, Kind, Running, apply_key};
use crate::tests::kit::Workspace;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// A workspace whose name server has this port.
fn workspace(port: u16, branch: &str, present: &[(String, String)], absent: &[&str]) -> Workspace {
    let workspace = Workspace::empty();
    let zone = format!("zones:\n  dev.example.com: {{provider: rfc2136, server: '127.0.0.1:{port}'}}\n");
    workspace.write("branches.yaml", format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\n{zone}"));
    file(&workspace, branch, present, absent);
    workspace
}

/// The file of a branch.
fn file(workspace: &Workspace, branch: &str, present: &[(String, String)], absent: &[&str]) {
    let head = "apiVersion: pleach/v1\nkind: ZoneChange\nzone: dev.example.com\nowner: shop\n";
    let mut text = format!("{head}branch: {branch}\npresent:\n");
    for (front, content) in present {
        writeln!(text, "- {{name: {front}.dev.example.com, ttl: 60, {content}}}").unwrap();
    }
    text += "absent:\n";
    for front in absent {
        writeln!(text, "- {front}.dev.example.com").unwrap();
    }
    workspace.write(&format!("out/dns/dev.example.com/{branch}.yaml"), text);
}

fn apply_command(workspace: &Workspace, rev: u64) -> Command {
    let mut command = workspace.command();
    command.args(["dns", "apply", "--rev", &rev.to_string()]).env("PLEACH_TSIG", apply_key());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// When something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// Before the message arrives.
    Before,
    /// Before its answer arrives.
    After,
    /// Never.
    Never,
}

/// A proxy to a server with an action at one of the messages.
struct Proxy {
    port: u16,
    /// For each message whether it is an update.
    seen: Arc<Mutex<Vec<bool>>>,
}

impl Proxy {
    /// Calls `act` at message number `at`. The result of `act` says whether to continue.
    fn new(server: u16, at: usize, moment: Moment, mut act: impl FnMut() -> bool + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let numbers = seen.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(mut client), Ok(mut server)) = (client, TcpStream::connect(("127.0.0.1", server))) else {
                    return;
                };
                // One message at a time, in the order of the server.
                while let Some(message) = framed(&mut client) {
                    let number = {
                        let mut numbers = numbers.lock().unwrap();
                        // The opcode follows the length and the id (RFC 1035 4.1.1).
                        numbers.push(message[4] >> 3 & 0xf == 5);
                        numbers.len() - 1
                    };
                    if number == at && moment == Moment::Before && !act() {
                        return;
                    }
                    server.write_all(&message).unwrap();
                    let Some(answer) = framed(&mut server) else { break };
                    if number == at && moment == Moment::After && !act() {
                        return;
                    }
                    if client.write_all(&answer).is_err() {
                        break;
                    }
                }
            }
        });
        Proxy { port, seen }
    }
}

/// A message with its length prefix.
fn framed(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut len = [0; 2];
    stream.read_exact(&mut len).ok()?;
    let mut message = len.to_vec();
    message.resize(2 + usize::from(u16::from_be_bytes(len)), 0);
    stream.read_exact(&mut message[2..]).ok()?;
    Some(message)
}

/// Runs `apply` through a proxy. Returns for each message whether it was an update.
fn run_through(
    server: &Running,
    at: usize,
    moment: Moment,
    present: &[(String, String)],
    absent: &[&str],
) -> Vec<bool> {
    let victim: Arc<Mutex<Option<Child>>> = Arc::default();
    let killed = victim.clone();
    let kill = move || {
        // The child is stored right after its start.
        let mut child = loop {
            match killed.lock().unwrap().take() {
                Some(child) => break child,
                None => std::thread::yield_now(),
            }
        };
        child.kill().unwrap();
        child.wait().unwrap();
        false
    };
    let proxy = Proxy::new(server.port, at, moment, kill);
    let workspace = workspace(proxy.port, "login", present, absent);
    let child = apply_command(&workspace, 7).spawn().unwrap();
    let id = child.id();
    *victim.lock().unwrap() = Some(child);
    // It ends by itself, or the proxy kills it.
    loop {
        let mut held = victim.lock().unwrap();
        let Some(child) = held.as_mut() else { break };
        if child.try_wait().unwrap().is_some() {
            break;
        }
        drop(held);
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    while moment != Moment::Never && std::path::Path::new(&format!("/proc/{id}")).exists() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let seen = proxy.seen.lock().unwrap();
    seen.clone()
}

#[test]
fn a_run_that_is_killed_at_any_message_is_completed_by_the_next() {
    let present = [("a.shop", "CNAME: [new.example.net]"), ("b.shop", "A: [192.0.2.7]"), ("c.shop", "TXT: [text]")];
    let present = present.map(|(front, content)| (front.to_owned(), content.to_owned()));
    let old = cname("old.example.net");
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_installed()) {
        let server = Running::start(kind, Access::Least, "");
        let reset = || {
            let nothing = RecordSets::default();
            let removed = ["a.shop", "a.shop._pleach", "c.shop", "c.shop._pleach", "_rev.shop._pleach"];
            let removed = removed.map(|front| (n(front), nothing.clone()));
            let existing = ["b.shop", "d.shop"].map(|front| {
                [(n(front), old.clone()), (ownership_name(front), ownership_records("shop", "login", 60, &old))]
            });
            server.put(&[&removed[..], &existing.concat()].concat(), 60);
        };
        reset();
        let messages = run_through(&server, usize::MAX, Moment::Never, &present, &["d.shop"]);
        assert!(messages.iter().filter(|update| **update).count() > 6, "{kind:?}: {messages:?}");
        let done = server.content();
        assert_eq!(done.len(), 7, "{kind:?} {done:?}");
        // Every message with BIND, some of the updates with the others.
        let some = |(at, update): &(usize, &bool)| kind == Kind::Bind || **update && at % 3 == 0;
        let all = messages.iter().enumerate().filter(some);
        for (at, update) in all {
            // A query changes nothing, whether its answer arrives or not.
            let moments = if *update { &[Moment::Before, Moment::After][..] } else { &[Moment::Before] };
            for &moment in moments {
                reset();
                run_through(&server, at, moment, &present, &["d.shop"]);
                let content = server.content();
                for front in ["a.shop", "b.shop", "c.shop", "d.shop"] {
                    match (content.get(&n(front)), content.get(&ownership_name(front))) {
                        (None, None) => {}
                        (Some((records, _)), Some((ownership, _))) => {
                            assert_eq!(*ownership, ownership_records("shop", "login", 60, records));
                        }
                        half => panic!("{kind:?} {moment:?} message {at}, {front}: {half:?}"),
                    }
                }
                let workspace = workspace(server.port, "login", &present, &["d.shop"]);
                assert!(apply_command(&workspace, 7).status().unwrap().success(), "{kind:?} {moment:?} message {at}");
                assert_eq!(server.content(), done, "{kind:?} {moment:?} message {at}");
            }
        }
    }
}

/// Two hundred names with the same target.
fn all_to(target: u64) -> Vec<(String, String)> {
    (0..200).map(|i| (format!("n{i}.shop"), format!("CNAME: [t{target}.example.net]"))).collect()
}

#[test]
fn of_two_simultaneous_runs_the_newer_state_remains() {
    let all_are = |server: &Running, target: u64| {
        let (content, want) = (server.content(), cname(&format!("t{target}.example.net")));
        for front in (0..200).map(|i| format!("n{i}.shop")) {
            assert_eq!(content[&n(&front)].0, want, "{:?}", server.kind);
            assert_eq!(
                content[&ownership_name(&front)].0,
                ownership_records("shop", "big", 60, &want),
                "{:?}",
                server.kind
            );
        }
    };
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_installed()) {
        let server = Running::start(kind, Access::Least, "");
        // At different moments.
        for round in 0..3 {
            let (older, newer) = (2 * round + 1, 2 * round + 2);
            let (first, second) = (
                workspace(server.port, "big", &all_to(older), &[]),
                workspace(server.port, "big", &all_to(newer), &[]),
            );
            let mut slow = apply_command(&first, older).spawn().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(round * 15));
            let mut fast = apply_command(&second, newer).spawn().unwrap();
            let ends = (slow.wait().unwrap().code().unwrap(), fast.wait().unwrap().code().unwrap());
            assert!(matches!(ends, (0 | 5 | 6, 0 | 5)), "{kind:?} {ends:?}");
            // A name that both runs changed at the same moment may need another run.
            assert!(apply_command(&second, newer).status().unwrap().success(), "{kind:?}");
            all_are(&server, newer);
            assert_eq!(apply_command(&first, older).status().unwrap().code(), Some(6), "{kind:?}");
        }
        // While the older run writes.
        let count = {
            let proxy = Proxy::new(server.port, usize::MAX, Moment::Never, || true);
            let workspace = workspace(proxy.port, "big", &all_to(7), &[]);
            assert!(apply_command(&workspace, 7).status().unwrap().success(), "{kind:?}");
            proxy.seen.lock().unwrap().len()
        };
        let newer = workspace(server.port, "big", &all_to(9), &[]);
        let proxy = Proxy::new(server.port, count - 100, Moment::Before, move || {
            assert!(apply_command(&newer, 9).status().unwrap().success());
            true
        });
        let older = workspace(proxy.port, "big", &all_to(8), &[]);
        assert_eq!(apply_command(&older, 8).status().unwrap().code(), Some(6), "{kind:?}: the older run stops");
        all_are(&server, 9);
    }
}

#[test]
fn of_two_simultaneous_runs_over_an_api_the_newer_state_remains() {
    use crate::spec::ZoneProvider;
    use crate::tests::apply::http::scenarios::fake;
    use crate::tests::apply::http::{project_key, provider_name};
    for provider in [ZoneProvider::CloudDns, ZoneProvider::Route53, ZoneProvider::Cloudflare] {
        let fake = fake(provider);
        let run = |rev: u64| {
            let target = format!("CNAME: [t{rev}.example.net]");
            let names: Vec<_> = (0..30).map(|i| (format!("n{i}.shop"), target.clone())).collect();
            let workspace = workspace(0, "big", &names, &[]);
            let server =
                format!("provider: {}, server: '{}'{}", provider_name(provider), fake.base(), project_key(provider));
            workspace.edit("branches.yaml", "provider: rfc2136, server: '127.0.0.1:0'", &server);
            let mut command = apply_command(&workspace, rev);
            command.arg("--allow-no-cas").envs(fake.variables());
            (command.spawn().unwrap(), workspace)
        };
        for round in 0..4 {
            let (older, newer) = (2 * round + 1, 2 * round + 2);
            let (mut slow, _held) = run(older);
            std::thread::sleep(std::time::Duration::from_millis(round * 10));
            let (mut fast, _kept) = run(newer);
            let ends = (slow.wait().unwrap().code().unwrap(), fast.wait().unwrap().code().unwrap());
            assert!(matches!(ends, (0 | 5 | 6, 0 | 5)), "{provider:?} {ends:?}");
            let (mut last, _too) = run(newer);
            assert!(last.wait().unwrap().success(), "{provider:?}");
            let content = fake.content();
            let want = cname(&format!("t{newer}.example.net"));
            for i in 0..30 {
                let front = format!("n{i}.shop");
                assert_eq!(content[&n(&front)].0, want, "{provider:?}");
                assert_eq!(
                    content[&ownership_name(&front)].0,
                    ownership_records("shop", "big", 60, &want),
                    "{provider:?}"
                );
            }
            assert_eq!(content.len(), 61, "{provider:?}");
        }
    }
}

/// A large zone: a hundred names in each of a hundred branches.
fn large(port: u16) -> Workspace {
    let workspace = workspace(port, "b0", &[], &[]);
    for branch in 0..100 {
        let name = |i| (format!("n{i}.b{branch}.shop"), "CNAME: [ingress.example.net]".to_owned());
        file(&workspace, &format!("b{branch}"), &(0..100).map(name).collect::<Vec<_>>(), &[]);
    }
    workspace
}

#[test]
fn ten_thousand_names_of_an_api_take_less_than_a_hundred_megabytes() {
    use crate::spec::ZoneProvider;
    use crate::tests::apply::http::cloud_apis::CloudDns;
    use crate::tests::apply::http::json_apis::PowerDns;
    use crate::tests::apply::http::{FakeServer, project_key, provider_name};
    let target = cname("ingress.example.net");
    let fronts =
        (0..100).flat_map(|branch| (0..100).map(move |i| (format!("n{i}.b{branch}.shop"), format!("b{branch}"))));
    let pair = |(front, branch): (String, String)| {
        [(n(&front), target.clone()), (ownership_name(&front), ownership_records("shop", &branch, 60, &target))]
    };
    let existing: Vec<_> = fronts.flat_map(pair).collect();
    // One API with pages and one without.
    for (provider, fake) in [
        (ZoneProvider::CloudDns, FakeServer::start(CloudDns::default())),
        (ZoneProvider::PowerDns, FakeServer::start(PowerDns)),
    ] {
        fake.put(&existing, 60);
        let workspace = large(0);
        let server =
            format!("provider: {}, server: '{}'{}", provider_name(provider), fake.base(), project_key(provider));
        workspace.edit("branches.yaml", "provider: rfc2136, server: '127.0.0.1:0'", &server);
        let mut command = workspace.command();
        command.args(["dns", "plan"]).envs(fake.variables()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let peak = peak(child);
        let mut output = String::new();
        out.read_to_string(&mut output).unwrap();
        assert!(output.ends_with("0 to write, 10000 unchanged\n"), "{provider:?} {output}");
        assert!(peak < 100_000_000, "{provider:?}: {peak} bytes");
    }
}

/// The peak memory of a process, in bytes.
fn peak(mut child: Child) -> usize {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes: usize = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default();
        peak = peak.max(kilobytes * 1024);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    peak
}

/// The most memory of a run with ten thousand names, in bytes. The programs of tests are not optimized and need about 74 MB;
/// optimized ones need 50 MB.
const MOST_MEMORY: usize = 85_000_000;

#[test]
fn ten_thousand_names_of_a_name_server_take_little_memory() {
    if Kind::Bind.is_installed() {
        let server = Running::start(Kind::Bind, Access::Least, "");
        let workspace = large(server.port);
        for args in [&["plan"][..], &["apply", "--rev", "1"], &["plan"]] {
            let mut command = workspace.command();
            command.arg("dns").args(args).env("PLEACH_TSIG", apply_key()).stdout(Stdio::null());
            let peak = peak(command.spawn().unwrap());
            assert!(peak > 1_000_000, "nothing was measured");
            assert!(peak < MOST_MEMORY, "{args:?}: {peak} bytes");
        }
        assert_eq!(server.content().len(), 20_001);
    }
}
