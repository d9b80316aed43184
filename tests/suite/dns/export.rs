//! `pleach dns export`: every format, validated by programs that read it if they are installed.

use crate::tests::kit::{self, Workspace};
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const HEAD: &str = "apiVersion: pleach/v1\nkind: ZoneChange\nowner: shop\n";

/// Two branches in one zone, with records of every type.
fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    let zones = "zones:\n  dev.example.com: {provider: rfc2136, addresses: [203.0.113.0/24]}\n  dev.example.net: {}\n";
    workspace.write("branches.yaml", format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\n{zones}"));
    let login = "\
zone: dev.example.com
branch: feature/login
present:
- {name: '*.login.shop.dev.example.com', ttl: 60, A: [192.0.2.1, 192.0.2.2], AAAA: ['2001:db8::1']}
- {name: a10.shop.dev.example.com, ttl: 300, CNAME: [ingress.example.net]}
- {name: web.shop.dev.example.com, ttl: 60, addressFrom: {kind: Service, namespace: shop, name: web}}
absent: [old.shop.dev.example.com]
";
    let mail = "\
zone: dev.example.com
branch: mail
present:
- {name: a9.shop.dev.example.com, ttl: 300, TXT: ['say \"hi\"; \\ é', v=spf1 -all]}
absent: []
";
    workspace.write("out/dns/dev.example.com/feature-login.yaml", format!("{HEAD}{login}"));
    workspace.write("out/dns/dev.example.com/mail.yaml", format!("{HEAD}{mail}"));
    workspace
}

/// A name with a CAA record, which external-dns does not support.
fn with_caa(workspace: &Workspace) {
    workspace.edit(
        "out/dns/dev.example.com/mail.yaml",
        "v=spf1 -all]}",
        "v=spf1 -all], CAA: ['0 issue \"ca.example.net; validationmethods=dns-01\"']}",
    );
}

fn export(workspace: &Workspace, format: &str, status: i32) -> String {
    workspace.run(&["dns", "export", "--format", format]).exits(status).out()
}

/// Compares every format with an expected file. A name without a known address is omitted, with a warning.
#[test]
fn each_format_contains_the_same_records() {
    for (format, file) in [
        ("zone", "zone.db"),
        ("octodns", "octodns.yaml"),
        ("dnsendpoint", "dnsendpoint.yaml"),
        ("route53", "route53.jsonl"),
        ("clouddns", "clouddns.yaml"),
        ("json", "all.json"),
    ] {
        let workspace = workspace();
        if format == "dnsendpoint" {
            with_caa(&workspace);
            let output = workspace.run(&["dns", "export", "--format", format]).exits(2).err();
            assert!(
                output.contains("`a9.shop.dev.example.com` has a CAA record, which external-dns does not support"),
                "{output}"
            );
            assert!(output.contains("out/dns/dev.example.com/mail.yaml"), "{output}");
        }
        let workspace = self::workspace();
        if format != "dnsendpoint" {
            with_caa(&workspace);
        }
        let ran = workspace.run(&["dns", "export", "--format", format]).exits(7);
        assert_eq!(ran.err(), "left out because the address is not known yet: web.shop.dev.example.com\n");
        assert_eq!(ran.out().contains("web.shop"), format == "json", "{format}");
        kit::compare_text(&kit::root().join("tests/dns/export").join(file), &ran.out());
    }
}

#[test]
fn known_addresses_are_exported_and_a_zone_is_selected() {
    let workspace = workspace();
    let status = r#"{"items": [{"kind": "Service", "metadata": {"namespace": "shop", "name": "web"},
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.5"}]}}}]}"#;
    workspace.write("status.json", status);
    let zone = workspace.run(&["dns", "export", "--format", "zone", "--status", "status.json"]).exits(0).out();
    assert!(zone.contains("\nweb.shop 60 IN A 203.0.113.5\n"), "{zone}");
    let other = "zone: dev.example.net\nbranch: mail\npresent:\n- {name: a.dev.example.net, ttl: 60, A: [192.0.2.9]}\nabsent: []\n";
    workspace.write("out/dns/dev.example.net/mail.yaml", format!("{HEAD}{other}"));
    let output = workspace.run(&["dns", "export", "--format", "zone"]).exits(2).err();
    assert!(output.contains("select one with `--zone`: dev.example.com, dev.example.net"), "{output}");
    let args = ["dns", "export", "--format", "zone", "--zone", "dev.example.net"];
    assert_eq!(workspace.run(&args).exits(0).out(), "$ORIGIN dev.example.net.\na 60 IN A 192.0.2.9\n");
    workspace.run(&["dns", "export", "--format", "zone", "--zone", "x.net"]).exits(2);
    let json: serde_json::Value = serde_json::from_str(&export(&workspace, "json", 7)).unwrap();
    assert_eq!(json["zones"].as_object().unwrap().len(), 2);
    assert_eq!(json["zones"]["dev.example.com"]["absent"][0]["name"], "old.shop.dev.example.com");
}

/// As in `dns apply`, such an address concerns its own name only.
#[test]
fn a_name_whose_address_is_outside_of_the_ranges_is_left_out() {
    let workspace = workspace();
    let other = "zone: dev.example.net\nbranch: mail\npresent:\n- {name: a.dev.example.net, ttl: 60, A: [192.0.2.9]}\nabsent: []\n";
    workspace.write("out/dns/dev.example.net/mail.yaml", format!("{HEAD}{other}"));
    let status = r#"{"items": [{"kind": "Service", "metadata": {"namespace": "shop", "name": "web"},
        "status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.5"}]}}}]}"#;
    workspace.write("status.json", status);
    let export = |zone: &str, status| {
        workspace.run(&["dns", "export", "--format", "zone", "--zone", zone, "--status", "status.json"]).exits(status)
    };
    let ran = export("dev.example.com", 5);
    assert!(ran.out().contains("\na10.shop 300 IN CNAME ingress.example.net.\n") && !ran.out().contains("web.shop"));
    let want = "`web.shop.dev.example.com` is left out: Service `shop/web` has the address `198.51.100.5`, which is outside of the ranges of the zone";
    assert!(ran.err().starts_with("warning[dns]: ") && ran.err().contains(want), "{}", ran.err());
    assert!(!ran.err().contains("not known yet"), "{}", ran.err());
    assert_eq!(export("dev.example.net", 0).err(), "");
}

/// Whether a validating program is installed. With `PLEACH_NEED_DNS=1` it must be.
fn is_installed(program: &str) -> bool {
    let is_installed = ["/usr/bin", "/usr/sbin"].iter().any(|folder| Path::new(folder).join(program).exists());
    assert!(is_installed || std::env::var_os("PLEACH_NEED_DNS").is_none(), "{program} is not installed");
    is_installed
}

fn validate(program: &str, args: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(text) } else { Err(text) }
}

/// Two programs for zone files accept the export.
#[test]
fn name_servers_accept_the_zone_file() {
    let workspace = workspace();
    with_caa(&workspace);
    let many: String = (0..2000).fold(String::new(), |mut text, i| {
        let long = "x".repeat(i % 600 + 1);
        writeln!(text, "- {{name: n{i}.many.shop.dev.example.com, ttl: 60, TXT: ['{long}', \"\\u00e9\\\"\\\\\"]}}")
            .unwrap();
        text
    });
    let file = format!("{HEAD}zone: dev.example.com\nbranch: many\npresent:\n{many}absent: []\n");
    workspace.write("out/dns/dev.example.com/many.yaml", file);
    let zone = export(&workspace, "zone", 7);
    let front = "$ORIGIN dev.example.com.\n@ 3600 IN SOA ns.example.org. host.example.org. 1 2 3 4 5\n@ 3600 IN NS ns.example.org.\n";
    workspace.write("shop.db", zone);
    workspace.write("zone.db", format!("{front}$INCLUDE shop.db\n"));
    let path = workspace.path().join("zone.db");
    let path = path.to_str().unwrap();
    let folder = workspace.path().to_str().unwrap();
    workspace.write("bad.db", format!("{front}a 60 IN A 192.0.2.1\na 60 IN CNAME b\n"));
    let bad = workspace.path().join("bad.db");
    if is_installed("named-checkzone") {
        let output = validate("named-checkzone", &["-k", "fail", "-w", folder, "-D", "dev.example.com", path]).unwrap();
        for want in [
            "2001:db8::1",
            "CNAME\tingress.example.net.",
            "validationmethods=dns-01",
            "n1999.many.shop.dev.example.com.",
        ] {
            assert!(output.contains(want), "{want}\n{output}");
        }
        assert!(
            validate("named-checkzone", &["dev.example.com", bad.to_str().unwrap()]).is_err(),
            "an invalid zone is rejected"
        );
    }
    if is_installed("nsd-checkzone") {
        workspace.write("whole.db", format!("{front}{}", workspace.read("shop.db")));
        let whole = workspace.path().join("whole.db");
        validate("/usr/sbin/nsd-checkzone", &["dev.example.com", whole.to_str().unwrap()]).unwrap();
        assert!(
            validate("/usr/sbin/nsd-checkzone", &["dev.example.com", bad.to_str().unwrap()]).is_err(),
            "an invalid zone is rejected"
        );
    }
}

#[test]
fn batches_for_route53_are_within_its_limits() {
    let workspace = workspace();
    let many: String = (0..1500).fold(String::new(), |mut text, i| {
        writeln!(text, "- {{name: n{i}.shop.dev.example.com, ttl: 60, A: [192.0.2.1, 192.0.2.2]}}").unwrap();
        text
    });
    let file = format!("{HEAD}zone: dev.example.com\nbranch: many\npresent:\n{many}absent: []\n");
    workspace.write("out/dns/dev.example.com/many.yaml", file);
    let text = export(&workspace, "route53", 7);
    let mut names = 0;
    for line in text.lines() {
        let batch: serde_json::Value = serde_json::from_str(line).unwrap();
        let changes = batch["Changes"].as_array().unwrap();
        assert!(changes.iter().all(|change| change["Action"] == "CREATE"));
        let records: usize =
            changes.iter().map(|change| change["ResourceRecordSet"]["ResourceRecords"].as_array().unwrap().len()).sum();
        assert!(records <= 1000, "{records}");
        names += changes.len();
    }
    assert_eq!((text.lines().count(), names), (4, 1504));
}
