//! Entries of `images`.

use super::expression;
use super::text::{Text, text};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::Node;
use crate::source::Location;
use crate::yaml::{FieldErrors, Fields};
use regex::Regex;
use smol_str::SmolStr;
use std::fmt;

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
    /// References with a name that matches a regular expression, which kustomize takes the `name` of an entry for.
    Pattern(ImagePattern),
}

/// A regular expression for the name of an image, compiled when its kustomization is read.
#[derive(Clone, Debug)]
pub(crate) struct ImagePattern {
    text: SmolStr,
    expression: ImageExpression,
}

#[derive(Clone, Debug)]
enum ImageExpression {
    /// Only dots are special, and match any character: the usual case, which needs no regular expression.
    Dots,
    /// Any other expression.
    Regex(Regex),
    /// The text is not a regular expression, which is an error once the entry is applied.
    Invalid(Diagnostic),
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
            ImageName::Plain(name) => name,
            ImageName::Pattern(pattern) => &pattern.text,
        })
    }
}

impl ImageName {
    /// The name in a kustomization.
    pub(crate) fn pattern(name: &Text) -> Self {
        if !name.contains(|c| c == '.' || SPECIAL.contains(c)) {
            return ImageName::Plain(name.text.clone());
        }
        let expression = if name.contains(|c| SPECIAL.contains(c)) {
            let pattern =
                expression::compile(&format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$"));
            pattern.map_or_else(|why| ImageExpression::Invalid(invalid(name, &why)), ImageExpression::Regex)
        } else {
            ImageExpression::Dots
        };
        ImageName::Pattern(ImagePattern { text: name.text.clone(), expression })
    }

    /// The error in the pattern, if there is one.
    pub(crate) fn check(&self) -> Result<(), Diagnostic> {
        match self {
            ImageName::Pattern(ImagePattern { expression: ImageExpression::Invalid(error), .. }) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Whether a reference, with or without a tag and a digest, has this name. A pattern with an error matches nothing.
    pub(crate) fn matches(&self, reference: &str) -> bool {
        match self {
            ImageName::Plain(name) => reference.strip_prefix(name.as_str()).is_some_and(is_tag_and_digest),
            ImageName::Pattern(ImagePattern { text, expression }) => match expression {
                ImageExpression::Dots => after_dots(text, reference).is_some_and(is_tag_and_digest),
                ImageExpression::Regex(pattern) => pattern.is_match(reference),
                ImageExpression::Invalid(_) => false,
            },
        }
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

/// Whether the rest of a reference after its name is an optional tag and an optional SHA-256 digest.
fn is_tag_and_digest(rest: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.{}-".contains(c);
    let rest = rest.strip_prefix(':').map_or(rest, |tag| tag.trim_start_matches(allowed));
    let rest = rest.strip_prefix("@sha256:").map_or(rest, |digest| digest.trim_start_matches(allowed));
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
    use super::ImageName;

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
            assert_eq!(ImageName::pattern(&name.into()).matches(reference), want, "{name} {reference}");
        }
        assert!(ImageName::pattern(&"(".into()).check().is_err());
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
            assert_eq!(ImageName::Plain(name.into()).matches(reference), want, "{name} {reference}");
        }
    }
}
