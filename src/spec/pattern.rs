//! Patterns of namespaces and hosts: text with a few variables.
//!
//! A pattern is not a template. It has no filters, conditions or functions, so the space that remains for a slug is known.

use super::section::Section;
use super::spec_error;
use crate::diagnostic::Diagnostic;
use crate::limits::PATTERN_BYTES;
use crate::node::{Node, Style};
use crate::source::Location;
use smol_str::SmolStr;
use std::fmt;

/// Text with `{{ project }}`, `{{ branch.slug }}` and `{{ values.… }}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    parts: Vec<PatternPart>,
    /// Where it is written.
    pub(crate) at: Location,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum PatternPart {
    Text(SmolStr),
    Project,
    Slug,
    Value(Vec<SmolStr>),
}

/// The values of the variables, except the slug.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PatternScope<'a> {
    /// `project`.
    pub(crate) project: &'a str,
    /// `values`, a mapping.
    pub(crate) values: &'a Node,
}

/// The help that lists the variables.
const VARIABLES: &str = "a pattern can contain `{{ project }}`, `{{ branch.slug }}` and `{{ values.… }}`";

impl Pattern {
    /// The default pattern of namespaces, `{{ project }}-{{ branch.slug }}`: projects share clusters.
    pub(crate) fn namespace() -> Self {
        let parts = vec![PatternPart::Project, PatternPart::Text(SmolStr::new_static("-")), PatternPart::Slug];
        Pattern { parts, at: Location::NONE }
    }

    /// `{{ branch.slug }}`.
    pub(crate) fn slug() -> Self {
        Pattern { parts: vec![PatternPart::Slug], at: Location::NONE }
    }

    /// The pattern of a text, if it is valid.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(Pattern { parts: parts(text).ok()?, at: Location::NONE })
    }

    /// Text without variables.
    pub(super) fn literal(text: &str) -> Self {
        Pattern { parts: vec![PatternPart::Text(text.into())], at: Location::NONE }
    }

    /// The pattern under a key.
    pub(super) fn of(section: &Section, key: &'static str, faults: &mut Vec<Diagnostic>) -> Option<Self> {
        section.node(key).and_then(|node| Pattern::read(node, faults))
    }

    /// Reads the string of a node. The schema reports an empty one.
    pub(super) fn read(node: &Node, faults: &mut Vec<Diagnostic>) -> Option<Self> {
        let text = super::section::text(node).filter(|text| !text.is_empty())?;
        match parts(&text) {
            Ok(parts) => Some(Pattern { parts, at: node.at }),
            Err((start, len, error)) => {
                faults.push(error.at(within(node, &text, start, len)));
                None
            }
        }
    }

    /// Whether it contains the project.
    pub(crate) fn has_project(&self) -> bool {
        self.parts.contains(&PatternPart::Project)
    }

    /// Whether it contains the slug.
    pub(crate) fn has_slug(&self) -> bool {
        self.parts.contains(&PatternPart::Slug)
    }

    /// The paths of the values that it contains.
    pub(crate) fn values(&self) -> impl Iterator<Item = &[SmolStr]> {
        self.parts.iter().filter_map(|part| match part {
            PatternPart::Value(path) => Some(path.as_slice()),
            PatternPart::Text(_) | PatternPart::Project | PatternPart::Slug => None,
        })
    }

    /// A pattern of the texts for a branch with the slug `slug` and any values, for [`crate::glob`].
    pub(crate) fn glob(&self, project: &str, slug: &str) -> String {
        let part = |part: &PatternPart| match part {
            PatternPart::Text(text) => text.to_string(),
            PatternPart::Project => project.to_owned(),
            PatternPart::Slug => slug.to_owned(),
            PatternPart::Value(_) => "*".to_owned(),
        };
        self.parts.iter().map(part).collect()
    }

    /// The text for a branch with the slug `slug`, up to [`PATTERN_BYTES`].
    pub(crate) fn expand(&self, scope: PatternScope, slug: &str) -> Result<String, Diagnostic> {
        let mut out = String::with_capacity(64);
        for part in &self.parts {
            let text = match part {
                PatternPart::Text(text) => text,
                PatternPart::Project => scope.project,
                PatternPart::Slug => slug,
                PatternPart::Value(path) => value(scope.values, path).map_err(|error| error.at(self.at))?,
            };
            if out.len() + text.len() > PATTERN_BYTES {
                let error = spec_error(format!("the pattern expands to more than {PATTERN_BYTES} bytes"));
                return Err(error.at(self.at).help("use shorter values"));
            }
            out.push_str(text);
        }
        Ok(out)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            PatternPart::Text(text) => f.write_str(text),
            PatternPart::Project => f.write_str("{{ project }}"),
            PatternPart::Slug => f.write_str("{{ branch.slug }}"),
            PatternPart::Value(path) => write!(f, "{{{{ values.{} }}}}", path.join(".")),
        })
    }
}

/// The parts of a pattern, or the byte offset and length of an error in it.
fn parts(text: &str) -> Result<Vec<PatternPart>, (usize, usize, Diagnostic)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let here = text.len() - rest.len();
        let open = rest.find("{{").unwrap_or(rest.len());
        let literal = &rest[..open];
        if let Some((at, mark)) = ["{%", "{#", "}}"].iter().find_map(|mark| Some((literal.find(mark)?, mark))) {
            return Err((
                here + at,
                mark.len(),
                spec_error(format!("`{mark}` is not allowed in a pattern")).help(VARIABLES),
            ));
        }
        if !literal.is_empty() {
            parts.push(PatternPart::Text(literal.into()));
        }
        let Some(inside) = rest.get(open + 2..) else { break };
        let Some(end) = inside.find("}}") else {
            let error = spec_error("`{{` is not closed".to_owned()).help(VARIABLES);
            return Err((here + open, rest.len() - open, error));
        };
        parts.push(variable(inside[..end].trim()).map_err(|error| (here + open, end + 4, error))?);
        rest = &inside[end + 2..];
    }
    Ok(parts)
}

fn variable(name: &str) -> Result<PatternPart, Diagnostic> {
    let is_word = |word: &str| {
        !word.starts_with(|c: char| c.is_ascii_digit())
            && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
    };
    let mut words = name.split('.');
    if !name.is_empty() && name.split('.').all(|word| !word.is_empty() && is_word(word)) {
        return match (words.next(), name) {
            (_, "project") => Ok(PatternPart::Project),
            (_, "branch.slug") => Ok(PatternPart::Slug),
            (Some("values"), _) if name != "values" => Ok(PatternPart::Value(words.map(Into::into).collect())),
            (_, "branch.name") => Err(spec_error("a pattern cannot contain `branch.name`".to_owned())
                .help("`{{ branch.slug }}` is the name as a DNS label")),
            _ => {
                let error = spec_error(format!("unknown variable `{name}` in a pattern"));
                Err(error.suggest(name, ["project", "branch.slug"]).help(VARIABLES))
            }
        };
    }
    let error = if name.is_empty() {
        spec_error("`{{ }}` contains no variable".to_owned())
    } else {
        spec_error(format!("`{name}` is an expression; a pattern has variables only"))
    };
    Err(error.help(VARIABLES))
}

/// The text of the scalar at a path in the values.
fn value<'a>(values: &'a Node, path: &[SmolStr]) -> Result<&'a str, Diagnostic> {
    let mut node = values;
    for (i, key) in path.iter().enumerate() {
        let so_far = |end: usize| {
            std::iter::once("values").chain(path[..end].iter().map(SmolStr::as_str)).collect::<Vec<_>>().join(".")
        };
        node = node.get(key).ok_or_else(|| {
            let keys = node.as_map().into_iter().flatten().map(|entry| entry.key.text.as_str());
            spec_error(format!("`{}.{key}` does not exist", so_far(i))).suggest(key, keys)
        })?;
    }
    node.as_text().ok_or_else(|| {
        spec_error(format!("`values.{}` must be a string or a number, got {}", path.join("."), node.kind_name()))
    })
}

/// The location of some bytes in the text of a scalar, if the file has the same text; else that of the whole scalar.
fn within(node: &Node, text: &str, start: usize, len: usize) -> Location {
    let quotes = u16::from(node.as_scalar().is_some_and(|scalar| scalar.style == Style::Quoted));
    let width = |text: &str| u16::try_from(text.chars().count()).unwrap_or(u16::MAX);
    if node.at.len != width(text).saturating_add(2 * quotes) {
        return node.at;
    }
    let mut at = node.at;
    at.column = at.column.saturating_add(quotes).saturating_add(width(&text[..start]));
    at.len = width(&text[start..start + len]);
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Pattern, (usize, usize, String)> {
        let parts = parts(text).map_err(|(start, len, error)| (start, len, error.to_string()))?;
        Ok(Pattern { parts, at: Location::NONE })
    }

    #[test]
    fn expansion() {
        let values: Node =
            [("team", Node::str("blue")), ("n", Node::int(3))].into_iter().collect::<crate::node::Map>().into();
        let nested: Node = [("a", values.clone())].into_iter().collect::<crate::node::Map>().into();
        for (text, values, want) in [
            ("plain", &values, "plain"),
            ("", &values, ""),
            ("{{ project }}-{{ branch.slug }}", &values, "shop-login"),
            ("{{project}}{{branch.slug}}", &values, "shoplogin"),
            ("{{ values.team }}.{{ values.n }}{", &values, "blue.3{"),
            ("{{ values.a.team }}", &nested, "blue"),
        ] {
            let pattern = parse(text).unwrap();
            assert_eq!(pattern.expand(PatternScope { project: "shop", values }, "login").unwrap(), want);
            assert_eq!(parse(&pattern.to_string()).unwrap(), pattern);
        }
        for (text, why) in [
            ("{{ values.teem }}", "`values.teem` does not exist"),
            ("{{ values.a.b }}", "`values.a.b` does not exist"),
            ("{{ values.a }}", "`values.a` must be a string or a number, got a mapping"),
        ] {
            let error =
                parse(text).unwrap().expand(PatternScope { project: "shop", values: &nested }, "login").unwrap_err();
            assert_eq!(error.to_string(), why, "{text}");
        }
    }

    #[test]
    fn errors() {
        for (text, start, len, why) in [
            ("a-{{ branch.slag }}", 2, 17, "unknown variable `branch.slag` in a pattern"),
            ("{{ branch.name }}", 0, 17, "a pattern cannot contain `branch.name`"),
            ("{{ values }}", 0, 12, "unknown variable `values` in a pattern"),
            ("x{{ }}", 1, 5, "`{{ }}` contains no variable"),
            (
                "{{ branch.slug | upper }}",
                0,
                25,
                "`branch.slug | upper` is an expression; a pattern has variables only",
            ),
            ("{{ 1 + 1 }}", 0, 11, "`1 + 1` is an expression; a pattern has variables only"),
            ("ä{{ project", 2, 10, "`{{` is not closed"),
            ("a}}", 1, 2, "`}}` is not allowed in a pattern"),
            ("{% if x %}", 0, 2, "`{%` is not allowed in a pattern"),
        ] {
            assert_eq!(parse(text).unwrap_err(), (start, len, why.to_owned()), "{text}");
        }
    }
}
