//! What `build --prune --carried-out REF` leaves: a plan that was merged after a teardown is in the base revision too, and nobody has
//! carried it out.

use crate::diagnostic::Result;
use crate::dns::zone_change::ZoneChange;
use crate::output::{OutputKind, OutputPath, Tree};
use crate::teardown::{Footprint, TeardownPlan};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The content of a file after pruning the entries that the same file has in `carried_out`; `None` removes the file. `whole` has all
/// entries, `fresh` those that are not in the base revision.
pub(super) fn pruned(
    path: &OutputPath,
    (whole, fresh): (&Arc<str>, Option<&Arc<str>>),
    carried_out: &Tree,
) -> Result<Option<Arc<str>>> {
    let Some(carried_out) = carried_out.get(path) else { return Ok(Some(Arc::clone(whole))) };
    let fresh = fresh.map(|text| &**text);
    let text = match path.kind() {
        OutputKind::TeardownPlan => plan(whole, fresh, carried_out)?,
        _ => zone_change(whole, fresh, carried_out)?,
    };
    Ok(text.map(Arc::from))
}

fn plan(whole: &str, fresh: Option<&str>, carried_out: &str) -> Result<Option<String>> {
    let shown = |text: &str| {
        let TeardownPlan { footprint, .. } = TeardownPlan::parse(text)?;
        // No report shows images that may be in use.
        Ok::<_, crate::diagnostic::Diagnostics>(Footprint { images_in_use: BTreeSet::new(), ..footprint })
    };
    let mut rest = shown(whole)?.without(&shown(carried_out)?);
    rest.add(fresh.map(TeardownPlan::parse).transpose()?.map(|plan| plan.footprint).unwrap_or_default());
    let plan = TeardownPlan { footprint: rest, ..TeardownPlan::parse(whole)? };
    if plan.footprint.is_empty() { Ok(None) } else { plan.write().map(Some) }
}

fn zone_change(whole: &str, fresh: Option<&str>, carried_out: &str) -> Result<Option<String>> {
    let absent = |text: &str| Ok::<_, crate::diagnostic::Diagnostics>(ZoneChange::parse(text)?.absent);
    let (fresh, carried_out) = (fresh.map(absent).transpose()?.unwrap_or_default(), absent(carried_out)?);
    let mut change = ZoneChange::parse(whole)?;
    change.absent.retain(|name| fresh.contains(name) || !carried_out.contains(name));
    let is_empty = change.present.is_empty() && change.absent.is_empty();
    if is_empty { Ok(None) } else { change.write().map(Some) }
}
