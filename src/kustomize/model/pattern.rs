//! Selectors as anchored regular expressions of Go, for the targets of patches and replacements.

use super::expression::{self, Expression};
use super::selector::Selector;
use super::text::Text;
use crate::diagnostic::{Code, Diagnostic};
use crate::work::WorkCounter;
use smol_str::SmolStr;

/// The patterns for what identifies an object. A pattern that is empty matches everything.
#[derive(Clone, Debug)]
pub(crate) struct IdentityPattern {
    group: TextPattern,
    version: TextPattern,
    kind: TextPattern,
    name: TextPattern,
    namespace: TextPattern,
}

/// A regular expression for a whole text. Most are plain words, which need no regular expression.
#[derive(Clone, Debug)]
enum TextPattern {
    Any,
    Word(SmolStr),
    Regex(Expression),
}

impl TextPattern {
    /// Whether a text is a plain word.
    fn is_word(text: &str) -> bool {
        text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'/')
    }

    fn new(text: Option<&Text>) -> Result<Self, Diagnostic> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(TextPattern::Any) };
        if TextPattern::is_word(text) {
            return Ok(TextPattern::Word(text.text.clone()));
        }
        expression::compile(&format!("^(?:{})$", text.text)).map(TextPattern::Regex).map_err(|why| {
            Diagnostic::new(Code::Overlay, format!("`{text}` is not a valid regular expression: {why}")).at(text.at)
        })
    }

    /// Whether it matches one of `texts`.
    fn matches<'t>(&self, texts: impl IntoIterator<Item = &'t str>, work: &WorkCounter) -> Result<bool, Diagnostic> {
        for text in texts {
            let is_match = match self {
                TextPattern::Any => true,
                TextPattern::Word(word) => word == text,
                TextPattern::Regex(expression) => expression.is_match(text, work)?,
            };
            if is_match {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl IdentityPattern {
    /// The patterns of a selector, without its labels and annotations.
    pub(crate) fn new(selector: &Selector) -> Result<Self, Diagnostic> {
        Ok(IdentityPattern {
            group: TextPattern::new(selector.group.as_ref())?,
            version: TextPattern::new(selector.version.as_ref())?,
            kind: TextPattern::new(selector.kind.as_ref())?,
            name: TextPattern::new(selector.name.as_ref())?,
            namespace: TextPattern::new(selector.namespace.as_ref())?,
        })
    }

    fn parts(&self) -> [&TextPattern; 5] {
        [&self.group, &self.version, &self.kind, &self.name, &self.namespace]
    }

    /// The patterns of a selector for some objects, counted.
    pub(crate) fn counted(selector: &Selector, objects: usize, work: &WorkCounter) -> Result<Self, Diagnostic> {
        IdentityPattern::count_texts(selector, work)?;
        let pattern = expression::checked(IdentityPattern::new(selector), work)?;
        pattern.count(objects, work).map(|()| pattern)
    }

    /// Counts the texts of a selector that are read as patterns.
    pub(crate) fn count_texts(selector: &Selector, work: &WorkCounter) -> Result<(), Diagnostic> {
        let texts = [&selector.group, &selector.version, &selector.kind, &selector.name, &selector.namespace];
        let expressions = texts.into_iter().flatten().filter(|text| !TextPattern::is_word(text));
        expressions.into_iter().try_for_each(|text| work.pattern(text.len()))
    }

    /// Counts the memory that the patterns take, and the objects that they are compared with.
    pub(crate) fn count(&self, objects: usize, work: &WorkCounter) -> Result<(), Diagnostic> {
        self.parts().into_iter().try_for_each(|pattern| match pattern {
            TextPattern::Regex(expression) => expression.count(work).and_then(|()| work.searched(objects, 0)),
            TextPattern::Any | TextPattern::Word(_) => Ok(()),
        })
    }

    /// Whether it matches everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts().into_iter().all(|pattern| matches!(pattern, TextPattern::Any))
    }

    /// Whether it requires a namespace.
    pub(crate) fn has_namespace(&self) -> bool {
        !matches!(self.namespace, TextPattern::Any)
    }

    /// Whether a group, version and kind match.
    pub(crate) fn matches_kind(
        &self,
        (group, version, kind): (&str, &str, &str),
        work: &WorkCounter,
    ) -> Result<bool, Diagnostic> {
        Ok(self.kind.matches([kind], work)?
            && self.group.matches([group], work)?
            && self.version.matches([version], work)?)
    }

    /// Whether one of some names matches.
    pub(crate) fn matches_name<'t>(
        &self,
        names: impl IntoIterator<Item = &'t str>,
        work: &WorkCounter,
    ) -> Result<bool, Diagnostic> {
        self.name.matches(names, work)
    }

    /// Whether one of some namespaces matches.
    pub(crate) fn matches_namespace<'t>(
        &self,
        namespaces: impl IntoIterator<Item = &'t str>,
        work: &WorkCounter,
    ) -> Result<bool, Diagnostic> {
        self.namespace.matches(namespaces, work)
    }
}
