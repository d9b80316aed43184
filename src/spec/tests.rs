//! Tests of whole specs: every key is read, and diagnostics are complete.

use super::*;
use crate::node::{Map, Value};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A spec that has every key there is.
const EVERYTHING: &str = r#"
apiVersion: pleach/v1
kind: Branches
project: shop
id: k3x9f0qz7m
output: build/out
base: manifests
namespace: "{{ project }}-{{ branch.slug }}"
hosts: ["{{ branch.slug }}.dev.example.com"]
zones:
  dev.example.com:
    {provider: clouddns, ttl: 60, CNAME: [ingress.dev.example.com], server: "https://dns.example.net", id: dev, project: shop-dns, addresses: [203.0.113.0/24]}
  a.example.com:
    A: [203.0.113.7]
    AAAA: ["2001:db8::7"]
    TXT: [hello]
    CAA: ['0 issue "letsencrypt.org"']
    backend: dnsendpoint
    delegated: [aws.a.example.com]
    certificates: ["*.a.example.com"]
  b.example.com: {mode: wildcard}
  d.example.com: {provider: cloudflare, proxied: false, CNAME: [gate.example.net]}
  c.example.com: {addressFrom: {kind: Service, namespace: ingress, name: web}, addresses: [203.0.113.0/24]}
baseline: feature/login
services:
  frontend: {overlay: frontend, service: web, ports: [{name: http, port: 80, protocol: TCP}]}
database: {mode: schema, name: shop, job: migrate}
shared:
  databases: {main: {host: db.example.net, anything: else}}
  services: {payments: {host: payments.example.net, port: 443}}
  endpoints: {mail: {url: "https://mail.example.net/v1"}}
  claims:
  - {host: previews.example.com, reason: paths of one host}
  - {nodePort: 30080, reason: one router}
  - {loadBalancerIP: 192.0.2.7, reason: one router}
  - {object: ClusterIssuer/letsencrypt, reason: one account}
aliases: {stable: feature/login}
imageAliases: {backend: registry.example.com/shop/backend}
imageFields: [{group: example.com, kind: Fleet, path: spec/runner/image}]
clusterScoped: [Tenant.example.com]
cleanup:
  images: {repositories: ["registry.example.com/shop/*"], keep: ["*:release-*"]}
  namespaces: [preview-*]
  databases: [schema/main/orders_*]
  objects: [ClusterIssuer/preview-*, ConfigMap/monitoring/dashboards]
  hosts: ["*.preview.example.com"]
janitor: true
secrets: {mode: refuse, allow: [registry], keys: ["*Password"]}
maxBranches: 60
sync:
  include: ["feature/*"]
  exclude: ["*/wip"]
  labels: [preview]
  drafts: false
  forks: true
  images: {backend: ":{{ branch.tag }}"}
  tags: gitlab
compat: kustomize
unmatched: error
kustomize: "5.5"
expired: [{name: feature/old, commit: 0123456789abcdef0123456789abcdef01234567, pullRequest: 7}]
gitops:
  argocd:
    {repoURL: https://git.example.com/environments.git, revision: trunk, path: a/out, namespace: argo, project: previews, server: https://cluster.example.com, applications: each, syncOptions: [ServerSideApply=true]}
  flux: {source: environments, path: b/out, namespace: flux, interval: 1h30m}
  apply: applyset
defaults: &settings
  overlays: [preview]
  values: {logLevel: info}
  images: {backend: ":main"}
  replicas: {web: 1}
  patches:
  - path: a.yaml
    target: {group: apps, version: v1, kind: Deployment, name: web, namespace: x, labelSelector: a=b, annotationSelector: c=d}
    options: {allowNameChange: true, allowKindChange: true}
    optional: true
  - patch: "a: b"
  labels: {stage: test}
  annotations: {note: any text}
  uses: [payments]
branches:
- <<: *settings
  name: feature/login
  slug: login
  namespace: shop-login
  adoptNamespace: true
  services: [frontend]
  database: {mode: shared}
  slots:
    active: green
    weights: {blue: 90, green: 10}
    versions: {blue: {}, green: {images: {backend: ":2"}}}
  hosts:
    names:
    - login.dev.example.com
    - {name: login.d.example.com, proxied: false}
    - {name: a.login.example.com, ttl: 300, A: [203.0.113.7], AAAA: ["2001:db8::7"], TXT: [hello], CAA: ['0 issue ";"']}
    - {name: b.login.example.com, CNAME: [ingress.example.com]}
    - {name: c.login.example.com, addressFrom: {kind: Ingress, name: web}}
    services: [api]
    join: "-"
  pin: {reason: the baseline}
  expires: 2026-12-24
  owner: team-identity
  link: https://git.example.com/shop/pull/42
  added: 2026-12-01
  pullRequest: {number: 42, url: "https://git.example.com/shop/pull/42", title: The login}
- name: legacy/reports
  appEngine: {project: example-project, service: reports, version: v1, domain: ew.r.appspot.com}
"#;

fn everything() -> Node {
    let hosts = "defaults: &settings\n  expires: 14d\n  hosts: [\"{{ branch.slug }}.example.com\"]";
    // The two places for the hosts of all branches exclude each other; both are keys.
    let text = EVERYTHING.replace("defaults: &settings", hosts);
    let project = Project::in_memory([("branches.yaml", text)]);
    load::document(&project).unwrap()
}

fn project() -> Project {
    Project::in_memory([
        ("manifests/a.yaml", ""),
        ("overlays/preview/kustomization.yaml", ""),
        ("overlays/frontend/a.yaml", ""),
    ])
}

/// The spec of a document in a form that can be compared.
fn meaning(document: &Node) -> String {
    format!("{:?}", Spec::of(document, &project(), &mut Vec::new()))
}

/// Calls `visit` with every part of the schema, the key of it that is there, and the document without that key.
fn without_each_key(
    node: &Node,
    schema: &Json,
    part: &str,
    rebuild: &dyn Fn(Node) -> Node,
    visit: &mut dyn FnMut(String, Node),
) {
    let root: Json = serde_json::from_str(schema::TEXT).unwrap();
    let resolve = |schema: &Json, name: &str| match schema["$ref"].as_str() {
        Some(reference) => {
            let name = reference.trim_start_matches("#/definitions/");
            (root["definitions"][name].clone(), name.to_owned())
        }
        None => (schema.clone(), name.to_owned()),
    };
    match &node.value {
        Value::Map(map) => {
            for entry in map {
                let key = entry.key.text.as_str();
                let replaced = |value| {
                    let mut map = map.clone();
                    map.insert(entry.key.clone(), value);
                    rebuild(Node::new(Value::Map(map), node.at))
                };
                let below = schema["properties"].get(key);
                if below.is_some() {
                    let mut less: Map = map.clone();
                    less.remove(key);
                    visit(format!("{part}.{key}"), rebuild(Node::new(Value::Map(less), node.at)));
                }
                let (below, name) = resolve(below.unwrap_or(&schema["additionalProperties"]), key);
                without_each_key(&entry.value, &below, &name, &replaced, visit);
            }
        }
        Value::Seq(items) => {
            for (i, item) in items.iter().enumerate() {
                let replaced = |value| {
                    let mut items = items.to_vec();
                    items[i] = value;
                    rebuild(Node::new(Value::Seq(Arc::new(items)), node.at))
                };
                let (below, name) = resolve(&schema["items"], part);
                without_each_key(item, &below, &name, &replaced, visit);
            }
        }
        Value::Scalar(_) => {}
    }
}

/// The other direction, that the types ask for no key that the schema does not know, is asserted by [`Section`].
#[test]
fn every_key_of_the_schema_means_something_to_the_types() {
    let root: Json = serde_json::from_str(schema::TEXT).unwrap();
    let document = everything();
    assert_eq!(schema::validate(document.clone()).errors, []);
    let whole = meaning(&document);
    let mut seen = BTreeSet::new();
    without_each_key(&document, &root, "spec", &|node| node, &mut |key, less| {
        // These two only say what the file is.
        let is_header = matches!(key.as_str(), "spec.apiVersion" | "spec.kind");
        // Of the two places for the hosts of all branches the one at the top counts.
        let is_shadowed = key == "defaults.hosts";
        assert_eq!(meaning(&less) == whole, is_header || is_shadowed, "{key}");
        seen.insert(key);
    });
    let all = |part: &str, schema: &Json| -> Vec<String> {
        schema["properties"].as_object().into_iter().flatten().map(|(key, _)| format!("{part}.{key}")).collect()
    };
    let mut keys = all("spec", &root);
    for (part, schema) in root["definitions"].as_object().unwrap() {
        keys.extend(all(part, schema));
    }
    keys.extend(all("options", &root["definitions"]["patch"]["properties"]["options"]));
    assert_eq!(seen, keys.into_iter().collect());
}

#[test]
fn a_spec_with_everything_is_read() {
    let files = [
        ("branches.yaml", EVERYTHING),
        ("branches.d/main.yaml", "name: main\n"),
        ("branches.d/README.md", "no branch"),
        ("manifests/a.yaml", ""),
        ("overlays/preview/kustomization.yaml", ""),
        ("overlays/frontend/a.yaml", ""),
    ];
    let spec = read(&Project::in_memory(files)).unwrap();
    let names: Vec<&str> = spec.branches.iter().map(|branch| branch.name.as_str()).collect();
    assert_eq!(names, ["feature/login", "legacy/reports", "main"]);
    assert_eq!(
        (spec.output.to_string().as_str(), spec.base.as_str(), spec.secrets.mode),
        ("build/out", "manifests", SecretsMode::Refuse)
    );
    let login = &spec.branches[0];
    assert_eq!(login.expires.as_ref().unwrap().value.to_string(), "2026-12-24");
    assert_eq!(login.settings.images["registry.example.com/shop/backend"].as_ref().unwrap().value.to_string(), ":main");
    let zone = &spec.zones["dev.example.com"];
    assert_eq!((zone.ttl(None).ok(), zone.provider), (Some(60), Some(ZoneProvider::CloudDns)));
    assert_eq!(zone.content.records(None).cname().unwrap().as_str(), "ingress.dev.example.com");
}

/// Calls `visit` with the document, each of its values in turn replaced by `other`.
fn with_each_value_replaced(node: &Node, other: &Node, rebuild: &dyn Fn(Node) -> Node, visit: &mut dyn FnMut(Node)) {
    visit(rebuild(other.clone().placed(node.at)));
    match &node.value {
        Value::Map(map) => {
            for entry in map {
                let replaced = |value| {
                    let mut map = map.clone();
                    map.insert(entry.key.clone(), value);
                    rebuild(Node::new(Value::Map(map), node.at))
                };
                with_each_value_replaced(&entry.value, other, &replaced, visit);
            }
        }
        Value::Seq(items) => {
            for i in 0..items.len() {
                let replaced = |value| {
                    let mut items = items.to_vec();
                    items[i] = value;
                    rebuild(Node::new(Value::Seq(Arc::new(items)), node.at))
                };
                with_each_value_replaced(&items[i], other, &replaced, visit);
            }
        }
        Value::Scalar(_) => {}
    }
}

#[test]
fn whatever_stands_wherever_is_read_or_refused_with_a_place() {
    let others = [
        "null",
        "7",
        "-1.5",
        ".inf",
        "true",
        "2026-12-24",
        "''",
        "'{{'",
        "'a: b #c'",
        "[]",
        "[[], x]",
        "{}",
        "{x: {}}",
    ];
    let (mut read, mut refused) = (0, 0);
    for other in others {
        let place = |line, column, len| Location::new(crate::source::FileId(0), line, column, len);
        let other = crate::yaml::parse(&format!("- {other}"), crate::yaml::Dialect::Kubernetes, &place).unwrap();
        with_each_value_replaced(&everything(), &other[0].as_seq().unwrap()[0], &|node| node, &mut |document| {
            let mut faults = Vec::new();
            let _ = Spec::of(&document, &project(), &mut faults);
            let validated = schema::validate(document);
            faults.extend(validated.misspelled.into_iter().chain(validated.errors));
            assert!(faults.iter().all(|fault| fault.parts().at.is_some()), "{faults:?}");
            if faults.iter().all(|fault| fault.to_string().contains("defined twice")) {
                read += 1;
            } else {
                refused += 1;
            }
        });
    }
    assert!(read > 100 && refused > 500, "{read} read, {refused} refused");
}

#[test]
fn branches_may_stand_alone_only() {
    let head = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\n";
    for branches in ["", "branches:\n", "branches: []\n"] {
        let files = [
            ("branches.yaml", format!("{head}{branches}")),
            ("branches.d/main.yaml", "name: main\n".to_owned()),
            ("base/a.yaml", String::new()),
        ];
        let spec = read(&Project::in_memory(files)).unwrap();
        assert_eq!(spec.branches.len(), 1, "{branches}");
        let namespace = spec.namespace.to_string();
        assert_eq!((spec.output.to_string().as_str(), namespace.as_str()), ("out", "{{ project }}-{{ branch.slug }}"));
    }
    let spec = read(&Project::in_memory([("branches.yaml", head)])).unwrap();
    assert!(spec.branches.is_empty());
}
