//! Reads field specs from kustomizations, files of `configurations` and configurations of transformers.

use super::{FieldSpec, FieldSpecs, NameReference};
use crate::diagnostic::{Code, Result};
use crate::node::{Node, Tag};
use crate::work;
use crate::yaml::{FieldErrors, Fields, number};
use smol_str::SmolStr;
use std::sync::OnceLock;

/// A function that reads a string field.
type StringReader = fn(&mut Fields, &'static str) -> SmolStr;

fn strict(fields: &mut Fields, name: &'static str) -> SmolStr {
    fields.str(name).unwrap_or_default().into()
}

/// Also accepts numbers and booleans as strings, as kustomize does everywhere except in kustomizations.
fn lenient(fields: &mut Fields, name: &'static str) -> SmolStr {
    let Some(node) = fields.node(name) else { return SmolStr::default() };
    match node.as_scalar().map(|scalar| (scalar.tag, scalar.text.as_str())) {
        Some((Tag::Bool, _)) => node.as_bool().unwrap_or_default().to_string().into(),
        Some((Tag::Int | Tag::Float, text)) => {
            let mut out = String::new();
            number::write_canonical(&mut out, text).map_or_else(|_| text.into(), |()| out.into())
        }
        _ => strict(fields, name),
    }
}

impl FieldSpec {
    /// Reads a field spec of a kustomization.
    pub(crate) fn read(node: &Node, errors: &mut FieldErrors) -> Option<Self> {
        FieldSpec::read_with(node, errors, strict)
    }

    /// Reads a field spec of another configuration, in which numbers and booleans are accepted as strings.
    pub(crate) fn read_lenient(node: &Node, errors: &mut FieldErrors) -> Option<Self> {
        FieldSpec::read_with(node, errors, lenient)
    }

    fn read_with(node: &Node, errors: &mut FieldErrors, text: StringReader) -> Option<Self> {
        Fields::read(node, "a field spec", errors, |fields| {
            let mut part = |name| text(fields, name);
            let (group, version, kind, path) = (part("group"), part("version"), part("kind"), part("path"));
            if let Err(error) = work::check_depth(path.split('/').count()) {
                let at = fields.at("path");
                fields.errors().push(error.at(at));
            }
            Some(FieldSpec { group, version, kind, path, create: fields.bool("create").unwrap_or_default() })
        })
    }
}

impl NameReference {
    fn read(node: &Node, errors: &mut FieldErrors) -> Option<Self> {
        Fields::read(node, "an entry of `nameReference`", errors, |fields| {
            let mut part = |name| lenient(fields, name);
            Some(NameReference {
                group: part("group"),
                version: part("version"),
                kind: part("kind"),
                fields: fields.list("fieldSpecs", FieldSpec::read_lenient),
            })
        })
    }
}

impl FieldSpecs {
    /// Reads a file of `configurations`.
    pub(crate) fn read(document: &Node) -> Result<FieldSpecs> {
        let mut errors = FieldErrors::ignoring_case(Code::Overlay);
        let specs = Fields::read(document, "a file of `configurations`", &mut errors, |fields| {
            let mut list = |name| fields.list(name, FieldSpec::read_lenient);
            Some(FieldSpecs {
                name_prefix: list("namePrefix"),
                name_suffix: list("nameSuffix"),
                namespace: list("namespace"),
                common_labels: list("commonLabels"),
                labels: list("labels"),
                template_labels: list("templateLabels"),
                common_annotations: list("commonAnnotations"),
                var_reference: list("varReference"),
                images: list("images"),
                replicas: list("replicas"),
                name_reference: fields.list("nameReference", NameReference::read),
                reference_trees: OnceLock::new(),
            })
        });
        let mut specs = specs.unwrap_or_default();
        specs.sort();
        errors.check(specs)
    }
}

#[cfg(test)]
mod tests {
    use super::FieldSpecs;
    use crate::source::Location;
    use crate::yaml::{self, Dialect};

    #[test]
    fn unknown_fields_are_refused_and_case_is_ignored() {
        let read = |text: &str| {
            let documents = yaml::parse(text, Dialect::Yaml11, &|_, _, _| Location::NONE).unwrap();
            FieldSpecs::read(&documents[0]).map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let specs =
            read("commonlabels: [{Path: a/b, create: true}]\nnamereference: [{kind: X, fieldspecs: [{path: c}]}]");
        let specs = specs.unwrap();
        assert_eq!(specs.common_labels[0].path, "a/b");
        assert!(specs.common_labels[0].create);
        assert_eq!(specs.name_reference[0].fields[0].path, "c");
        assert_eq!(read("commonLabel: []\nimages: [{paths: x}]").unwrap_err().len(), 2);
        assert!(read("images: x").is_err());
    }
}
