//! A branch name as a DNS label.
//!
//! A slug depends on the branch name and on the length that the patterns of the spec allow, never on other branches. A name
//! that is a valid slug stays as it is. Any other name is cleaned, cut, and gets `-` and the first 8 hexadecimal digits of the
//! SHA-256 of the name. A name that already ends like a hash gets another one, so an unchanged name never equals a hashed one. Two
//! hashed names are equal only if stem and 32 bits of SHA-256 are equal; `plan` refuses that, as it refuses equal slugs in the
//! spec.

use crate::diagnostic::{Code, Diagnostic};
use crate::name::{LONGEST_LABEL, is_label_with_letter};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;
use std::fmt;

/// A label that begins with a letter and is not reserved: `^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slug(SmolStr);

/// Hex digits of the hash.
const HASH: usize = 8;
/// The prefix of a stem that is not a valid slug alone.
const PREFIX: &str = "b-";

impl Slug {
    /// The minimum length of a hashed slug: a letter, `-` and the hash.
    pub(crate) const MIN_LENGTH: usize = 1 + 1 + HASH;
    /// The maximum length: a whole label.
    pub(crate) const MAX_LENGTH: usize = LONGEST_LABEL;

    /// The slug of a branch, with at most `max_length` characters. A value outside of the two limits counts as the limit.
    pub(crate) fn of(branch: &str, max_length: usize) -> Self {
        let max_length = max_length.clamp(Self::MIN_LENGTH, Self::MAX_LENGTH);
        if branch.len() <= max_length
            && is_label_with_letter(branch)
            && !is_reserved(branch)
            && !ends_like_a_hash(branch)
        {
            return Slug(branch.into());
        }
        let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(branch));
        let hash = u32::from_be_bytes([a, b, c, d]);
        let hashed = |stem: &str| {
            let cut = stem.get(..max_length - 1 - HASH).unwrap_or(stem).trim_end_matches('-');
            format!("{cut}-{hash:08x}")
        };
        let stem = clean(branch);
        let slug = hashed(&stem);
        let is_valid = slug.starts_with(|c: char| c.is_ascii_lowercase()) && !is_reserved(&slug);
        Slug(if is_valid { slug } else { hashed(&format!("{PREFIX}{stem}")) }.into())
    }

    /// A slug that the spec sets.
    pub(crate) fn forced(text: &str) -> Result<Self, Diagnostic> {
        if !is_label_with_letter(text) {
            Err(Diagnostic::new(Code::Name, format!("`{text}` is not a valid slug")).help(format!(
                "a slug has at most {LONGEST_LABEL} characters of a-z, 0-9 and `-`, begins with a letter and does not end with `-`"
            )))
        } else if is_reserved(text) {
            Err(Diagnostic::new(Code::Name, format!("the slug `{text}` is reserved"))
                .help("`default`, `pleach` and everything that begins with `kube-` or `xn--` are reserved"))
        } else {
            Ok(Slug(text.into()))
        }
    }

    /// Whether a slug ends with the hash of a branch name, so that no other branch can have it.
    pub(crate) fn is_hashed(slug: &str, branch: &str) -> bool {
        ends_like_a_hash(slug) && Slug::of(branch, slug.len()).as_str() == slug
    }

    /// The label.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&Slug> for SmolStr {
    fn from(slug: &Slug) -> Self {
        slug.0.clone()
    }
}

/// Names of Kubernetes and of pleach itself, and the prefix of Punycode labels.
fn is_reserved(label: &str) -> bool {
    matches!(label, "default" | "pleach") || label.starts_with("kube-") || label.starts_with("xn--")
}

/// Whether `text` contains `words`, such as a slug or a project, as whole words. All characters but letters and digits separate
/// words.
pub(crate) fn has_words(text: &str, words: &str) -> bool {
    let normal = |text: &str| format!("-{}-", text.replace(|c: char| !c.is_alphanumeric(), "-"));
    normal(text).contains(&normal(words))
}

/// `text` with `*` in place of the first whole word `word`, if it has one after its start.
pub(crate) fn with_wildcard(text: &str, word: &str) -> Option<String> {
    let is_end = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let (start, end) =
        text.match_indices(word).map(|(start, _)| (start, start + word.len())).find(|(start, end)| {
            *start > 0 && is_end(text[..*start].chars().next_back()) && is_end(text[*end..].chars().next())
        })?;
    Some(format!("{}*{}", &text[..start], &text[end..]))
}

fn ends_like_a_hash(label: &str) -> bool {
    label
        .rsplit_once('-')
        .is_some_and(|(_, end)| end.len() == HASH && end.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

/// Lower case, Latin letters without their marks, every other run of characters as one `-`, none at the ends; empty if
/// nothing is left.
fn clean(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + PREFIX.len());
    let mut gap = false;
    for c in name.chars().flat_map(char::to_lowercase) {
        let letters = match c {
            'a'..='z' | '0'..='9' => "",
            // Combining marks belong to the letter before them.
            '\u{300}'..='\u{36f}' => continue,
            _ => without_marks(c),
        };
        if letters.is_empty() && !c.is_ascii_alphanumeric() {
            gap = true;
            continue;
        }
        if gap && !out.is_empty() {
            out.push('-');
        }
        gap = false;
        if letters.is_empty() { out.push(c) } else { out.push_str(letters) }
    }
    out
}

/// The plain letters of a lower-case Latin letter (Latin-1 and Latin Extended-A); empty for anything else.
fn without_marks(c: char) -> &'static str {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ð' | 'ď' | 'đ' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ĵ' => "j",
        'ķ' | 'ĸ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' | 'ŋ' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn slug(name: &str) -> String {
        Slug::of(name, Slug::MAX_LENGTH).to_string()
    }

    #[test]
    fn only_the_branch_of_a_hash_has_a_hashed_slug() {
        let long = "a-".repeat(40);
        for branch in ["feature/login", "Main", "ä", &long] {
            for length in [Slug::MIN_LENGTH, 20, Slug::MAX_LENGTH] {
                let slug = Slug::of(branch, length);
                assert!(Slug::is_hashed(slug.as_str(), branch), "{branch} {slug}");
                assert!(!Slug::is_hashed(slug.as_str(), "other"), "{branch} {slug}");
            }
        }
        for (slug, branch) in
            [("main", "main"), ("admin-0123abcd", "admin"), ("admin-0123abcd", "admin-0123abcd"), ("", "")]
        {
            assert!(!Slug::is_hashed(slug, branch), "{slug} {branch}");
        }
    }

    #[test]
    fn a_wildcard_replaces_a_whole_word() {
        for (text, want) in [("le-a", "le-*"), ("data-a-a", "data-*-a"), ("x:a", "x:*"), ("data", ""), ("a-x", "")] {
            assert_eq!(with_wildcard(text, "a").unwrap_or_default(), want, "{text}");
        }
    }

    /// Names and their slugs of at most a whole label.
    const TABLE: &[(&str, &str)] = &[
        ("main", "main"),
        ("develop", "develop"),
        ("feature-login", "feature-login"),
        ("feature/login", "feature-login-df7c7aeb"),
        ("Feature/Login", "feature-login-1ce27709"),
        ("FEATURE-LOGIN", "feature-login-ba068b73"),
        ("feature_login", "feature-login-eda9645e"),
        ("feature.login", "feature-login-8974d2f0"),
        ("feature--login", "feature--login"),
        ("feature/login/", "feature-login-70d9cf61"),
        ("feature/login-", "feature-login-eacf5b2d"),
        ("/feature/login", "feature-login-cb802c67"),
        ("feat/a_b", "feat-a-b-1d993f28"),
        ("feat/a-b", "feat-a-b-e983c6cc"),
        ("feat/a.b", "feat-a-b-a9a9122d"),
        ("feat/a/b", "feat-a-b-89bdf3ee"),
        ("feat-a-b", "feat-a-b"),
        ("feat/a__b", "feat-a-b-4c7d3fc7"),
        ("feature login", "feature-login-33050143"),
        ("123-x", "b-123-x-725cb112"),
        ("123", "b-123-a665a459"),
        ("1", "b-1-6b86b273"),
        ("x", "x"),
        ("X", "x-4b68ab38"),
        ("-x-", "x-c6cf95e5"),
        ("-", "b-3973e022"),
        ("--", "b-d8156bae"),
        (".", "b-cdb4ee2a"),
        ("日本語", "b-77710aed"),
        ("feature/日本語", "feature-ffc43221"),
        ("größe/straße", "grosse-strasse-fb4b99b3"),
        ("naïve-café", "naive-cafe-7aa270c7"),
        ("ŁÓDŹ", "lodz-3a3150a1"),
        ("İstanbul", "istanbul-24ec8f72"),
        ("emoji-🚀", "emoji-a7380b74"),
        ("🚀", "b-ebbc0b28"),
        ("кириллица", "b-7aff089a"),
        ("release/1.0", "release-1-0-05c07dbf"),
        ("release-1-0", "release-1-0"),
        ("release/1.0.0-rc.1", "release-1-0-0-rc-1-192adfe1"),
        ("v1.2.3", "v1-2-3-e3cad1a6"),
        ("dependabot/npm_and_yarn/x-1.2.3", "dependabot-npm-and-yarn-x-1-2-3-e25a0e36"),
        ("dependabot/github_actions/actions/checkout-4", "dependabot-github-actions-actions-checkout-4-9ed9a7fa"),
        ("renovate/configure", "renovate-configure-dff5d966"),
        ("renovate/@types/node-20.x", "renovate-types-node-20-x-b1bc5088"),
        ("user/jane.doe@example.com/try", "user-jane-doe-example-com-try-c6476311"),
        ("hotfix/#42", "hotfix-42-5c5fb8c9"),
        ("revert-42-feature/login", "revert-42-feature-login-677f775e"),
        ("kube-system", "b-kube-system-88007f70"),
        ("kube-public", "b-kube-public-15062278"),
        ("kube-node-lease", "b-kube-node-lease-b5686b7f"),
        ("kube-", "b-kube-66ceff97"),
        ("kube", "kube"),
        ("Kube", "b-kube-417c6a63"),
        ("kube/system", "b-kube-system-d734e391"),
        ("kubernetes", "kubernetes"),
        ("default", "default-37a8eec1"),
        ("Default", "default-21b111cb"),
        ("pleach", "pleach-94a21a82"),
        ("xn--bcher-kva", "xn-bcher-kva-f118d5c2"),
        ("feature-login-ABCDEF12", "feature-login-abcdef12-9a9a1030"),
        ("release-20241224", "release-20241224-d4051631"),
        ("release-2024-12-24", "release-2024-12-24"),
        ("deadbeef", "deadbeef"),
        ("a-deadbeef", "a-deadbeef-0056006c"),
        ("HEAD", "head-b5180223"),
        ("refs/heads/main", "refs-heads-main-f921bd05"),
        ("feature/ABC-1234-add-the-thing", "feature-abc-1234-add-the-thing-9f92e1bf"),
        ("feature/ABC-1235-add-the-thing", "feature-abc-1235-add-the-thing-c3fb2d4f"),
        ("a: b #c", "a-b-c-4497feaf"),
        ("{{ 7*7 }}", "b-7-7-965d3291"),
        ("on", "on"),
        ("null", "null"),
        ("feature-login-df7c7aeb", "feature-login-df7c7aeb-de7a6ca3"),
        ("e\u{301}te\u{301}", "ete-b71a8c52"),
    ];

    /// Typical branch names. No two have the same slug.
    #[test]
    fn table() {
        let same = "feature/the-first-sixty-three-characters-of-these-two-names-are-the-same";
        let long: Vec<String> = [
            format!("{same}-one-end-of-them"),
            format!("{same}-the-other-end--"),
            "a".repeat(63),
            "a".repeat(64),
            format!("{}-b", "a".repeat(62)),
            format!("1{}", "a".repeat(62)),
        ]
        .into();
        assert_eq!((long[0].len(), long[1].len(), &long[0][..63]), (88, 88, &long[1][..63]));
        let mut seen = BTreeSet::new();
        for name in TABLE.iter().map(|(name, _)| *name).chain(long.iter().map(String::as_str)) {
            let slug = slug(name);
            assert!(is_label_with_letter(&slug) && !is_reserved(&slug), "{name} gave {slug}");
            assert!(seen.insert(slug), "{name} has the slug of another name");
        }
        for (name, want) in TABLE {
            assert_eq!(slug(name), *want, "{name}");
        }
        assert_eq!(slug(&long[2]), long[2]);
        assert_eq!(slug(&long[0]), "feature-the-first-sixty-three-characters-of-these-two-d4a81709");
        assert!(seen.len() >= 70, "{}", seen.len());
    }

    #[test]
    fn ten_thousand_features() {
        let names = (0..10_000).map(|n| format!("feature/ABC-{n:04}-what-it-is-about"));
        let slugs: BTreeSet<String> = names.map(|name| slug(&name)).collect();
        assert_eq!(slugs.len(), 10_000);
        assert!(slugs.iter().all(|slug| is_label_with_letter(slug)));
    }

    #[test]
    fn hashed_slugs_have_the_maximum_length() {
        for (name, max_length, want) in [
            ("feature/login", 30, "feature-login-df7c7aeb"),
            ("feature/login", 22, "feature-login-df7c7aeb"),
            ("feature/login", 21, "feature-logi-df7c7aeb"),
            ("feature/login", 17, "feature-df7c7aeb"),
            ("feature/login", 10, "f-df7c7aeb"),
            ("feature/login", 0, "f-df7c7aeb"),
            ("feature-login", 13, "feature-login"),
            ("feature-login", 12, "fea-1a2efb69"),
            ("Kubernetes", 13, "b-ku-a37d07fe"),
        ] {
            let slug = Slug::of(name, max_length);
            assert_eq!(slug.as_str(), want, "{name} in {max_length}");
        }
    }

    #[test]
    fn forced_slugs_are_checked() {
        for good in ["a", "login", "feature-login-df7c7aeb", "b2", "a--b"] {
            assert_eq!(Slug::forced(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(64);
        for bad in ["", "1a", "-a", "a-", "A", "a.b", "a_b", "ä", &long, "default", "pleach", "kube-x", "xn--a"] {
            assert!(Slug::forced(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn always_a_valid_slug(name in ".{0,120}", max_length in 0_usize..100) {
            let slug = Slug::of(&name, max_length);
            prop_assert!(is_label_with_letter(slug.as_str()) && !is_reserved(slug.as_str()));
            prop_assert!(slug.as_str().len() <= max_length.clamp(Slug::MIN_LENGTH, Slug::MAX_LENGTH));
            prop_assert_eq!(&slug, &Slug::of(&name, max_length));
            prop_assert!(Slug::forced(slug.as_str()).is_ok());
        }

        #[test]
        fn kept_or_hashed_and_never_both(name in "(kube-|xn--|[a-z]{1,4}-?)?[-a-z0-9A-F]{0,70}(-[0-9a-f]{8})?") {
            let slug = slug(&name);
            prop_assert_eq!(ends_like_a_hash(&slug), slug != name);
        }

        #[test]
        fn similar_names_have_different_slugs(a in "[aA][-/_. ][bB]{1,2}", b in "[aA][-/_. ][bB]{1,2}") {
            prop_assert_eq!(slug(&a) == slug(&b), a == b);
        }
    }
}
