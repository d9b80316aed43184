//! What `branch set --slot` means: changes of one version of a branch.

use super::args::BranchSettingsArgs;
use crate::diagnostic::{Code, Diagnostic};
use crate::edit::FieldChange;
use crate::node::Node;
use crate::source::Location;
use crate::spec::{SlotsEntry, Spec};
use smol_str::SmolStr;

/// The slot of the options, if the branch has it.
pub(super) fn slot<'s>(
    settings: &'s BranchSettingsArgs,
    branch: &str,
    spec: &Spec,
) -> Result<Option<&'s str>, Diagnostic> {
    let Some(slot) = settings.slot.as_deref() else { return Ok(None) };
    if settings.image.is_empty() && settings.weight.is_none() {
        let error = Diagnostic::new(Code::Usage, "`--slot` has no effect without `--image` or `--weight`");
        return Err(error.help("`--active` chooses the version that gets the traffic"));
    }
    let slots = slots(branch, spec)?;
    if !slots.versions.contains_key(slot) {
        let error = Diagnostic::new(Code::Usage, format!("the branch `{branch}` has no slot `{slot}`")).at(slots.at);
        let error = error.suggest_known(slot, "slots", slots.versions.keys().map(SmolStr::as_str));
        return Err(error.help("define it in `slots.versions` of the branch"));
    }
    Ok(Some(slot))
}

/// The changes of the weights so that `slot` gets `percent` of the traffic: the active version gets the rest or, if `slot` is
/// the active version, the only other one.
pub(super) fn weights(slot: &str, percent: u32, branch: &str, spec: &Spec) -> Result<Vec<FieldChange>, Diagnostic> {
    let slots = slots(branch, spec)?;
    let others = || slots.versions.keys().map(SmolStr::as_str).filter(|name| *name != slot);
    let active = &slots.active.value;
    let balance =
        if *active == slot { others().next().filter(|_| others().count() == 1) } else { Some(active.as_str()) };
    let Some(balance) = balance else {
        let message = format!(
            "`{slot}` is the active slot, and which of the other slots gets the rest of the traffic is not known"
        );
        let help = if others().next().is_some() {
            "set the weight of another slot"
        } else {
            "it gets all traffic: add another slot"
        };
        return Err(Diagnostic::new(Code::Usage, message).at(slots.at).help(help));
    };
    let fixed: u32 = others().filter(|name| *name != balance).map(|name| slots.weight(name)).sum();
    let Some(rest) = 100_u32.checked_sub(fixed).and_then(|rest| rest.checked_sub(percent)) else {
        let message =
            format!("the weights would be more than 100: the slots besides `{slot}` and `{balance}` have {fixed}");
        return Err(Diagnostic::new(Code::Usage, message).at(slots.at).help("a weight is a percentage of the traffic"));
    };
    // The weights of the others are written already, or are 0.
    let change = |(name, weight): (&str, u32)| {
        let path = ["slots", "weights", name].map(str::to_owned).to_vec();
        (path, Some(Node::int(weight.into())))
    };
    Ok([(slot, percent), (balance, rest)].map(change).to_vec())
}

fn slots<'s>(branch: &str, spec: &'s Spec) -> Result<&'s SlotsEntry, Diagnostic> {
    let entry = spec.branches.iter().find(|entry| entry.name == branch);
    entry.and_then(|entry| entry.slots.as_ref()).ok_or_else(|| {
        let error = Diagnostic::new(Code::Usage, format!("the branch `{branch}` has no slots"));
        error.at(entry.map_or(Location::NONE, |entry| entry.at)).help("add `slots` to it in the spec")
    })
}
