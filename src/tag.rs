//! A branch name as the tag of an image, in the style of whoever pushes the image.

use sha2::{Digest, Sha256};

/// How a tag is made of a branch name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TagStyle {
    /// The name where it is a tag, else a cleaned name and 8 hex digits of the SHA-256 of the raw one, so that no two
    /// branches share a tag.
    #[default]
    Pleach,
    /// GitLab's `CI_COMMIT_REF_SLUG`: lower case, everything but `a-z0-9` becomes `-`, at most 63 characters.
    Gitlab,
    /// `type=ref,event=branch` of the metadata action that GitHub workflows use: runs of anything but
    /// `a-zA-Z0-9._-` become `-`.
    Github,
}

/// The longest tag that registries take.
const LONGEST: usize = 128;
/// The longest slug of GitLab.
const GITLAB: usize = 63;

impl TagStyle {
    /// The style with that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "pleach" => TagStyle::Pleach,
            "gitlab" => TagStyle::Gitlab,
            "github" => TagStyle::Github,
            _ => return None,
        })
    }

    /// The tag of a branch.
    pub fn tag(self, branch: &str) -> String {
        match self {
            TagStyle::Pleach => unique(branch),
            TagStyle::Gitlab => {
                let fit = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
                let slug: String = branch.chars().flat_map(char::to_lowercase).map(fit).take(GITLAB).collect();
                slug.trim_matches('-').to_owned()
            }
            TagStyle::Github => cleaned(branch),
        }
    }

    /// How many digits of a commit are its short form.
    pub fn short_commit(self) -> usize {
        if self == TagStyle::Gitlab { 8 } else { 7 }
    }
}

fn is_fit(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// Every run of other characters as one `-`.
fn cleaned(branch: &str) -> String {
    let mut tag = String::with_capacity(branch.len());
    let mut gap = false;
    for c in branch.chars() {
        if is_fit(c) {
            tag.push(c);
        } else if !gap {
            tag.push('-');
        }
        gap = !is_fit(c);
    }
    tag
}

fn unique(branch: &str) -> String {
    let hex = |text: &str| text.len() == 8 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let ends_like_a_hash = branch.rsplit_once('-').is_some_and(|(_, end)| hex(end));
    let begins_well = branch.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if begins_well && branch.chars().all(is_fit) && branch.len() <= LONGEST && !ends_like_a_hash {
        return branch.to_owned();
    }
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(branch));
    let cleaned = cleaned(branch);
    let stem = cleaned.trim_start_matches(['-', '.']);
    let stem = stem.get(..LONGEST - 9).unwrap_or(stem);
    let stem = if stem.is_empty() { "branch" } else { stem };
    format!("{stem}-{:08x}", u32::from_be_bytes([a, b, c, d]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn styles() {
        let long = "x".repeat(200);
        for (branch, gitlab, github) in [
            ("main", "main", "main"),
            ("feature/Login_Form", "feature-login-form", "feature-Login_Form"),
            ("release/2.4", "release-2-4", "release-2.4"),
            ("-fix/#42 a  b-", "fix--42-a--b", "-fix-42-a-b-"),
            ("Größe", "gr--e", "Gr-e"),
        ] {
            assert_eq!(TagStyle::Gitlab.tag(branch), gitlab);
            assert_eq!(TagStyle::Github.tag(branch), github);
        }
        assert_eq!(TagStyle::Gitlab.tag(&long).len(), 63);
        assert_eq!(TagStyle::Pleach.tag("release-2.4"), "release-2.4");
    }

    #[test]
    fn no_two_branches_share_a_tag() {
        let long = "y".repeat(130);
        let names = [
            "feature/login",
            "feature-login",
            "Feature/Login",
            "a/b",
            "a-b",
            "a_b",
            "-",
            "--",
            ".",
            "",
            "日本語",
            "日本",
            "x-1234abcd",
            long.as_str(),
            "feature-login-df7c7aeb",
            "-a",
            ".a",
            "a",
        ];
        let tags: BTreeSet<String> = names.iter().map(|name| TagStyle::Pleach.tag(name)).collect();
        assert_eq!(tags.len(), names.len(), "{tags:?}");
        for tag in tags {
            let sound = tag.len() <= 128 && tag.chars().all(is_fit) && !tag.starts_with(['.', '-']) && !tag.is_empty();
            assert!(sound, "{tag}");
        }
    }
}
