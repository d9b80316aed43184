//! `database:`, the database of each branch.

use super::section::Section;
use super::{Placed, spec_error};
use crate::database::DatabaseMode;
use crate::diagnostic::Diagnostic;
use crate::source::Location;
use smol_str::SmolStr;

/// `database:` of the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SharedDatabase {
    /// The mode of branches that do not set one.
    pub(crate) mode: DatabaseMode,
    /// The name of the shared database, and the prefix of all others.
    pub(crate) name: SmolStr,
    /// The Job that migrates and seeds the database of a branch.
    pub(crate) job: Option<Placed<SmolStr>>,
    /// Where it is written.
    pub(crate) at: Location,
}

/// Prefixes of names that the database server reserves, such as `pg_…`, `current_user` and `information_schema`.
const RESERVED: [&str; 5] = ["pg", "current", "session", "system", "information"];

impl SharedDatabase {
    pub(super) fn of(top: &Section, faults: &mut Vec<Diagnostic>) -> Option<Self> {
        let section = top.section("database")?;
        let at = top.key_place("database").unwrap_or(section.at);
        let name = section.text("name").unwrap_or_default();
        if RESERVED.contains(&&*name) || name.starts_with("pg_") {
            let error = spec_error(format!("the database server reserves names that begin with `{name}`"));
            faults.push(error.at(section.place("name")).help("use the name of the application"));
        }
        let job = section.placed("job");
        Some(SharedDatabase { mode: mode(&section).unwrap_or_default(), name, job, at })
    }
}

/// Reads `mode` of a section.
pub(super) fn mode(section: &Section) -> Option<DatabaseMode> {
    DatabaseMode::parse(&section.text("mode")?)
}
