//! A branch name as an image tag, in the style of the tool that pushes the image.

use sha2::{Digest, Sha256};

/// How a branch name becomes a tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TagStyle {
    /// The name if it is a valid tag; otherwise the sanitized name and 8 hex digits of the SHA-256 of the name, so that no two
    /// branches share a tag.
    #[default]
    Pleach,
    /// GitLab's `CI_COMMIT_REF_SLUG`: lower case, other characters than `a-z0-9` become `-`, at most 63 characters.
    Gitlab,
    /// `type=ref,event=branch` of `docker/metadata-action` in GitHub workflows: a run of other characters than
    /// `a-zA-Z0-9._-` becomes `-`.
    Github,
}

/// The maximum length of a tag.
const MAX_LENGTH: usize = 128;
/// The maximum length of a slug in GitLab.
const GITLAB_MAX_LENGTH: usize = 63;

impl TagStyle {
    /// The style with a name in the spec.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "pleach" => TagStyle::Pleach,
            "gitlab" => TagStyle::Gitlab,
            "github" => TagStyle::Github,
            _ => return None,
        })
    }

    /// The tag of a branch.
    pub(crate) fn tag(self, branch: &str) -> String {
        match self {
            TagStyle::Pleach => unique_tag(branch),
            TagStyle::Gitlab => {
                let replace = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
                let slug: String =
                    branch.chars().flat_map(char::to_lowercase).map(replace).take(GITLAB_MAX_LENGTH).collect();
                slug.trim_matches('-').to_owned()
            }
            TagStyle::Github => sanitized(branch),
        }
    }

    /// The number of digits of an abbreviated commit.
    pub(crate) fn short_commit(self) -> usize {
        if self == TagStyle::Gitlab { 8 } else { 7 }
    }
}

fn is_tag_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// Replaces each run of other characters by one `-`.
fn sanitized(branch: &str) -> String {
    let mut tag = String::with_capacity(branch.len());
    let mut is_in_run = false;
    for c in branch.chars() {
        if is_tag_character(c) {
            tag.push(c);
        } else if !is_in_run {
            tag.push('-');
        }
        is_in_run = !is_tag_character(c);
    }
    tag
}

fn unique_tag(branch: &str) -> String {
    let hex = |text: &str| text.len() == 8 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let ends_like_a_hash = branch.rsplit_once('-').is_some_and(|(_, end)| hex(end));
    let has_valid_start = branch.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if has_valid_start && branch.chars().all(is_tag_character) && branch.len() <= MAX_LENGTH && !ends_like_a_hash {
        return branch.to_owned();
    }
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(branch));
    let sanitized = sanitized(branch);
    let stem = sanitized.trim_start_matches(['-', '.']);
    let stem = stem.get(..MAX_LENGTH - 9).unwrap_or(stem);
    let stem = if stem.is_empty() { "branch" } else { stem };
    format!("{stem}-{:08x}", u32::from_be_bytes([a, b, c, d]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn tags_follow_the_style() {
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
            let is_valid = tag.len() <= 128
                && tag.chars().all(is_tag_character)
                && !tag.starts_with(['.', '-'])
                && !tag.is_empty();
            assert!(is_valid, "{tag}");
        }
    }
}
