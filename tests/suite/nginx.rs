//! What nginx does with the configuration that the sample gives to the branches.
//!
//! Skipped if nginx or openssl is not installed, unless `PLEACH_NEED_NGINX=1` requires them.

use crate::tests::kit::Workspace;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The path of nginx, and of openssl with the certificate that it has created.
struct Programs {
    nginx: String,
    openssl: String,
    tls: TempDir,
}

impl Programs {
    fn find() -> Option<Self> {
        let (Some(nginx), Some(openssl)) = (program("nginx"), program("openssl")) else {
            assert!(std::env::var_os("PLEACH_NEED_NGINX").is_none(), "nginx and openssl are not installed");
            return None;
        };
        let tls = tempfile::tempdir().unwrap();
        certificate(&openssl, tls.path());
        Some(Programs { nginx, openssl, tls })
    }

    fn nginx(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.nginx);
        command.arg("-p").arg(folder).arg("-c").arg("nginx.conf");
        command
    }
}

/// An installed program, by name or in `/usr/sbin`.
fn program(name: &str) -> Option<String> {
    let exists =
        |program: &str| Command::new(program).arg(if name == "nginx" { "-v" } else { "version" }).output().is_ok();
    [name.to_owned(), format!("/usr/sbin/{name}")].into_iter().find(|program| exists(program))
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

/// The configuration of every branch in a folder of its own, changed by `change`.
fn configurations(programs: &Programs, change: impl Fn(&str) -> String) -> Vec<(String, TempDir)> {
    let mut folders = Vec::new();
    for (path, content) in Workspace::sample().files("out/namespaces") {
        let Some((branch, file)) = path.split_once('/') else { continue };
        if !file.contains("-configmap-nginx-") {
            continue;
        }
        let map: serde_yaml::Value = serde_yaml::from_slice(&content).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in map["data"].as_mapping().unwrap() {
            let text = text
                .as_str()
                .unwrap()
                .replace("/tmp/", &format!("{}/", folder.path().display()))
                .replace("/etc/nginx/shop", folder.path().to_str().unwrap())
                .replace("/etc/nginx/tls", programs.tls.path().to_str().unwrap())
                // The DNS server has a name in a cluster only.
                .replace("resolver kube-dns.kube-system.svc.cluster.local", "resolver 127.0.0.1:1");
            fs::write(folder.path().join(name.as_str().unwrap()), change(&text)).unwrap();
        }
        folders.push((branch.to_owned(), folder));
    }
    folders
}

#[test]
fn nginx_accepts_the_configuration_of_every_branch() {
    let Some(programs) = Programs::find() else { return };
    let folders = configurations(&programs, str::to_owned);
    for (branch, folder) in &folders {
        let done = programs.nginx(folder.path()).arg("-t").output().unwrap();
        let output = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success() && !output.contains("[warn]"), "{branch}: {output}");
    }
    assert_eq!(folders.len(), 5, "every branch on Kubernetes has an nginx configuration");
}

/// The ports of a running front end.
#[derive(Clone, Copy)]
struct FrontEndPorts {
    http: u16,
    https: u16,
}

/// A running nginx, which is stopped when it is dropped.
struct FrontEnd<'p> {
    programs: &'p Programs,
    folder: TempDir,
    child: Child,
    ports: FrontEndPorts,
}

impl<'p> FrontEnd<'p> {
    /// Starts nginx with the configuration of `branch`. The back end of its pod listens on `backend`.
    fn start(programs: &'p Programs, branch: &str, backend: u16) -> Self {
        let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let ports = FrontEndPorts { http: free(), https: free() };
        let folders = configurations(programs, |text| {
            text.replace("listen 8080", &format!("listen 127.0.0.1:{}", ports.http))
                .replace("listen 8443", &format!("listen 127.0.0.1:{}", ports.https))
                .replace("server 127.0.0.1:8000;", &format!("server 127.0.0.1:{backend};"))
        });
        let (_, folder) = folders.into_iter().find(|(slug, _)| slug.starts_with(branch)).unwrap();
        let mut command = programs.nginx(folder.path());
        let mut child =
            command.args(["-g", "daemon off;"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, ports.http)).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "nginx does not start");
            std::thread::yield_now();
        }
        FrontEnd { programs, folder, child, ports }
    }

    /// The response to a request over HTTP; empty if the connection is closed without one.
    fn http(&self, host: &str, path: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports.http)).unwrap();
        stream.write_all(request(host, path, headers).as_bytes()).unwrap();
        let mut response = Vec::new();
        // nginx may reset a connection that it closes without a response.
        let _ = stream.read_to_end(&mut response);
        String::from_utf8(response).unwrap()
    }

    /// The same over TLS.
    fn https(&self, host: &str, path: &str) -> String {
        let address = format!("127.0.0.1:{}", self.ports.https);
        let mut client = Command::new(&self.programs.openssl)
            .args(["s_client", "-quiet", "-connect", &address, "-servername", host])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        client.stdin.as_mut().unwrap().write_all(request(host, path, "").as_bytes()).unwrap();
        let mut response = String::new();
        client.stdout.take().unwrap().read_to_string(&mut response).unwrap();
        client.wait().unwrap();
        response
    }
}

impl Drop for FrontEnd<'_> {
    fn drop(&mut self) {
        let _ = self.programs.nginx(self.folder.path()).args(["-s", "stop"]).output();
        let _ = self.child.wait();
    }
}

fn request(host: &str, path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n")
}

/// A back end that returns the request line and headers that it receives. Its thread ends with the test.
fn backend() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                let body = head.join("\n");
                let length = body.len();
                let _ =
                    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
            });
        }
    });
    port
}

#[test]
fn the_front_end_passes_the_scheme_and_refuses_other_hosts() {
    let Some(programs) = Programs::find() else { return };
    let front = FrontEnd::start(&programs, "feature-login-", backend());
    let host = "feature-login-df7c7aeb.dev.example.com";
    let proto = |response: &str| {
        let header = response.lines().find_map(|line| line.strip_prefix("X-Forwarded-Proto: "));
        header.unwrap_or_else(|| panic!("no header in {response}")).to_owned()
    };
    assert_eq!(proto(&front.http(host, "/api/cart", "X-Forwarded-Proto: https\r\n")), "https");
    assert_eq!(proto(&front.http(host, "/api/cart", "")), "http");
    assert_eq!(proto(&front.https(host, "/api/cart")), "https");
    assert!(front.https(host, "/api/cart").contains("Strict-Transport-Security: "));
    for other in ["other.example.com", "main.dev.example.com"] {
        assert_eq!(front.http(other, "/api/cart", ""), "");
        assert_eq!(front.https(other, "/api/cart"), "");
    }
}

#[test]
fn the_readiness_probe_reaches_the_back_end_of_the_pod() {
    let Some(programs) = Programs::find() else { return };
    let status = |response: String| response.split(' ').nth(1).unwrap_or("none").to_owned();
    let front = FrontEnd::start(&programs, "feature-login-", backend());
    assert!(front.http("10.0.0.1", "/readyz", "").contains("GET /api/healthz "));
    assert_eq!(status(front.http("10.0.0.1", "/healthz", "")), "204");
    // Nothing listens on this port.
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let front = FrontEnd::start(&programs, "feature-login-", closed);
    assert_eq!(status(front.http("10.0.0.1", "/readyz", "")), "502");
    assert_eq!(status(front.http("10.0.0.1", "/healthz", "")), "204");
}

#[test]
fn a_front_end_without_back_end_starts_before_the_name_of_the_baseline_resolves() {
    let Some(programs) = Programs::find() else { return };
    let front = FrontEnd::start(&programs, "fix-", 1);
    assert!(front.http("10.0.0.1", "/readyz", "").starts_with("HTTP/1.1 204 "));
}
