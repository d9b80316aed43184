//! Databases of branches: modes, names, and the annotation that lists them.
//!
//! Names consist of a-z, 0-9 and `_`, start with the name of the shared database and have at most 63 bytes, the length of an
//! identifier in `PostgreSQL`. They depend only on the slug and the shared database. Nothing here connects to a server.

use crate::annotation::DATABASE_ANNOTATION;
use crate::argument::is_argument;
use crate::node::Node;
use sha2::{Digest, Sha256};
use smol_str::SmolStr;
use std::fmt;

/// The schema of branches without their own schema.
pub(crate) const PUBLIC_SCHEMA: &str = "public";
/// The maximum length of an identifier in bytes (NAMEDATALEN of `PostgreSQL` minus one).
const MAX_LENGTH: usize = 63;
/// The number of hex digits of a hash in a name.
const HASH_LENGTH: usize = 8;

/// The part of the database that only the branch uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DatabaseMode {
    /// Nothing: the branch uses the database of the baseline branch.
    #[default]
    Shared,
    /// A schema in the shared database.
    Schema,
    /// A whole database.
    Database,
}

impl DatabaseMode {
    /// All modes.
    pub(crate) const ALL: [DatabaseMode; 3] = [DatabaseMode::Shared, DatabaseMode::Schema, DatabaseMode::Database];

    /// The value of `mode` in the spec.
    pub(crate) fn word(self) -> &'static str {
        match self {
            DatabaseMode::Shared => "shared",
            DatabaseMode::Schema => "schema",
            DatabaseMode::Database => "database",
        }
    }

    /// The variable of templates with the name of what the branch has of its own.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            DatabaseMode::Schema => "database.schema",
            DatabaseMode::Shared | DatabaseMode::Database => "database.name",
        }
    }

    /// Parses the value of `mode`.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

/// Whether a text can be the kind of a database: letters, digits, `-`, `_` and `.`.
pub(crate) fn is_database_kind(text: &str) -> bool {
    is_argument(text) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// A database or schema of one branch, which is dropped when the branch is torn down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Database {
    /// The kind, such as `database` or `schema`.
    pub(crate) kind: SmolStr,
    /// The instance or the shared database that contains it.
    pub(crate) instance: SmolStr,
    /// Its name.
    pub(crate) name: SmolStr,
}

impl Database {
    /// Parses `kind/instance/name`. Only the instance may contain slashes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once('/')?;
        let (instance, name) = rest.rsplit_once('/')?;
        let all = is_database_kind(kind) && [instance, name].into_iter().all(is_argument);
        all.then(|| Database { kind: kind.into(), instance: instance.into(), name: name.into() })
    }

    /// The databases in the annotation of an object, which are separated by white space.
    pub(crate) fn of_object(object: &Node) -> impl Iterator<Item = Self> + '_ {
        let text = object.str_at(&["metadata", "annotations", DATABASE_ANNOTATION]).unwrap_or_default();
        text.split_whitespace().filter_map(Database::parse)
    }
}

impl fmt::Display for Database {
    /// Formats an entry of the annotation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.instance, self.name)
    }
}

/// The name of the database or schema of a branch: `shared` and `slug` as one identifier. A name that is too long is truncated
/// and gets `_` and the first 8 hex digits of the SHA-256 of the full name. To keep names unique, a name that has the maximum
/// length and ends like a truncated name is truncated too.
pub(crate) fn database_name(shared: &str, slug: &str) -> SmolStr {
    let full = format!("{shared}_{}", slug.replace('-', "_"));
    let ends_with_a_hash = || {
        let end = full.rsplit_once('_').map_or("", |(_, end)| end);
        end.len() == HASH_LENGTH && end.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    if full.len() < MAX_LENGTH || full.len() == MAX_LENGTH && !ends_with_a_hash() {
        return full.into();
    }
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(&full));
    let stem = &full[..MAX_LENGTH - 1 - HASH_LENGTH];
    format!("{stem}_{:08x}", u32::from_be_bytes([a, b, c, d])).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn long_names_are_truncated() {
        for (name, slug, want) in [
            ("shop", "main", "shop_main"),
            ("shop", "feature-login-df7c7aeb", "shop_feature_login_df7c7aeb"),
            ("shop", &"a".repeat(58), &format!("shop_{}", "a".repeat(58))),
            ("shop", &"a".repeat(59), &format!("shop_{}_{}", "a".repeat(49), "d679a3a5")),
        ] {
            assert_eq!(database_name(name, slug), want);
        }
        // The maximum length, and an end like a hash.
        let like_a_truncated_one = format!("{}-0123abcd", "a".repeat(49));
        let got = database_name("shop", &like_a_truncated_one);
        assert!(got.len() == MAX_LENGTH && !got.ends_with("0123abcd"), "{got}");
    }

    #[test]
    fn entries_of_the_annotation_are_parsed() {
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
        fn slugs_have_different_names(slugs in proptest::collection::btree_set("[a-z]([-a-z0-9]{0,61}[a-z0-9])?", 2..40)) {
            let names: BTreeSet<SmolStr> = slugs.iter().map(|slug| database_name("a_rather_long_name_of_a_shop", slug)).collect();
            prop_assert_eq!(names.len(), slugs.len());
            for name in &names {
                prop_assert!(name.len() <= MAX_LENGTH, "{}", name);
                prop_assert!(name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')), "{}", name);
            }
        }
    }
}
