//! `database:`, the database that branches share and what each of them has of its own.

use super::section::{Section, text};
use super::{BranchEntry, Placed, spec_error};
use crate::database::DatabaseMode;
use crate::diagnostic::Diagnostic;
use crate::source::Location;
use smol_str::SmolStr;

/// `database:` of the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedDatabase {
    /// What a branch has that sets no mode itself.
    pub mode: DatabaseMode,
    /// The name of the shared database, with which all others begin.
    pub name: SmolStr,
    /// The Job that migrates and seeds the database of a branch.
    pub job: Option<Placed<SmolStr>>,
    /// Where it is written.
    pub at: Location,
}

/// Words that with `_` and a slug behind them could be names of the server's own: `pg_…`, `current_user`,
/// `information_schema`.
const RESERVED: [&str; 5] = ["pg", "current", "session", "system", "information"];

impl SharedDatabase {
    pub(super) fn of(top: &Section, faults: &mut Vec<Diagnostic>) -> Option<Self> {
        let section = top.section("database")?;
        let name = section.text("name").unwrap_or_default();
        if RESERVED.contains(&&*name) || name.starts_with("pg_") {
            let error = spec_error(format!("names that begin with `{name}` belong to the server"));
            faults.push(error.at(section.place("name")).help("take the name of the application"));
        }
        let job = section.node("job").and_then(|node| Some(Placed { value: text(node)?, at: node.at }));
        Some(SharedDatabase { mode: mode(&section).unwrap_or_default(), name, job, at: section.at })
    }

    /// What a branch has.
    pub fn mode(&self, branch: &BranchEntry) -> DatabaseMode {
        branch.database.as_ref().map_or(self.mode, |mode| mode.value)
    }

    /// What the database, the baseline and the branches say of one another.
    pub(super) fn check(
        database: Option<&Self>,
        baseline: Option<&Placed<SmolStr>>,
        branches: &[BranchEntry],
        faults: &mut Vec<Diagnostic>,
    ) {
        let Some(database) = database else {
            for mode in branches.iter().filter_map(|branch| branch.database.as_ref()) {
                let error = spec_error("the spec has no `database`".to_owned()).at(mode.at);
                faults.push(
                    error.help("`database` at the top names the shared database, as in `database: {name: shop}`"),
                );
            }
            return;
        };
        let is_shared =
            |branch: &&BranchEntry| branch.app_engine.is_none() && database.mode(branch) == DatabaseMode::Shared;
        if let (Some(job), None, Some(branch)) = (&database.job, baseline, branches.iter().find(is_shared)) {
            let message = format!("in no branch the Job `{}` would run for the shared database", job.value);
            let error = spec_error(message).at(job.at).note(branch.at, format!("`{}` shares it", branch.name));
            faults.push(error.help("`baseline: main` names the branch that runs it for the others"));
        }
    }
}

/// The mode of a section.
pub(super) fn mode(section: &Section) -> Option<DatabaseMode> {
    DatabaseMode::parse(&section.text("mode")?)
}
