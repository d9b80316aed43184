//! `cleanup:`, what teardown plans may list besides the names that derive from the rest of the spec.

use super::section::{Section, text};
use super::{ObjectPattern, Placed, spec_error};
use crate::database::Database;
use crate::diagnostic::Diagnostic;
use crate::glob;
use crate::image::ImageReference;
use crate::name::{DnsName, is_label};
use crate::node::Node;
use crate::schema::namespace::is_well_known;
use crate::schema::scope::{GroupKind, Scope};
use smol_str::SmolStr;

/// The patterns of `cleanup:`. `*` matches any text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CleanupRules {
    /// Repositories of the project, in addition to those that branches set.
    pub(crate) repositories: Vec<SmolStr>,
    /// Images that no plan lists.
    pub(crate) keep: Vec<SmolStr>,
    /// Namespaces of the project that the spec does not derive any more.
    pub(crate) namespaces: Vec<SmolStr>,
    /// Databases of the project whose names do not derive from the spec. Each part is a pattern.
    pub(crate) databases: Vec<Placed<Database>>,
    /// Objects of the project that its branches do not own with a namespace, and whose names do not derive from the spec.
    pub(crate) objects: Vec<Placed<OwnObjects>>,
    /// Hosts of the project that the spec does not derive any more, in lower case.
    pub(crate) hosts: Vec<SmolStr>,
}

/// Objects that belong to the project, outside of namespaces or in a namespace of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnObjects {
    object: ObjectPattern,
    /// A pattern of the namespace; empty for objects outside of namespaces.
    namespace: SmolStr,
}

impl OwnObjects {
    /// Parses `Kind/name` or `Kind/namespace/name`.
    fn parse(text: &str) -> Result<Self, Diagnostic> {
        let parts: Vec<&str> = text.split('/').collect();
        let (object, namespace) = match parts[..] {
            [kind, namespace, name] if is_label(&example(namespace)) => (format!("{kind}/{name}"), namespace),
            _ => (text.to_owned(), ""),
        };
        let Some(object) = ObjectPattern::parsed(&object) else {
            return Err(spec_error(format!("`{text}` does not name an object")).help(
                "write the kind and the name, such as `ClusterRole/shop-admin`, or `ConfigMap/monitoring/dashboards` for an object in the namespace `monitoring`",
            ));
        };
        [&object.name, namespace].into_iter().try_for_each(|part| fixed_start(part, text))?;
        Ok(OwnObjects { object, namespace: namespace.into() })
    }

    /// The kind and the name.
    pub(crate) fn object(&self) -> &ObjectPattern {
        &self.object
    }

    /// The scope that the kind must have.
    pub(crate) fn scope(&self) -> Scope {
        if self.namespace.is_empty() { Scope::Cluster } else { Scope::Namespaced }
    }

    /// Whether the object of this kind, namespace and name is one of them.
    pub(crate) fn has(&self, kind: &GroupKind, namespace: &str, name: &str) -> bool {
        glob::matches(&self.namespace, namespace) && self.object.matches(kind, name)
    }
}

impl CleanupRules {
    pub(super) fn of(top: &Section, faults: &mut Vec<Diagnostic>) -> Self {
        let Some(section) = top.section("cleanup") else { return CleanupRules::default() };
        let images = section.node("images").map(|node| Section::new("cleanupImages", node));
        let of_images = |key| images.as_ref().and_then(|images| images.list(key));
        CleanupRules {
            repositories: values(patterns(of_images("repositories"), faults, repository)),
            keep: values(patterns(of_images("keep"), faults, |text| Ok(text.into()))),
            namespaces: values(patterns(section.list("namespaces"), faults, namespace)),
            databases: patterns(section.list("databases"), faults, database),
            objects: patterns(section.list("objects"), faults, OwnObjects::parse),
            hosts: values(patterns(section.list("hosts"), faults, host)),
        }
    }
}

/// The patterns that `read` accepts.
fn patterns<T>(
    list: Option<&[Node]>,
    faults: &mut Vec<Diagnostic>,
    read: fn(&str) -> Result<T, Diagnostic>,
) -> Vec<Placed<T>> {
    let texts = list.unwrap_or_default().iter().filter_map(|node| Some((text(node)?, node.at)));
    let texts = texts.filter(|(text, _)| !text.is_empty());
    let placed = |at| move |value| Placed { value, at };
    texts.filter_map(|(text, at)| read(&text).map(placed(at)).map_err(|error| faults.push(error.at(at))).ok()).collect()
}

fn values<T>(patterns: Vec<Placed<T>>) -> Vec<T> {
    patterns.into_iter().map(|pattern| pattern.value).collect()
}

/// A text that the pattern matches.
fn example(pattern: &str) -> String {
    pattern.replace(['*', '?'], "x")
}

/// Refuses a `part` of a pattern without a fixed start, which would match what other projects have.
fn fixed_start(part: &str, pattern: &str) -> Result<(), Diagnostic> {
    if part.starts_with(['*', '?']) {
        let error = spec_error(format!("the pattern `{pattern}` also matches names of other projects"));
        let what = if part == pattern { "it".to_owned() } else { format!("`{part}`") };
        return Err(error.help(format!("begin {what} with a fixed text, such as the name of the project")));
    }
    Ok(())
}

/// A namespace that a teardown plan can list.
fn namespace(pattern: &str) -> Result<SmolStr, Diagnostic> {
    fixed_start(pattern, pattern)?;
    if !is_label(&example(pattern)) {
        return Err(spec_error(format!("no namespace matches `{pattern}`"))
            .help("the name of a namespace has a-z, 0-9 and `-` only"));
    }
    if is_well_known(pattern) {
        return Err(spec_error(format!("no teardown plan lists `{pattern}`, which belongs to other software"))
            .help("remove the entry"));
    }
    Ok(pattern.into())
}

/// A database as the annotation `pleach.dev/database` writes it.
fn database(pattern: &str) -> Result<Database, Diagnostic> {
    let Some(database) = Database::parse(pattern) else {
        return Err(spec_error(format!("`{pattern}` does not name a database"))
            .help("write the kind, the instance and the name, such as `schema/main/orders_*`"));
    };
    let Database { kind, instance, name } = &database;
    [kind, instance, name].into_iter().try_for_each(|part| fixed_start(part, pattern))?;
    Ok(database)
}

/// A host in a fixed domain of at least two labels.
fn host(pattern: &str) -> Result<SmolStr, Diagnostic> {
    DnsName::host(&example(pattern))?;
    let fixed = pattern.rsplit(['*', '?']).next().unwrap_or_default();
    let domain = if fixed == pattern { fixed } else { fixed.split_once('.').map_or("", |(_, domain)| domain) };
    if domain.split('.').count() < 2 {
        return Err(spec_error(format!("the pattern `{pattern}` also matches hosts of other projects"))
            .help("end it with a fixed domain, such as `*.dev.example.com`"));
    }
    Ok(pattern.to_lowercase().into())
}

/// A repository without tag and digest, whose registry is fixed.
fn repository(pattern: &str) -> Result<SmolStr, Diagnostic> {
    fixed_start(pattern, pattern)?;
    match ImageReference::parse(&example(pattern)) {
        Ok(ImageReference { name: Some(_), tag: None, digest: None }) => {}
        Ok(_) => {
            return Err(spec_error(format!("the repository `{pattern}` has a tag or a digest"))
                .help("write the repository only; `keep` has patterns of tags"));
        }
        Err(error) => return Err(error),
    }
    let registry = pattern.split('/').next().unwrap_or_default();
    if registry.contains(['*', '?']) && registry.contains(['.', ':']) {
        return Err(spec_error(format!("the pattern `{pattern}` matches several registries"))
            .help("write the registry without `*` and `?`"));
    }
    Ok(pattern.into())
}
