//! `compat:`, `unmatched:` and `kustomize:`, how a build treats kustomizations that were written for kustomize.

use super::section::Section;
use super::{Placed, spec_error};
use crate::diagnostic::{Diagnostic, Severity};

/// How a build treats kustomizations.
#[derive(Clone, Debug)]
pub(crate) struct Compat {
    /// How it reports images, patches and replacements that match nothing.
    pub(crate) unmatched: Severity,
    /// How it reports data that kustomize loses or changes by mistake.
    pub(crate) lossy: Severity,
    /// Whether folded texts change as kustomize changes them.
    pub(crate) folds: bool,
    /// The minor version of kustomize 5 whose fields the kustomizations may have.
    pub(crate) version: Option<Placed<u8>>,
}

/// The minor version of kustomize 5 that a build follows.
const NEWEST: u8 = 8;

impl Compat {
    /// Reads the three keys.
    pub(super) fn of(top: &Section, faults: &mut Vec<Diagnostic>) -> Self {
        let is_kustomize = top.text("compat").as_deref() == Some("kustomize");
        let lossy = if is_kustomize { Severity::Warning } else { Severity::Error };
        let unmatched = match top.text("unmatched").as_deref() {
            Some("warn") => Severity::Warning,
            Some("error") => Severity::Error,
            _ => lossy,
        };
        if is_kustomize && top.text("unmatched").as_deref() == Some("warn") {
            let why = "because `compat: kustomize` includes it";
            faults.extend(top.without_effect(crate::diagnostic::Code::Spec, &["unmatched"], why, "remove it"));
        }
        Compat { unmatched, lossy, folds: is_kustomize, version: version(top, faults) }
    }
}

fn version(top: &Section, faults: &mut Vec<Diagnostic>) -> Option<Placed<u8>> {
    let text = top.placed("kustomize")?;
    let minor: u8 = text.value.strip_prefix("5.")?.parse().ok()?;
    if minor >= NEWEST {
        let message =
            format!("`kustomize: \"{}\"` has no effect, because a build follows kustomize 5.{NEWEST}", text.value);
        faults.push(spec_error(message).at(text.at).help("remove it, or write the version of an older kustomize"));
    }
    Some(Placed { value: minor, at: text.at })
}
