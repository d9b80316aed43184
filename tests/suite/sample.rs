//! The sample, which is the repository's own workspace.

#[cfg(feature = "apply")]
use crate::tests::apply::server::{Access, Kind, Running};
use crate::tests::kit::{Workspace, root};

#[test]
fn the_committed_output_is_what_a_build_writes() {
    let sample = Workspace::sample();
    let ran = sample.run(&["check"]).exits(0);
    assert_eq!(ran.err(), "", "the sample builds without a warning");
    let before = sample.files("out");
    assert!(before.len() > 50, "the sample has an output");
    std::fs::remove_dir_all(sample.path().join("out")).unwrap();
    sample.run(&["build"]).exits(0);
    assert_eq!(sample.files("out"), before);
}

/// The history of the repository has what the sample has removed. A packaged source has no history.
#[test]
fn a_build_in_a_clone_writes_nothing() {
    if !root().join(".git").exists() {
        return;
    }
    let sample = Workspace::sample();
    let clone = Workspace::empty();
    assert_eq!(clone.shell(&format!("git clone -q --no-checkout '{}' . && git reset -q", root().display())), "");
    for (path, content) in sample.files("") {
        clone.write(&path, content);
    }
    let ran = clone.run(&["build"]).exits(0);
    let files = sample.files("out").len();
    assert!(
        ran.out().contains(&format!(": 0 files written, {files} unchanged, 0 removed")),
        "{}{}",
        ran.out(),
        ran.err()
    );
    assert_eq!(ran.err(), "");
}

#[test]
fn no_secret_value_stands_in_the_output() {
    for (path, content) in Workspace::sample().files("out") {
        let text = String::from_utf8(content).unwrap();
        assert!(!text.contains("kind: Secret\n"), "{path} holds a secret");
    }
}

#[test]
fn a_schema_of_a_branch_is_used_and_migrated() {
    let sample = Workspace::sample();
    let set =
        ["branch", "set", "feature/login", "--service", "backend", "--service", "database", "--database", "schema"];
    sample.run(&set).exits(0);
    sample.run(&["build"]).exits(0);
    let schema = "shop_feature_login_df7c7aeb";
    let files = sample.files("out/namespaces/feature-login-df7c7aeb");
    let with = |part: &str| {
        let text = files.iter().find(|(path, _)| path.contains(part)).map(|(_, text)| String::from_utf8_lossy(text));
        text.unwrap_or_else(|| panic!("no {part}")).into_owned()
    };
    assert!(with("00-namespace-").contains(&format!("pleach.dev/database: schema/shop/{schema}\n")));
    assert!(with("configmap-backend-env").contains(&format!("DATABASE_NAME: shop\n  DATABASE_SCHEMA: {schema}\n")));
    assert!(with("job-migrate-").contains(&format!("--database=shop\n        - --schema={schema}\n")));
}

#[test]
fn each_monitored_branch_has_an_alert() {
    let sample = Workspace::sample();
    let files = sample.files("out/namespaces");
    let folders = |kind: &str| -> Vec<String> {
        let named = files.iter().filter(|(path, _)| path.contains(kind));
        named.filter_map(|(path, _)| Some(path.split_once('/')?.0.to_owned())).collect()
    };
    assert_eq!(folders("-probe-"), folders("-prometheusrule-"));
    assert_eq!(folders("-probe-").len(), 2);
}

#[test]
fn each_port_of_the_spec_can_be_changed() {
    let sample = Workspace::sample();
    let ports = [("http: 8080", "http: 9080"), ("https: 8443", "https: 9443"), ("metrics: 9090", "metrics: 9190")];
    for (from, to) in ports {
        sample.edit("branches.yaml", from, to);
    }
    sample.run(&["build"]).exits(0);
    for (path, text) in sample.files("out/namespaces") {
        let text = String::from_utf8_lossy(&text);
        for old in ["8080", "8443", "9090"] {
            assert!(!text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == old), "{path} has {old}");
        }
    }
}

#[cfg(feature = "apply")]
#[test]
fn a_plan_of_its_dns_changes_needs_only_a_name_server() {
    if !Kind::Bind.is_installed() {
        return;
    }
    let server = Running::start(Kind::Bind, Access::Open, "");
    let sample = Workspace::sample();
    sample.edit("branches.yaml", "server: ns1.example.com", &format!("server: '127.0.0.1:{}'", server.port));
    let plan = sample.run(&["dns", "plan"]).exits(1).out();
    assert!(plan.contains("+ create    main.dev.example.com  CNAME ingress.dev.example.com.\n"), "{plan}");
}
