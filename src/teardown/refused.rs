//! Files of the previous output that cannot be read, and entries that are not known to belong to the project. No plan lists
//! them.

use super::footprint::Footprint;
use super::footprint_entry::{EntryText, FootprintEntry};
use super::plan_file::TeardownPlan;
use super::project_names::{ImageSource, ProjectNames};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::output::OutputPath;
use crate::plan::EntryOwner;
use crate::source::{Location, RelPath};

/// Entries of objects that are not known to belong to the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefusedEntry {
    /// The entries alone.
    pub(crate) footprint: Footprint,
    /// What to report, unless existing branches use all of them.
    pub(crate) diagnostic: Diagnostic,
    /// An error if nothing else has a record of them and their data.
    pub(crate) severity: Severity,
}

impl RefusedEntry {
    /// Whether it is reported: not if all its entries are `in_use`.
    pub(super) fn is_reported(&self, in_use: &Footprint) -> bool {
        self.footprint.is_empty() || !self.footprint.without(in_use).is_empty()
    }

    /// The same entries in the history of the previous output: a warning.
    pub(super) fn in_history(self) -> Self {
        RefusedEntry { diagnostic: in_history(self.diagnostic), severity: Severity::Warning, ..self }
    }

    /// What was refused in a file that has been corrected since: a warning.
    pub(super) fn corrected(error: Diagnostic) -> Self {
        RefusedEntry { footprint: Footprint::default(), diagnostic: in_history(error), severity: Severity::Warning }
    }

    /// The footprint of a branch that the history of the previous output has and no spec had: a warning.
    pub(super) fn of_unknown_branch(owner: EntryOwner, footprint: Footprint) -> Self {
        let diagnostic = owner.unknown(Code::History).in_history(OutputPath::lock(owner.slug).as_str());
        RefusedEntry { footprint, diagnostic, severity: Severity::Warning }
    }
}

/// Removes from the footprint of an object what is not known to belong to the project. `branch` is the name of its branch, `at`
/// is where it is in the file `path`.
pub(super) fn take(
    footprint: &mut Footprint,
    (path, branch, at): (&OutputPath, &str, Location),
    (names, source): (&ProjectNames, ImageSource),
) -> Vec<RefusedEntry> {
    let owner = EntryOwner { slug: path.slug(), branch };
    let refused = footprint.entries().filter_map(|(entry, footprint)| {
        let error = names.check(owner, entry).err()?;
        let severity = if matches!(entry, FootprintEntry::Object(_)) { Severity::Warning } else { Severity::Error };
        Some(RefusedEntry { footprint, diagnostic: located(path, at, &error), severity })
    });
    let mut refused: Vec<RefusedEntry> = refused.collect();
    refused.extend(footprint.images.iter().filter(|image| names.may_have_image(image, source)).filter_map(|image| {
        // Several objects and branches have the same image.
        let unlisted = EntryText::of(FootprintEntry::Image(image))?.unlisted();
        let diagnostic = if branch.is_empty() { unlisted } else { unlisted.in_branch(branch) };
        let footprint = Footprint { images: [image.clone()].into(), ..Footprint::default() };
        Some(RefusedEntry { footprint, diagnostic, severity: Severity::Warning })
    }));
    for RefusedEntry { footprint: alone, .. } in &refused {
        *footprint = footprint.without(alone);
    }
    footprint.images.retain(|image| names.has_image(image, source));
    refused
}

/// The errors of a teardown plan that cannot be read or has such entries.
pub(super) fn plan(path: &OutputPath, errors: &Diagnostics) -> Diagnostics {
    let (refused, others): (Vec<_>, Vec<_>) = errors.iter().partition(|error| error.parts().code == Code::Output);
    if let Some(error) = others.first() {
        return unreadable(path, &(*error).clone().into()).into();
    }
    let errors = refused.into_iter().map(|error| located(path, error.parts().at, error).into());
    errors.collect::<Vec<Diagnostics>>().into()
}

/// The entries of a plan that belong to the project; none if it cannot be read or is of another project or an unknown branch.
pub(super) fn known_part(slug: &str, text: &str, names: &ProjectNames) -> TeardownPlan {
    let nothing = || TeardownPlan { project: names.project().into(), ..TeardownPlan::default() };
    let Ok(mut plan) = TeardownPlan::parse(text) else { return nothing() };
    let branch = plan.branch.clone();
    let is_known = |entry: FootprintEntry| names.check(EntryOwner { slug, branch: &branch }, entry).is_ok();
    if !is_known(FootprintEntry::Project(&plan.project)) || !is_known(FootprintEntry::Branch(&branch)) {
        return nothing();
    }
    let Footprint { namespaces, objects, names: _, databases, images, images_in_use } = &mut plan.footprint;
    namespaces.retain(|name| is_known(FootprintEntry::Namespace(name)));
    objects.retain(|object| is_known(FootprintEntry::Object(object)));
    databases.retain(|database| is_known(FootprintEntry::Database(database)));
    images.retain(|image| is_known(FootprintEntry::Image(image)));
    images_in_use.retain(|image| is_known(FootprintEntry::Image(image)));
    plan
}

/// An error about a part of a file of the previous output.
fn located(path: &OutputPath, at: Location, error: &Diagnostic) -> Diagnostic {
    error.clone().at(at).in_previous(RelPath::clone(path))
}

/// A file of the previous output that cannot be read.
pub(super) fn unreadable(path: &OutputPath, errors: &Diagnostics) -> Diagnostic {
    let why = errors.iter().next().map(ToString::to_string).unwrap_or_default();
    let message = format!("the file cannot be read, so the footprint of its branch is unknown: {why}");
    let at = errors.iter().next().map_or(Location::NONE, |error| error.parts().at);
    located(path, at, &Diagnostic::new(Code::Output, message))
}

/// A diagnostic about a file of the history of the previous output.
pub(super) fn in_history(diagnostic: Diagnostic) -> Diagnostic {
    let Some(file) = diagnostic.parts().previous.clone() else { return diagnostic };
    diagnostic.in_history(file.path.as_str())
}
