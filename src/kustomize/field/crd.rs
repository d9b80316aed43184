//! `crds`: field specs out of the `OpenAPI` definitions of custom resources.
//!
//! Only the extensions of kustomize are read: which fields name other objects, carry annotations, select by labels
//! or are names themselves.

use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Map, MapEntry, Node};
use crate::schema::fieldspec::{FieldSpec, FieldSpecs, NameReference};
use crate::work::{self, WorkCounter};

/// The field specs of all kinds that the documents define; refused if they are something else than definitions.
pub(crate) fn field_specs(documents: &[Node], work: &WorkCounter) -> Result<FieldSpecs, Diagnostic> {
    let mut specs = FieldSpecs::default();
    for definitions in documents {
        let parts = definitions.as_map().into_iter().flatten().map(|entry| &entry.value);
        let is_wrong = |node: &&Node| node.as_map().is_none() && !node.is_null();
        if let Some(wrong) = std::iter::once(definitions).chain(parts).find(is_wrong) {
            let message = format!("`crds` must be OpenAPI definitions by name, got {}", wrong.kind_name());
            return Err(Diagnostic::new(Code::Overlay, message).at(wrong.at).help(
                "list a CustomResourceDefinition in `resources`; `crds` only define which of its fields are names",
            ));
        }
        for entry in definitions.as_map().into_iter().flatten() {
            let Some(properties) = properties(&entry.value) else { continue };
            if ["kind", "apiVersion", "metadata"].into_iter().all(|key| properties.has(key)) {
                let name = entry.key.text.as_str();
                let kind = name.rsplit('.').next().unwrap_or(name);
                let mut walk = SchemaWalk { definitions, kind, specs: &mut specs, work };
                walk.definition(name, &mut Vec::new(), &mut Vec::new()).map_err(|error| error.at(entry.key.at))?;
            }
        }
    }
    Ok(specs)
}

/// The properties of a definition, which are in `Schema`, in any case.
fn properties(definition: &Node) -> Option<&Map> {
    let mut entries = definition.as_map()?.iter();
    entries.find(|entry| entry.key.text.eq_ignore_ascii_case("schema"))?.value.get("properties")?.as_map()
}

/// A walk over the definition of one kind.
struct SchemaWalk<'a> {
    definitions: &'a Node,
    kind: &'a str,
    specs: &'a mut FieldSpecs,
    work: &'a WorkCounter,
}

impl<'a> SchemaWalk<'a> {
    fn definition(
        &mut self,
        name: &'a str,
        path: &mut Vec<&'a str>,
        within: &mut Vec<&'a str>,
    ) -> Result<(), Diagnostic> {
        let Some(definition) = self.definitions.get(name).filter(|_| !within.contains(&name)) else { return Ok(()) };
        work::check_depth(path.len())?;
        within.push(name);
        for entry in properties(definition).into_iter().flatten() {
            path.push(&entry.key.text);
            self.work.text(path.len())?;
            self.property(&entry.value, path)?;
            if let Some(reference) = entry.value.get("$ref").and_then(Node::as_str) {
                self.definition(reference, path, within)?;
            }
            path.pop();
        }
        within.pop();
        Ok(())
    }

    fn property(&mut self, property: &'a Node, path: &[&str]) -> Result<(), Diagnostic> {
        let Some(fields) = property.as_map().filter(|fields| fields.iter().any(is_extension)) else { return Ok(()) };
        self.work.text(path.iter().map(|part| 1 + part.len()).sum())?;
        let extension_of = |extension: &str| fields.get(extension).and_then(Node::as_str);
        let field = |path: String| FieldSpec { kind: self.kind.into(), path: path.into(), ..FieldSpec::default() };
        if extension_of("x-kubernetes-annotation").is_some() {
            self.specs.common_annotations.push(field(path.join("/")));
        }
        if extension_of("x-kubernetes-label-selector").is_some() {
            self.specs.common_labels.push(field(path.join("/")));
        }
        if extension_of("x-kubernetes-identity").is_some() {
            self.specs.name_prefix.push(field(path.join("/")));
        }
        let target =
            extension_of("x-kubernetes-object-ref-api-version").zip(extension_of("x-kubernetes-object-ref-kind"));
        if let Some((version, kind)) = target {
            let key = extension_of("x-kubernetes-object-ref-name-key").unwrap_or("name");
            let fields = vec![field([&path.join("/"), key].join("/"))];
            let reference = NameReference { group: "".into(), version: version.into(), kind: kind.into(), fields };
            self.specs.name_reference.push(reference);
        }
        Ok(())
    }
}

fn is_extension(entry: &MapEntry) -> bool {
    entry.key.text.starts_with("x-kubernetes-")
}
