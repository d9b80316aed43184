//! The examples of docs/src/dns.md are valid. The server configurations are those that the tests of `dns apply` start; the other
//! examples are checked here.

use crate::tests::kit::{self, Workspace};
use std::process::Command;

fn examples(language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(kit::root().join("docs/src/dns.md")).unwrap();
    let parts = text.split("\n```").collect::<Vec<_>>();
    let inside = parts.iter().skip(1).step_by(2);
    inside.filter_map(|part| part.strip_prefix(&format!("{language}\n"))).map(|part| format!("{part}\n")).collect()
}

#[test]
fn the_zones_example_is_a_valid_spec() {
    let [zones] = &examples("yaml")[..] else { panic!("one example") };
    let workspace = Workspace::small();
    let spec = workspace.read("branches.yaml");
    workspace.write("branches.yaml", format!("{spec}{zones}"));
    workspace.run(&["build"]).exits(0);
}

#[test]
fn the_policy_for_route53_allows_exactly_the_requests() {
    let [policy] = &examples("json")[..] else { panic!("one example") };
    let policy: serde_json::Value = serde_json::from_str(policy).unwrap();
    let change = &policy["Statement"][1];
    let equals = &change["Condition"]["ForAllValues:StringEquals"];
    let sent = std::fs::read_to_string(kit::root().join("tests/dns/requests/route53.http")).unwrap();
    let allowed = |key: &str| -> Vec<String> {
        let key = format!("route53:ChangeResourceRecordSets{key}");
        serde_json::from_value(equals[&key].clone()).unwrap()
    };
    let found = |tag: &str| -> Vec<&str> {
        sent.lines().filter_map(|line| line.strip_prefix(&format!("<{tag}>"))?.split('<').next()).collect()
    };
    assert!(
        !found("Action").is_empty()
            && found("Action").iter().all(|action| allowed("Actions").iter().any(|a| a == action))
    );
    assert!(found("Type").iter().all(|kind| allowed("RecordTypes").iter().any(|k| k == kind)));
    let names =
        &change["Condition"]["ForAllValues:StringLike"]["route53:ChangeResourceRecordSetsNormalizedRecordNames"];
    let names: Vec<String> = serde_json::from_value(names.clone()).unwrap();
    for name in found("Name") {
        let name = name.trim_end_matches('.');
        assert!(names.iter().any(|pattern| name.ends_with(pattern.trim_start_matches('*'))), "{name}");
    }
}

#[test]
fn the_guide_to_a_provider_has_every_method() {
    let read = |path: &str| std::fs::read_to_string(kit::root().join(path)).unwrap();
    let source = read("src/apply/http/provider.rs");
    let (_, methods) = source.split_once("pub(crate) trait Provider").unwrap();
    let (methods, _) = methods.split_once("\n}\n").unwrap();
    let methods: Vec<&str> = methods
        .lines()
        .filter_map(|line| line.strip_prefix("    fn ").map(|rest| rest.split('(').next().unwrap()))
        .collect();
    let guide = read("CONTRIBUTING.md");
    let (_, table) = guide.split_once("| method | question |").unwrap();
    let rows: String = table.lines().skip(1).take_while(|line| line.starts_with('|')).collect();
    assert!(methods.len() > 10, "{methods:?}");
    for method in methods {
        assert!(rows.contains(&format!("`{method}`")), "{method}");
    }
}

/// The steps are parsed by a shell, and the help texts have all their options and variables.
#[test]
fn the_steps_are_valid_shell_and_their_options_exist() {
    for step in examples("sh") {
        let workspace = Workspace::empty();
        workspace.write("step.sh", &step);
        let read = Command::new("sh").arg("-n").arg(workspace.path().join("step.sh")).status().unwrap();
        assert!(read.success(), "{step}");
    }
    let text = std::fs::read_to_string(kit::root().join("docs/src/dns.md")).unwrap();
    let run = |command: &str| Workspace::empty().run(&["dns", command, "--help"]).out();
    let init = Workspace::empty().run(&["init", "--help"]).out();
    let help = ["plan", "apply", "status", "orphans", "export"].map(run).concat() + &init;
    let all = Workspace::empty().run(&["dns", "--help"]).out();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '`' | ',' | '=' | '(' | ')' | ':' | ';')) {
        let ours = word.starts_with("--") && word.len() > 2 && !word.starts_with("---");
        let others = ["--project", "--permissions", "--member", "--role", "--count", "--first-parent"];
        if ours && !others.contains(&word) {
            assert!(help.contains(word), "{word}");
        }
    }
    for variable in [
        "PLEACH_TSIG",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "CLOUDSDK_AUTH_ACCESS_TOKEN",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "CLOUDFLARE_API_TOKEN",
        "PDNS_API_KEY",
        "GODADDY_API_KEY",
        "GODADDY_API_SECRET",
    ] {
        assert!(text.contains(variable) && all.contains(variable), "{variable}");
    }
    // The help and the guide list the same exit statuses.
    for line in
        all.lines().filter(|line| line.starts_with("  ") && line.trim_start().starts_with(|c: char| c.is_ascii_digit()))
    {
        let (status, _) = line.trim_start().split_once("  ").unwrap();
        assert!(text.contains(&format!("| {status} | ")), "{status}");
    }
}

/// The records in docs/src/dns.md are valid.
#[test]
fn the_ownership_record_and_the_fence_are_valid() {
    use crate::dns::ownership::{Fence, OwnershipRecord, ParsedRecord};
    use crate::record::{RecordData, RecordSets, RecordType};
    let text = std::fs::read_to_string(kit::root().join("docs/src/dns.md")).unwrap();
    let quoted: Vec<&str> = text.lines().filter_map(|line| line.split_once("TXT   \"")?.1.strip_suffix('"')).collect();
    let [ownership, fence] = quoted[..] else { panic!("{quoted:?}") };
    let records = |text: &str| RecordSets::one(RecordType::Txt, RecordData::parse(RecordType::Txt, text).unwrap());
    let ParsedRecord::Valid(ownership) = OwnershipRecord::read(&records(ownership)) else { panic!("{ownership:?}") };
    let target =
        RecordSets::one(RecordType::Cname, RecordData::parse(RecordType::Cname, "ingress.dev.example.com").unwrap());
    assert_eq!(ownership.digests, target.digests());
    assert!(matches!(Fence::read(&records(fence)), ParsedRecord::Valid(_)));
}
