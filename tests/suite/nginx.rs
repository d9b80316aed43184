//! What nginx itself says of the configuration that the sample gives every branch.
//!
//! Skipped where nginx or openssl is not installed, unless `PLEACH_NEED_NGINX=1` says that they must be.

use crate::tests::kit::Workspace;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A program that is there, by name or in `/usr/sbin`.
fn program(name: &str) -> Option<String> {
    let there =
        |program: &str| Command::new(program).arg(if name == "nginx" { "-v" } else { "version" }).output().is_ok();
    [name.to_owned(), format!("/usr/sbin/{name}")].into_iter().find(|program| there(program))
}

fn certificate(openssl: &str, folder: &Path) {
    let done = Command::new(openssl)
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=*.dev.example.com"])
        .args(["-keyout", "tls.key", "-out", "tls.crt"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn nginx_takes_the_configuration_of_every_branch() {
    let (Some(nginx), Some(openssl)) = (program("nginx"), program("openssl")) else {
        assert!(std::env::var_os("PLEACH_NEED_NGINX").is_none(), "nginx and openssl are not installed");
        return;
    };
    let sample = Workspace::sample();
    let tls = tempfile::tempdir().unwrap();
    certificate(&openssl, tls.path());
    let mut judged = 0;
    for (path, content) in sample.files("out/namespaces") {
        let Some((branch, file)) = path.split_once('/') else { continue };
        if !file.contains("-configmap-nginx-") {
            continue;
        }
        let map: serde_yaml::Value = serde_yaml::from_slice(&content).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let place = |text: &str| {
            text.replace("/etc/nginx/shop", folder.path().to_str().unwrap())
                .replace("/etc/nginx/tls", tls.path().to_str().unwrap())
                .replace("/tmp/", &format!("{}/", folder.path().display()))
                // The Service that points to the baseline branch has a name in a cluster only.
                .replace("server backend:8000;", "server 127.0.0.1:8000;")
        };
        for (name, text) in map["data"].as_mapping().unwrap() {
            fs::write(folder.path().join(name.as_str().unwrap()), place(text.as_str().unwrap())).unwrap();
        }
        let done =
            Command::new(&nginx).arg("-t").arg("-p").arg(folder.path()).arg("-c").arg("nginx.conf").output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success() && !said.contains("[warn]"), "{branch}: {said}");
        judged += 1;
    }
    assert_eq!(judged, 5, "every branch on Kubernetes has an nginx configuration");
}
