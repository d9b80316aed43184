//! Entries of the spec that no claim needs.

use super::{Claim, Claimed};
use crate::diagnostic::{Code, Diagnostic};
use crate::schema::scope::GroupKind;
use crate::spec::{Placed, SharedClaim};

/// A warning for each entry of `shared.claims` that no branch claims, and for each kind of `clusterScoped` of which no branch has an
/// object. `claims` are those of all branches.
pub(crate) fn unused<'a>(
    claims: &(impl Iterator<Item = &'a [Claim]> + Clone),
    allowed: &[SharedClaim],
    kinds: &[Placed<GroupKind>],
) -> Vec<Diagnostic> {
    let claimed = || claims.clone().flatten().map(|claim| &claim.claimed);
    let unclaimed = allowed.iter().filter(|allowed| !claimed().any(|claimed| claimed.is_allowed_by(allowed)));
    let unclaimed = unclaimed.map(|allowed| {
        let message = format!("no branch claims `{}`, so this entry of `shared.claims` has no effect", allowed.claim);
        let help = format!("remove it, or correct it; its reason is `{}`", allowed.reason);
        Diagnostic::new(Code::Spec, message).at(allowed.at).help(help)
    });
    let has_kind =
        |kind: &GroupKind| claimed().any(|claimed| matches!(claimed, Claimed::Object { kind: own, .. } if own == kind));
    let without_object = kinds.iter().filter(|kind| !has_kind(&kind.value)).map(|kind| {
        let message = format!(
            "no branch has an object of the kind `{}`, so this entry of `clusterScoped` has no effect",
            kind.value
        );
        Diagnostic::new(Code::Spec, message).at(kind.at).help("remove it, or correct it")
    });
    unclaimed.chain(without_object).collect()
}
