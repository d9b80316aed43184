//! The database of every branch: the one that all share, a schema of its own in it, or one of its own.

use super::section::{Section, text};
use super::{Branch, Placed, spec_error};
use crate::diagnostic::Diagnostic;
use crate::source::Location;
use smol_str::SmolStr;

/// What the spec says of databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// What a branch has that does not say.
    pub mode: DatabaseMode,
    /// The name of the shared database, with which all others begin.
    pub name: SmolStr,
    /// The Job that migrates and seeds the database of a branch.
    pub job: Option<Placed<SmolStr>>,
    /// Where it is written.
    pub at: Location,
}

/// What a branch has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatabaseMode {
    /// What the baseline has.
    #[default]
    Shared,
    /// A schema of its own in the shared database.
    Schema,
    /// A database of its own.
    Database,
}

impl DatabaseMode {
    const ALL: [DatabaseMode; 3] = [DatabaseMode::Shared, DatabaseMode::Schema, DatabaseMode::Database];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            DatabaseMode::Shared => "shared",
            DatabaseMode::Schema => "schema",
            DatabaseMode::Database => "database",
        }
    }

    /// The mode that a section says.
    pub(super) fn of(section: &Section) -> Option<Self> {
        let word = section.text("mode")?;
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

/// Words that with `_` and a slug behind them could be names of the server's own: `pg_…`, `current_user`,
/// `information_schema`.
const RESERVED: [&str; 5] = ["pg", "current", "session", "system", "information"];

impl Database {
    pub(super) fn of(top: &Section, faults: &mut Vec<Diagnostic>) -> Option<Self> {
        let section = top.section("database")?;
        let name = section.text("name").unwrap_or_default();
        if RESERVED.contains(&&*name) || name.starts_with("pg_") {
            let error = spec_error(format!("names that begin with `{name}` belong to the server"));
            faults.push(error.at(section.place("name")).help("take the name of the application"));
        }
        let job = section.node("job").and_then(|node| Some(Placed { value: text(node)?, at: node.at }));
        Some(Database { mode: DatabaseMode::of(&section).unwrap_or_default(), name, job, at: section.at })
    }

    /// What a branch has.
    pub fn mode(&self, branch: &Branch) -> DatabaseMode {
        branch.database.as_ref().map_or(self.mode, |mode| mode.value)
    }

    /// What the database, the baseline and the branches say of one another.
    pub(super) fn check(
        database: Option<&Self>,
        baseline: Option<&Placed<SmolStr>>,
        branches: &[Branch],
        faults: &mut Vec<Diagnostic>,
    ) {
        let Some(database) = database else {
            for mode in branches.iter().filter_map(|branch| branch.database.as_ref()) {
                let error = spec_error("there is no `database` at the top".to_owned()).at(mode.at);
                faults.push(
                    error.help("it says what the databases of all branches are called, as in `database: {name: shop}`"),
                );
            }
            return;
        };
        let is_shared = |branch: &&Branch| branch.app_engine.is_none() && database.mode(branch) == DatabaseMode::Shared;
        if let (Some(job), None, Some(branch)) = (&database.job, baseline, branches.iter().find(is_shared)) {
            let message = format!("in no branch the Job `{}` would run for the shared database", job.value);
            let error = spec_error(message).at(job.at).note(branch.at, format!("`{}` shares it", branch.name));
            faults.push(error.help("`baseline: main` names the branch that runs it for the others"));
        }
    }
}
