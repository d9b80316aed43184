//! Names that refer to other objects, followed after renames; once at the root.
//!
//! Every object is walked once along the fields that may name another one. Which object is meant, [`referral`] decides
//! on the names as they were when the walk began.

mod referral;

use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::kustomize::field;
use crate::kustomize::field::{Edits, Trail};
use crate::kustomize::input::{Resources, StepContext};
use crate::node::{Node, Value};
use crate::resource::Resource;
use crate::schema::Gvk;
use crate::schema::fieldspec::{FieldSpecs, ReferenceField, ReferenceTree};
use crate::work::WorkCounter;
use referral::{Named, Referrals, Referrer, With};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Follows the renames of all objects in the fields that `context.specs.name_reference` names.
pub(crate) fn fix(resources: &mut Resources, context: &StepContext) -> Result<()> {
    let specs = &context.specs;
    let work = context.input.work;
    // The trees of the defaults are made once, but their work counts for every branch.
    let kinds: BTreeSet<SmolStr> = resources.each(|_, resource| resource.original_gvk().kind).into_iter().collect();
    let trees = specs.reference_trees();
    let located = |error: Diagnostic| resources.iter().next().map_or(error.clone(), |first| first.blame(error));
    work.merged(kinds.iter().map(|kind| trees.count(kind)).sum()).map_err(located)?;
    let referrals = Referrals::new(resources.as_slice(), work);
    let edits = resources.each(|i, resource| edits(resource, i, &referrals, (specs, work)));
    let edits = gather(edits, |edits| edits)?;
    if edits.iter().any(|edits| !edits.is_empty()) {
        for (resource, edits) in resources.iter_mut().zip(edits) {
            edits.apply(&mut resource.node);
        }
    }
    Ok(())
}

/// What changes in one object.
fn edits<'r>(
    resource: &'r Resource,
    index: usize,
    referrals: &Referrals<'r>,
    (specs, work): (&FieldSpecs, &WorkCounter),
) -> Result<Edits, Diagnostic> {
    let gvk = resource.original_gvk();
    let tree = specs.reference_trees().of(&gvk.kind);
    if tree.parts.is_empty() {
        return Ok(Edits::default());
    }
    let referrer = Referrer::new(resource, index, referrals).map_err(|error| resource.blame(error))?;
    let edits = Edits::default();
    let mut walk = ReferenceWalk { gvk: &gvk, referrer: &referrer, referrals, specs, work, searched: 0, edits };
    let walked = walk.down(&resource.node, &tree, &mut Trail::default()).and_then(|()| work.found(walk.searched));
    walked.map_err(|error| resource.blame(error))?;
    Ok(walk.edits)
}

struct ReferenceWalk<'w, 'r> {
    /// The kind of the object when it was read.
    gvk: &'w Gvk,
    referrer: &'w Referrer<'r>,
    referrals: &'w Referrals<'r>,
    specs: &'w FieldSpecs,
    work: &'w WorkCounter,
    /// The number of fields searched that are not counted as work yet.
    searched: usize,
    edits: Edits,
}

/// The number of fields that are counted as work together.
const TOGETHER: usize = 1000;

impl ReferenceWalk<'_, '_> {
    fn count(&mut self, fields: usize) -> Result<(), Diagnostic> {
        self.searched += fields;
        if self.searched < TOGETHER { Ok(()) } else { self.work.found(std::mem::take(&mut self.searched)) }
    }

    fn at<'t>(&mut self, node: &'t Node, branch: &'t ReferenceTree, trail: &mut Trail<'t>) -> Result<(), Diagnostic> {
        self.count(branch.ends.len())?;
        if branch.ends.iter().any(|end| end.field.fits(self.gvk)) {
            match node.as_seq() {
                Some(items) => {
                    for (i, item) in items.iter().enumerate() {
                        trail.index(i, |trail| self.name(item, branch, trail))?;
                    }
                }
                None => self.name(node, branch, trail)?,
            }
        }
        if branch.parts.is_empty() { Ok(()) } else { self.down(node, branch, trail) }
    }

    fn down<'t>(&mut self, node: &'t Node, branch: &'t ReferenceTree, trail: &mut Trail<'t>) -> Result<(), Diagnostic> {
        self.count(branch.parts.len())?;
        match &node.value {
            Value::Seq(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(i, item)| trail.index(i, |trail| self.down(item, branch, trail))),
            Value::Map(map) => branch.parts.iter().try_for_each(|(part, below)| match map.get(part) {
                _ if part.is_empty() => match below.all().find(|end| end.field.fits(self.gvk)) {
                    Some(end) => Err(empty_part(node, end)),
                    None => Ok(()),
                },
                Some(child) => trail.key(part, |trail| self.at(child, below, trail)),
                None => Ok(()),
            }),
            Value::Scalar(_) if node.is_null() => Ok(()),
            Value::Scalar(_) => match branch.all().find(|end| end.field.fits(self.gvk)) {
                Some(end) => Err(in_the_way(node, end)),
                None => Ok(()),
            },
        }
    }

    /// A field that names an object, or an item of one.
    fn name<'t>(&mut self, node: &'t Node, branch: &ReferenceTree, trail: &mut Trail<'t>) -> Result<(), Diagnostic> {
        if node.is_null() {
            return Ok(());
        }
        self.count(branch.ends.len())?;
        let mut new: Option<Node> = None;
        for end in branch.ends.iter().filter(|end| end.field.fits(self.gvk)) {
            let now = new.as_ref().unwrap_or(node);
            let renamed = match &now.value {
                Value::Scalar(scalar) => self.scalar(now, &scalar.text, end)?,
                Value::Map(_) => self.mapping(now, end)?,
                Value::Seq(_) => return Err(in_the_way(now, end)),
            };
            new = renamed.or(new);
        }
        if let Some(new) = new {
            self.edits.push(trail, new);
        }
        Ok(())
    }

    fn scalar(&self, node: &Node, name: &str, end: &ReferenceField) -> Result<Option<Node>, Diagnostic> {
        let named = Named { name, with: With::Nothing, of: &self.specs.name_reference[end.reference] };
        let found = self.referrals.find(self.referrer, &named, &end.field).map_err(|error| error.at(node.at))?;
        let new = found.map(Resource::name).filter(|new| *new != name);
        Ok(new.map(|new| field::rewritten(node, new, node.at)))
    }

    /// A mapping that names an object and maybe its namespace.
    fn mapping(&self, node: &Node, end: &ReferenceField) -> Result<Option<Node>, Diagnostic> {
        let missing = || {
            let message = format!("`{}` has no `name`, so it refers to nothing", end.field.path);
            Diagnostic::new(Code::Resource, message).at(node.at)
        };
        let old = node.get("name").ok_or_else(missing)?;
        let text = |node: &'_ Node| node.as_scalar().map_or_else(Default::default, |scalar| scalar.text.clone());
        let (name, namespace) = (text(old), node.get("namespace").map(text));
        let of = &self.specs.name_reference[end.reference];
        let named = Named { name: &name, with: With::Namespace(namespace.as_deref()), of };
        let found = self.referrals.find(self.referrer, &named, &end.field).map_err(|error| error.at(old.at))?;
        let Some(referral) = found else { return Ok(None) };
        let mut new = node.clone();
        for (key, text) in [("name", referral.name()), ("namespace", referral.namespace())] {
            if let Some(map) = new.as_map_mut().filter(|_| !text.is_empty()) {
                let value = match map.get(key) {
                    Some(old) => field::rewritten(old, text, old.at),
                    None => Node::str(text).placed(referral.origin),
                };
                map.insert(key, value);
            }
        }
        Ok((new != *node).then_some(new))
    }
}

fn empty_part(node: &Node, end: &ReferenceField) -> Diagnostic {
    Diagnostic::new(Code::Overlay, format!("the field spec `{}` has an empty part", end.field.path)).at(node.at)
}

fn in_the_way(node: &Node, end: &ReferenceField) -> Diagnostic {
    let message = format!("`{}` must be the path of a name, got {}", end.field.path, node.kind_name());
    Diagnostic::new(Code::Resource, message).at(node.at)
}
