//! The books that kustomize keeps in annotations of objects, as far as an input contains some: a hash that is wanted, and
//! earlier names.

use crate::annotation::BOOKS_DOMAIN;
use crate::diagnostic::{Code, Diagnostic};
use crate::node::Node;
use crate::resource::{Id, Resource};
use crate::schema::Gvk;

const HASH: &str = "needsHashSuffix";

fn entry<'r>(resource: &'r Resource, key: &str) -> Option<&'r Node> {
    let annotations = resource.node.at_path(&["metadata", "annotations"])?.as_map()?;
    let is_meant = |name: &str| name.strip_prefix(BOOKS_DOMAIN) == Some(key);
    annotations.iter().find(|entry| is_meant(&entry.key.text)).map(|entry| &entry.value)
}

/// The annotation that requests a hash of the content behind the name.
pub(crate) fn requests_hash(resource: &Resource) -> Option<&Node> {
    entry(resource, HASH).filter(|node| node.as_text() == Some("enabled"))
}

/// Whether an object gets a hash of its content behind its name.
pub(crate) fn wants_hash(resource: &Resource) -> bool {
    resource.generated.is_some_and(|generated| generated.hash) || requests_hash(resource).is_some()
}

/// Removes the annotation that requests a hash.
pub(super) fn drop_request(resource: &mut Resource) {
    if requests_hash(resource).is_some() {
        let metadata = resource.node.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations"));
        metadata.and_then(Node::as_map_mut).map(|annotations| annotations.remove(&format!("{BOOKS_DOMAIN}{HASH}")));
    }
}

/// Takes the earlier names of an object from its annotations.
pub(crate) fn take_previous(resource: &mut Resource) -> Result<(), Diagnostic> {
    let Some(names) = entry(resource, "previousNames") else { return Ok(()) };
    let texts = |key: &str| entry(resource, key).and_then(Node::as_text).unwrap_or_default().split(',');
    let (namespaces, kinds): (Vec<&str>, Vec<&str>) =
        (texts("previousNamespaces").collect(), texts("previousKinds").collect());
    let list: Vec<&str> = names.as_text().unwrap_or_default().split(',').collect();
    if list.len() != namespaces.len() || list.len() != kinds.len() {
        let message =
            "the annotations `previousNames`, `previousNamespaces` and `previousKinds` must have as many entries each";
        return Err(Diagnostic::new(Code::Resource, message).at(names.at));
    }
    let now = resource.gvk();
    let ids = list.iter().zip(namespaces).zip(kinds).map(|((name, namespace), kind)| Id {
        gvk: Gvk { kind: kind.into(), ..now.clone() },
        name: (*name).into(),
        namespace: namespace.into(),
    });
    resource.previous = ids.collect();
    Ok(())
}
