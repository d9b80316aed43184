//! Which branches a run builds: all, those that match patterns, or one shard.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::glob;
use crate::output::SHARED_SLUG;
use crate::plan::BuildPlan;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Which branches a run builds. The outputs of several runs merge by plain union.
#[derive(Clone, Debug, Default)]
pub(crate) enum Selection {
    /// Every branch.
    #[default]
    All,
    /// The branches whose name or slug matches one of these patterns. `*` matches any text, `?` any character.
    Only(Vec<String>),
    /// The branches of one shard.
    Shard(Shard),
}

/// One of several shards. The shard of a slug depends on the slug and the number of shards only, so the folder of a removed
/// branch is in a shard too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    /// Which one, starting at 1.
    pub(crate) index: u32,
    /// The number of shards.
    pub(crate) of: u32,
}

impl Selection {
    /// An error for each pattern that matches no branch.
    pub(crate) fn check(&self, plan: &BuildPlan) -> Result<()> {
        let Selection::Only(patterns) = self else { return Ok(()) };
        let fits_any = |pattern: &&String| {
            plan.branches
                .iter()
                .any(|branch| glob::matches(pattern, &branch.name) || glob::matches(pattern, branch.slug.as_str()))
        };
        let fault = |pattern: &String| {
            let names = plan.branches.iter().flat_map(|branch| [branch.name.as_str(), branch.slug.as_str()]);
            Diagnostic::new(Code::Usage, format!("no branch matches `{pattern}`")).suggest(pattern, names)
        };
        Diagnostics::check(patterns.iter().filter(|pattern| !fits_any(pattern)).map(fault).collect(), ())
    }

    /// Whether it has a branch.
    pub(crate) fn has(&self, name: &str, slug: &str) -> bool {
        match self {
            Selection::All => true,
            Selection::Only(patterns) => {
                patterns.iter().any(|pattern| glob::matches(pattern, name) || glob::matches(pattern, slug))
            }
            Selection::Shard(shard) => shard.has(slug),
        }
    }

    /// Whether it has the files of a slug, of a branch in `plan` or of a removed one.
    pub(crate) fn slugs<'a>(&'a self, plan: &'a BuildPlan) -> impl Fn(&str) -> bool + Sync + 'a {
        let all = matches!(self, Selection::All);
        let branches = plan.branches.iter().filter(|_| !all);
        let names: BTreeMap<&str, &str> = branches.map(|b| (b.slug.as_str(), b.name.as_str())).collect();
        move |slug| match names.get(slug) {
            Some(name) => self.has(name, slug),
            None => self.has_removed(slug),
        }
    }

    /// Whether it has the folder of a removed branch.
    fn has_removed(&self, slug: &str) -> bool {
        match self {
            Selection::All => true,
            Selection::Only(_) => false,
            // Another shard may have a branch that shares the object.
            Selection::Shard(shard) => slug != SHARED_SLUG && shard.has(slug),
        }
    }
}

impl Shard {
    fn has(self, slug: &str) -> bool {
        let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(slug));
        u32::from_be_bytes([a, b, c, d]) % self.of == self.index - 1
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    /// Reads `I/N`.
    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((index, of)) if 0 < index && index <= of => Ok(Shard { index, of }),
            _ => Err("a shard is I/N with I from 1 to N, such as `1/4`".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_a_partition() {
        for of in [1, 2, 3, 7] {
            let mut sizes = vec![0; 7];
            for n in 0..1000 {
                let slug = format!("feature-{n}");
                let owners: Vec<u32> = (1..=of).filter(|index| Shard { index: *index, of }.has(&slug)).collect();
                assert_eq!(owners.len(), 1, "{slug}");
                sizes[usize::try_from(owners[0]).unwrap() - 1] += 1;
            }
            assert!(sizes.iter().take(usize::try_from(of).unwrap()).all(|size| *size > 1000 / of / 2), "{sizes:?}");
        }
    }

    #[test]
    fn shards_are_read() {
        assert_eq!("2/4".parse(), Ok(Shard { index: 2, of: 4 }));
        for bad in ["", "1", "0/4", "5/4", "1/0", "a/b", "1/4/2", "-1/4", "1 / 4"] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }
}
