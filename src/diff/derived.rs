//! The names that a branch derives from its own: slug, namespace, hosts, databases, generated names.
//!
//! A change that only differs in them is the same in every branch. [`DerivedNames::generalized`] replaces them in a text, and
//! [`GeneralText::expanded`] puts those of any branch back, so that nothing is lost.

use aho_corasick::{AhoCorasick, MatchKind};
use smol_str::{SmolStr, StrExt as _};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a name of a branch is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum DerivedName {
    /// The name in Git.
    Branch,
    /// The slug.
    Slug,
    /// The namespace.
    Namespace,
    /// One of its hosts, by position.
    Host(usize),
    /// Its database.
    Database,
    /// The generated name of an object on one side of the comparison, by the name without the hash.
    Generated(SmolStr, HashSide),
}

/// Which output has a generated name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum HashSide {
    /// The output before.
    Before,
    /// The output after.
    After,
    /// Both.
    Both,
}

/// A text in which the derived names of a branch are replaced by what they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct GeneralText(Vec<GeneralPart>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum GeneralPart {
    Text(SmolStr),
    Name(DerivedName),
}

impl GeneralText {
    /// The text of a branch; `None` if the branch does not have one of the names.
    pub(crate) fn expanded(&self, names: &DerivedNames) -> Option<SmolStr> {
        let texts = self.0.iter().map(|part| match part {
            GeneralPart::Text(text) => Some(text.as_str()),
            GeneralPart::Name(name) => names.by_name.get(name).map(SmolStr::as_str),
        });
        texts.collect::<Option<Vec<&str>>>().map(|texts| texts.concat().into())
    }

    /// The text for people: `{slug}` for the slug.
    pub(crate) fn shown(&self) -> SmolStr {
        let mut out = String::new();
        for part in &self.0 {
            let _ = match part {
                GeneralPart::Text(text) => out.write_str(text),
                GeneralPart::Name(name) => write!(out, "{name}"),
            };
        }
        out.into()
    }

    /// Whether it is the empty text.
    pub(super) fn is_empty(&self) -> bool {
        matches!(&self.0[..], [GeneralPart::Text(text)] if text.is_empty())
    }

    /// The number of derived names in it.
    pub(super) fn names(&self) -> usize {
        self.0.iter().filter(|part| matches!(part, GeneralPart::Name(_))).count()
    }
}

impl std::fmt::Display for DerivedName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DerivedName::Branch => f.write_str("{branch}"),
            DerivedName::Slug => f.write_str("{slug}"),
            DerivedName::Namespace => f.write_str("{namespace}"),
            DerivedName::Host(0) => f.write_str("{host}"),
            DerivedName::Host(at) => write!(f, "{{host {}}}", at + 1),
            DerivedName::Database => f.write_str("{database}"),
            DerivedName::Generated(stem, HashSide::After) => write!(f, "{stem}-{{new hash}}"),
            DerivedName::Generated(stem, HashSide::Before) => write!(f, "{stem}-{{old hash}}"),
            DerivedName::Generated(stem, HashSide::Both) => write!(f, "{stem}-{{hash}}"),
        }
    }
}

/// The derived names of a branch.
#[derive(Debug)]
pub(crate) struct DerivedNames {
    by_name: BTreeMap<DerivedName, SmolStr>,
    /// What the pattern of the same index is.
    names: Vec<DerivedName>,
    patterns: AhoCorasick,
}

impl DerivedNames {
    /// The names of a branch, with their texts. If two have the same text, the first one counts.
    pub(crate) fn new(names: impl IntoIterator<Item = (DerivedName, SmolStr)>) -> Self {
        let mut by_text: BTreeMap<SmolStr, DerivedName> = BTreeMap::new();
        for (name, text) in names {
            if !text.is_empty() {
                by_text.entry(text).or_insert(name);
            }
        }
        // Its only errors are about sizes of more than 2 GiB.
        let patterns =
            AhoCorasick::builder().match_kind(MatchKind::Standard).build(by_text.keys().map(SmolStr::as_str));
        DerivedNames {
            by_name: by_text.iter().map(|(text, name)| (name.clone(), text.clone())).collect(),
            names: by_text.into_values().collect(),
            patterns: patterns.expect("the names of a branch are short"),
        }
    }

    /// The text with the names replaced. A name of letters and digits only, which may be a part of a word, counts where none is beside
    /// it. Of names that overlap, the first counts, and of those that begin together the longest.
    pub(crate) fn generalized(&self, text: &str) -> GeneralText {
        let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let stands_alone = |start: usize, end: usize| {
            !is_part(text[..start].chars().next_back()) && !is_part(text[end..].chars().next())
        };
        let is_word = |name: &str| name.chars().all(char::is_alphanumeric);
        let mut found: Vec<(usize, usize, usize)> = self
            .patterns
            .find_overlapping_iter(text)
            .filter(|m| !is_word(&text[m.range()]) || stands_alone(m.start(), m.end()))
            .map(|m| (m.start(), m.end(), m.pattern().as_usize()))
            .collect();
        found.sort_unstable_by_key(|(start, end, _)| (*start, std::cmp::Reverse(*end)));
        let mut parts = Vec::new();
        let mut done = 0;
        for (start, end, pattern) in found {
            if start < done {
                continue;
            }
            if start > done {
                parts.push(GeneralPart::Text(text[done..start].into()));
            }
            parts.push(GeneralPart::Name(self.names[pattern].clone()));
            done = end;
        }
        if done < text.len() || parts.is_empty() {
            parts.push(GeneralPart::Text(text[done..].into()));
        }
        GeneralText(parts)
    }
}

/// The characters of the hashes that kustomize appends to the names of `ConfigMap`s and Secrets.
const HASH_CHARACTERS: &str = "bcdfghkmt2456789";

/// The name of an object without its hash, if it has one: ten characters for `ConfigMap`s and Secrets, eight hexadecimal digits for
/// Jobs.
pub(super) fn stem<'n>(kind: &str, name: &'n str) -> Option<&'n str> {
    let (stem, hash) = name.rsplit_once('-')?;
    let is_hash = match kind.to_lowercase_smolstr().as_str() {
        "configmap" | "secret" => hash.len() == 10 && hash.chars().all(|c| HASH_CHARACTERS.contains(c)),
        "job" => hash.len() == 8 && hash.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')),
        _ => false,
    };
    (is_hash && !stem.is_empty()).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> DerivedNames {
        DerivedNames::new([
            (DerivedName::Branch, "feature/a".into()),
            (DerivedName::Slug, "feature-a".into()),
            (DerivedName::Namespace, "shop-feature-a".into()),
            (DerivedName::Host(0), "feature-a.example.com".into()),
            (DerivedName::Host(1), "a.example.com".into()),
            (DerivedName::Database, "main".into()),
            (DerivedName::Generated("nginx".into(), HashSide::Before), "nginx-5tkd7552bh".into()),
        ])
    }

    #[test]
    fn derived_names_are_replaced_and_put_back() {
        for (text, want) in [
            ("", ""),
            ("replicas: 2", "replicas: 2"),
            ("db.shop-feature-a.svc", "db.{namespace}.svc"),
            ("https://feature-a.example.com/x", "https://{host}/x"),
            ("https://a.example.com", "https://{host 2}"),
            ("xfeature-a, feature-a-b, feature-b", "x{slug}, {slug}-b, feature-b"),
            ("# feature/a\nnginx-5tkd7552bh", "# {branch}\nnginx-{old hash}"),
            ("äfeature-a", "ä{slug}"),
            ("domain log-main main.", "domain log-{database} {database}."),
        ] {
            let names = names();
            let general = names.generalized(text);
            assert_eq!(general.shown(), want, "{text}");
            assert_eq!(general.expanded(&names).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_branch_without_the_name_has_no_text() {
        let general = names().generalized("https://a.example.com");
        let other = DerivedNames::new([(DerivedName::Host(0), "b.example.com".into())]);
        assert_eq!(general.expanded(&other), None);
    }

    #[test]
    fn generated_names_have_a_hash() {
        for (kind, name, want) in [
            ("ConfigMap", "nginx-5tkd7552bh", Some("nginx")),
            ("configmap", "a-b-5tkd7552bh", Some("a-b")),
            ("Secret", "nginx-5tkd7552ba", None),
            ("Deployment", "nginx-5tkd7552bh", None),
            ("Job", "migrate-67a57701", Some("migrate")),
            ("Job", "migrate", None),
            ("Secret", "-5tkd7552bh", None),
        ] {
            assert_eq!(stem(kind, name), want, "{kind} {name}");
        }
    }
}
