//! What a step may use besides the objects and the kustomization.

use crate::diagnostic::{Code, Diagnostic, Result, Severity};
use crate::kustomize::input::{Input, LoadRestrictor};
use crate::schema::fieldspec::FieldSpecs;
use crate::schema::merge::MergeSchema;
use crate::source::{Location, RelPath};
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
    /// Whether objects with the annotation `pleach.dev/namespace: keep` stay in their namespaces.
    pub(crate) keeps_namespaces: bool,
}

/// Warnings of a build.
#[derive(Debug, Default)]
pub(crate) struct Warnings(Mutex<Vec<Diagnostic>>);

impl Warnings {
    /// Adds a warning.
    pub(crate) fn say(&self, warning: Diagnostic) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
    }

    /// The warnings in the order in which they were given.
    pub(crate) fn into_inner(self) -> Vec<Diagnostic> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The field that allows an entry to match nothing in a build. kustomize does not have it.
const OPTIONAL: &str = "if this is intended, set `optional: true` in this entry";

impl StepContext<'_> {
    /// Adds a warning.
    pub(crate) fn warn(&self, warning: Diagnostic) {
        self.warnings.say(warning);
    }

    /// Adds a warning that only a build gives: what kustomize does here is valid, but rarely intended.
    pub(crate) fn warn_in_build(&self, warning: Diagnostic) {
        if self.rules.unmatched == Severity::Error {
            self.warn(warning);
        }
    }

    /// An entry of a kustomization, with `optional: true` or not, matched nothing.
    pub(crate) fn unmatched(&self, optional: bool, diagnostic: Diagnostic) -> Result<()> {
        if optional { Ok(()) } else { self.judge(self.rules.unmatched, diagnostic, OPTIONAL) }
    }

    /// An entry has `optional: true`, which is for builds: kustomize refuses a kustomization with such a field.
    pub(crate) fn optional(&self, at: Location) {
        if self.rules.unmatched == Severity::Warning {
            let message = "`optional` is a field of pleach that kustomize rejects";
            self.warn(Diagnostic::new(Code::Overlay, message).at(at));
        }
    }

    /// The diagnostic about an entry that names an object which is not there: an error for kustomize too.
    pub(crate) fn relieved(&self, diagnostic: Diagnostic) -> Diagnostic {
        if self.rules.unmatched == Severity::Error { diagnostic.help(OPTIONAL) } else { diagnostic }
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
