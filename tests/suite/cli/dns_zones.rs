//! `pleach dns` with several zones: one that is down or hostile stops no other one, and no run is silent or endless.
#![expect(clippy::disallowed_methods, reason = "a test may know what time it is")]

use crate::record::RecordSets;
use crate::spec::ZoneProvider;
use crate::tests::apply::http::FakeServer;
use crate::tests::apply::http::scenarios::fake;
use crate::tests::apply::scenarios::{TestZone, cname, n, ownership_name, ownership_records};
use crate::tests::apply::server::{Access, Kind, Running, apply_key};
use crate::tests::kit::{Ran, Workspace};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// The zone `dev.example.com` with this server, `bad.example.com` with another one before it, and a name in each.
fn workspace(server: &str, bad: &str) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write(
        "branches.yaml",
        format!(
            "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nzones:\n  bad.example.com: {{{bad}}}\n  dev.example.com: {{{server}}}\n"
        ),
    );
    file(&workspace, "out/dns", "bad.example.com", "login");
    file(&workspace, "out/dns", "dev.example.com", "login");
    workspace
}

/// The file of a branch with one name.
fn file(workspace: &Workspace, folder: &str, zone: &str, branch: &str) {
    let head = format!("apiVersion: pleach/v1\nkind: ZoneChange\nzone: {zone}\nowner: shop\nbranch: {branch}\n");
    let name = format!("- {{name: {branch}.shop.{zone}, ttl: 600, CNAME: [x.example.net]}}\n");
    workspace.write(&format!("{folder}/{zone}/{branch}.yaml"), format!("{head}present:\n{name}absent: []\n"));
}

fn of_fake(fake: &FakeServer) -> String {
    format!("provider: route53, server: '{}'", fake.base())
}

fn dns(workspace: &Workspace, fake: &FakeServer, args: &[&str]) -> Ran {
    let mut command = workspace.command();
    command.arg("dns").args(args).envs(fake.variables()).env("PDNS_API_KEY", "key");
    Ran(command.output().unwrap())
}

/// The port of a server that does this with each client.
fn server(serve: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(stream.unwrap()));
        }
    });
    port
}

/// A port without a server.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_zone_that_is_down_stops_no_other_one() {
    let fake = fake(ZoneProvider::Route53);
    let port = closed_port();
    let workspace = workspace(&of_fake(&fake), &format!("provider: rfc2136, server: '127.0.0.1:{port}'"));
    let refused = format!("`127.0.0.1:{port}` cannot be reached: connection refused");

    let plan = dns(&workspace, &fake, &["plan", "--timeout", "3s"]).exits(4);
    let lines = plan.out();
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines[0], "+ create    login.shop.dev.example.com  CNAME x.example.net.");
    assert_eq!(
        lines[1],
        "note: zone `bad.example.com`: no key was sent, because neither `PLEACH_TSIG` nor `PLEACH_TSIG_FILE` is set; most servers \
         refuse changes without one"
    );
    assert!(lines[2].starts_with("bad.example.com: not read, 0 to write, 1 not done; "), "{lines:?}");
    assert_eq!(lines[3], "dev.example.com: no run yet, 1 to write");
    assert!(lines[4].starts_with("1 to write, 1 not done; plan "), "{lines:?}");
    let err = plan.err();
    assert!(err.contains(&format!("zone `bad.example.com` (rfc2136): {refused}; trying again in 0.")), "{err}");
    assert!(err.contains(&format!(
        "error[remote]: zone `bad.example.com`: the time of this zone is over, and the last error is: {refused}"
    )));
    assert!(err.contains("= help: allow more with `--timeout`, or select the others with `--zone`"), "{err}");

    let json = dns(&workspace, &fake, &["apply", "--rev", "7", "--timeout", "3s", "--format", "json"]).exits(4).out();
    let summary: serde_json::Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    let summary = &summary["summary"];
    assert_eq!((&summary["status"], &summary["revision"]), (&4.into(), &7.into()));
    let zones = summary["zones"].as_array().unwrap();
    assert_eq!((&zones[0]["zone"], &zones[0]["notDone"]), (&"bad.example.com".into(), &1.into()));
    assert!(zones[0]["revision"].is_null() && zones[0]["error"].as_str().unwrap().contains("connection refused"));
    assert_eq!((&zones[1]["zone"], &zones[1]["revision"]), (&"dev.example.com".into(), &7.into()));
    assert_eq!((&zones[1]["written"], &zones[1]["error"]), (&1.into(), &serde_json::Value::Null));
    assert_eq!(fake.content()[&n("login.shop")].0, cname("x.example.net"));

    let status = dns(&workspace, &fake, &["status", "--timeout", "3s"]).exits(4).out();
    assert!(status.contains("dev.example.com: run 7, 0 to write, 1 unchanged\n"), "{status}");
    let markdown = dns(&workspace, &fake, &["plan", "--timeout", "3s", "--format", "markdown"]).exits(4).out();
    assert!(markdown.contains("\n- `bad.example.com`: not read, 0 to write, 1 not done; `the time of"), "{markdown}");
    assert!(markdown.contains("\n- `dev.example.com`: run 7, 0 to write, 1 unchanged\n"), "{markdown}");

    let old = cname("old.example.net");
    let orphan =
        [(n("old.shop"), old.clone()), (ownership_name("old.shop"), ownership_records("shop", "old", 600, &old))];
    fake.put(&orphan, 600);
    let orphans = dns(&workspace, &fake, &["orphans", "--timeout", "3s"]).exits(4);
    assert_eq!(orphans.out(), "old.shop.dev.example.com  branch old\n");
    let error = orphans.err();
    assert!(error.contains("zone `bad.example.com`: the time of this zone is over"), "{error}");
    assert!(error.contains("it cannot be listed: `127.0.0.1:"), "{error}");
}

#[test]
fn a_zone_can_be_left_out() {
    let fake = fake(ZoneProvider::Route53);
    let bad = format!("provider: rfc2136, server: '127.0.0.1:{}'", closed_port());
    let workspace = workspace(&of_fake(&fake), &bad);
    let only = ["--zone", "dev.example.com"];
    let run = |args: &[&str]| dns(&workspace, &fake, &[args, &only].concat());
    assert!(!run(&["plan"]).exits(1).out().contains("bad.example.com"));
    run(&["apply", "--rev", "1"]).exits(0);
    assert_eq!(run(&["status"]).exits(0).out(), "dev.example.com: run 1, 0 to write, 1 unchanged\n");
    assert_eq!(run(&["orphans"]).exits(0).out(), "");
    run(&["plan", "--format", "json", "--zone", "dev.example.com"]).exits(0);

    let sent = fake.log().len();
    for command in [&["plan"][..], &["apply", "--rev", "1"], &["status"], &["orphans"]] {
        let error = dns(&workspace, &fake, &[command, &["--zone", "dev.exmaple.com"]].concat()).exits(2).err();
        assert!(error.contains("neither the spec nor a file has the zone `dev.exmaple.com`"), "{error}");
        assert!(error.contains("did you mean `dev.example.com`?"), "{error}");
    }
    assert_eq!(fake.log().len(), sent, "nothing was sent");
}

/// Servers that accept connections and never give a whole answer.
#[test]
fn a_hostile_server_does_not_hold_up_the_run() {
    let silent = server(|mut client| while client.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {});
    // An answer of 64 KiB, byte by byte.
    let drip = server(|mut client| {
        while client.write_all(&[0xff]).is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
    let drip_body = server(move |mut client| {
        let _ = client.write_all(head.as_bytes());
        while client.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let busy = server(|mut client| {
        let _ = client.read(&mut [0; 4096]);
        let _ = client
            .write_all(b"HTTP/1.1 429 Slow\r\nretry-after: 3600\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    for (provider, url, port) in [
        ("rfc2136", "", silent),
        ("rfc2136", "", drip),
        ("powerdns", "http://", silent),
        ("powerdns", "http://", drip_body),
        ("powerdns", "http://", busy),
    ] {
        let fake = fake(ZoneProvider::Route53);
        let workspace = workspace(&of_fake(&fake), &format!("provider: {provider}, server: '{url}127.0.0.1:{port}'"));
        let start = Instant::now();
        let run = dns(&workspace, &fake, &["apply", "--rev", "1", "--timeout", "2s", "--allow-no-cas"]).exits(4);
        let time = start.elapsed();
        assert!(time < Duration::from_secs(4), "{provider} {port}: {time:?}");
        assert!(run.out().contains("\ndev.example.com: run 1, 1 written\n"), "{}", run.out());
        assert!(run.err().contains("zone `bad.example.com`: the time of this zone is over"), "{}", run.err());
    }
}

#[test]
fn a_timeout_is_a_time() {
    let fake = fake(ZoneProvider::Route53);
    let workspace = workspace(&of_fake(&fake), &format!("provider: rfc2136, server: '127.0.0.1:{}'", closed_port()));
    for (time, why) in [
        ("10", "it must end with `s`, `m` or `h`"),
        ("1.5m", "it must be a whole number"),
        ("-1s", "it must be a whole number"),
        ("0s", "it must be longer than 0"),
        ("25h", "it must not be longer than 24h"),
        ("18446744073709551615h", "it must not be longer than 24h"),
    ] {
        let error = dns(&workspace, &fake, &["plan", &format!("--timeout={time}")]).exits(2).err();
        assert!(error.contains(why), "{time}: {error}");
    }
}

/// The files of several folders are one set: a name in two of them is an error.
#[test]
fn the_files_may_be_in_several_folders() {
    let fake = fake(ZoneProvider::Route53);
    let workspace = Workspace::empty();
    let zone = of_fake(&fake);
    workspace.write(
        "branches.yaml",
        format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\nzones: {{dev.example.com: {{{zone}}}}}\n"),
    );
    file(&workspace, "one/dns", "dev.example.com", "login");
    file(&workspace, "two/dns", "dev.example.com", "search");
    let plan = dns(&workspace, &fake, &["plan", "one/dns", "two/dns", "one/../one/dns"]).exits(1).out();
    assert!(
        plan.contains("login.shop") && plan.contains("search.shop") && plan.contains("\n2 to write; plan"),
        "{plan}"
    );
    dns(&workspace, &fake, &["apply", "one/dns", "two/dns", "--rev", "1"]).exits(0);
    assert_eq!(
        dns(&workspace, &fake, &["orphans", "one/dns"]).exits(0).out(),
        "search.shop.dev.example.com  branch search\n"
    );
    file(&workspace, "two/dns", "dev.example.com", "login");
    let error = dns(&workspace, &fake, &["plan", "one/dns", "two/dns"]).exits(2).err();
    assert!(error.contains("both have the DNS name `login.shop.dev.example.com`"), "{error}");

    // One of them may be outside of the workspace.
    let elsewhere = Workspace::empty();
    file(&elsewhere, "dns", "dev.example.com", "other");
    let outside = elsewhere.path().join("dns");
    let plan = dns(&workspace, &fake, &["plan", "one/dns", outside.to_str().unwrap()]).exits(1).out();
    assert!(plan.contains("+ create    other.shop") && plan.contains("1 to write, 1 unchanged"), "{plan}");
}

#[test]
fn a_real_server_is_written_while_another_one_is_down() {
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_installed()) {
        let server = Running::start(kind, Access::Least, "");
        let real = format!("provider: rfc2136, server: '127.0.0.1:{}'", server.port);
        let workspace = workspace(&real, &format!("provider: rfc2136, server: '127.0.0.1:{}'", closed_port()));
        let mut command = workspace.command();
        command.args(["dns", "apply", "--rev", "3", "--timeout", "4s"]).env("PLEACH_TSIG", apply_key());
        let run = Ran(command.output().unwrap()).exits(4);
        assert!(run.out().contains("\ndev.example.com: run 3, 1 written\n"), "{kind:?}: {}", run.out());
        assert_eq!(server.content()[&n("login.shop")].0, cname("x.example.net"), "{kind:?}");
    }
}

/// No file lists a name: `status` and `orphans` ask the zones of the spec all the same.
#[test]
fn zones_without_files_are_asked_too() {
    let fake = fake(ZoneProvider::Route53);
    let workspace = workspace(&of_fake(&fake), "ttl: 600");
    std::fs::remove_dir_all(workspace.path().join("out/dns/bad.example.com")).unwrap();
    dns(&workspace, &fake, &["apply", "--rev", "5"]).exits(0);
    std::fs::remove_dir_all(workspace.path().join("out")).unwrap();
    assert_eq!(dns(&workspace, &fake, &["status"]).exits(0).out(), "dev.example.com: run 5, 0 to write\n");
    let orphans = dns(&workspace, &fake, &["orphans"]).exits(0).out();
    assert_eq!(orphans, "login.shop.dev.example.com  branch login\n");
    assert_eq!(dns(&workspace, &fake, &["plan"]).exits(0).out(), "0 to write\n", "only files are planned");
    let error = dns(&workspace, &fake, &["status", "--zone", "bad.example.com"]).exits(2).err();
    assert!(error.contains("the zone `bad.example.com` has no `provider`"), "{error}");
    let mut without_key = workspace.command();
    let error = Ran(without_key.args(["dns", "orphans"]).output().unwrap()).exits(2).err();
    assert!(error.contains("missing credential") && error.contains("or select other zones with `--zone`"), "{error}");
}

/// A workspace with one zone and a file of a removed branch.
fn with_a_removed_branch(fake: &FakeServer) -> Workspace {
    let workspace = workspace(&of_fake(fake), "ttl: 600");
    std::fs::remove_dir_all(workspace.path().join("out/dns/bad.example.com")).unwrap();
    let head = "apiVersion: pleach/v1\nkind: ZoneChange\nzone: dev.example.com\nowner: shop\nbranch: gone\n";
    workspace.write(
        "out/dns/dev.example.com/gone.yaml",
        format!("{head}present: []\nabsent: [gone.shop.dev.example.com]\n"),
    );
    workspace
}

#[test]
fn an_orphan_is_forgotten_and_nothing_else() {
    let fake = fake(ZoneProvider::Route53);
    let workspace = with_a_removed_branch(&fake);
    let (old, other) = (cname("old.example.net"), cname("other.example.net"));
    let pair = |front: &str, owner: &str| {
        [(n(front), old.clone()), (ownership_name(front), ownership_records(owner, "old", 600, &old))]
    };
    let names =
        [pair("old.shop", "shop"), pair("blog.shop", "blog"), pair("drift.shop", "shop"), pair("gone.shop", "shop")];
    fake.put(&names.concat(), 600);
    fake.put(&[(n("drift.shop"), other.clone()), (n("manual.shop"), other)], 600);
    let run = |command: &[&str], name: &str| {
        let name = format!("{name}.dev.example.com");
        dns(&workspace, &fake, &[command, &["--forget", &name]].concat())
    };
    let (plan, apply) = (&["plan"][..], &["apply", "--rev", "1"][..]);
    for (name, why) in [
        ("login.shop", "`login.shop.dev.example.com` is no orphan: the file of the branch `login` has it"),
        ("gone.shop", "is no orphan: the file of the branch `gone` lists it as absent"),
    ] {
        for command in [plan, apply] {
            let error = run(command, name).exits(2).err();
            assert!(error.contains(why) && error.contains("= help: "), "{error}");
        }
    }
    let error = dns(&workspace, &fake, &["plan", "--forget", "www.example.org"]).exits(2).err();
    assert!(error.contains("`www.example.org` is in no zone of the spec"), "{error}");
    let error = run(&["plan", "--zone", "bad.example.com"], "old.shop").exits(2).err();
    assert!(error.contains("is in none of the zones of `--zone`"), "{error}");
    assert_eq!(fake.writes(), 0);

    let planned = run(plan, "old.shop").exits(1).out();
    assert!(planned.contains("- delete    old.shop.dev.example.com  CNAME old.example.net.\n"), "{planned}");
    let json = run(&["plan", "--format", "json"], "old.shop").exits(1).out();
    assert!(json.contains("\"branch\":\"old\""), "{json}");
    let error = run(&["apply", "--rev", "1", "--max-delete", "1"], "old.shop").exits(3).err();
    assert!(error.contains("2 names would be deleted"), "{error}");
    for (name, why) in [
        ("blog.shop", "! conflict  blog.shop.dev.example.com  belongs to the project `blog`"),
        ("drift.shop", "! drift     drift.shop.dev.example.com  has CNAME other.example.net."),
        ("manual.shop", "has CNAME other.example.net. and no ownership record, so it is no orphan"),
        ("missing.shop", "has nothing and no ownership record, so it is no orphan"),
    ] {
        for command in [plan, apply] {
            let out = run(command, name).exits(5).out();
            assert!(out.contains(why), "{name}: {out}");
        }
    }
    run(apply, "old.shop").exits(0);
    run(apply, "old.shop").exits(5);
    let left = fake.content();
    assert!(!left.contains_key(&n("old.shop")) && !left.contains_key(&ownership_name("old.shop")));
    assert!(["blog.shop", "drift.shop", "manual.shop"].iter().all(|front| left.contains_key(&n(front))));
}

#[test]
fn a_permission_without_effect_is_refused() {
    let fake = fake(ZoneProvider::Route53);
    let workspace = with_a_removed_branch(&fake);
    for option in ["--adopt", "--overwrite"] {
        for name in ["lgoin.shop.dev.example.com", "gone.shop.dev.example.com", "www.example.org"] {
            for command in [&["plan"][..], &["apply", "--rev", "1"]] {
                let args = [command, &[option, "login.shop.dev.example.com", option, name]].concat();
                let error = dns(&workspace, &fake, &args).exits(2).err();
                let want = format!("error[usage]: `{option} {name}` has no effect: ");
                assert!(error.starts_with(&want), "{error}");
                let is_suggested = error.contains("did you mean `login.shop.dev.example.com`?");
                assert!(is_suggested || !name.starts_with("lgoin"), "{error}");
            }
        }
        dns(&workspace, &fake, &["plan", option, "login.shop.dev.example.com"]).exits(1);
    }
    assert_eq!(fake.writes(), 0);
}

/// The run does everything else: a pipeline may repeat a run with an option that the last one needed.
#[test]
fn a_permission_without_effect_on_its_name_is_a_warning() {
    let fake = fake(ZoneProvider::Route53);
    let workspace = with_a_removed_branch(&fake);
    let (name, wanted, other) = ("login.shop.dev.example.com", cname("x.example.net"), cname("other.example.net"));
    let owned = |of: &RecordSets| (ownership_name("login.shop"), ownership_records("shop", "login", 600, of));
    let foreign = (ownership_name("login.shop"), ownership_records("blog", "login", 600, &wanted));
    let host = |records: &RecordSets| (n("login.shop"), records.clone());
    let warn = |option: &str, command: &[&str]| {
        let ran = dns(&workspace, &fake, &[command, &[option, name]].concat());
        let start = format!("warning[usage]: `{option} {name}` has no effect: ");
        ran.err().lines().find_map(|line| line.strip_prefix(&start).map(str::to_owned))
    };
    let same = "the plan for this name is";
    let is_kept = Some("the records of the name are those of the file".to_owned());
    for (before, adopt, overwrite) in [
        (vec![], Some(format!("{same} `create` without it too")), Some(format!("{same} `create` without it too"))),
        (vec![host(&wanted), owned(&wanted)], is_kept.clone(), is_kept.clone()),
        (
            vec![owned(&wanted)],
            Some(format!("{same} `restore` without it too")),
            Some(format!("{same} `restore` without it too")),
        ),
        (vec![host(&wanted)], None, Some("it does not help against `in-use`".to_owned())),
        (vec![host(&other), owned(&wanted)], Some("it does not help against `drift`".to_owned()), None),
        (
            vec![host(&wanted), foreign],
            Some("it does not help against `other-owner`".to_owned()),
            Some("it does not help against `other-owner`".to_owned()),
        ),
    ] {
        fake.put(
            &[(n("login.shop"), RecordSets::default()), (ownership_name("login.shop"), RecordSets::default())],
            600,
        );
        fake.put(&before, 600);
        assert_eq!(warn("--adopt", &["plan"]), adopt, "{before:?}");
        assert_eq!(warn("--overwrite", &["plan"]), overwrite, "{before:?}");
    }
    fake.put(&[host(&wanted), owned(&wanted)], 600);
    assert_eq!(warn("--overwrite", &["apply", "--rev", "1"]), is_kept);
    let both = dns(&workspace, &fake, &["plan", "--adopt", name, "--overwrite", name]).exits(2).err();
    assert!(
        both.starts_with(&format!("error[usage]: `{name}` is named by both `--adopt` and `--overwrite`")),
        "{both}"
    );
}

#[test]
fn git_counts_the_revision() {
    let fake = fake(ZoneProvider::Route53);
    let workspace = workspace(&of_fake(&fake), "ttl: 600");
    std::fs::remove_dir_all(workspace.path().join("out/dns/bad.example.com")).unwrap();
    let error = dns(&workspace, &fake, &["apply", "--rev", "git"]).exits(2).err();
    assert!(error.contains("is not in a Git repository") && error.contains("`--rev N`"), "{error}");
    workspace.commit_all();
    // A merge is one step along first parents, whatever it merges.
    let merge = "git checkout -q -b b && git commit -q --allow-empty -m 2 && git commit -q --allow-empty -m 3 && \
                 git checkout -q main && git merge -q --no-ff -m merge b";
    assert_eq!(workspace.shell(merge), "");
    let applied = dns(&workspace, &fake, &["apply", "out/dns", "--rev", "git"]).exits(0).out();
    assert!(applied.contains("\ndev.example.com: run 2, 1 written\n"), "{applied}");
    dns(&workspace, &fake, &["plan", "--rev", "git"]).exits(0);

    let shallow = Workspace::empty();
    shallow.shell(&format!("git clone -q --depth 1 'file://{}' .", workspace.path().display()));
    let sent = fake.log().len();
    for command in ["plan", "apply"] {
        let error = dns(&shallow, &fake, &[command, "--rev", "git"]).exits(2).err();
        assert!(error.contains("is shallow, so its commits cannot be counted"), "{error}");
        assert!(error.contains("= help: fetch the history: `git fetch --unshallow`"), "{error}");
    }
    assert_eq!(fake.log().len(), sent, "nothing was sent");
    shallow.shell("git fetch -q --unshallow");
    dns(&shallow, &fake, &["plan", "--rev", "git"]).exits(0);

    let other = Workspace::empty();
    file(&other, "dns", "dev.example.com", "other");
    other.commit_all();
    let folder = other.path().join("dns");
    let error = dns(&workspace, &fake, &["plan", "out/dns", folder.to_str().unwrap(), "--rev", "git"]).exits(2).err();
    assert!(error.contains("the folders are in several Git repositories"), "{error}");
    let plan = dns(&workspace, &fake, &["plan", folder.to_str().unwrap(), "--rev", "git"]).exits(6);
    assert!(plan.err().contains("it was last changed by run 2, so an `apply` of run 1 is refused"), "{}", plan.err());
}

#[test]
fn a_refused_run_says_how_to_reset_the_fence() {
    let fake = fake(ZoneProvider::Route53);
    let workspace = workspace(&of_fake(&fake), "ttl: 600");
    std::fs::remove_dir_all(workspace.path().join("out/dns/bad.example.com")).unwrap();
    dns(&workspace, &fake, &["apply", "--rev", "900"]).exits(0);
    file(&workspace, "out/dns", "dev.example.com", "search");
    for command in ["plan", "apply"] {
        let run = dns(&workspace, &fake, &[command, "--rev", "3"]).exits(6);
        assert!(run.err().contains("delete the TXT records at `_rev.shop._pleach.dev.example.com`"), "{}", run.err());
        assert_eq!(run.out().contains("+ create    search.shop"), command == "plan", "{}", run.out());
    }
    let before = fake.content();
    for (args, status) in [(["--rev", "3"], 6), (["--rev=901", "--expect=0123456789abcdef"], 3)] {
        let run = dns(&workspace, &fake, &[&["apply", "--format", "json"], &args[..]].concat()).exits(status);
        let lines: Vec<serde_json::Value> = run.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let results: Vec<&str> = lines.iter().filter_map(|line| line["result"].as_str()).collect();
        assert_eq!(results, ["unchanged", "skipped"]);
        let summary = &lines.last().unwrap()["summary"];
        let counts = ["status", "written", "notDone", "unchanged"].map(|key| summary[key].as_u64().unwrap());
        assert_eq!(counts, [status.try_into().unwrap(), 0, 1, 1]);
        assert_eq!(summary["zones"][0]["error"].is_string(), status == 6);
        assert_eq!(fake.content(), before);
    }
    fake.put(&[(n("_rev.shop._pleach"), crate::record::RecordSets::default())], 600);
    dns(&workspace, &fake, &["plan", "--rev", "3"]).exits(1);
    dns(&workspace, &fake, &["apply", "--rev", "3"]).exits(0);
    assert!(dns(&workspace, &fake, &["status"]).exits(0).out().starts_with("dev.example.com: run 3, "));

    let hello = crate::tests::apply::scenarios::set(crate::record::RecordType::Txt, &["hello"]);
    fake.put(&[(n("_rev.shop._pleach"), hello)], 600);
    for command in [&["plan"][..], &["status"], &["apply", "--rev", "4"]] {
        let run = dns(&workspace, &fake, command).exits(4);
        assert!(run.err().contains("the fence `_rev.shop._pleach.dev.example.com` is missing or unreadable"));
        assert!(run.out().contains("dev.example.com: an unreadable fence, "), "{}", run.out());
    }
}

/// The fence without an id counts until there is one with the id, so both are named.
#[test]
fn a_fence_with_an_id_is_reset_with_the_one_without() {
    let fake = fake(ZoneProvider::Route53);
    let workspace = workspace(&of_fake(&fake), "ttl: 600");
    std::fs::remove_dir_all(workspace.path().join("out/dns/bad.example.com")).unwrap();
    dns(&workspace, &fake, &["apply", "--rev", "900"]).exits(0);
    workspace.edit("branches.yaml", "project: shop\n", "project: shop\nid: k3x9m7q2\n");
    workspace.edit("out/dns/dev.example.com/login.yaml", "owner: shop\n", "owner: shop\nownerId: k3x9m7q2\n");
    dns(&workspace, &fake, &["apply", "--rev", "901"]).exits(0);
    let fences = ["_rev.k3x9m7q2.shop._pleach", "_rev.shop._pleach"];
    let [own, without_id] = fences.map(n);
    let refused = dns(&workspace, &fake, &["apply", "--rev", "3"]).exits(6).err();
    assert!(refused.contains(&format!("delete the TXT records at `{own}` and `{without_id}` once")), "{refused}");
    fake.put(&[own, without_id].map(|name| (name, crate::record::RecordSets::default())), 600);
    dns(&workspace, &fake, &["apply", "--rev", "3"]).exits(0);
}
