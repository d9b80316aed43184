//! `imageFields:`, the fields of custom resources that contain images.

use super::section::Section;
use super::spec_error;
use crate::diagnostic::Diagnostic;
use crate::image;
use crate::node::{Node, Value};
use crate::schema::Gvk;
use crate::schema::fieldspec::FieldSpec;
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::fmt;

/// A field that contains an image, or a list of images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImageField {
    group: Option<SmolStr>,
    kind: Option<SmolStr>,
    path: Vec<SmolStr>,
    /// Where it is written.
    pub(crate) at: Location,
}

impl ImageField {
    /// The field at `path` of the objects of a group and kind; `None` matches all. The path is a path of a kustomize field
    /// spec: keys with `/` between them. Each item of a list is visited, with or without `[]` in the path.
    pub(crate) fn new(group: Option<&str>, kind: Option<&str>, path: &str) -> Self {
        let keys = path.split('/').map(|key| key.strip_suffix("[]").unwrap_or(key)).filter(|key| !key.is_empty());
        let path = keys.map(Into::into).collect();
        ImageField { group: group.map(Into::into), kind: kind.map(Into::into), path, at: Location::NONE }
    }

    pub(super) fn all(top: &Section, faults: &mut Vec<Diagnostic>) -> Vec<Self> {
        let (mut fields, mut known) = (Vec::new(), BTreeMap::new());
        for node in top.list("imageFields").unwrap_or_default().iter().filter(|node| node.as_map().is_some()) {
            let section = Section::new("imageField", node);
            let (group, kind) = (section.text("group"), section.text("kind"));
            let Some(path) = section.text("path") else { continue };
            let field = ImageField::new(group.as_deref(), kind.as_deref(), &path);
            if field.path.is_empty() {
                let error = spec_error(format!("the path `{path}` does not name a field")).at(section.place("path"));
                faults.push(error.help("write the keys with `/` between them, such as `spec/runner/image`"));
            }
            let same = (field.group.clone(), field.kind.clone(), field.path.clone());
            if let Some(first) = known.insert(same, section.place("path")) {
                let error = spec_error("duplicate entry of `imageFields`".to_owned()).at(section.place("path"));
                faults.push(error.note(first, "first here"));
            }
            fields.push(ImageField { at: section.place("path"), ..field });
        }
        fields
    }

    /// Whether an object has the field other than as the image in a list of a pod, which needs no entry.
    pub(crate) fn is_needed_for(&self, object: &Node) -> bool {
        is_beside_pods(object, &self.path)
    }

    /// Whether objects of this kind have the field.
    pub(crate) fn selects(&self, gvk: &Gvk) -> bool {
        self.group.as_ref().is_none_or(|group| *group == gvk.group)
            && self.kind.as_ref().is_none_or(|kind| *kind == gvk.kind)
    }

    /// The field as a field spec.
    pub(crate) fn spec(&self) -> FieldSpec {
        FieldSpec {
            group: self.group.clone().unwrap_or_default(),
            kind: self.kind.clone().unwrap_or_default(),
            path: self.path.join("/").into(),
            ..FieldSpec::default()
        }
    }

    /// Calls `found` with each value of the field in an object.
    pub(crate) fn each<'n>(&self, object: &'n Node, found: &mut dyn FnMut(&'n Node)) {
        visit(object, &self.path, found);
    }
}

impl fmt::Display for ImageField {
    /// As in the message ``no object has the field `spec/image` of the kind `Runner` ``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the field `{}`", self.path.join("/"))?;
        match (&self.kind, &self.group) {
            (Some(kind), Some(group)) => write!(f, " of the kind `{kind}.{group}`"),
            (Some(kind), None) => write!(f, " of the kind `{kind}`"),
            (None, Some(group)) => write!(f, " of the API group `{group}`"),
            (None, None) => Ok(()),
        }
    }
}

fn visit<'n>(node: &'n Node, path: &[SmolStr], found: &mut dyn FnMut(&'n Node)) {
    match (&node.value, path) {
        (Value::Seq(items), _) => items.iter().for_each(|item| visit(item, path, found)),
        (Value::Map(map), [key, rest @ ..]) => map.get(key).into_iter().for_each(|node| visit(node, rest, found)),
        (Value::Scalar(_), []) => found(node),
        _ => {}
    }
}

fn is_beside_pods(node: &Node, path: &[SmolStr]) -> bool {
    match (&node.value, path) {
        (Value::Seq(items), _) => items.iter().any(|item| is_beside_pods(item, path)),
        (Value::Map(map), [key, rest @ ..]) => map.get(key).is_some_and(|value| {
            let is_of_pod = value.as_seq().is_some() && image::path_in_pod_list(key).is_some_and(|path| *rest == *path);
            !is_of_pod && is_beside_pods(value, rest)
        }),
        (Value::Scalar(_), []) => true,
        _ => false,
    }
}
