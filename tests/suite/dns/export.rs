//! `pleach dns export`: every format, judged by programs that read it where they can be had.

use crate::tests::kit::{self, Workspace};
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const HEAD: &str = "apiVersion: pleach/v1\nkind: ZoneChange\nowner: shop\n";

/// Two branches with every type, in one zone.
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

/// A name with a CAA record, which external-dns cannot have.
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

/// Every format, written down; a name without an address is left out and told of.
#[test]
fn each_format_says_the_same_in_its_own_way() {
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
            let told = workspace.run(&["dns", "export", "--format", format]).exits(2).err();
            assert!(
                told.contains("`a9.shop.dev.example.com` has a CAA record, which external-dns does not support"),
                "{told}"
            );
            assert!(told.contains("out/dns/dev.example.com/mail.yaml"), "{told}");
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
fn an_address_that_is_known_is_told_and_one_zone_is_chosen() {
    let workspace = workspace();
    let status = r#"{"items": [{"kind": "Service", "metadata": {"namespace": "shop", "name": "web"},
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.5"}]}}}]}"#;
    workspace.write("status.json", status);
    let zone = workspace.run(&["dns", "export", "--format", "zone", "--status", "status.json"]).exits(0).out();
    assert!(zone.contains("\nweb.shop 60 IN A 203.0.113.5\n"), "{zone}");
    let other = "zone: dev.example.net\nbranch: mail\npresent:\n- {name: a.dev.example.net, ttl: 60, A: [192.0.2.9]}\nabsent: []\n";
    workspace.write("out/dns/dev.example.net/mail.yaml", format!("{HEAD}{other}"));
    let told = workspace.run(&["dns", "export", "--format", "zone"]).exits(2).err();
    assert!(told.contains("select one with `--zone`: dev.example.com, dev.example.net"), "{told}");
    let args = ["dns", "export", "--format", "zone", "--zone", "dev.example.net"];
    assert_eq!(workspace.run(&args).exits(0).out(), "$ORIGIN dev.example.net.\na 60 IN A 192.0.2.9\n");
    workspace.run(&["dns", "export", "--format", "zone", "--zone", "x.net"]).exits(2);
    let json: serde_json::Value = serde_json::from_str(&export(&workspace, "json", 7)).unwrap();
    assert_eq!(json["zones"].as_object().unwrap().len(), 2);
    assert_eq!(json["zones"]["dev.example.com"]["absent"][0]["name"], "old.shop.dev.example.com");
}

/// Whether a judge is here; it must be where `PLEACH_NEED_DNS=1` says so.
fn is_here(program: &str) -> bool {
    let here = ["/usr/bin", "/usr/sbin"].iter().any(|folder| Path::new(folder).join(program).exists());
    assert!(here || std::env::var_os("PLEACH_NEED_DNS").is_none(), "{program} is missing");
    here
}

fn judge(program: &str, args: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(text) } else { Err(text) }
}

/// What two programs that know zone files make of it.
#[test]
fn name_servers_take_the_zone_file() {
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
    if is_here("named-checkzone") {
        let told = judge("named-checkzone", &["-k", "fail", "-w", folder, "-D", "dev.example.com", path]).unwrap();
        for want in [
            "2001:db8::1",
            "CNAME\tingress.example.net.",
            "validationmethods=dns-01",
            "n1999.many.shop.dev.example.com.",
        ] {
            assert!(told.contains(want), "{want}\n{told}");
        }
        assert!(judge("named-checkzone", &["dev.example.com", bad.to_str().unwrap()]).is_err(), "it judges");
    }
    if is_here("nsd-checkzone") {
        workspace.write("whole.db", format!("{front}{}", workspace.read("shop.db")));
        let whole = workspace.path().join("whole.db");
        judge("/usr/sbin/nsd-checkzone", &["dev.example.com", whole.to_str().unwrap()]).unwrap();
        assert!(judge("/usr/sbin/nsd-checkzone", &["dev.example.com", bad.to_str().unwrap()]).is_err(), "it judges");
    }
}

#[test]
fn batches_for_route53_keep_its_limits() {
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
