//! What a step may use besides the objects and the kustomization.

use crate::diagnostic::{Code, Diagnostic, Result, Severity};
use crate::kustomize::input::{Input, LoadRestrictor};
use crate::kustomize::model::KUSTOMIZATION_NAMES;
use crate::schema::fieldspec::FieldSpecs;
use crate::schema::merge::MergeSchema;
use crate::source::{Location, RelPath};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The context of a step: the folder of its kustomization and the configuration that applies there.
pub(crate) struct StepContext<'a> {
    /// What can be read.
    pub(crate) input: &'a Input<'a>,
    /// How strict the build is.
    pub(crate) rules: BuildRules,
    /// The folder of the kustomization; paths in it start here.
    pub(crate) folder: RelPath,
    /// The field specs that apply here: the defaults and all `configurations` and `crds` so far.
    pub(crate) specs: Arc<FieldSpecs>,
    /// How lists merge.
    pub(crate) schema: Arc<MergeSchema>,
    /// Where warnings go.
    pub(crate) warnings: &'a Warnings,
}

/// How strict a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BuildRules {
    /// Which files may be named.
    pub(crate) load: LoadRestrictor,
    /// What becomes of an entry that matches nothing.
    pub(crate) unmatched: Severity,
    /// What becomes of data that kustomize loses.
    pub(crate) lossy: Severity,
    /// Whether paths of files may be absolute: where the project is the whole disk.
    pub(crate) absolute: bool,
    /// Whether it is the build of a branch: objects with the annotation `pleach.dev/namespace: keep` stay in their namespaces, and
    /// kustomize 5.8.2 decides where it differs from 5.8.1.
    pub(crate) is_branch: bool,
    /// Whether folded texts change as kustomize changes them.
    pub(crate) folds: bool,
    /// The minor version of kustomize 5 whose fields the kustomizations may have, and where it is required.
    pub(crate) version: Option<(u8, Location)>,
}

/// Warnings of a build, and what may become one.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    said: Mutex<Vec<Diagnostic>>,
    patch_options: Mutex<PatchOptions>,
}

/// The options of patches that applied, by where each is written: its name, and why it had no effect.
pub(crate) type PatchOptions = BTreeMap<Location, (&'static str, Option<&'static str>)>;

impl Warnings {
    /// Adds a warning.
    pub(crate) fn say(&self, warning: Diagnostic) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
    }

    /// Adds the options of a patch. One that had an effect once is needed.
    pub(crate) fn add_options(
        &self,
        options: impl IntoIterator<Item = (Location, (&'static str, Option<&'static str>))>,
    ) {
        let mut known = self.patch_options.lock().unwrap_or_else(PoisonError::into_inner);
        for (at, (name, why)) in options {
            let (_, known) = known.entry(at).or_insert((name, why));
            *known = known.and(why);
        }
    }

    /// The warnings in the order in which they were given, and the options.
    pub(crate) fn into_inner(self) -> (Vec<Diagnostic>, PatchOptions) {
        let said = self.said.into_inner().unwrap_or_else(PoisonError::into_inner);
        (said, self.patch_options.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What allows all entries to match nothing in a build.
const UNMATCHED: &str = "if this is intended, set `unmatched: warn` in branches.yaml, or `optional: true` in this entry of the spec or of a template";

/// The field that allows an entry to match nothing in a build. kustomize does not have it.
const OPTIONAL: &str = "if this is intended, set `optional: true` in this entry";

impl StepContext<'_> {
    /// Adds a warning.
    pub(crate) fn warn(&self, warning: Diagnostic) {
        self.warnings.say(warning);
    }

    /// Adds a warning that only a build gives: what kustomize does here is valid, but rarely intended.
    pub(crate) fn warn_in_build(&self, warning: Diagnostic) {
        if self.rules.is_branch {
            self.warn(warning);
        }
    }

    /// An entry of a kustomization, with `optional: true` or not, matched nothing.
    pub(crate) fn unmatched(&self, optional: bool, diagnostic: Diagnostic) -> Result<()> {
        if optional { Ok(()) } else { self.judge(self.rules.unmatched, diagnostic, UNMATCHED) }
    }

    /// An entry has `optional: true`, which is for builds: kustomize refuses a kustomization with such a field.
    pub(crate) fn optional(&self, at: Location) {
        let file = self.input.project.file_at(at);
        let is_for_kustomize = file.is_some_and(|file| KUSTOMIZATION_NAMES.contains(&file.path.name()));
        let message = "`optional` is a field of pleach that kustomize rejects";
        let warning = Diagnostic::new(Code::Overlay, message).at(at);
        if !self.rules.is_branch {
            self.warn(warning);
        } else if is_for_kustomize {
            self.warn(warning.help("set `unmatched: warn` in branches.yaml instead, or make the file a template"));
        }
    }

    /// kustomize knows `what` at `at` since `since`, a version of kustomize 5.
    pub(crate) fn since(&self, (minor, since): (u8, &str), what: &str, at: Location) {
        if let Some((version, required)) = self.rules.version.filter(|(version, _)| *version < minor) {
            let message = format!("kustomize 5.{version} does not know {what}");
            let warning = Diagnostic::new(Code::Overlay, message).at(at).note(required, "the version is required here");
            self.warn(warning.help(format!("kustomize has it since {since}")));
        }
    }

    /// The diagnostic about an entry that names an object which is not there: an error for kustomize too.
    pub(crate) fn relieved(&self, diagnostic: Diagnostic) -> Diagnostic {
        let is_relieved = self.rules.is_branch && !diagnostic.parts().is_of_work_limit;
        if is_relieved { diagnostic.help(OPTIONAL) } else { diagnostic }
    }

    /// kustomize loses or mangles data here.
    pub(crate) fn lossy(&self, diagnostic: Diagnostic) -> Result<()> {
        let relief = "to do it as kustomize does, set `compat: kustomize` in branches.yaml";
        self.judge(self.rules.lossy, diagnostic, relief)
    }

    /// A diagnostic as a warning, or as an error with what relieves of it.
    fn judge(&self, severity: Severity, diagnostic: Diagnostic, relief: &str) -> Result<()> {
        match severity {
            Severity::Warning => {
                self.warn(diagnostic);
                Ok(())
            }
            Severity::Error => Err(diagnostic.help(relief).into()),
        }
    }
}
