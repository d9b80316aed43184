//! `branches.yaml` and `branches.d/`, as written.
//!
//! [`read`] tells every fault of all these files at once: of their shape by the JSON Schema, of what they mean by the
//! types here, which can hold nothing wrong. What branches derive from one another's defaults is for `plan`.

mod alias;
mod branch;
mod content;
mod database;
mod date;
mod gitops;
mod host;
mod image;
mod image_field;
mod label;
mod load;
mod pattern;
mod range;
mod section;
mod service;
mod settings;
mod shared;
mod slots;
mod sync;
mod zone;

pub use alias::Alias;
pub use branch::{AppEngine, BranchEntry, Pin};
pub use content::{AddressFrom, HostContent};
pub use database::SharedDatabase;
pub use date::ExpiryDate;
pub use gitops::{Applications, ApplyScript, ArgoCd, Flux, GitOps};
pub use host::{HostEntry, HostsEntry, Join};
pub use image::BranchImage;
pub use image_field::ImageField;
pub use load::{FILE, FOLDER, files};
pub use pattern::{Pattern, PatternScope};
pub use range::Range;
pub use service::{Service, ServiceNames};
pub use settings::{BranchSettings, Overlay};
pub use shared::{Remote, Shared};
pub use slots::SlotsEntry;
pub use sync::SyncRules;
pub use zone::{Backend, LONGEST_TTL, Mode, Zone, ZoneProvider};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::name::DnsName;
use crate::node::Node;
use crate::schema::branches as schema;
use crate::source::{Location, Project, RelPath};
use section::Section;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Something and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// What.
    pub value: T,
    /// Where.
    pub at: Location,
}

/// What `branches.yaml` and the files of `branches.d/` say.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The name of the project, a DNS label.
    pub project: SmolStr,
    /// The folder of the output.
    pub output: RelPath,
    /// The folder of the manifests that every branch starts from.
    pub base: RelPath,
    /// The namespace of a branch that has no pattern of its own.
    pub namespace: Pattern,
    /// The declared zones.
    pub zones: BTreeMap<DnsName, Zone>,
    /// The branch from which others take the services that they do not run.
    pub baseline: Option<Placed<SmolStr>>,
    /// The parts of the application.
    pub services: Vec<Service>,
    /// The databases of the branches.
    pub database: Option<SharedDatabase>,
    /// What branches use in common.
    pub shared: Shared,
    /// Stable names for branches.
    pub aliases: BTreeMap<SmolStr, Alias>,
    /// Aliases of images and the names they stand for.
    pub image_aliases: BTreeMap<SmolStr, SmolStr>,
    /// Fields of custom resources that hold images.
    pub image_fields: Vec<ImageField>,
    /// Whether namespaces tell kube-janitor when they expire.
    pub janitor: bool,
    /// What becomes of secret values.
    pub secrets: SecretsMode,
    /// How many branches there may be.
    pub max_branches: Option<Placed<usize>>,
    /// Which branches of git are branches here, and with which images.
    pub sync: SyncRules,
    /// What becomes of data that kustomize loses.
    pub compat: Compat,
    /// What carries the output to the cluster.
    pub gitops: GitOps,
    /// What every branch has unless it says otherwise.
    pub defaults: BranchSettings,
    /// The branches in the order in which they are written, those of `branches.d/` last.
    pub branches: Vec<BranchEntry>,
}

/// What becomes of a Secret with values in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretsMode {
    /// It is an error.
    Refuse,
    /// It is a warning.
    #[default]
    Warn,
    /// It is nobody's concern.
    Allow,
}

/// What becomes of data that kustomize loses or mangles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compat {
    /// It is an error.
    #[default]
    Strict,
    /// It is lost as kustomize loses it, with a warning.
    Kustomize,
}

/// The folder of the overlays.
pub const OVERLAYS: &str = "overlays";

/// Reads the spec of a project.
pub fn read(project: &Project) -> Result<Spec> {
    all_of(project, |branch, faults| faults.append(&mut branch.settings.missing))
}

/// Reads the spec of a project; that a branch names overlays which are not there is left to those who build it.
pub fn read_apart(project: &Project) -> Result<Spec> {
    all_of(project, |_, _| {})
}

fn all_of(project: &Project, own: impl Fn(&mut BranchEntry, &mut Vec<Diagnostic>)) -> Result<Spec> {
    let document = load::document(project)?;
    let mut faults = Vec::new();
    let mut spec = Spec::of(&document, project, &mut faults);
    spec.branches.iter_mut().for_each(|branch| own(branch, &mut faults));
    // What a type says of its text is better than what the schema says of the same place.
    for fault in schema::check(&document) {
        if !faults.iter().any(|known| known.parts().at == fault.parts().at) {
            faults.push(fault);
        }
    }
    Diagnostics::check(faults, spec)
}

impl Spec {
    fn of(document: &Node, project: &Project, faults: &mut Vec<Diagnostic>) -> Self {
        let top = Section::new("spec", document);
        let image_aliases = image::aliases(&top, faults);
        let mut settings = settings::SettingsReader::new(project, &image_aliases);
        let defaults = settings.defaults(&top, faults);
        let branches: Vec<BranchEntry> = top
            .list("branches")
            .unwrap_or_default()
            .iter()
            .filter(|node| node.as_map().is_some())
            .map(|node| BranchEntry::of(&Section::new("branch", node), &mut settings, faults))
            .collect();
        repeated_names(&branches, faults);
        let services = service::services(&top, &mut settings, faults);
        let baseline = top.node("baseline").and_then(|node| Some(Placed { value: section::text(node)?, at: node.at }));
        service::check(&services, baseline.as_ref(), &defaults, &branches, faults);
        let database = SharedDatabase::of(&top, faults);
        SharedDatabase::check(database.as_ref(), baseline.as_ref(), &branches, faults);
        let shared = Shared::of(&top, faults);
        shared.check(branches.iter().map(|branch| &branch.settings).chain([&defaults]), faults);
        let base = folder(&top, "base", faults).unwrap_or_else(|| path("base"));
        let output = folder(&top, "output", faults).unwrap_or_else(|| path("out"));
        let anybody = branches.iter().any(|branch| branch.app_engine.is_none());
        if anybody && !project.is_folder(&base) {
            faults.push(
                spec_error(format!("there is no folder `{base}`"))
                    .at(top.place("base").or(document.at))
                    .help("it holds the manifests that every branch starts from"),
            );
        }
        for input in [base.clone(), path(OVERLAYS), path(load::FOLDER)] {
            if output.is_within(&input) || input.is_within(&output) {
                faults.push(
                    spec_error(format!("the folder of the output, `{output}`, and the input `{input}` overlap"))
                        .at(top.place("output").or(document.at))
                        .help("the output is a folder of its own, such as `out`"),
                );
            }
        }
        Spec {
            project: top.text("project").unwrap_or_default(),
            gitops: GitOps::of(&top, &output, faults),
            output,
            base,
            namespace: Pattern::of(&top, "namespace", faults).unwrap_or_else(Pattern::slug),
            zones: zone::zones(&top, faults),
            baseline,
            services,
            database,
            shared,
            aliases: alias::aliases(&top, &branches, &defaults.hosts, faults),
            image_aliases: image_aliases.into_iter().map(|(alias, name)| (alias, name.value)).collect(),
            image_fields: ImageField::all(&top, faults),
            janitor: top.node("janitor").and_then(Node::as_bool).unwrap_or_default(),
            secrets: match top.text("secrets").as_deref() {
                Some("refuse") => SecretsMode::Refuse,
                Some("allow") => SecretsMode::Allow,
                _ => SecretsMode::Warn,
            },
            max_branches: top
                .node("maxBranches")
                .and_then(|node| Some(Placed { value: node.as_text()?.parse().ok()?, at: node.at })),
            sync: SyncRules::of(&top),
            compat: match top.text("compat").as_deref() {
                Some("kustomize") => Compat::Kustomize,
                _ => Compat::Strict,
            },
            defaults,
            branches,
        }
    }

    /// Whether the rest of the spec does not stand without a branch: the baseline, and one that an alias leads to.
    pub fn needs(&self, branch: &str) -> bool {
        self.baseline.as_ref().is_some_and(|name| name.value == branch)
            || self.aliases.values().any(|alias| alias.branch.value == branch)
    }
}

fn path(text: &str) -> RelPath {
    RelPath::new(text).expect("a name without `..` stays inside")
}

/// The path of a folder below the workspace.
fn folder(top: &Section, key: &'static str, faults: &mut Vec<Diagnostic>) -> Option<RelPath> {
    let text = top.text(key).filter(|text| !text.is_empty())?;
    let path = RelPath::new(&text);
    if path.is_none() {
        faults.push(
            spec_error(format!("`{text}` leads out of the workspace"))
                .at(top.place(key))
                .help("paths are relative to branches.yaml and stay below its folder"),
        );
    }
    path
}

fn repeated_names(branches: &[BranchEntry], faults: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&str, Location> = BTreeMap::new();
    for branch in branches.iter().filter(|branch| !branch.name.is_empty()) {
        if let Some(place) = first.get(branch.name.as_str()) {
            faults.push(
                spec_error(format!("the branch `{}` stands twice", branch.name))
                    .at(branch.at)
                    .note(*place, "first here"),
            );
        } else {
            first.insert(&branch.name, branch.at);
        }
    }
}

fn spec_error(message: String) -> Diagnostic {
    Diagnostic::new(Code::Spec, message)
}

#[cfg(test)]
mod tests {
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
output: build/out
base: manifests
namespace: "{{ project }}-{{ branch.slug }}"
hosts: ["{{ branch.slug }}.dev.example.com"]
zones:
  dev.example.com:
    {provider: rfc2136, ttl: 60, CNAME: [ingress.dev.example.com], server: ns1.example.net, id: dev, project: shop-dns, addresses: [203.0.113.0/24]}
  a.example.com:
    A: [203.0.113.7]
    AAAA: ["2001:db8::7"]
    TXT: [hello]
    CAA: ['0 issue "letsencrypt.org"']
    backend: dnsendpoint
    delegated: [aws.a.example.com]
    certificates: ["*.a.example.com"]
  b.example.com: {mode: wildcard}
  c.example.com: {addressFrom: {kind: Service, namespace: ingress, name: web}, addresses: [203.0.113.0/24]}
baseline: feature/login
services:
  frontend: {overlay: frontend, service: web, ports: [{name: http, port: 80, protocol: TCP}]}
database: {mode: schema, name: shop, job: migrate}
shared:
  databases: {main: {host: db.example.net, anything: else}}
  services: {payments: {host: payments.example.net, port: 443}}
  endpoints: {mail: {url: "https://mail.example.net/v1"}}
aliases: {stable: feature/login}
imageAliases: {backend: registry.example.com/shop/backend}
imageFields: [{group: example.com, kind: Fleet, path: spec/runner/image}]
janitor: true
secrets: refuse
maxBranches: 60
sync:
  include: ["feature/*"]
  exclude: ["*/wip"]
  images: {backend: ":{{ branch.tag }}"}
  tags: gitlab
compat: kustomize
gitops:
  argocd:
    {repoURL: https://git.example.com/environments.git, revision: trunk, path: a/out, namespace: argo, project: previews, server: https://cluster.example.com, applications: each}
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
  services: [frontend]
  database: {mode: shared}
  slots:
    active: green
    weights: {blue: 90, green: 10}
    versions: {blue: {}, green: {images: {backend: ":2"}}}
  hosts:
    names:
    - login.dev.example.com
    - {name: a.login.example.com, ttl: 300, A: [203.0.113.7], AAAA: ["2001:db8::7"], TXT: [hello], CAA: ['0 issue ";"']}
    - {name: b.login.example.com, CNAME: [ingress.example.com]}
    - {name: c.login.example.com, addressFrom: {kind: Ingress, name: web}}
    services: [api]
    join: "-"
  pin: {reason: the baseline}
  expires: 2026-12-24
  owner: team-identity
  link: https://git.example.com/shop/pull/42
- name: legacy/reports
  appEngine: {project: example-project, service: reports, version: v1, domain: ew.r.appspot.com}
"#;

    fn everything() -> Node {
        let hosts = "defaults: &settings\n  hosts: [\"{{ branch.slug }}.example.com\"]";
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
        assert_eq!(schema::check(&document), []);
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
            (spec.output.as_str(), spec.base.as_str(), spec.secrets),
            ("build/out", "manifests", SecretsMode::Refuse)
        );
        let login = &spec.branches[0];
        assert_eq!(login.expires.as_ref().unwrap().value.to_string(), "2026-12-24");
        assert_eq!(
            login.settings.images["registry.example.com/shop/backend"].as_ref().unwrap().value.to_string(),
            ":main"
        );
        let zone = &spec.zones["dev.example.com"];
        assert_eq!((zone.ttl(None).ok(), zone.provider), (Some(60), Some(ZoneProvider::Rfc2136)));
        assert_eq!(zone.content.records(None).cname().unwrap().as_str(), "ingress.dev.example.com");
    }

    /// Calls `visit` with the document, each of its values in turn replaced by `other`.
    fn with_each_value_replaced(
        node: &Node,
        other: &Node,
        rebuild: &dyn Fn(Node) -> Node,
        visit: &mut dyn FnMut(Node),
    ) {
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
                faults.extend(schema::check(&document));
                assert!(faults.iter().all(|fault| fault.parts().at.is_some()), "{faults:?}");
                if faults.iter().all(|fault| fault.to_string().contains("stand twice")) {
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
            assert_eq!((spec.output.as_str(), spec.namespace.to_string().as_str()), ("out", "{{ branch.slug }}"));
        }
        let spec = read(&Project::in_memory([("branches.yaml", head)])).unwrap();
        assert!(spec.branches.is_empty());
    }
}
