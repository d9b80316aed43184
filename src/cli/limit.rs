//! What a build may take away at once: folders of branches, and apart from these names in DNS.
//!
//! Both are counted over the whole set, for a part too: a list that was cut off must not pass because its loss is spread
//! over several jobs. What counts is what stands on the disk, so that a build that was allowed once may be run again.

use super::workspace::Workspace;
use crate::diagnostic::Result;
use crate::disk::{Output, Survey};
use crate::dns;
use crate::dns::change::{ZoneChange, is_ours};
use crate::guard;
use crate::name::DnsName;
use crate::pipeline::{Built, Part};
use crate::source::RelPath;
use crate::tree::{DNS, LOCK, NAMESPACES, slug_of};
use std::collections::BTreeSet;

/// Refuses that more of the folders of branches go than may.
pub(super) fn folders(built: &Built, output: &Output, part: &Part, allowed: Option<usize>) -> Result<()> {
    let live = built.plan.slugs();
    let namespaces = RelPath::new(NAMESPACES).expect("a plain name");
    let there = output.folders(&namespaces)?;
    let goes = |slug: &&String| {
        // Without a lock it is not pleach's, and stays.
        let lock = namespaces.join(slug).and_then(|folder| folder.join(LOCK));
        !live.contains(slug.as_str()) && lock.is_some_and(|lock| output.text(&lock).is_some())
    };
    let takes_away = !matches!(part, Part::Only(_));
    let victims: BTreeSet<&str> = there.iter().filter(|_| takes_away).filter(goes).map(String::as_str).collect();
    let victims: Vec<&str> = victims.into_iter().collect();
    Ok(guard::check("branches in the output", there.len(), &victims, allowed, "--allow-delete")?)
}

/// A name and its zone.
type Name = (DnsName, DnsName);

/// Refuses that more names of zones become absent than may.
pub(super) fn names(
    built: &Built,
    workspace: &Workspace,
    survey: &Survey,
    part: &Part,
    allowed: Option<usize>,
) -> Result<()> {
    let output = workspace.output(&built.spec.output);
    if allowed.is_none() && !survey.folders.iter().any(|folder| loses(&output, folder)) {
        return Ok(());
    }
    let files = output.read(&[RelPath::new(DNS).expect("a plain name")], |path| path.parts().count() == 3)?;
    let failed: BTreeSet<&str> = built.failed.iter().map(|(slug, _)| slug.as_str()).collect();
    let slugs = part.slugs(&built.plan);
    let wanted = dns::host::names(&built.spec, &built.plan)?;
    let wanted: BTreeSet<Name> =
        wanted.iter().flat_map(|of| of.present.keys().map(|name| (of.zone.clone(), name.clone()))).collect();
    let (mut all, mut victims): (BTreeSet<Name>, BTreeSet<Name>) = Default::default();
    for (path, text) in files.iter().filter(|(_, text)| is_ours(text)) {
        // A file that cannot be read is written anew; what was in it is in the base, or nowhere.
        let Ok(change) = ZoneChange::parse(text) else { continue };
        let of_part = !matches!(part, Part::Only(_)) || slugs(slug_of(path));
        for name in change.present.into_keys() {
            let name = (change.zone.clone(), name);
            if of_part && !failed.contains(slug_of(path)) && !wanted.contains(&name) {
                victims.insert(name.clone());
            }
            all.insert(name);
        }
    }
    let victims: Vec<&str> = victims.iter().map(|(_, name)| name.as_str()).collect();
    Ok(guard::check("names in DNS", all.len(), &victims, allowed, "--allow-delete-names")?)
}

/// Whether a folder is that of a zone, and some file in it may say of names that they must be gone which did not have to be.
fn loses(output: &Output, folder: &crate::disk::Folder) -> bool {
    let is_zone = folder.path.parent().as_str() == DNS;
    let content = |name: &str| folder.files.iter().find(|(other, _)| *other == name).map(|(_, content)| *content);
    let absent = |text: &str| ZoneChange::parse(text).map(|change| change.absent).unwrap_or_default();
    let grows = |name: &str| {
        let now = content(name).map(absent).unwrap_or_default();
        let then = folder.path.join(name).and_then(|path| output.text(&path)).map(|text| absent(&text));
        !now.is_subset(&then.unwrap_or_default())
    };
    is_zone && folder.differing.iter().any(|(name, _)| grows(name))
}
