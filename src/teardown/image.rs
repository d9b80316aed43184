//! The images of objects, and whether two references identify the same image.
//!
//! The images of a removed branch are read from image fields only: containers and image volumes of pods at any depth, and the
//! fields that the spec declares. The images that an existing branch uses are searched for in all texts of its objects,
//! including arguments and annotations: keeping an unused image is better than deleting one that is in use.

use crate::image::{self, ImageParts, ImageReference};
use crate::node::{Node, Value};
use crate::schema::Gvk;
use crate::slug::has_words;
use crate::spec::ImageField;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The registry of image names without one.
const HUB: &str = "docker.io";
/// Other host names of the same registry.
const HUB_ALIASES: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];
/// The namespace of images in `HUB` whose names have one component.
const LIBRARY: &str = "library";

/// Calls `found` for the content of each image field of an object.
pub(super) fn images<'n>(object: &'n Node, fields: &[ImageField], found: &mut dyn FnMut(&'n str)) {
    containers(object, found);
    let gvk = Gvk::of(object);
    for field in fields.iter().filter(|field| field.selects(&gvk)) {
        field.each(object, &mut |node| node.as_str().into_iter().for_each(&mut *found));
    }
}

fn containers<'n>(node: &'n Node, found: &mut dyn FnMut(&'n str)) {
    match &node.value {
        Value::Scalar(_) => {}
        Value::Seq(items) => items.iter().for_each(|item| containers(item, found)),
        Value::Map(map) => {
            for entry in map {
                let path = image::path_in_pod_list(&entry.key.text).unwrap_or_default();
                let items = entry.value.as_seq().filter(|_| !path.is_empty()).unwrap_or_default();
                items.iter().filter_map(|item| item.str_at(path)).filter(|text| !text.is_empty()).for_each(&mut *found);
                containers(&entry.value, found);
            }
        }
    }
}

/// The parts of a reference in normal form, which is the same for all spellings of the reference.
#[derive(Debug, PartialEq, Eq)]
struct ReferenceParts {
    /// Registry and repository.
    name: String,
    /// The name with the tag, unless the reference has only a digest.
    tagged: Option<String>,
    /// The digest with its algorithm.
    digest: Option<String>,
}

impl ReferenceParts {
    /// The normal form of `nginx` is `docker.io/library/nginx:latest`.
    fn of(reference: &str) -> Self {
        let parts = ImageParts::of(reference);
        let ImageParts { tag, digest, .. } = parts;
        let (registry, path) = parts.location();
        let registry = registry.map_or(HUB.to_owned(), str::to_lowercase);
        let registry = if HUB_ALIASES.contains(&registry.as_str()) { HUB } else { &registry };
        let library = if registry == HUB && !path.contains('/') { format!("{LIBRARY}/") } else { String::new() };
        let tag = tag.or((digest.is_none()).then_some("latest"));
        let name = format!("{registry}/{library}{path}");
        ReferenceParts { tagged: tag.map(|tag| format!("{name}:{tag}")), digest: digest.map(str::to_lowercase), name }
    }
}

/// The reference to use for deletion. One with a digest has no tag, because the tag may identify another image now.
pub(super) fn deletable(reference: &str) -> String {
    match ImageParts::of(reference) {
        ImageParts { name, digest: Some(digest), .. } => format!("{name}@{digest}"),
        _ => reference.to_owned(),
    }
}

/// The repositories of the registry of Docker that no project owns.
pub(super) const OFFICIAL: &str = "docker.io/library/";

/// Registry and repository in normal form. `name` may be a pattern.
pub(super) fn repository(name: &str) -> String {
    ReferenceParts::of(name).name
}

/// Whether the path of a repository has the name of the project. The registry does not count: it may be that of a company.
pub(super) fn is_of_project(repository: &str, project: &str) -> bool {
    !repository.starts_with(OFFICIAL) && repository.split_once('/').is_some_and(|(_, path)| has_words(path, project))
}

/// All texts that identify an image for a pattern: as it is written, and in normal form the repository, with tag, with digest.
pub(super) fn spellings(reference: &str) -> Vec<String> {
    let ReferenceParts { name, tagged, digest } = ReferenceParts::of(reference);
    let with_digest = digest.map(|digest| format!("{name}@{digest}"));
    let written = [ImageParts::of(reference).name.to_owned(), reference.to_owned(), deletable(reference)];
    written.into_iter().chain([name]).chain(tagged).chain(with_digest).collect()
}

/// The last component of the name, which is the same for all spellings of a reference.
fn last_component(reference: &str) -> &str {
    let name = reference.split('@').next().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    last.split(':').next().unwrap_or_default()
}

/// The parts of a text that may be image references.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let is_reference_character = |c: char| c.is_ascii_alphanumeric() || "._-:/@".contains(c);
    let tokens = text.split(move |c| !is_reference_character(c)).filter(|token| token.contains([':', '/', '@']));
    tokens.map(|token| token.rsplit("://").next().unwrap_or_default().trim_end_matches(['.', ':', '/', '@']))
}

/// Adds to `found` all references of an object to images in some repositories, in image fields and in any text.
pub(super) fn references(
    object: &Node,
    fields: &[ImageField],
    repositories: &BTreeSet<String>,
    found: &mut BTreeSet<SmolStr>,
) {
    let mut add = |text: &str| {
        if repositories.contains(&repository(text)) && ImageReference::parse(text).is_ok() {
            found.insert(deletable(text).into());
        }
    };
    images(object, fields, &mut add);
    each_text(object, &mut |text| tokens(text).for_each(&mut add));
}

/// An index that finds other references to the same image.
#[derive(Debug, Default)]
pub(super) struct ImageIndex {
    last_components: BTreeSet<String>,
    tagged: BTreeMap<String, BTreeSet<SmolStr>>,
    digests: BTreeMap<String, BTreeSet<SmolStr>>,
}

impl ImageIndex {
    /// Creates the index of some references.
    pub(super) fn of<'a>(references: impl IntoIterator<Item = &'a SmolStr>) -> Self {
        let mut index = ImageIndex::default();
        for reference in references {
            let parts = ReferenceParts::of(reference);
            index.last_components.insert(last_component(reference).to_owned());
            if let Some(tagged) = parts.tagged {
                index.tagged.entry(tagged).or_default().insert(reference.clone());
            }
            if let Some(digest) = parts.digest {
                index.digests.entry(digest).or_default().insert(reference.clone());
            }
        }
        index
    }

    /// Adds to `same` the indexed references to the same image as `reference`. Adds to `possible` those that may be the same
    /// image: the tags are equal and only one of the two has a digest, or the digests are equal and the repositories differ.
    /// References with different digests are different images, even if their tags are equal.
    pub(super) fn find(&self, reference: &str, same: &mut BTreeSet<SmolStr>, possible: &mut BTreeSet<SmolStr>) {
        if !self.last_components.contains(last_component(reference)) && !reference.contains('@') {
            return;
        }
        let ReferenceParts { name, tagged, digest } = ReferenceParts::of(reference);
        for other in tagged.and_then(|tagged| self.tagged.get(&tagged)).into_iter().flatten() {
            match (digest.is_some(), other.contains('@')) {
                (true, true) => {}
                (false, false) => drop(same.insert(other.clone())),
                _ => drop(possible.insert(other.clone())),
            }
        }
        for other in digest.and_then(|digest| self.digests.get(&digest)).into_iter().flatten() {
            let set = if ReferenceParts::of(other).name == name { &mut *same } else { &mut *possible };
            set.insert(other.clone());
        }
    }

    /// Adds to `found` the indexed references that occur in any text of `node`. Text without `:`, `/` or `@` is ignored, because
    /// it need not be an image.
    pub(super) fn find_in_texts(&self, node: &Node, found: &mut BTreeSet<SmolStr>) {
        each_text(node, &mut |text| {
            for token in tokens(text) {
                let mut same = BTreeSet::new();
                self.find(token, &mut same, found);
                found.append(&mut same);
                if let Some(with_digest) = self.digests.get(&token.to_lowercase()) {
                    found.extend(with_digest.iter().cloned());
                }
            }
        });
    }
}

/// Calls `found` with each text of a node.
pub(super) fn each_text(node: &Node, found: &mut dyn FnMut(&str)) {
    match &node.value {
        Value::Seq(items) => items.iter().for_each(|item| each_text(item, found)),
        Value::Map(map) => map.iter().for_each(|entry| each_text(&entry.value, found)),
        Value::Scalar(scalar) => found(&scalar.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Location;
    use crate::yaml::{self, Dialect};

    fn node(text: &str) -> Node {
        yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap().remove(0)
    }

    #[test]
    fn images_of_pods_at_any_depth_and_of_declared_fields_are_found() {
        let object = node(
            "apiVersion: example.com/v1\nkind: Fleet\nimage: no\nspec:\n  runner: {image: 'r:1', images: ['r:2', 'r:3']}\n  jobs:\n  - template:\n      \
             spec:\n        containers: [{name: a, image: 'a:1'}, {name: b}]\n        initContainers: [{image: 'i:1'}]\n        \
             ephemeralContainers: [{image: 'e:1'}]\n        volumes: [{name: v, image: {reference: 'v:1'}}, {name: w}]\n",
        );
        let all = |fields: &[ImageField]| {
            let mut found = BTreeSet::new();
            images(&object, fields, &mut |image| {
                found.insert(image.to_owned());
            });
            found.into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(all(&[]), "a:1 e:1 i:1 v:1");
        let field = |group: &str, kind: &str, path: &str| ImageField::new(Some(group), Some(kind), path);
        assert_eq!(all(&[field("example.com", "Fleet", "spec/runner/image")]), "a:1 e:1 i:1 r:1 v:1");
        assert_eq!(all(&[field("example.com", "Fleet", "spec/runner/images[]")]), "a:1 e:1 i:1 r:2 r:3 v:1");
        assert_eq!(all(&[field("example.com", "Other", "spec/runner/image")]), "a:1 e:1 i:1 v:1");
    }

    #[test]
    fn references_to_the_same_image_are_recognized() {
        let [a, b] = ["a", "b"].map(|digit| format!("sha256:{}", digit.repeat(64)));
        for (indexed, reference, want) in [
            ("nginx", "docker.io/library/nginx:latest".to_owned(), "same"),
            ("nginx:1", "index.docker.io/nginx:1".into(), "same"),
            ("library/nginx:1", "docker.io/nginx:1".into(), "same"),
            ("shop/nginx:1", "nginx:1".into(), "another"),
            ("nginx:1", "nginx:1.2".into(), "another"),
            ("r.example.com/nginx:1", "nginx:1".into(), "another"),
            ("R.example.com:5000/a/b:1", "r.example.com:5000/a/b:1".into(), "same"),
            ("r.example.com:5000/a/b:1", "r.example.com/a/b:1".into(), "another"),
            (&format!("x:1@{a}"), format!("x:2@{a}"), "same"),
            (&format!("x:1@{a}"), format!("r.example.com/other@{a}"), "possible"),
            (&format!("x:1@{a}"), format!("y:1@{b}"), "another"),
            (&format!("x:1@{a}"), format!("x:1@{b}"), "another"),
            (&format!("x:1@{a}"), "x:1".into(), "possible"),
            ("x:1", format!("x:1@{b}"), "possible"),
            (&format!("x@{a}"), "x".into(), "another"),
            (&format!("x@{a}"), format!("X@{}", a.to_uppercase()), "possible"),
        ] {
            let (mut same, mut possible) = (BTreeSet::new(), BTreeSet::new());
            ImageIndex::of(&[indexed.into()]).find(&reference, &mut same, &mut possible);
            let got = match (same.is_empty(), possible.is_empty()) {
                (false, true) => "same",
                (true, false) => "possible",
                (true, true) => "another",
                (false, false) => "both",
            };
            assert_eq!(got, want, "{indexed} {reference}");
        }
    }

    #[test]
    fn a_reference_with_a_digest_is_deleted_without_its_tag() {
        for (reference, want) in [
            ("r.example.com:5000/a/b:1", "r.example.com:5000/a/b:1"),
            ("r.example.com:5000/a/b:1@sha256:0", "r.example.com:5000/a/b@sha256:0"),
            ("r.example.com:5000/a/b@sha256:0", "r.example.com:5000/a/b@sha256:0"),
            ("nginx:1@sha256:0", "nginx@sha256:0"),
            ("nginx", "nginx"),
        ] {
            assert_eq!(deletable(reference), want);
        }
    }

    #[test]
    fn references_are_found_in_all_texts() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let digested = format!("r.example.com/d@{digest}");
        let index =
            ImageIndex::of(&["r.example.com/a:1".into(), "b:2".into(), "redis".into(), digested.as_str().into()]);
        for (text, want) in [
            ("args: ['--image=r.example.com/a:1']", "r.example.com/a:1"),
            ("a: '{\"image\": \"docker.io/library/b:2\", \"x\": 1}'", "b:2"),
            ("a: see docker://r.example.com/a:1.", "r.example.com/a:1"),
            ("a: r.example.com/a:10", ""),
            ("name: redis", ""),
            ("a: docker.io/redis", "redis"),
            (&format!("a: \"x {digest} y\""), digested.as_str()),
            (&format!("a: other/d@{digest}"), digested.as_str()),
        ] {
            let mut found = BTreeSet::new();
            index.find_in_texts(&node(text), &mut found);
            assert_eq!(found.into_iter().collect::<Vec<_>>().join(" "), want, "{text}");
        }
    }
}
