//! Fields within JSON or YAML that is the text of a field, such as `data.config\.json.database.host`.
//!
//! kustomize writes the whole text anew: JSON with keys in order, and with line breaks if it had some; YAML with its styles and
//! comments.

use crate::diagnostic::{Code, Diagnostic};
use crate::kustomize::field::path::{Create, Reached, SourcePath, TargetPath, split};
use crate::kustomize::steps::json;
use crate::node::{Node, Scalar, Tag, Value};
use crate::work::WorkCounter;
use crate::yaml::{self, Dialect, StyledText};

/// What became of the fields within a text that a path reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InnerFields {
    /// There are none: the path is for the object.
    Missing,
    /// They have the value.
    Changed,
    /// They have the value, but the documents behind the first one are lost.
    Cut,
    /// JSON cannot have the value, or has keys that are no strings: kustomize leaves the text as it was.
    Kept,
}

/// Sets a field to a value.
pub(super) type Setter<'s> = &'s mut dyn FnMut(&mut Node, Reached) -> Result<(), Diagnostic>;

/// Changes the fields within a text that a path reaches. `set` changes one in JSON and `set_styled` one in YAML.
pub(super) fn replace(
    object: &mut Node,
    path: &str,
    create: Create,
    counter: &WorkCounter,
    (set, set_styled): (Setter, Setter),
) -> Result<InnerFields, Diagnostic> {
    let parts = split(path);
    let find = |outer: &[String]| SourcePath::of(outer).ok()?.find(object).ok()?.and_then(Node::as_scalar).cloned();
    let found = (1..parts.len()).find_map(|i| Some((parts.split_at(i), find(&parts[..i])?)));
    let Some(((outer, inner), scalar)) = found else { return Ok(InnerFields::Missing) };
    counter.text(PARSED * scalar.text.len())?;
    let is_json = scalar.text.trim_start().starts_with(['{', '[']);
    let fields = InnerPath { parts: inner, create, counter };
    let (new, outcome) = if is_json { fields.json(&scalar, set)? } else { fields.styled(&scalar, set_styled)? };
    let Some(new) = new else { return Ok(outcome) };
    counter.text(new.len())?;
    if let Some(text) = SourcePath::of(outer).ok().and_then(|outer| outer.find_mut(object)) {
        text.value = Value::Scalar(Scalar { text: new.into(), ..scalar });
    }
    Ok(outcome)
}

/// The way to fields within a text.
struct InnerPath<'p> {
    parts: &'p [String],
    create: Create,
    counter: &'p WorkCounter,
}

/// Reading a text and writing it anew costs more than making one, by this factor: a value can be two bytes.
const PARSED: usize = 32;

/// A new text, and what became of the fields.
type NewText = (Option<String>, InnerFields);

impl InnerPath<'_> {
    /// The number of fields that were set, or `None` if one could not be.
    fn set(&self, document: &mut Node, set: Setter) -> Result<Option<usize>, Diagnostic> {
        let mut is_refused = false;
        let mut visit = |field: &mut Node, reached| set(field, reached).inspect_err(|_| is_refused = true);
        let path = TargetPath::of(self.parts, self.counter);
        match path.and_then(|path| path.each(document, self.create, &mut visit)) {
            Err(error) if error.parts().is_of_work_limit => Err(error),
            Err(_) if is_refused => Ok(None),
            Err(_) => Ok(Some(0)),
            Ok(count) => Ok(Some(count)),
        }
    }

    fn json(&self, scalar: &Scalar, set: Setter) -> Result<NewText, Diagnostic> {
        let parse = |dialect| yaml::parse(&scalar.text, dialect, &|_, _, _| crate::source::Location::NONE).ok();
        // In a text with a key twice, kustomize finds the fields, but does not change them.
        let documents = parse(Dialect::Kubernetes);
        let is_unique = documents.is_some();
        let documents = documents.or_else(|| parse(Dialect::Yaml11)).unwrap_or_default();
        let Some(mut document) = documents.into_iter().next() else { return Ok((None, InnerFields::Missing)) };
        match self.set(&mut document, set)? {
            Some(0) => return Ok((None, InnerFields::Missing)),
            Some(_) if is_unique && is_json(&document) => {}
            _ => return Ok((None, InnerFields::Kept)),
        }
        let mut new = String::new();
        json::write(&mut new, &document);
        if scalar.text.contains('\n') && scalar.text.contains("  ") {
            new = json::indented(&new);
        }
        Ok((Some(new), InnerFields::Changed))
    }

    fn styled(&self, scalar: &Scalar, set: Setter) -> Result<NewText, Diagnostic> {
        let refuse = |why: &str| {
            Diagnostic::new(Code::Overlay, format!("the YAML {why}, so pleach does not change it"))
                .help("replace the whole text, or write it without that")
        };
        let text = match StyledText::read(&scalar.text) {
            Ok(Some(text)) => Ok(text),
            Ok(None) => return Ok((None, InnerFields::Missing)),
            Err(why) => Err(why),
        };
        let mut text = text.map_err(refuse)?;
        if self.set(&mut text.document, set)?.unwrap_or_default() == 0 {
            return Ok((None, InnerFields::Missing));
        }
        Ok((Some(text.write()), if text.has_more { InnerFields::Cut } else { InnerFields::Changed }))
    }
}

/// Whether JSON can have all keys and numbers.
fn is_json(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(scalar) => scalar.tag != Tag::Float || !scalar.text.to_ascii_lowercase().contains(['i', 'n']),
        Value::Seq(items) => items.iter().all(is_json),
        Value::Map(map) => map.iter().all(|entry| entry.key.tag == Tag::Str && is_json(&entry.value)),
    }
}

/// Sets a field within YAML: a scalar keeps its type and style, whatever the text.
pub(super) fn set_styled(target: &mut Node, reached: Reached, text: &str, value: &Node) {
    match &mut target.value {
        Value::Scalar(_) if reached == Reached::Made => *target = crate::kustomize::field::plain(text, value.at),
        Value::Scalar(scalar) => scalar.text = text.into(),
        _ => *target = value.clone(),
    }
}
