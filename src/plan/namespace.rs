//! The namespace of a branch.

use super::Platform;
use super::slug_limit::SLUG_MARKER;
use crate::diagnostic::{Code, Diagnostic};
use crate::name::LONGEST_LABEL;
use crate::schema::name::is_label;
use crate::schema::namespace::is_well_known;
use crate::slug::Slug;
use crate::spec::{BranchEntry, Pattern, PatternScope, Placed, Spec};

/// The fewest characters that distinguish the namespaces of a project.
const SHORTEST_FIXED_PART: usize = 3;

/// The namespace of a branch that Kubernetes serves. Its pattern is `pattern`.
pub(super) fn of(
    spec: &Spec,
    entry: &BranchEntry,
    pattern: &Pattern,
    scope: PatternScope,
    slug: &Slug,
) -> Result<Platform, Diagnostic> {
    let (name, adopted) = (pattern.expand(scope, slug.as_str())?, entry.adopts_namespace());
    let placed = |error: Diagnostic| error.at(pattern.at).at(entry.at);
    check_label("namespace", &name).map_err(placed)?;
    if !adopted {
        check_pattern(pattern, scope).map_err(placed)?;
        check_owner(spec, &name).map_err(placed)?;
    }
    Ok(Platform::Kubernetes { namespace: Placed { value: name.into(), at: pattern.at }, adopted })
}

/// Refuses a pattern that gives the branches of another project the same namespaces.
fn check_pattern(pattern: &Pattern, scope: PatternScope) -> Result<(), Diagnostic> {
    let text = pattern.expand(scope, SLUG_MARKER)?;
    let is_fixed = |part: &str| part.trim_matches('-').len() >= SHORTEST_FIXED_PART;
    // A name without the branch is chosen for one branch.
    if pattern.has_project() || !text.contains(SLUG_MARKER) || text.split(SLUG_MARKER).any(is_fixed) {
        return Ok(());
    }
    let message = format!(
        "the namespace pattern `{pattern}` has neither the project nor a fixed part of at least {SHORTEST_FIXED_PART} characters"
    );
    let help = format!(
        "another project in the cluster may have a branch of the same name: remove `namespace` to get the default, `{}`",
        Pattern::namespace()
    );
    Err(Diagnostic::new(Code::Name, message).help(help))
}

/// Refuses a namespace that other software has.
fn check_owner(spec: &Spec, name: &str) -> Result<(), Diagnostic> {
    let gitops = &spec.gitops;
    let is_of_gitops = gitops.argocd.as_ref().is_some_and(|argocd| argocd.namespace == name)
        || gitops.flux.as_ref().is_some_and(|flux| flux.namespace == name);
    let message = if name == "default" || name.starts_with("kube-") {
        format!("the namespace `{name}` is reserved for Kubernetes")
    } else if is_of_gitops || is_well_known(name) {
        format!("the namespace `{name}` belongs to other software")
    } else {
        return Ok(());
    };
    Err(Diagnostic::new(Code::Name, message).help(
        "the namespace of a branch is deleted with it: use another one, or set `adoptNamespace: true` for this branch, which never \
         writes or deletes the namespace",
    ))
}

/// Checks a DNS label.
pub(super) fn check_label(what: &str, name: &str) -> Result<(), Diagnostic> {
    if is_label(name) {
        return Ok(());
    }
    let message = if name.len() > LONGEST_LABEL {
        format!("the {what} `{name}` has {} characters, but at most {LONGEST_LABEL} are allowed", name.len())
    } else {
        format!("`{name}` is not a valid {what}")
    };
    let help = "use a-z, 0-9 and `-`, and begin and end with a letter or digit";
    Err(Diagnostic::new(Code::Name, message).help(help))
}
