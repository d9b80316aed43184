//! A host from the spec to a real zone, with the commands of a user.

use crate::dns::ownership;
use crate::record::{RecordSets, RecordType};
use crate::tests::apply::scenarios::{TestZone, cname, n, set};
use crate::tests::apply::server::{Access, Kind, Running, apply_key};
use crate::tests::kit::{Ran, Workspace};

fn dns(workspace: &Workspace, args: &[&str]) -> Ran {
    let mut command = workspace.command();
    Ran(command.arg("dns").args(args).env("PLEACH_TSIG", apply_key()).output().unwrap())
}

/// The spec with those branches.
fn spec(workspace: &Workspace, server: &Running, branches: &str) {
    workspace.write(
        "branches.yaml",
        format!(
            "apiVersion: pleach/v1\nkind: Branches\nproject: shop\n\
             hosts: {{names: [\"{{{{ branch.slug }}}}.shop.dev.example.com\"], services: [api], join: \"-\"}}\n\
             zones:\n  dev.example.com:\n    {{provider: rfc2136, server: '127.0.0.1:{}', ttl: 60, A: [192.0.2.1], \
             certificates: [\"*.shop.dev.example.com\"], addresses: [203.0.113.0/24]}}\nbranches:\n{branches}",
            server.port
        ),
    );
}

/// The records of each host, by the part of its name before `.shop.dev.example.com`.
fn hosts(server: &Running) -> Vec<(String, RecordSets)> {
    let is_ownership_record = |name: &crate::name::DnsName| name.labels().any(|label| label == ownership::LABEL);
    let hosts = server.content().into_iter().filter(|(name, _)| !is_ownership_record(name));
    hosts.map(|(name, (held, _))| (name.as_str().replace(".shop.dev.example.com", ""), held)).collect()
}

#[test]
fn hosts_are_added_moved_and_removed() {
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_installed()) {
        let server = Running::start(kind, Access::Least, "");
        let workspace = Workspace::small();
        let run = |rev: &str, branches: &str, build: &[&str], status: i32| {
            spec(&workspace, &server, branches);
            workspace.run(build).exits(0);
            workspace.run(&["check"]).exits(0);
            dns(&workspace, &["apply", "--rev", rev]).exits(status).out()
        };
        let held = set(RecordType::A, &["192.0.2.1"]);
        let own = "  hosts: [{name: login.shop.dev.example.com, CNAME: [gate.example.net]}]\n";
        run("1", &format!("- name: main\n- name: login\n{own}"), &["build"], 0);
        let both = |name: &str, records: &RecordSets| {
            vec![(format!("api-{name}"), records.clone()), (name.to_owned(), records.clone())]
        };
        let mut want = [both("login", &cname("gate.example.net")), both("main", &held)].concat();
        want.sort_by_key(|(name, _)| n(name));
        assert_eq!(hosts(&server), want, "{kind:?}");

        // The host moves to another branch in a commit that is not applied, and is removed in the next one.
        let moved = format!("- name: main\n- name: login2\n{own}");
        spec(&workspace, &server, &moved);
        workspace.run(&["build"]).exits(0);
        let output = run("3", "- name: main\n", &["build"], 0);
        assert!(output.contains("login.shop.dev.example.com"), "{output}");
        assert_eq!(hosts(&server), both("main", &held), "{kind:?}");
        assert!(workspace.path().join("out/dns/dev.example.com/login2.yaml").exists());

        let output = run("4", "- name: main\n", &["build", "--prune"], 0);
        assert_eq!(output, "dev.example.com: run 4, 0 written, 2 unchanged\n0 written, 2 unchanged\n");
        assert_eq!(workspace.files("out/dns").into_keys().collect::<Vec<_>>(), ["dev.example.com/main.yaml"]);
        let waiting = "  hosts: {names: [{name: main.shop.dev.example.com, addressFrom: {kind: Service, name: web}}], services: []}\n";
        run("5", &format!("- name: main\n{waiting}"), &["build"], 7);
        assert_eq!(hosts(&server), [("main".to_owned(), held)], "a name without a known address is not changed");
    }
}
