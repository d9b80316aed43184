//! The database that a branch uses, derived from its mode, its slug and the baseline branch.

use super::{Branch, mapping};
use crate::database::{Database, DatabaseMode, PUBLIC_SCHEMA, database_name};
use crate::node::Node;
use crate::slug::Slug;
use crate::source::Location;
use crate::spec::{self, Spec};
use smol_str::SmolStr;

/// The database of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BranchDatabase {
    /// What the branch has of its own: nothing, a schema or the database.
    pub(crate) mode: DatabaseMode,
    /// Its name.
    pub(crate) name: SmolStr,
    /// The schema in it.
    pub(crate) schema: SmolStr,
    /// Whether the branch runs the migration Job.
    pub(crate) is_migrated: bool,
}

impl BranchDatabase {
    /// The database of a branch with that slug. A branch in the mode `shared` uses the database of the baseline branch.
    pub(super) fn of(spec: &Spec, branch: &spec::BranchEntry, slug: &Slug, baseline: Option<&Branch>) -> Option<Self> {
        let shared = spec.database.as_ref().filter(|_| branch.app_engine.is_none())?;
        let is_baseline = spec.baseline.as_ref().is_some_and(|name| name.value == branch.name);
        let mode = branch.database_mode(shared);
        let (name, schema) = match (mode, baseline.and_then(|baseline| baseline.database.as_ref())) {
            (DatabaseMode::Shared, Some(baseline)) if !is_baseline => (baseline.name.clone(), baseline.schema.clone()),
            (DatabaseMode::Shared, _) => (shared.name.clone(), PUBLIC_SCHEMA.into()),
            (DatabaseMode::Schema, _) => (shared.name.clone(), database_name(&shared.name, slug.as_str())),
            (DatabaseMode::Database, _) => (database_name(&shared.name, slug.as_str()), PUBLIC_SCHEMA.into()),
        };
        Some(BranchDatabase { mode, name, schema, is_migrated: is_baseline || mode != DatabaseMode::Shared })
    }

    /// The name of the schema or database that only the branch uses. It is deleted with the branch.
    pub(crate) fn own(&self) -> Option<&SmolStr> {
        match self.mode {
            DatabaseMode::Shared => None,
            DatabaseMode::Schema => Some(&self.schema),
            DatabaseMode::Database => Some(&self.name),
        }
    }

    /// The variable `database` of templates. Its values have the location `at`.
    pub(super) fn variable(&self, at: Location) -> Node {
        mapping([
            ("mode", Node::str(self.mode.word()).placed(at)),
            ("name", Node::str(self.name.clone()).placed(at)),
            ("schema", Node::str(self.schema.clone()).placed(at)),
        ])
    }
}

/// The annotation of a namespace with its own schema or database: its kind, the shared database, and its name.
pub(super) fn annotation(spec: &Spec, database: &BranchDatabase) -> Option<SmolStr> {
    let name = database.own()?.clone();
    let instance = spec.database.as_ref()?.name.clone();
    Some(Database { kind: database.mode.word().into(), instance, name }.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Project;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// A branch of a spec: its name, whether it has an explicit slug, its database mode, and whether it uses App Engine.
    type GeneratedEntry = (String, bool, Option<DatabaseMode>, bool);

    fn branch() -> impl Strategy<Value = GeneratedEntry> {
        let name = prop_oneof![
            // Names whose slugs are similar.
            "(feature|Feature|feature-)[/_.-][ab]{1,2}([-_.]{1,2}[0-9a-f]{8})?",
            "[a-z]{40}[-_/][ab]{20,30}[-_/]?[ab]",
            "\\PC{1,20}",
        ];
        let mode = prop_oneof![
            Just(None),
            Just(Some(DatabaseMode::Shared)),
            Just(Some(DatabaseMode::Schema)),
            Just(Some(DatabaseMode::Database)),
        ];
        (name, proptest::bool::weighted(0.1), mode, proptest::bool::weighted(0.1))
    }

    /// The database of every branch. `None` if the spec has an error, such as an invalid branch name.
    fn plan(head: &str, branches: &[GeneratedEntry]) -> Option<BTreeMap<SmolStr, Option<BranchDatabase>>> {
        let entry = |(i, (name, forced, mode, app_engine)): (usize, &GeneratedEntry)| {
            let slug = forced.then(|| format!("  slug: {}-{i}\n", "s".repeat(50)));
            let database = match mode {
                _ if *app_engine => "  appEngine: {project: example-project}\n".to_owned(),
                Some(mode) => format!("  database: {{mode: {}}}\n", mode.word()),
                None => String::new(),
            };
            format!("- name: {}\n{}{database}", serde_json::to_string(name).unwrap(), slug.unwrap_or_default())
        };
        let entries: Vec<String> = branches.iter().enumerate().map(entry).collect();
        let text =
            format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\n{head}\nbranches:\n{}", entries.concat());
        let project = Project::in_memory([("branches.yaml", text), ("base/a.yaml", String::new())]);
        let plan = super::super::build_plan(&spec::read(&project).ok()?).ok()?;
        Some(plan.branches.into_iter().map(|branch| (branch.name, branch.database)).collect())
    }

    proptest! {
        #[test]
        fn schemas_and_databases_are_unique(
            branches in proptest::collection::vec(branch(), 1..12),
            name in prop_oneof![Just("shop".to_owned()), "[a-z][a-z0-9_]{31}"],
            mode in prop_oneof![Just("shared"), Just("schema"), Just("database")],
        ) {
            let mut branches = branches;
            branches.retain(|(name, ..)| plan("", &[(name.clone(), false, None, false)]).is_some() && name != "main");
            branches.sort();
            branches.dedup_by(|a, b| a.0 == b.0);
            branches.insert(0, ("main".to_owned(), false, None, false));
            let head = format!("baseline: main\ndatabase: {{mode: {mode}, name: {name}}}");
            let databases = plan(&head, &branches);
            prop_assume!(databases.is_some());
            let databases = databases.unwrap();
            let baseline = databases["main"].clone().unwrap();
            let mut known = std::collections::BTreeSet::from([("database", SmolStr::from(&*name)), ("schema", PUBLIC_SCHEMA.into())]);
            for ((branch, _, mode, app_engine), database) in branches.iter().map(|entry| (entry, &databases[entry.0.as_str()])) {
                let Some(database) = database else {
                    prop_assert!(app_engine);
                    continue;
                };
                prop_assert!(mode.is_none_or(|mode| mode == database.mode));
                for name in [&database.name, &database.schema] {
                    prop_assert!(name.len() <= 63 && name.starts_with(|c: char| c.is_ascii_lowercase()), "{}", name);
                    prop_assert!(name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')), "{}", name);
                }
                if let Some(own) = database.own() {
                    prop_assert!(known.insert((database.mode.word(), own.clone())), "{}: {}", branch, own);
                } else {
                    prop_assert_eq!((&database.name, &database.schema), (&baseline.name, &baseline.schema));
                }
                prop_assert_eq!(database.is_migrated, branch == "main" || database.own().is_some());
            }
            // A database depends neither on other branches nor on aliases.
            let (last, others) = branches.split_last().unwrap();
            if !others.is_empty() {
                let fewer = plan(&format!("{head}\nhosts: ['{{{{ branch.slug }}}}.example.com']\naliases: {{stable: main}}"), others);
                for (name, database) in fewer.into_iter().flatten() {
                    prop_assert!(name != last.0 && databases[&name] == database, "{}", name);
                }
            }
        }
    }
}
