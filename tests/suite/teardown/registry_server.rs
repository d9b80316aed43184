//! A docker-registry on a loopback port, with images that the tests make.

use crate::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Whether docker-registry and skopeo are installed.
pub(crate) fn is_installed() -> bool {
    let is_there = |program: &str| Command::new(program).arg("--version").output().is_ok();
    let both = is_there("docker-registry") && is_there("skopeo");
    assert!(both || std::env::var_os("PLEACH_NEED_REGISTRY").is_none(), "docker-registry and skopeo are not installed");
    both
}

/// A registry that stops when it is dropped.
pub(crate) struct Registry {
    process: Child,
    folder: TempDir,
    port: u16,
}

/// An answer of the registry.
struct Answer {
    status: u16,
    location: String,
    digest: String,
    body: Vec<u8>,
}

impl Registry {
    /// An empty registry, or `None` if the programs are not installed.
    pub(crate) fn start() -> Option<Self> {
        is_installed().then(|| {
            let folder = tempfile::tempdir().unwrap();
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let root = folder.path().join("data");
            let config = format!(
                "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
                 storage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n",
                root.display()
            );
            fs::write(folder.path().join("config.yml"), config).unwrap();
            let registry = Registry { process: serve(&folder), folder, port };
            registry.wait();
            registry
        })
    }

    /// Starts it again, with the same images.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.process = serve(&self.folder);
        self.wait();
    }

    fn stop(&mut self) {
        let _ = self.process.kill();
        self.process.wait().unwrap();
    }

    fn wait(&self) {
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("the registry does not answer");
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The name of a repository for clients.
    pub(crate) fn repository(&self, name: &str) -> String {
        format!("127.0.0.1:{}/{name}", self.port)
    }

    /// Pushes an image with this content. Returns its digest.
    pub(crate) fn push(&self, repository: &str, tag: &str, content: &str) -> String {
        let config = json!({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}, "text": content});
        let config = self.blob(repository, config.to_string().as_bytes(), "application/vnd.oci.image.config.v1+json");
        let layer = self.blob(repository, content.as_bytes(), "application/vnd.oci.image.layer.v1.tar");
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
        self.manifest(repository, tag, MANIFEST, &manifest)
    }

    /// Pushes an index of the images with these tags.
    pub(crate) fn push_index(&self, repository: &str, tag: &str, tags: &[&str]) -> String {
        let entry = |tag: &&str| {
            let answer = self.request("GET", &format!("/v2/{repository}/manifests/{tag}"), "", &[]);
            json!({"mediaType": MANIFEST, "size": answer.body.len(), "digest": answer.digest, "platform": {"os": "linux", "architecture": tag}})
        };
        let entries: Vec<Value> = tags.iter().map(entry).collect();
        self.manifest(repository, tag, INDEX, &json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}))
    }

    fn manifest(&self, repository: &str, tag: &str, kind: &str, manifest: &Value) -> String {
        let body = manifest.to_string();
        let answer = self.request("PUT", &format!("/v2/{repository}/manifests/{tag}"), kind, body.as_bytes());
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
        digest(body.as_bytes())
    }

    fn blob(&self, repository: &str, bytes: &[u8], kind: &str) -> Value {
        let digest = digest(bytes);
        let start = self.request("POST", &format!("/v2/{repository}/blobs/uploads/"), "", &[]);
        let path = start.location.split_once("/v2/").unwrap().1;
        let mark = if path.contains('?') { '&' } else { '?' };
        let end = self.request("PUT", &format!("/v2/{path}{mark}digest={digest}"), "application/octet-stream", bytes);
        assert_eq!(end.status, 201, "{}", String::from_utf8_lossy(&end.body));
        json!({"mediaType": kind, "size": bytes.len(), "digest": digest})
    }

    /// Deletes an image, as somebody may do by hand.
    pub(crate) fn delete(&self, repository: &str, tag: &str) {
        let found = self.request("GET", &format!("/v2/{repository}/manifests/{tag}"), "", &[]);
        let deleted = self.request("DELETE", &format!("/v2/{repository}/manifests/{}", found.digest), "", &[]);
        assert_eq!(deleted.status, 202);
    }

    /// Whether an image can be pulled: its manifest, and all manifests and blobs in it.
    pub(crate) fn can_pull(&self, repository: &str, reference: &str) -> bool {
        let found = self.request("GET", &format!("/v2/{repository}/manifests/{reference}"), "", &[]);
        if found.status == 404 {
            return false;
        }
        assert_eq!(found.status, 200);
        let manifest: Value = serde_json::from_slice(&found.body).unwrap();
        let digests = |key: &str| -> Vec<String> {
            let items = manifest[key].as_array().into_iter().flatten();
            items.map(|item| item["digest"].as_str().unwrap().to_owned()).collect()
        };
        let has_blob =
            |digest: &String| self.request("HEAD", &format!("/v2/{repository}/blobs/{digest}"), "", &[]).status == 200;
        digests("manifests").iter().all(|digest| self.can_pull(repository, digest))
            && digests("layers").iter().all(has_blob)
    }

    /// One request of HTTP/1.0, whose answer ends with the connection.
    fn request(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\nAccept: {MANIFEST}\r\nAccept: {INDEX}\r\n{kind}Content-Length: {}\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            lines
                .filter(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.to_owned())
                .next()
                .unwrap_or_default()
        };
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            location: header("Location"),
            digest: header("Docker-Content-Digest"),
            body: answer[end + 4..].to_vec(),
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(folder: &TempDir) -> Child {
    let log = fs::File::create(folder.path().join("log")).unwrap();
    let config = folder.path().join("config.yml");
    let mut command = Command::new("docker-registry");
    command.arg("serve").arg(config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(&Sha256::digest(bytes)))
}
