//! The database of a branch: what it is called.
//!
//! Names are of a-z, 0-9 and `_`, begin with the name of the shared database, and have at most 63 bytes, which is what
//! `PostgreSQL` keeps of an identifier. They depend on the slug alone.

use super::{Branch, mapping};
use crate::node::Node;
use crate::slug::Slug;
use crate::spec::{self, DatabaseMode, Spec};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

/// The longest identifier in bytes (`PostgreSQL`'s NAMEDATALEN less one).
const LONGEST: usize = 63;
/// Hex digits of the hash.
const HASH: usize = 8;
/// The schema of those who have none of their own.
const PUBLIC: &str = "public";

/// The database of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// How much of it is the branch's own.
    pub mode: DatabaseMode,
    /// Its name.
    pub name: SmolStr,
    /// The schema in it.
    pub schema: SmolStr,
    /// Whether what migrates and seeds it belongs to the branch.
    pub is_migrated: bool,
}

impl Database {
    /// The database of a branch with that slug; `baseline` is what it shares with others, if it is not the baseline.
    pub(super) fn of(spec: &Spec, branch: &spec::Branch, slug: &Slug, baseline: Option<&Branch>) -> Option<Self> {
        let shared = spec.database.as_ref().filter(|_| branch.app_engine.is_none())?;
        let is_baseline = spec.baseline.as_ref().is_some_and(|name| name.value == branch.name);
        let mode = shared.mode(branch);
        let (name, schema) = match (mode, baseline.and_then(|baseline| baseline.database.as_ref())) {
            (DatabaseMode::Shared, Some(baseline)) if !is_baseline => (baseline.name.clone(), baseline.schema.clone()),
            (DatabaseMode::Shared, _) => (shared.name.clone(), PUBLIC.into()),
            (DatabaseMode::Schema, _) => (shared.name.clone(), own(&shared.name, slug.as_str())),
            (DatabaseMode::Database, _) => (own(&shared.name, slug.as_str()), PUBLIC.into()),
        };
        Some(Database { mode, name, schema, is_migrated: is_baseline || mode != DatabaseMode::Shared })
    }

    /// What goes with the branch.
    pub(super) fn own(&self) -> Option<&SmolStr> {
        match self.mode {
            DatabaseMode::Shared => None,
            DatabaseMode::Schema => Some(&self.schema),
            DatabaseMode::Database => Some(&self.name),
        }
    }

    /// What templates see.
    pub(super) fn variable(&self) -> Node {
        mapping([
            ("mode", Node::str(self.mode.word())),
            ("name", Node::str(self.name.clone())),
            ("schema", Node::str(self.schema.clone())),
        ])
    }
}

/// The annotation of a namespace that has a database of its own: what kind of thing goes with it, the database that all
/// branches share, and the name of what goes.
pub(super) fn annotation(spec: &Spec, database: &Database) -> Option<SmolStr> {
    let own = database.own()?;
    let shared = &spec.database.as_ref()?.name;
    Some(SmolStr::from(format!("{}/{shared}/{own}", database.mode.word())))
}

/// `name` and `slug` as one identifier. A name that would be too long is cut and gets `_` and the first 8 hex digits of
/// the SHA-256 of the whole; so does one that is as long as a cut one and ends like it, so that the two never meet.
fn own(name: &str, slug: &str) -> SmolStr {
    let whole = format!("{name}_{}", slug.replace('-', "_"));
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

    #[test]
    fn names() {
        for (name, slug, want) in [
            ("shop", "main", "shop_main"),
            ("shop", "feature-login-df7c7aeb", "shop_feature_login_df7c7aeb"),
            ("shop", &"a".repeat(58), &format!("shop_{}", "a".repeat(58))),
            ("shop", &"a".repeat(59), &format!("shop_{}_{}", "a".repeat(49), "d679a3a5")),
        ] {
            assert_eq!(own(name, slug), want);
        }
        // As long as a cut name and with such an end: it gets a hash too.
        let like_a_cut_one = format!("{}-0123abcd", "a".repeat(49));
        let got = own("shop", &like_a_cut_one);
        assert!(got.len() == LONGEST && !got.ends_with("0123abcd"), "{got}");
    }

    proptest! {
        #[test]
        fn no_two_slugs_have_one_database(slugs in proptest::collection::btree_set("[a-z]([-a-z0-9]{0,61}[a-z0-9])?", 2..40)) {
            let names: std::collections::BTreeSet<SmolStr> = slugs.iter().map(|slug| own("a_rather_long_name_of_a_shop", slug)).collect();
            prop_assert_eq!(names.len(), slugs.len());
            for name in &names {
                prop_assert!(name.len() <= LONGEST, "{}", name);
                prop_assert!(name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')), "{}", name);
            }
        }
    }
}
