//! Databases of branches: what a branch may have, how its own database or schema is named, and how an annotation names it.
//!
//! Names are of a-z, 0-9 and `_`, begin with the name of the shared database, and have at most 63 bytes, which is what
//! `PostgreSQL` keeps of an identifier. They depend on the slug alone. Nothing here connects to a server.

use crate::annotation::DATABASE_ANNOTATION;
use crate::argument::is_argument;
use crate::node::Node;
use sha2::{Digest, Sha256};
use smol_str::SmolStr;
use std::fmt;

/// The schema of branches that have none of their own.
pub const PUBLIC_SCHEMA: &str = "public";
/// The longest identifier in bytes (`PostgreSQL`'s NAMEDATALEN less one).
const LONGEST: usize = 63;
/// Hex digits of the hash.
const HASH: usize = 8;

/// How much of its database only the branch uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatabaseMode {
    /// Nothing: it uses what the baseline branch uses.
    #[default]
    Shared,
    /// A schema in the shared database.
    Schema,
    /// A whole database.
    Database,
}

impl DatabaseMode {
    /// All modes.
    pub const ALL: [DatabaseMode; 3] = [DatabaseMode::Shared, DatabaseMode::Schema, DatabaseMode::Database];

    /// The mode as the spec writes it.
    pub fn word(self) -> &'static str {
        match self {
            DatabaseMode::Shared => "shared",
            DatabaseMode::Schema => "schema",
            DatabaseMode::Database => "database",
        }
    }

    /// Reads a mode.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

/// A database or schema that is removed with its branch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Database {
    /// What it is, such as `database` or `schema`.
    pub kind: SmolStr,
    /// The instance or shared database that has it.
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

    /// The databases that the annotation of an object names, separated by blanks.
    pub fn of_object(object: &Node) -> impl Iterator<Item = Self> + '_ {
        let text = object.str_at(&["metadata", "annotations", DATABASE_ANNOTATION]).unwrap_or_default();
        text.split_whitespace().filter_map(Database::parse)
    }
}

impl fmt::Display for Database {
    /// As annotations name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.instance, self.name)
    }
}

/// The name of the database or schema of a branch: `shared` and `slug` as one identifier. A name that would be too long
/// is cut and gets `_` and the first 8 hex digits of the SHA-256 of the whole; so does one that is as long as a cut one and
/// ends like it, so that the two are never equal.
pub fn own_name(shared: &str, slug: &str) -> SmolStr {
    let whole = format!("{shared}_{}", slug.replace('-', "_"));
    let ends_like_a_hash = || {
        let end = whole.rsplit_once('_').map_or("", |(_, end)| end);
        end.len() == HASH && end.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    if whole.len() < LONGEST || whole.len() == LONGEST && !ends_like_a_hash() {
        return whole.into();
    }
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(&whole));
    let stem = &whole[..LONGEST - 1 - HASH];
    format!("{stem}_{:08x}", u32::from_be_bytes([a, b, c, d])).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_of_branches() {
        for (name, slug, want) in [
            ("shop", "main", "shop_main"),
            ("shop", "feature-login-df7c7aeb", "shop_feature_login_df7c7aeb"),
            ("shop", &"a".repeat(58), &format!("shop_{}", "a".repeat(58))),
            ("shop", &"a".repeat(59), &format!("shop_{}_{}", "a".repeat(49), "d679a3a5")),
        ] {
            assert_eq!(own_name(name, slug), want);
        }
        // As long as a cut name and with such an end: it gets a hash too.
        let like_a_cut_one = format!("{}-0123abcd", "a".repeat(49));
        let got = own_name("shop", &like_a_cut_one);
        assert!(got.len() == LONGEST && !got.ends_with("0123abcd"), "{got}");
    }

    #[test]
    fn databases_of_annotations() {
        let parts = |text: &str| Database::parse(text).map(|d| format!("{} {} {}", d.kind, d.instance, d.name));
        assert_eq!(parts("schema/main/shop_login").as_deref(), Some("schema main shop_login"));
        assert_eq!(parts("database/example:europe/main/x").as_deref(), Some("database example:europe/main x"));
        for bad in
            ["", "schema", "schema/main", "schema//x", "/main/x", "schema/main/", "schema/ma in/x", "schema/-x/y"]
        {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_two_slugs_have_one_name(slugs in proptest::collection::btree_set("[a-z]([-a-z0-9]{0,61}[a-z0-9])?", 2..40)) {
            let names: BTreeSet<SmolStr> = slugs.iter().map(|slug| own_name("a_rather_long_name_of_a_shop", slug)).collect();
            prop_assert_eq!(names.len(), slugs.len());
            for name in &names {
                prop_assert!(name.len() <= LONGEST, "{}", name);
                prop_assert!(name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')), "{}", name);
            }
        }
    }
}
