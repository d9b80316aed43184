//! `pleach dns` with the API of every provider: what is refused before anything is sent, and that no output contains a
//! credential.

use crate::spec::ZoneProvider;
use crate::tests::apply::http::json_apis::CANARY;
use crate::tests::apply::http::scenarios::{ALL, fake};
use crate::tests::apply::http::{FakeServer, ServerFault, project_key, provider_name};
use crate::tests::apply::scenarios::{TestZone, cname, n, ownership_name, ownership_records};
use crate::tests::kit::{Ran, Workspace};

/// A workspace with one zone and one file, whose names have this TTL.
fn workspace(provider: ZoneProvider, server: &str, ttl: u32) -> Workspace {
    let workspace = Workspace::empty();
    let zone = format!("{{provider: {}, server: '{server}'{}}}", provider_name(provider), project_key(provider));
    let spec = format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\nzones:\n  dev.example.com: {zone}\n");
    workspace.write("branches.yaml", spec);
    let head = "apiVersion: pleach/v1\nkind: ZoneChange\nzone: dev.example.com\nowner: shop\nbranch: login\n";
    let name = format!("- {{name: login.shop.dev.example.com, ttl: {ttl}, CNAME: [x.example.net]}}");
    let file = format!("{head}present:\n{name}\nabsent: [gone.shop.dev.example.com]\n");
    workspace.write("out/dns/dev.example.com/login.yaml", file);
    workspace
}

/// Runs a command with some variables of the server replaced, and searches the output for credentials.
#[track_caller]
fn dns(fake: &FakeServer, workspace: &Workspace, other: &[(&str, &str)], args: &[&str]) -> Ran {
    let mut command = workspace.command();
    let known = command.get_envs().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
    assert!(known.len() < 10, "{known:?}");
    command.arg("dns").args(args).envs(fake.variables()).envs(other.iter().copied());
    let ran = Ran(command.output().unwrap());
    let output = ran.out() + &ran.err();
    for secret in [CANARY, "another-canary"] {
        assert!(!output.contains(secret), "a credential appears in the output of {args:?}:\n{output}");
    }
    ran
}

/// The provider receives no request.
#[test]
fn a_plan_for_nsupdate_needs_a_server_with_dynamic_updates() {
    for provider in ALL {
        let fake = fake(provider);
        let workspace = workspace(provider, &fake.base(), 600);
        let plan = dns(&fake, &workspace, &[], &["plan", "--format", "nsupdate"]).exits(2);
        let why = "error[usage]: `nsupdate` cannot change the zone `dev.example.com`";
        assert!(plan.err().starts_with(why), "{}", plan.err());
        assert!(
            plan.err().contains(" --> branches.yaml:5:3") && plan.err().contains("= help: use another format"),
            "{}",
            plan.err()
        );
        assert_eq!(plan.out(), "");
        assert!(fake.log().is_empty());
    }
}

#[test]
fn a_zone_is_planned_and_applied_with_every_provider() {
    for provider in ALL {
        let fake = fake(provider);
        let workspace = workspace(provider, &fake.base(), 600);
        let old = cname("old.example.net");
        fake.put(
            &[
                (n("gone.shop"), old.clone()),
                (ownership_name("gone.shop"), ownership_records("shop", "login", 600, &old)),
            ],
            600,
        );
        let plan = dns(&fake, &workspace, &[], &["plan"]).exits(1).out();
        assert!(plan.contains("+ create    login.shop.dev.example.com  CNAME x.example.net.\n"), "{plan}");
        assert!(plan.contains("- delete    gone.shop.dev.example.com  CNAME old.example.net."), "{plan}");
        let full = fake.open().guarantee() == crate::apply::zone::ProviderGuarantee::FULL;
        assert_eq!(plan.contains("note: zone `dev.example.com`: the provider "), !full, "{plan}");
        let json = dns(&fake, &workspace, &[], &["plan", "--format", "json"]).exits(1).out();
        let sum: serde_json::Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
        assert_eq!(sum["summary"]["notes"].as_array().unwrap().is_empty(), full, "{json}");
        let markdown = dns(&fake, &workspace, &[], &["plan", "--format", "markdown"]).exits(1).out();
        assert_eq!(markdown.contains("\n> note: zone"), !full, "{markdown}");

        let refused = dns(&fake, &workspace, &[], &["apply", "--rev", "1"]);
        if full {
            assert_eq!(refused.exits(0).out().lines().last(), Some("2 written (1 of them deleted)"));
        } else {
            let output = refused.exits(3).err();
            assert!(output.contains("simultaneous changes by others are lost"), "{output}");
            assert!(output.contains("`--allow-no-cas`"), "{output}");
            assert_eq!(fake.writes(), 0, "nothing is written that is not allowed");
            dns(&fake, &workspace, &[], &["apply", "--rev", "1", "--allow-no-cas"]).exits(0);
        }
        assert_eq!(
            dns(&fake, &workspace, &[], &["plan", "--rev", "1"]).exits(0).out().lines().last(),
            Some("0 to write, 2 unchanged")
        );
        let status = dns(&fake, &workspace, &[], &["status"]).exits(0).out();
        assert_eq!(status, "dev.example.com: run 1, 0 to write, 2 unchanged\n");
        dns(&fake, &workspace, &[], &["apply", "--rev", "0", "--allow-no-cas"]).exits(6);
        let left = [
            (n("left.shop"), old.clone()),
            (ownership_name("left.shop"), ownership_records("shop", "long-gone", 600, &old)),
        ];
        fake.put(&left, 600);
        let orphans = dns(&fake, &workspace, &[], &["orphans"]).exits(0).out();
        assert_eq!(orphans, "left.shop.dev.example.com  branch long-gone\n");
        let forget = ["--forget", "left.shop.dev.example.com"];
        let plan = dns(&fake, &workspace, &[], &[&["plan"], &forget[..]].concat()).exits(1).out();
        assert!(plan.contains("- delete    left.shop.dev.example.com  CNAME old.example.net."), "{plan}");
        dns(&fake, &workspace, &[], &[&["apply", "--rev", "1", "--allow-no-cas"], &forget[..]].concat()).exits(0);
        assert_eq!(dns(&fake, &workspace, &[], &["orphans"]).exits(0).out(), "");
    }
}

/// With `--verbose`, right and wrong credentials, and every format.
#[test]
fn no_output_contains_a_credential() {
    for provider in ALL {
        let server = fake(provider);
        let workspace = workspace(provider, &server.base(), 600);
        let base = ["apply", "--rev", "1", "--allow-no-cas", "--verbose"];
        let faults = [ServerFault::TooMany(Some(0)), ServerFault::FailAfter, ServerFault::CutAfter];
        server.set_faults(&faults.into_iter().enumerate().collect::<Vec<_>>());
        let output = dns(&server, &workspace, &[], &base).exits(0).err();
        for want in ["> GET http://127.0.0.1:", "< 429", "< 500", "< no response: ", "login.shop"] {
            assert!(output.contains(want), "{provider:?} {want}\n{output}");
        }
        for (name, value) in server.variables() {
            // A wrong credential is secret too, and the server repeats it.
            let wrong = format!("another-canary-{}", value.len());
            for format in ["human", "short", "json"] {
                let args = [&base[..], &["--message-format", format]].concat();
                let ran = dns(&server, &workspace, &[(name, &wrong)], &args);
                assert!(
                    ran.err().contains("credential is wrong") || name == "AWS_ACCESS_KEY_ID",
                    "{provider:?} {}",
                    ran.err()
                );
                assert_eq!(ran.status(), 4, "{provider:?}");
            }
            let ran = dns(&server, &workspace, &[(name, "")], &["plan", "-v"]);
            if name != "AWS_SESSION_TOKEN" {
                let output = ran.exits(2).err();
                assert!(output.contains("missing credential for the zone `dev.example.com`"), "{output}");
            }
        }
    }
}

#[test]
fn a_credential_may_be_for_one_zone_or_in_a_file() {
    let server = fake(ZoneProvider::Cloudflare);
    let workspace = workspace(ZoneProvider::Cloudflare, &server.base(), 600);
    workspace.write("token", format!("{CANARY}\n"));
    let path = workspace.path().join("token");
    let wrong = ("CLOUDFLARE_API_TOKEN", "another-canary");
    for other in [
        &[wrong, ("CLOUDFLARE_API_TOKEN_DEV_EXAMPLE_COM", CANARY)][..],
        &[("CLOUDFLARE_API_TOKEN", ""), ("CLOUDFLARE_API_TOKEN_FILE", path.to_str().unwrap())],
        &[("CLOUDFLARE_API_TOKEN", ""), ("CF_API_TOKEN", CANARY)],
    ] {
        dns(&server, &workspace, other, &["plan"]).exits(1);
    }
}

#[test]
fn unsupported_records_are_refused_before_anything_is_sent() {
    for (provider, ttl, want) in [
        (ZoneProvider::GoDaddy, 599, "the `ttl` of GoDaddy must be 600 to 86400 seconds, got 599"),
        (ZoneProvider::Cloudflare, 59, "the `ttl` of Cloudflare must be 60 to 86400 seconds, got 59"),
        (ZoneProvider::Cloudflare, 100_000, "the `ttl` of Cloudflare must be 60 to 86400 seconds, got 100000"),
    ] {
        let fake = fake(provider);
        let workspace = workspace(provider, &fake.base(), ttl);
        for args in [&["plan"][..], &["apply", "--rev", "1", "--allow-no-cas"]] {
            let output = dns(&fake, &workspace, &[], args).exits(2).err();
            assert!(
                output.contains("`login.shop.dev.example.com` of the branch `login` is not supported: "),
                "{output}"
            );
            assert!(output.contains(want), "{output}");
        }
        assert!(fake.log().is_empty(), "something was sent");
    }
}

#[test]
fn a_name_with_too_many_records_for_a_change_is_refused() {
    let fake = fake(ZoneProvider::Cloudflare);
    let workspace = workspace(ZoneProvider::Cloudflare, &fake.base(), 600);
    let many: Vec<String> = (0..197).map(|i| format!("192.0.2.{i}")).collect();
    workspace.edit(
        "out/dns/dev.example.com/login.yaml",
        "CNAME: [x.example.net]",
        &format!("A: [{}]", many.join(", ")),
    );
    let output = dns(&fake, &workspace, &[], &["plan"]).exits(2).err();
    assert!(output.contains("a name of Cloudflare may have 196 records, got 197"), "{output}");
    assert!(fake.log().is_empty());
}

/// Over TLS: nothing is sent to a server without a trusted certificate.
#[test]
fn certificates_are_verified() {
    use std::process::{Command, Stdio};
    let nginx = ["/usr/sbin/nginx", "/usr/bin/nginx"].into_iter().find(|path| std::path::Path::new(path).exists());
    let (Some(nginx), true) = (nginx, Command::new("openssl").arg("version").output().is_ok()) else {
        assert!(std::env::var_os("PLEACH_NEED_NGINX").is_none(), "nginx and openssl are not installed");
        return;
    };
    let fake = fake(ZoneProvider::PowerDns);
    let folder = tempfile::tempdir().unwrap();
    let certificate = |name: &str, of: &str| {
        let done = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=x"])
            .args(["-addext", &format!("subjectAltName={of}"), "-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.crt")])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    certificate("right", "IP:127.0.0.1");
    certificate("other", "IP:127.0.0.1");
    certificate("name", "DNS:dns.example.net");
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (port, misnamed) = (free(), free());
    let server = |port: u16, name: &str| {
        format!(
            "server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {name}.crt; ssl_certificate_key {name}.key;
             location / {{ proxy_pass {}; }} }}",
            fake.base()
        )
    };
    let path = folder.path().display();
    let text = format!(
        "daemon off; master_process off; pid {path}/pid; error_log stderr; events {{ }}
         http {{ access_log off; client_body_temp_path {path}/1; proxy_temp_path {path}/2; fastcgi_temp_path {path}/3;
         uwsgi_temp_path {path}/4; scgi_temp_path {path}/5; {}\n{} }}\n",
        server(port, "right"),
        server(misnamed, "name")
    );
    std::fs::write(folder.path().join("nginx.conf"), text).unwrap();
    let mut child = Command::new(nginx)
        .arg("-p")
        .arg(folder.path())
        .args(["-c", "nginx.conf", "-e", "stderr"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let up = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::net::TcpStream::connect(("127.0.0.1", misnamed)).is_ok()
    });
    let run = |port: u16, authority: &str| {
        let workspace = workspace(ZoneProvider::PowerDns, &format!("https://127.0.0.1:{port}"), 600);
        let file = folder.path().join(authority);
        let other: &[(&str, &str)] =
            if authority.is_empty() { &[] } else { &[("SSL_CERT_FILE", file.to_str().unwrap())] };
        dns(&fake, &workspace, other, &["plan"])
    };
    let results = [(port, ""), (port, "other.crt"), (misnamed, "name.crt")].map(|(port, file)| run(port, file));
    let asked = fake.log().len();
    let good = run(port, "right.crt");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(up, "nginx does not start");
    for ran in results {
        let output = ran.exits(4).err();
        assert!(output.contains("certificate"), "{output}");
    }
    assert_eq!(asked, 0, "something was sent to a stranger");
    good.exits(1);
}

#[test]
fn urls_that_would_expose_the_credential_are_refused() {
    let fake = fake(ZoneProvider::PowerDns);
    for (server, want) in [
        ("http://192.0.2.1:8081", "would send the credential without encryption"),
        ("ftp://127.0.0.1", "is not the URL of an API"),
        ("127.0.0.1", "is not the URL of an API"),
        ("https://user:pass@dns.example.net", "contains a user name or password"),
        ("https://dns.example.net/api/v1", "has a path or query"),
    ] {
        let output = dns(&fake, &workspace(ZoneProvider::PowerDns, server, 600), &[], &["plan"]).exits(2).err();
        assert!(output.contains(want), "{output}");
    }
    let workspace = workspace(ZoneProvider::CloudDns, &fake.base(), 600);
    workspace.edit("branches.yaml", ", project: shop-dns", "");
    let token = [("CLOUDSDK_AUTH_ACCESS_TOKEN", CANARY)];
    let output = dns(&fake, &workspace, &token, &["plan"]).exits(2).err();
    assert!(output.contains("has no `project`, neither in the spec nor in the environment"), "{output}");
}
