//! The options that permit more for a name, and a warning for each that changes nothing.

use super::action::WriteKind;
use super::outcome::NameOutcome;
use super::reconcile::Permissions;
use super::report;
use super::run::NameReport;
use crate::diagnostic::{Code, Diagnostic};

/// A warning for each name of `--adopt` and `--overwrite` whose planned result is not that of the option. A name that the plan
/// lacks, because its zone could not be read, has none.
pub(crate) fn without_effect<'a>(
    plan: impl Iterator<Item = NameReport<'a>>,
    permissions: &Permissions,
) -> Vec<Diagnostic> {
    let warning = |name: NameReport| {
        let host = &name.entry.host;
        let (option, effect) = if permissions.overwrite.contains(host) {
            ("--overwrite", WriteKind::Overwrite)
        } else if permissions.adopt.contains(host) {
            ("--adopt", WriteKind::Adopt)
        } else {
            return None;
        };
        let why = match &name.outcome {
            NameOutcome::Planned(kind) if *kind == effect => return None,
            NameOutcome::Planned(kind) => format!("the plan for this name is `{}` without it too", kind.word()),
            NameOutcome::Refused(reason) => format!("it does not help against `{}`", report::reason_code(reason)),
            _ => "the records of the name are those of the file".to_owned(),
        };
        Some(Diagnostic::new(Code::Usage, format!("`{option} {host}` has no effect: {why}")))
    };
    plan.filter_map(warning).collect()
}
