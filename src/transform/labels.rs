//! `labels` and `commonLabels`.

use super::field::{self, Make};
use super::{Kustomization, Label, Pairs, Resources, Scope};
use crate::error::{Error, Kind, Result, gather};
use crate::node::{Map, Node, Scalar, Style, Tag, Value};
use crate::schema::fieldspec::{self, FieldSpec};
use crate::yaml::{self, Dialect};

/// The steps `labels` and then `commonLabels`.
pub(super) fn step(resources: &mut Resources, kustomization: &Kustomization, scope: &Scope) -> Result<()> {
    for label in &kustomization.labels {
        let specs = specs(label, scope).map_err(|error| error.at(label.at))?;
        apply(resources, &label.pairs, &specs)?;
    }
    apply(resources, &kustomization.common_labels, &scope.specs.common_labels)
}

/// The fields that an entry of `labels` is about. A field that it names itself stands in the way of a default with the
/// same path, whatever their kinds.
fn specs(label: &Label, scope: &Scope) -> Result<Vec<FieldSpec>, Error> {
    let mut specs = label.fields.clone();
    fieldspec::extend(&mut specs, &scope.specs.labels)?;
    if label.include_selectors {
        fieldspec::extend(&mut specs, &scope.specs.common_labels)?;
    } else {
        if label.include_templates {
            fieldspec::extend(&mut specs, &scope.specs.template_labels)?;
        }
        let own = FieldSpec { path: "metadata/labels".into(), create: true, ..FieldSpec::default() };
        fieldspec::extend(&mut specs, &[own])?;
    }
    Ok(specs)
}

/// Sets labels in the fields that `specs` name.
pub(super) fn apply(resources: &mut Resources, pairs: &Pairs, specs: &[FieldSpec]) -> Result<()> {
    set(resources, pairs, specs, "label")
}

/// Sets entries of the mappings that `specs` name.
pub(super) fn set(resources: &mut Resources, pairs: &Pairs, specs: &[FieldSpec], what: &str) -> Result<()> {
    if pairs.is_empty() || specs.is_empty() {
        return Ok(());
    }
    gather(pairs, |(key, value)| {
        let tag = yaml::resolve(key, Dialect::Kubernetes);
        if tag == Tag::Str {
            return Ok(());
        }
        let read = Node::plain(key.clone(), tag).kind_name();
        let message = format!("the {what} `{key}` is written without quotes by kustomize and read as {read}");
        Err(Error::new(Kind::Overlay, message).at(value.at).help("choose a key that is not a number, `true` or `null`"))
    })?;
    gather(resources.iter_mut(), |resource| {
        let value = &mut |old: &Node, spec: &FieldSpec| entries(old, pairs, spec);
        field::change_all(&mut resource.node, specs, Make::Map, value).map_err(|error| error.at(resource.origin))
    })?;
    Ok(())
}

/// The mapping `old` with the pairs in it, if that is not what it is already.
fn entries(old: &Node, pairs: &Pairs, spec: &FieldSpec) -> Result<Option<Node>, Error> {
    let map = match &old.value {
        Value::Map(map) => map,
        Value::Scalar(_) if old.is_null() => return Ok(None),
        _ => {
            let message = format!("`{}` must be a mapping, but this is {}", spec.path, old.kind_name());
            return Err(Error::new(Kind::Resource, message).at(old.at));
        }
    };
    if pairs.iter().all(|(key, value)| map.get(key).and_then(Node::as_str) == Some(value)) {
        return Ok(None);
    }
    let mut map: Map = map.clone();
    for (key, value) in pairs {
        let style = map.get(key).and_then(Node::as_scalar).map_or(Style::Plain, |scalar| scalar.style);
        let scalar = Scalar { text: value.text.clone(), tag: Tag::Str, style };
        map.insert(field::key(key, value.at), Node::new(Value::Scalar(scalar), value.at));
    }
    Ok(Some(Node::new(Value::Map(map), old.at)))
}
