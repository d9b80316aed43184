//! Entries of `images`.

use super::expression::{self, Expression};
use super::text::{Text, text};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::Node;
use crate::source::Location;
use crate::work::WorkCounter;
use crate::yaml::{FieldErrors, Fields};
use smol_str::SmolStr;
use std::fmt;
use std::sync::OnceLock;

/// An entry of `images`: what replaces the name, the tag or the digest of an image.
#[derive(Clone, Debug, Default)]
pub(crate) struct ImageOverride {
    /// The images that it applies to.
    pub(crate) name: ImageName,
    /// Replaces the name.
    pub(crate) new_name: Option<Text>,
    /// Replaces the tag.
    pub(crate) new_tag: Option<Text>,
    /// Appended to the tag.
    pub(crate) tag_suffix: Option<Text>,
    /// Replaces the tag or the digest.
    pub(crate) digest: Option<Text>,
    /// The location of the entry.
    pub(crate) at: Location,
}

/// Which image references an [`ImageOverride`] applies to. A reference may have a tag and a digest after the name.
#[derive(Clone, Debug)]
pub(crate) enum ImageName {
    /// References with exactly this name.
    Plain(SmolStr),
    /// References with this name, in which a dot matches any character: the usual case, which needs no regular expression.
    Dots(SmolStr),
    /// References with a name that matches a regular expression, which kustomize takes the `name` of an entry for.
    Pattern(ImagePattern),
}

/// A regular expression for the name of an image, compiled when its entry is first applied.
#[derive(Clone, Debug)]
pub(crate) struct ImagePattern {
    name: Text,
    expression: OnceLock<Result<Expression, Diagnostic>>,
}

/// Characters, besides the dot, that are special in a regular expression.
const SPECIAL: &str = "\\+*?()|[]{}^$";

impl Default for ImageName {
    fn default() -> Self {
        ImageName::Plain(SmolStr::default())
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ImageName::Plain(name) | ImageName::Dots(name) => name,
            ImageName::Pattern(pattern) => &pattern.name,
        })
    }
}

impl ImageName {
    /// The name in a kustomization.
    pub(crate) fn pattern(name: &Text) -> Self {
        if name.contains(|c| SPECIAL.contains(c)) {
            return ImageName::Pattern(ImagePattern { name: name.clone(), expression: OnceLock::new() });
        }
        if name.contains('.') { ImageName::Dots(name.text.clone()) } else { ImageName::Plain(name.text.clone()) }
    }

    /// Checks the pattern, and counts the memory that it takes and the `texts` that it is going to be compared with.
    pub(crate) fn check(&self, texts: usize, work: &WorkCounter) -> Result<(), Diagnostic> {
        match self {
            ImageName::Pattern(pattern) => {
                work.pattern(pattern.name.len())?;
                expression::checked(pattern.expression(), work)?.count(work)?;
                work.searched(texts, 0)
            }
            ImageName::Plain(_) | ImageName::Dots(_) => work.compared(texts),
        }
    }

    /// Whether a reference, with or without a tag and a digest, has this name.
    ///
    /// # Errors
    ///
    /// The name is not a valid pattern, or the work limit is exceeded.
    pub(crate) fn matches(&self, reference: &str, digests: Digests, work: &WorkCounter) -> Result<bool, Diagnostic> {
        Ok(match self {
            ImageName::Plain(name) => {
                reference.strip_prefix(name.as_str()).is_some_and(|rest| is_tag_and_digest(rest, digests))
            }
            ImageName::Dots(name) => after_dots(name, reference).is_some_and(|rest| is_tag_and_digest(rest, digests)),
            ImageName::Pattern(pattern) => match (pattern.expression()?, reference.rsplit_once('@')) {
                // The digest is as good as one of the only algorithm that the expression has.
                (expression, Some((name, digest))) if digests == Digests::All => {
                    let rest = digest.split_once(':').filter(|(algorithm, _)| is_algorithm(algorithm));
                    let digest = rest.map_or_else(|| digest.to_owned(), |(_, digest)| format!("sha256:{digest}"));
                    expression.is_match(&format!("{name}@{digest}"), work)?
                }
                (expression, _) => expression.is_match(reference, work)?,
            },
        })
    }
}

impl ImagePattern {
    fn expression(&self) -> Result<&Expression, Diagnostic> {
        let compile = || {
            let name = &self.name;
            let pattern = format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$");
            expression::compile(&pattern).map_err(|why| invalid(name, &why))
        };
        self.expression.get_or_init(compile).as_ref().map_err(Diagnostic::clone)
    }
}

fn invalid(name: &Text, why: &str) -> Diagnostic {
    Diagnostic::new(Code::Overlay, format!("the image name `{name}` is not a valid regular expression: {why}"))
        .at(name.at)
        .help("kustomize treats image names as regular expressions")
}

/// The part of `reference` after a name in which a dot matches any character.
fn after_dots<'r>(name: &str, reference: &'r str) -> Option<&'r str> {
    let mut rest = reference.chars();
    for expected in name.chars() {
        rest.next().filter(|c| *c == expected || expected == '.' && *c != '\n')?;
    }
    Some(rest.as_str())
}

/// The digests that a reference may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digests {
    /// Those of SHA-256.
    Sha256,
    /// Those of any algorithm.
    All,
}

/// Whether `text` may be the name of an algorithm in a digest.
fn is_algorithm(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+._-".contains(&byte))
}

/// Whether the rest of a reference after its name is an optional tag and an optional digest.
fn is_tag_and_digest(rest: &str, digests: Digests) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.{}-".contains(c);
    let rest = rest.strip_prefix(':').map_or(rest, |tag| tag.trim_start_matches(allowed));
    let digest = rest.strip_prefix('@').and_then(|rest| rest.split_once(':'));
    let digest =
        digest.filter(|(algorithm, _)| *algorithm == "sha256" || digests == Digests::All && is_algorithm(algorithm));
    let rest = digest.map_or(rest, |(_, digest)| digest.trim_start_matches(allowed));
    rest.is_empty()
}

/// Reads an entry of `images`.
pub(crate) fn image(node: &Node, errors: &mut FieldErrors) -> Option<ImageOverride> {
    Fields::read(node, "an image", errors, |fields| {
        let name = text(fields, "name").unwrap_or_default();
        Some(ImageOverride {
            name: ImageName::pattern(&Text { at: name.at.or(node.at), ..name }),
            new_name: text(fields, "newName"),
            new_tag: text(fields, "newTag"),
            tag_suffix: text(fields, "tagSuffix"),
            digest: text(fields, "digest"),
            at: node.at,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{Digests, ImageName};
    use crate::work::WorkCounter;

    #[test]
    fn names() {
        for (name, reference, want) in [
            ("nginx", "nginx", true),
            ("nginx", "nginx:1.2", true),
            ("nginx", "nginx:1@sha256:ab", true),
            ("nginx", "nginx@sha256:ab", true),
            ("nginx", "nginx@sha512:ab", false),
            ("nginx", "nginx:1:2", false),
            ("nginx", "nginx:{v}", true),
            ("nginx", "my/nginx", false),
            ("nginx", "nginx2", false),
            ("a.b/c", "axb/c:1", true),
            ("a.b", "a\nb", false),
            ("", ":1", true),
            ("a+", "aaa:1", true),
            ("a|b", "ab", true),
            ("a|b", "a:1 x", true),
            ("(a|b)", "ab", false),
            ("reg:5000/x", "reg:5000/x:y", true),
        ] {
            let work = WorkCounter::default();
            assert_eq!(
                ImageName::pattern(&name.into()).matches(reference, Digests::Sha256, &work).unwrap(),
                want,
                "{name} {reference}"
            );
        }
        assert!(ImageName::pattern(&"(".into()).check(0, &WorkCounter::default()).is_err());
    }

    #[test]
    fn plain_names_are_no_patterns() {
        for (name, reference, want) in [
            ("a.b/c", "a.b/c", true),
            ("a.b/c", "a.b/c:1@sha256:ab", true),
            ("a.b/c", "axb/c", false),
            ("a+", "a+:1", true),
            ("a+", "aa", false),
            ("reg:5000/x", "reg:5000/x:y", true),
        ] {
            let work = WorkCounter::default();
            assert_eq!(
                ImageName::Plain(name.into()).matches(reference, Digests::Sha256, &work).unwrap(),
                want,
                "{name} {reference}"
            );
        }
    }
}
