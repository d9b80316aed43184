//! `pleach dns` against real servers.

use crate::name::DnsName;
use crate::record::RecordType;
use crate::tests::apply::scenarios::{TestZone, cname, n, ownership_name, ownership_records, set};
use crate::tests::apply::server::{self, Access, Kind, Running, apply_key};
use crate::tests::kit::{Ran, Workspace};
use std::fmt::Write as _;
use std::time::Duration;

const SECRET: &str = "cGxlYWNoLWNhbmFyeS1wbGVhY2gtY2FuYXJ5LTAxMjM";

/// A workspace whose zone is on that server.
fn workspace(server: &Running) -> Workspace {
    let workspace = Workspace::empty();
    let zone = format!(
        "zones:\n  dev.example.com: {{provider: rfc2136, server: '127.0.0.1:{}', ttl: 60, addresses: [203.0.113.0/24]}}\n",
        server.port
    );
    workspace.write("branches.yaml", format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\n{zone}"));
    workspace
}

/// The file of a branch: names with their targets, and absent names.
fn file(workspace: &Workspace, branch: &str, present: &[(&str, &str)], absent: &[&str]) {
    let mut text = format!(
        "apiVersion: pleach/v1\nkind: ZoneChange\nzone: dev.example.com\nowner: shop\nbranch: {branch}\npresent:\n"
    );
    for (front, target) in present {
        writeln!(text, "- {{name: '{front}.dev.example.com', ttl: 60, {target}}}").unwrap();
    }
    text += "absent:\n";
    for front in absent {
        writeln!(text, "- {front}.dev.example.com").unwrap();
    }
    workspace.write(&format!("out/dns/dev.example.com/{branch}.yaml"), text);
}

fn dns(workspace: &Workspace, args: &[&str]) -> Ran {
    let mut command = workspace.command();
    let ran = Ran(command.arg("dns").args(args).env("PLEACH_TSIG", apply_key()).output().unwrap());
    assert!(!(ran.out() + &ran.err()).contains(SECRET), "the key appears in the output of {args:?}");
    ran
}

/// One server is enough for behavior that does not depend on the server.
fn bind(test: impl Fn(&mut Running, &Workspace)) {
    if Kind::Bind.is_installed() {
        let mut server = Running::start(Kind::Bind, Access::Least, "");
        let workspace = workspace(&server);
        test(&mut server, &workspace);
    }
}

#[test]
fn a_name_is_created_changed_and_deleted_with_every_exit_status() {
    bind(|server, workspace| {
        dns(workspace, &["plan"]).exits(0);
        file(workspace, "login", &[("login.shop", "CNAME: [x.example.net]"), ("api.shop", "A: [192.0.2.1]")], &[]);
        let plan = dns(workspace, &["plan"]).exits(1).out();
        assert!(plan.contains("+ create    api.shop.dev.example.com  A 192.0.2.1\n"), "{plan}");
        let digest = plan.trim_end().rsplit(' ').next().unwrap().to_owned();
        let error = dns(workspace, &["apply", "--rev", "7", "--expect", "0123456789abcdef"]).exits(3).err();
        assert!(error.contains("expected `0123456789abcdef`"), "{error}");
        assert_eq!(server.writes(), 1, "nothing was written yet");
        let applied = dns(workspace, &["apply", "out/dns", "--rev", "7", "--expect", &digest]).exits(0).out();
        assert!(applied.ends_with("2 written\n"), "{applied}");
        let writes = server.writes();
        let again = dns(workspace, &["apply", "--rev", "7"]).exits(0).out();
        assert_eq!(again, "dev.example.com: run 7, 0 written, 2 unchanged\n0 written, 2 unchanged\n");
        assert_eq!(server.writes(), writes);
        dns(workspace, &["plan"]).exits(0);
        let status = dns(workspace, &["status"]).exits(0).out();
        assert_eq!(status, "dev.example.com: run 7, 0 to write, 2 unchanged\n");

        let stale = dns(workspace, &["apply", "--rev", "6"]).exits(6).err();
        let why = "zone `dev.example.com`: it was last changed by run 7, so an `apply` of run 6 is refused";
        assert!(stale.contains(why), "{stale}");
        let stale = dns(workspace, &["plan", "--rev", "6"]).exits(6);
        assert!(stale.err().contains(why), "{}", stale.err());
        let line = "dev.example.com: run 7, 0 to write, 2 unchanged; it was last changed by run 7, so";
        assert!(stale.out().starts_with(line), "{}", stale.out());

        server.put(
            &[(n("login.shop"), set(RecordType::A, &["192.0.2.66"])), (n("used.shop"), cname("y.example.net"))],
            60,
        );
        file(workspace, "other", &[("used.shop", "CNAME: [y.example.net]")], &[]);
        let drift = dns(workspace, &["apply", "--rev", "8"]).exits(5).out();
        assert!(drift.contains("! drift     login.shop.dev.example.com  has A 192.0.2.66"), "{drift}");
        assert!(drift.contains("! conflict  used.shop.dev.example.com  has CNAME y.example.net."), "{drift}");
        let args = ["--adopt", "used.shop.dev.example.com", "--overwrite", "login.shop.dev.example.com"];
        dns(workspace, &[&["apply", "--rev", "8"], &args[..]].concat()).exits(0);
        assert_eq!(server.content()[&n("login.shop")].0, cname("x.example.net"));

        file(workspace, "login", &[], &["login.shop", "api.shop"]);
        let error = dns(workspace, &["apply", "--rev", "9", "--max-delete", "1"]).exits(3).err();
        assert!(error.contains("2 names would be deleted, allowed: 1"), "{error}");
        let plan = dns(workspace, &["plan", "--rev", "6", "--format", "nsupdate"]).exits(6).out();
        assert_eq!(plan, "", "a run that is refused has no commands");
        assert!(server.content().contains_key(&n("api.shop")));
        dns(workspace, &["apply", "--rev", "9", "--max-delete", "2"]).exits(0);
        let left: Vec<String> = server.content().keys().map(ToString::to_string).collect();
        let want = ["_rev.shop._pleach", "used.shop._pleach", "used.shop"].map(|front| n(front).to_string());
        assert_eq!(left, want);

        workspace.write("out/dns/dev.example.com/bad.yaml", "kind: ZoneChange\n");
        dns(workspace, &["apply", "--rev", "10"]).exits(2);
        std::fs::remove_file(workspace.path().join("out/dns/dev.example.com/bad.yaml")).unwrap();
        server.kill();
        let error = dns(workspace, &["plan"]).exits(4).err();
        assert!(error.contains("cannot be reached: connection refused"), "{error}");
    });
}

#[test]
fn addresses_come_from_the_cluster() {
    bind(|server, workspace| {
        let source = "addressFrom: {kind: Service, namespace: shop-login, name: web}, CAA: ['0 issue \";\"']";
        file(workspace, "login", &[("login.shop", source), ("api.shop", "A: [192.0.2.1]")], &[]);
        let pending = dns(workspace, &["apply", "--rev", "1"]).exits(7).out();
        assert!(pending.contains("? pending   login.shop.dev.example.com"), "{pending}");
        assert!(server.content().contains_key(&n("api.shop")) && !server.content().contains_key(&n("login.shop")));
        let service = |ip: &str| {
            format!(
                "{{\"items\": [{{\"kind\": \"Service\", \"metadata\": {{\"namespace\": \"shop-login\", \"name\": \"web\"}}, \
                 \"status\": {{\"loadBalancer\": {{\"ingress\": [{{\"ip\": \"{ip}\"}}]}}}}}}]}}"
            )
        };
        workspace.write("status.json", service("203.0.113.5"));
        dns(workspace, &["apply", "--rev", "1", "--status", "status.json"]).exits(0);
        assert_eq!(
            server.content()[&n("login.shop")].0.get(RecordType::A),
            set(RecordType::A, &["203.0.113.5"]).get(RecordType::A)
        );
        dns(workspace, &["apply", "--rev", "1"]).exits(7);
        assert!(server.content().contains_key(&n("login.shop")), "unknown is not absent");
        workspace.write("status.json", service("198.51.100.1"));
        let before = server.content();
        file(workspace, "login", &[("login.shop", source), ("new.shop", "A: [192.0.2.9]")], &["api.shop"]);
        let args = ["apply", "--rev", "2", "--status", "status.json"];
        let applied = dns(workspace, &args).exits(5).out();
        assert!(applied.contains("! address   login.shop.dev.example.com  Service `shop-login/web` has"), "{applied}");
        let after = server.content();
        assert_eq!(after[&n("login.shop")], before[&n("login.shop")], "only this name is skipped");
        assert!(after.contains_key(&n("new.shop")) && !after.contains_key(&n("api.shop")));
    });
}

#[test]
fn a_report_in_json_has_every_name_before_and_after() {
    bind(|server, workspace| {
        let old = cname("old.example.net");
        server.put(
            &[(n("a.shop"), old.clone()), (ownership_name("a.shop"), ownership_records("shop", "login", 60, &old))],
            60,
        );
        file(workspace, "login", &[("a.shop", "A: [192.0.2.1]"), ("b.shop", "TXT: [hello world]")], &["c.shop"]);
        for args in [&["plan", "--format", "json"][..], &["apply", "--rev", "1", "--format", "json"]] {
            let result = if args[0] == "plan" { "planned" } else { "done" };
            let out = dns(workspace, args).exits(i32::from(args[0] == "plan")).out();
            let lines: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let find =
                |name: &str| lines.iter().find(|line| line["name"] == format!("{name}.dev.example.com")).unwrap();
            assert_eq!(lines.len(), 4, "{out}");
            assert_eq!(
                *find("a.shop"),
                serde_json::json!({
                    "apiVersion": "pleach/v1", "kind": "DnsName",
                    "zone": "dev.example.com", "name": "a.shop.dev.example.com", "branch": "login", "result": result,
                    "action": "update", "before": {"CNAME": ["old.example.net."]}, "after": {"A": ["192.0.2.1"]}, "ttlBefore": 60, "ttl": 60,
                })
            );
            assert_eq!(find("b.shop")["after"]["TXT"][0], "\"hello world\"");
            assert_eq!(find("c.shop")["result"], "unchanged");
            assert_eq!(lines.last().unwrap()["summary"]["written"], 2);
        }
    });
}

/// Of records that the ownership record does not have, the TTL is not known.
#[test]
fn a_plan_shows_the_ttl_if_it_changes() {
    bind(|server, workspace| {
        let (old, new) = (cname("old.example.net"), cname("x.example.net"));
        let owned = |front: &str, ttl: u32| (ownership_name(front), ownership_records("shop", "login", ttl, &new));
        server.put(&["adopt.shop", "ttl.shop", "same.shop"].map(|front| (n(front), new.clone())), 600);
        server.put(&[(n("drift.shop"), old)], 600);
        server.put(&[owned("ttl.shop", 600), owned("same.shop", 60), owned("drift.shop", 60)], 60);
        let fronts = ["adopt.shop", "drift.shop", "ttl.shop"];
        let present: Vec<_> = fronts.iter().map(|front| (*front, "CNAME: [x.example.net]")).collect();
        file(workspace, "login", &[&present[..], &[("same.shop", "A: [192.0.2.1]")]].concat(), &[]);
        let permissions = ["--adopt", "adopt.shop.dev.example.com", "--overwrite", "drift.shop.dev.example.com"];
        let plan = |format: &str| dns(workspace, &[&["plan", "--format", format], &permissions[..]].concat()).exits(1);
        let text = plan("text").out();
        for line in [
            "~ adopt     adopt.shop.dev.example.com  CNAME x.example.net. -> CNAME x.example.net., TTL 60\n",
            "~ overwrite drift.shop.dev.example.com  CNAME old.example.net. -> CNAME x.example.net., TTL 60\n",
            "~ update    ttl.shop.dev.example.com  CNAME x.example.net., TTL 600 -> CNAME x.example.net., TTL 60\n",
            "~ update    same.shop.dev.example.com  CNAME x.example.net. -> A 192.0.2.1\n",
        ] {
            assert!(text.contains(line), "{text}");
        }
        let markdown = plan("markdown").out();
        assert!(markdown.contains("`CNAME x.example.net., TTL 600 -> CNAME x.example.net., TTL 60`"), "{markdown}");
        let json = plan("json").out();
        let lines: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let ttls = |front: &str| {
            let line = lines.iter().find(|line| line["name"] == n(front).as_str()).unwrap();
            (line["ttlBefore"].as_u64(), line["ttl"].as_u64())
        };
        assert_eq!(ttls("ttl.shop"), (Some(600), Some(60)));
        assert_eq!(ttls("adopt.shop"), (None, Some(60)));
        assert_eq!(ttls("drift.shop"), (None, Some(60)));
    });
}

#[test]
fn a_plan_for_nsupdate_equals_apply_except_for_the_fence() {
    bind(|server, workspace| {
        let old = cname("old.example.net");
        let txt = set(RecordType::Txt, &["a \"b\" \\ c; d"]);
        server.put(
            &[
                (n("a.shop"), old.clone()),
                (ownership_name("a.shop"), ownership_records("shop", "login", 60, &old)),
                (n("c.shop"), txt.clone()),
                (ownership_name("c.shop"), ownership_records("shop", "login", 60, &txt)),
            ],
            60,
        );
        file(workspace, "login", &[("a.shop", "A: [192.0.2.1]"), ("*.shop", "TXT: ['x; \"y\" \\ é']")], &["c.shop"]);
        let commands = dns(workspace, &["plan", "--format", "nsupdate"]).exits(1).out();
        let first = format!("server 127.0.0.1 {}\n", server.port);
        server::nsupdate(&(first + &commands));
        dns(workspace, &["plan"]).exits(0);
        let left: Vec<String> = server.content().keys().map(ToString::to_string).collect();
        assert_eq!(left.len(), 4, "{left:?}");
    });
}

#[test]
fn orphans_are_reported_only() {
    if !Kind::Bind.is_installed() {
        return;
    }
    let server = Running::start(Kind::Bind, Access::Least, "");
    let workspace = workspace(&server);
    let old = cname("old.example.net");
    let names = ["a.shop", "b.shop", "c.shop"].map(|front| {
        let owner = if front == "c.shop" { "blog" } else { "shop" };
        [(n(front), old.clone()), (ownership_name(front), ownership_records(owner, "old", 60, &old))]
    });
    server.put(&names.concat(), 60);
    file(&workspace, "new", &[], &["a.shop"]);
    let mut command = workspace.command();
    let ran = Ran(command.args(["dns", "orphans"]).env("PLEACH_TSIG", server::admin_key()).output().unwrap());
    assert_eq!(ran.exits(0).out(), "b.shop.dev.example.com  branch old\n");
}

#[test]
fn orphans_without_the_permission_to_transfer_the_zone_say_so() {
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_installed()) {
        let server = Running::start(kind, Access::Least, "");
        let workspace = workspace(&server);
        let denied = dns(&workspace, &["orphans"]).exits(4).err();
        let why = "zone `dev.example.com`: it cannot be listed: `orphans` needs a zone transfer (AXFR): ";
        assert!(denied.contains(why), "{kind:?}: {denied}");
        assert!(denied.contains("= help: fix the cause"), "{kind:?}: {denied}");
        assert!(!denied.contains("written"), "it never writes: {denied}");
    }
}

#[test]
fn a_run_that_is_killed_at_any_moment_is_completed_by_the_next() {
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_installed()) {
        let server = Running::start(kind, Access::Least, "");
        let workspace = workspace(&server);
        let fronts: Vec<String> = (0..300).map(|i| format!("n{i}.shop")).collect();
        let mut killed = 0;
        for (round, pause) in (0..16).map(|round| (round, 3 * round + 20)) {
            let target = format!("CNAME: [t{round}.example.net]");
            let present: Vec<_> = fronts.iter().map(|front| (front.as_str(), target.as_str())).collect();
            file(&workspace, "big", &present, &[]);
            let mut command = workspace.command();
            command.args(["dns", "apply", "--rev", &(round + 1).to_string()]).env("PLEACH_TSIG", apply_key());
            let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(pause));
            killed += usize::from(child.try_wait().unwrap().is_none());
            child.kill().unwrap();
            child.wait().unwrap();
            // The records of every name are those in its ownership record.
            let content = server.content();
            for front in &fronts {
                match (content.get(&n(front)), content.get(&ownership_name(front))) {
                    (None, None) => {}
                    (Some((records, _)), Some((ownership, _))) => {
                        assert_eq!(*ownership, ownership_records("shop", "big", 60, records));
                    }
                    half => panic!("{kind:?} {front}: {half:?}"),
                }
            }
        }
        assert!(killed > 0, "no run was killed before its end");
        dns(&workspace, &["apply", "--rev", "17"]).exits(0);
        let content = server.content();
        assert!(fronts.iter().all(|front| content[&n(front)].0 == cname("t15.example.net")), "{kind:?}");
        assert_eq!(content.len(), 601);
    }
}

/// Without a history, nobody can tell whether a branch had a name. Then the ownership record of the name decides.
#[test]
fn names_of_a_forged_zone_change_are_left_alone() {
    if !Kind::Bind.is_installed() {
        return;
    }
    let server = Running::start(Kind::Bind, Access::Open, "");
    let project = |workspace: &Workspace, output: &str| {
        let zone = format!("{{provider: rfc2136, server: '127.0.0.1:{}', CNAME: [gate.example.net]}}", server.port);
        workspace.write("base/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
        workspace.write(
            "branches.yaml",
            format!(
                "apiVersion: pleach/v1\nkind: Branches\nproject: shop\n{output}hosts: ['{{{{ branch.slug }}}}.dev.example.com']\n\
                 zones: {{dev.example.com: {zone}}}\nbranches:\n- name: main\n"
            ),
        );
    };
    let forge = |workspace: &Workspace, output: &str| {
        let absent = ["mail", "wiki", "lost", "main"].map(|front| format!("- {front}.dev.example.com\n")).concat();
        let text = format!(
            "apiVersion: pleach/v1\nkind: ZoneChange\nzone: dev.example.com\nowner: shop\nbranch: evil\npresent:\n\
             - {{name: www.dev.example.com, ttl: 60, A: [203.0.113.66]}}\nabsent:\n{absent}"
        );
        workspace.write(&format!("{output}/dns/dev.example.com/evil.yaml"), text);
    };
    let publish = |workspace: &Workspace| {
        workspace.commit_all();
        assert_eq!(workspace.shell("git update-ref refs/remotes/origin/main HEAD"), "");
    };
    let whole = Workspace::empty();
    project(&whole, "");
    whole.run(&["build"]).exits(0);
    forge(&whole, "out");
    publish(&whole);
    let error = whole.run(&["build"]).exits(2).err();
    assert!(error.contains("no spec had the branch `evil` with the slug `evil`"), "{error}");

    let no_git = Workspace::empty();
    project(&no_git, "");
    no_git.run(&["build"]).exits(0);
    forge(&no_git, "out");

    whole.shell("git commit -q --allow-empty -m next");
    let shallow = Workspace::empty();
    shallow.shell(&format!("git clone -q --depth 1 'file://{}' .", whole.path().display()));
    let error = shallow.run(&["build"]).exits(2).err();
    assert!(error.contains("the clone is shallow") && error.contains("`--base HEAD`"), "{error}");

    let (elsewhere, rendered) = (Workspace::empty(), Workspace::empty());
    let folder = rendered.path().file_name().unwrap().to_str().unwrap();
    project(&elsewhere, &format!("output: ../{folder}\n"));
    elsewhere.commit_all();
    elsewhere.run(&["build"]).exits(0);
    forge(&rendered, ".");
    publish(&rendered);

    let old = cname("old.example.net");
    let record = |front: &str, owner: &str| (ownership_name(front), ownership_records(owner, "evil", 60, &old));
    let mut others = vec![
        (n("mail"), set(RecordType::A, &["192.0.2.25"])),
        (n("www"), set(RecordType::A, &["192.0.2.80"])),
        (n("wiki"), old.clone()),
        record("wiki", "docs"),
    ];
    others.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (rev, (workspace, folder, base)) in
        [(&no_git, "out", &[][..]), (&shallow, "out", &["--base", "HEAD"]), (&elsewhere, &format!("../{folder}"), &[])]
            .into_iter()
            .enumerate()
    {
        workspace.run(&[&["build"], base].concat()).exits(0);
        let file = workspace.read(&format!("{folder}/dns/dev.example.com/evil.yaml"));
        let absent =
            "absent:\n- lost.dev.example.com\n- mail.dev.example.com\n- wiki.dev.example.com\n- www.dev.example.com\n";
        assert!(file.starts_with(absent) && file.contains("present: []\n"), "the name of `main` is dropped: {file}");
        server.put(&others, 60);
        server.put(&[(n("lost"), old.clone()), record("lost", "shop")], 60);
        let applied = workspace.run(&["dns", "apply", "--rev", &(rev + 1).to_string()]).exits(0).out();
        let deleted: Vec<&str> = applied.lines().filter(|line| line.starts_with('-')).collect();
        assert_eq!(deleted, ["- delete    lost.dev.example.com  CNAME old.example.net."], "only the project's own");
        let is_own = |name: &DnsName| [n("main"), ownership_name("main"), n("_rev.shop._pleach")].contains(name);
        let content = server.content().into_iter().filter(|(name, _)| !is_own(name));
        assert_eq!(content.map(|(name, (records, _))| (name, records)).collect::<Vec<_>>(), others);
    }
}
