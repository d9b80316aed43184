//! `namespace`.
//!
//! Everything gets the namespace except objects of cluster-scoped kinds; a `Namespace` gets
//! it as its name. In the build of a branch, an object with the annotation `pleach.dev/namespace: keep` stays where it is. Subjects of role bindings get it only where they surely mean an account of the same namespace.

use super::plugin;
use crate::annotation::{NAMESPACE_ANNOTATION, NAMESPACE_KEPT};
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::kustomize::field;
use crate::kustomize::field::{Edits, Make, SpecsByKind, Trail};
use crate::kustomize::input::{Resources, StepContext, cause};
use crate::kustomize::model::{Kustomization, Text};
use crate::kustomize::parsed::{self, Written};
use crate::node::{Node, Scalar, Style, Tag, Value};
use crate::resource::Resource;
use crate::schema::Gvk;
use crate::schema::fieldspec::FieldSpec;
use crate::work::WorkCounter;
use std::sync::LazyLock;

/// What the namespace transformer does.
pub(crate) struct Namespace<'a> {
    /// The name of the namespace.
    pub(crate) name: &'a Text,
    /// Further fields that name it.
    pub(crate) specs: &'a [FieldSpec],
    /// Whether objects that have a namespace keep it.
    pub(crate) unset_only: bool,
    /// Which subjects of role bindings get it.
    pub(crate) subjects: Subjects,
    /// Whether objects with the annotation `pleach.dev/namespace: keep` stay in their namespaces.
    pub(crate) keeps: bool,
}

/// Which subjects of role bindings get the namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Subjects {
    /// Those named `default`.
    #[default]
    DefaultOnly,
    /// All service accounts.
    AllServiceAccounts,
    /// None.
    None,
}

/// The step `namespace`.
pub(crate) fn step(resources: &mut Resources, kustomization: &Kustomization, context: &StepContext) -> Result<()> {
    let Some(namespace) = &kustomization.namespace else { return Ok(()) };
    let specs = &context.specs.namespace;
    let keeps = context.rules.is_branch;
    if keeps {
        resources
            .iter()
            .flat_map(|resource| replaced_subjects(resource, namespace))
            .for_each(|found| context.warn(found));
    }
    let config = Namespace { name: namespace, specs, unset_only: false, subjects: Subjects::default(), keeps };
    apply(resources, &config, context.input.work).map_err(cause::entry(namespace.at, "namespace"))
}

/// The warnings about subjects of a role binding that are the account `default` of another namespace, and become that of this one.
fn replaced_subjects<'r>(resource: &'r Resource, namespace: &'r Text) -> impl Iterator<Item = Diagnostic> + 'r {
    let id = resource.id();
    let is_binding = is_binding(&id.gvk) && !is_kept(&resource.node);
    let subjects = resource.node.get("subjects").and_then(Node::as_seq).filter(|_| is_binding).unwrap_or_default();
    subjects.iter().filter_map(move |subject| {
        let other = subject.get("namespace").filter(|_| subject.str_at(&["name"]) == Some("default"))?;
        let text = other.as_text().filter(|text| !text.is_empty() && *text != namespace.text)?;
        let own = if id.namespace.is_empty() { "default" } else { &id.namespace };
        let message = format!(
            "the subject `default` of the namespace `{text}` becomes the `default` account of the branch in `{} {}`",
            id.gvk.kind, id.name
        );
        let warning = Diagnostic::new(Code::Resource, message).at(other.at).at(resource.origin).help(
            "for the account of the branch, leave `namespace` out; for the other one, set `namespace: {{ branch.namespace }}` and the \
             annotation `pleach.dev/namespace: keep` in the metadata of the binding",
        );
        (text != own).then_some(warning)
    })
}

fn is_binding(gvk: &Gvk) -> bool {
    matches!(gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding")
}

/// Whether objects of a kind are outside of namespaces for kustomize since 5.8.2.
fn is_admission_policy(gvk: &Gvk) -> bool {
    gvk.group == "admissionregistration.k8s.io"
        && matches!(gvk.kind.as_str(), "ValidatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding")
}

/// Whether an object has the annotation `pleach.dev/namespace: keep`.
fn is_kept(object: &Node) -> bool {
    object.str_at(&["metadata", "annotations", NAMESPACE_ANNOTATION]) == Some(NAMESPACE_KEPT)
}

/// Moves all objects into a namespace.
pub(crate) fn apply(resources: &mut Resources, namespace: &Namespace, work: &WorkCounter) -> Result<()> {
    let mut specs = SpecsByKind::new(namespace.specs);
    gather(resources.iter_mut(), |resource| {
        resource.remember_id();
        let again = parsed::is_followed(resource);
        namespace
            .put(&mut resource.node, &mut specs, (again, work))
            .map_err(|error| resource.within(error.limit_at(namespace.name.at)))
    })?;
    parsed::follow(resources, Written::Text);
    // Some objects differed only in their namespaces.
    resources.refuse_collisions(&format!("in the namespace `{}`", namespace.name), namespace.name.at)
}

/// The namespace of an object.
static METADATA: LazyLock<FieldSpec> =
    LazyLock::new(|| FieldSpec { path: "metadata/namespace".into(), create: true, ..FieldSpec::default() });

/// The namespace of a subject.
static NAMESPACE: LazyLock<FieldSpec> =
    LazyLock::new(|| FieldSpec { path: "namespace".into(), ..FieldSpec::default() });

impl Namespace<'_> {
    fn put(
        &self,
        object: &mut Node,
        specs: &mut SpecsByKind,
        (again, work): (bool, &WorkCounter),
    ) -> Result<(), Diagnostic> {
        let gvk = Gvk::of(object);
        let kept = self.keeps && is_kept(object);
        if !(kept || gvk.is_cluster_scoped() || self.keeps && is_admission_policy(&gvk)) {
            field::change(object, &METADATA, Make::Plain, work, &mut |old, _| self.value(old, &METADATA, again))?;
        }
        let binding = is_binding(&gvk);
        if binding && !kept {
            self.put_subjects(object, again)?;
        }
        let core = object.get("apiVersion").and_then(Node::as_text) == Some("v1");
        for spec in specs.of(&gvk, work)? {
            // What is done above, or is the name of something that is no `Namespace`.
            let apart = match spec.path.as_str() {
                "metadata/namespace" => true,
                "metadata/name" => !core || kept,
                "subjects/namespace" => binding && matches!(spec.kind.as_str(), "RoleBinding" | "ClusterRoleBinding"),
                _ => false,
            };
            if !apart {
                field::change(object, spec, Make::Str, work, &mut |old, _| self.value(old, spec, again))?;
            }
        }
        Ok(())
    }

    /// The namespace that replaces `old`, even by the same if it is set `again`.
    fn value(&self, old: &Node, spec: &FieldSpec, again: bool) -> Result<Option<Node>, Diagnostic> {
        let scalar = field::scalar(old, &spec.path)?;
        // For kustomize the text `null` is a namespace where it may make the field.
        let set = !scalar.text.is_empty() && (scalar.tag != Tag::Null || spec.create);
        let keep = self.unset_only && set;
        let same = scalar.tag == Tag::Str && scalar.text == self.name.text;
        Ok((!keep && (again || !same)).then(|| self.node(scalar.style)))
    }

    fn node(&self, style: Style) -> Node {
        let scalar = Scalar { text: self.name.text.clone(), tag: Tag::Str, style };
        Node::new(Value::Scalar(scalar), self.name.at)
    }

    fn put_subjects(&self, binding: &mut Node, again: bool) -> Result<(), Diagnostic> {
        let wanted = match self.subjects {
            Subjects::None => return Ok(()),
            Subjects::DefaultOnly => ("name", "default"),
            Subjects::AllServiceAccounts => ("kind", "ServiceAccount"),
        };
        let Some(subjects) = binding.get("subjects").filter(|subjects| !subjects.is_null()) else { return Ok(()) };
        let refused = |node: &Node, what: &str| {
            Diagnostic::new(Code::Resource, format!("{what}, got {}", node.kind_name())).at(node.at)
        };
        let list = subjects.as_seq().ok_or_else(|| refused(subjects, "`subjects` must be a list"))?;
        let mut edits = Edits::default();
        Trail::default().key("subjects", |trail| {
            list.iter().enumerate().filter(|(_, subject)| !subject.is_null()).try_for_each(|(i, subject)| {
                let map = subject.as_map().ok_or_else(|| refused(subject, "a subject must be a mapping"))?;
                if map.get(wanted.0).and_then(Node::as_text) != Some(wanted.1) {
                    return Ok(());
                }
                let new = match map.get("namespace") {
                    Some(old) => self.value(old, &NAMESPACE, again)?,
                    None => Some(self.node(Style::Plain)),
                };
                if let Some(new) = new {
                    trail.index(i, |trail| trail.key("namespace", |trail| edits.push(trail, new)));
                }
                Ok(())
            })
        })?;
        edits.apply(binding);
        Ok(())
    }
}

/// The plugin `NamespaceTransformer`.
pub(crate) fn configured(resources: &mut Resources, plugin: &Resource, context: &StepContext) -> Result<()> {
    let (unset_only, subjects, specs) = plugin::read(plugin, |fields| {
        let subjects = match fields.str("setRoleBindingSubjects") {
            None | Some("" | "defaultOnly") => Subjects::DefaultOnly,
            Some("allServiceAccounts") => Subjects::AllServiceAccounts,
            Some("none") => Subjects::None,
            Some(other) => {
                let message = format!("`{other}` is not one of `defaultOnly`, `allServiceAccounts` and `none`");
                let at = fields.at("setRoleBindingSubjects");
                fields.errors().report(at, message);
                Subjects::None
            }
        };
        (fields.bool("unsetOnly").unwrap_or_default(), subjects, plugin::specs(fields))
    })?;
    let Some(namespace) = plugin.node.at_path(&["metadata", "namespace"]).and_then(Text::of) else { return Ok(()) };
    if namespace.is_empty() {
        return Ok(());
    }
    let keeps = context.rules.is_branch;
    let config = Namespace { name: &namespace, specs: &specs, unset_only, subjects, keeps };
    apply(resources, &config, context.input.work)
}
