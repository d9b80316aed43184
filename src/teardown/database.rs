//! Databases of branches, as an annotation of an object names them.

use super::footprint::is_argument;
use crate::node::Node;
use smol_str::SmolStr;

/// The annotation of an object that has a database of its branch's own: `kind/instance/name`, several with blanks between.
pub const ANNOTATION: &str = "pleach.dev/database";

/// A database that goes with its branch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Database {
    /// What it is, such as `database` or `schema`.
    pub kind: SmolStr,
    /// The instance that has it.
    pub instance: SmolStr,
    /// Its name.
    pub name: SmolStr,
}

impl Database {
    /// Reads `kind/instance/name`. An instance may have slashes in its name, the others have none.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once('/')?;
        let (instance, name) = rest.rsplit_once('/')?;
        let all = [kind, instance, name].into_iter().all(is_argument);
        all.then(|| Database { kind: kind.into(), instance: instance.into(), name: name.into() })
    }

    /// The databases that an object names.
    pub(super) fn of(object: &Node) -> impl Iterator<Item = Self> + '_ {
        let text = object.str_at(&["metadata", "annotations", ANNOTATION]).unwrap_or_default();
        text.split_whitespace().filter_map(Database::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases() {
        let parts = |text: &str| Database::parse(text).map(|d| format!("{} {} {}", d.kind, d.instance, d.name));
        assert_eq!(parts("schema/main/shop_login").as_deref(), Some("schema main shop_login"));
        assert_eq!(parts("database/example:europe/main/x").as_deref(), Some("database example:europe/main x"));
        for bad in
            ["", "schema", "schema/main", "schema//x", "/main/x", "schema/main/", "schema/ma in/x", "schema/-x/y"]
        {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }
}
