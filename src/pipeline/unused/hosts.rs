//! `services` and `join` of the default hosts that no branch uses. Those of a branch are errors of the plan.

use super::super::Inputs;
use super::UsedParts;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Branch;
use crate::spec::BranchEntry;
use std::collections::BTreeSet;

/// The warnings. If each branch has its own settings, the default ones are for branches to come.
pub(super) fn warnings(build: &UsedParts) -> Vec<Diagnostic> {
    let Inputs { spec, plan, .. } = build.inputs;
    let defaults = &spec.defaults.hosts;
    let has_service = |branch: &&Branch| branch.hosts.iter().any(|host| host.service.is_some());
    let with_services: BTreeSet<&str> = plan.branches.iter().filter(has_service).map(|b| b.name.as_str()).collect();
    let takes_defaults = |entry: &&BranchEntry| entry.app_engine.is_none() && entry.settings.hosts.services.is_none();
    let mut candidates = spec.branches.iter().filter(takes_defaults).peekable();
    if let Some(first) = defaults.services.iter().flatten().next() {
        if candidates.peek().is_none() || candidates.any(|entry| with_services.contains(entry.name.as_str())) {
            return Vec::new();
        }
        let message =
            "`hosts.services` has no effect: no branch with these services has a host name, except for wildcards";
        let warning = Diagnostic::new(Code::Spec, message).at(first.at);
        return vec![warning.help("add a name to `names`, or remove the services")];
    }
    let unread = defaults.join.iter().filter(|_| with_services.is_empty());
    let warning = |at| {
        let message = "`hosts.join` has no effect: no branch has hosts of services";
        Diagnostic::new(Code::Spec, message).at(at).help("add the services to `services`, or remove it")
    };
    unread.map(|join| warning(join.at)).collect()
}
