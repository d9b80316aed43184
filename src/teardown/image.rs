//! Images that objects name, and whether two references mean the same image.
//!
//! The images of a removed branch are read where images are declared: in the containers of pods at any depth, in volumes made
//! of images, and in the fields that the spec declares. What an existing branch uses is searched in every text of its objects,
//! arguments and annotations included: an image that stays too long costs less than one that is missed.

use crate::image::ImageParts;
use crate::node::{Node, Value};
use crate::schema::Gvk;
use crate::spec::ImageField;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The lists of pods whose items have an image.
const CONTAINERS: [&str; 3] = ["containers", "ephemeralContainers", "initContainers"];

/// The registry of images whose names say none, and what else it is called.
const HUB: &str = "docker.io";
const HUB_TOO: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];
/// Where the hub has images of one word.
const LIBRARY: &str = "library";

/// Calls `found` with every image that an object names where images are declared.
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
                let path: &[&str] = match entry.key.text.as_str() {
                    key if CONTAINERS.contains(&key) => &["image"],
                    "volumes" => &["image", "reference"],
                    _ => &[],
                };
                let items = entry.value.as_seq().filter(|_| !path.is_empty()).unwrap_or_default();
                items.iter().filter_map(|item| item.str_at(path)).filter(|text| !text.is_empty()).for_each(&mut *found);
                containers(&entry.value, found);
            }
        }
    }
}

/// A reference taken apart, in the one form that all its spellings share.
#[derive(Debug, PartialEq, Eq)]
struct ReferenceParts {
    /// Registry and repository.
    name: String,
    /// The same and the tag, if it is known by a tag.
    tagged: Option<String>,
    /// The digest with its algorithm.
    digest: Option<String>,
}

impl ReferenceParts {
    /// `nginx` is `docker.io/library/nginx:latest`. With a digest, the tag only tells what the digest was called.
    fn of(reference: &str) -> Self {
        let parts = ImageParts::of(reference);
        let ImageParts { tag, digest, .. } = parts;
        let (registry, path) = parts.location();
        let registry = registry.map_or(HUB.to_owned(), str::to_lowercase);
        let registry = if HUB_TOO.contains(&registry.as_str()) { HUB } else { &registry };
        let library = if registry == HUB && !path.contains('/') { format!("{LIBRARY}/") } else { String::new() };
        let tag = tag.or((digest.is_none()).then_some("latest"));
        let name = format!("{registry}/{library}{path}");
        ReferenceParts { tagged: tag.map(|tag| format!("{name}:{tag}")), digest: digest.map(str::to_lowercase), name }
    }
}

/// A reference as it is deleted: if it has a digest, without the tag, which may be that of another one by now.
pub(super) fn bare(reference: &str) -> String {
    match ImageParts::of(reference) {
        ImageParts { name, digest: Some(digest), .. } => format!("{name}@{digest}"),
        _ => reference.to_owned(),
    }
}

/// The last word of a name, without tag and digest: what any two spellings of a reference have in common.
fn word(reference: &str) -> &str {
    let name = reference.split('@').next().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    last.split(':').next().unwrap_or_default()
}

/// References by what another reference to the same image may have in common with them.
#[derive(Debug, Default)]
pub(super) struct ImageIndex {
    words: BTreeSet<String>,
    tagged: BTreeMap<String, BTreeSet<SmolStr>>,
    digests: BTreeMap<String, BTreeSet<SmolStr>>,
}

impl ImageIndex {
    /// The index of some references.
    pub(super) fn of<'a>(references: impl IntoIterator<Item = &'a SmolStr>) -> Self {
        let mut index = ImageIndex::default();
        for reference in references {
            let parts = ReferenceParts::of(reference);
            index.words.insert(word(reference).to_owned());
            if let Some(tagged) = parts.tagged {
                index.tagged.entry(tagged).or_default().insert(reference.clone());
            }
            if let Some(digest) = parts.digest {
                index.digests.entry(digest).or_default().insert(reference.clone());
            }
        }
        index
    }

    /// Adds to `same` the references that are about the same image as `reference`, and to `perhaps` those that may be, or are
    /// of a copy: where only one has a digest the other is known by a tag alone, which moves, and one digest may stand in
    /// several repositories. Two digests are two images, whatever their tags.
    pub(super) fn find(&self, reference: &str, same: &mut BTreeSet<SmolStr>, perhaps: &mut BTreeSet<SmolStr>) {
        if !self.words.contains(word(reference)) && !reference.contains('@') {
            return;
        }
        let ReferenceParts { name, tagged, digest } = ReferenceParts::of(reference);
        for other in tagged.and_then(|tagged| self.tagged.get(&tagged)).into_iter().flatten() {
            match (digest.is_some(), other.contains('@')) {
                (true, true) => {}
                (false, false) => drop(same.insert(other.clone())),
                _ => drop(perhaps.insert(other.clone())),
            }
        }
        for other in digest.and_then(|digest| self.digests.get(&digest)).into_iter().flatten() {
            let set = if ReferenceParts::of(other).name == name { &mut *same } else { &mut *perhaps };
            set.insert(other.clone());
        }
    }

    /// Adds to `seen` the references that stand in any text of `node`. A word alone may be anything and counts only
    /// where images are declared.
    pub(super) fn find_in(&self, node: &Node, seen: &mut BTreeSet<SmolStr>) {
        match &node.value {
            Value::Seq(items) => items.iter().for_each(|item| self.find_in(item, seen)),
            Value::Map(map) => map.iter().for_each(|entry| self.find_in(&entry.value, seen)),
            Value::Scalar(scalar) => {
                let inside = |c: char| c.is_ascii_alphanumeric() || "._-:/@".contains(c);
                for token in scalar.text.split(|c| !inside(c)).filter(|token| token.contains([':', '/', '@'])) {
                    let token = token.rsplit("://").next().unwrap_or_default().trim_end_matches(['.', ':', '/', '@']);
                    let mut same = BTreeSet::new();
                    self.find(token, &mut same, seen);
                    seen.append(&mut same);
                    if let Some(seen_here) = self.digests.get(&token.to_lowercase()) {
                        seen.extend(seen_here.iter().cloned());
                    }
                }
            }
        }
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
    fn images_are_in_pods_at_any_depth_and_in_fields_of_the_spec() {
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
    fn one_image_has_many_names() {
        let [a, b] = ["a", "b"].map(|digit| format!("sha256:{}", digit.repeat(64)));
        for (sought, used, want) in [
            ("nginx", "docker.io/library/nginx:latest".to_owned(), "same"),
            ("nginx:1", "index.docker.io/nginx:1".into(), "same"),
            ("library/nginx:1", "docker.io/nginx:1".into(), "same"),
            ("shop/nginx:1", "nginx:1".into(), "another"),
            ("nginx:1", "nginx:1.2".into(), "another"),
            ("r.example.com/nginx:1", "nginx:1".into(), "another"),
            ("R.example.com:5000/a/b:1", "r.example.com:5000/a/b:1".into(), "same"),
            ("r.example.com:5000/a/b:1", "r.example.com/a/b:1".into(), "another"),
            (&format!("x:1@{a}"), format!("x:2@{a}"), "same"),
            (&format!("x:1@{a}"), format!("r.example.com/other@{a}"), "perhaps"),
            (&format!("x:1@{a}"), format!("y:1@{b}"), "another"),
            (&format!("x:1@{a}"), format!("x:1@{b}"), "another"),
            (&format!("x:1@{a}"), "x:1".into(), "perhaps"),
            ("x:1", format!("x:1@{b}"), "perhaps"),
            (&format!("x@{a}"), "x".into(), "another"),
            (&format!("x@{a}"), format!("X@{}", a.to_uppercase()), "perhaps"),
        ] {
            let (mut same, mut perhaps) = (BTreeSet::new(), BTreeSet::new());
            ImageIndex::of(&[sought.into()]).find(&used, &mut same, &mut perhaps);
            let got = match (same.is_empty(), perhaps.is_empty()) {
                (false, true) => "same",
                (true, false) => "perhaps",
                (true, true) => "another",
                (false, false) => "both",
            };
            assert_eq!(got, want, "{sought} {used}");
        }
    }

    #[test]
    fn what_is_deleted() {
        for (reference, want) in [
            ("r.example.com:5000/a/b:1", "r.example.com:5000/a/b:1"),
            ("r.example.com:5000/a/b:1@sha256:0", "r.example.com:5000/a/b@sha256:0"),
            ("r.example.com:5000/a/b@sha256:0", "r.example.com:5000/a/b@sha256:0"),
            ("nginx:1@sha256:0", "nginx@sha256:0"),
            ("nginx", "nginx"),
        ] {
            assert_eq!(bare(reference), want);
        }
    }

    #[test]
    fn an_existing_branch_uses_what_any_of_its_texts_names() {
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
            let mut seen = BTreeSet::new();
            index.find_in(&node(text), &mut seen);
            assert_eq!(seen.into_iter().collect::<Vec<_>>().join(" "), want, "{text}");
        }
    }
}
