//! The content of a patch: strategic merge patches or a JSON patch.
//!
//! kustomize reads a text as both and takes what comes out right. Here the first document decides: a mapping is a
//! strategic merge patch, a list a JSON patch. The target is not considered here.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::kustomize::input::load::without_j2;
use crate::kustomize::input::{StepContext, manifest};
use crate::kustomize::model::Patch;
use crate::node::{Map, Node, Tag, Value};
use crate::source::Location;
use crate::yaml::Dialect;
use serde::de::IgnoredAny;
use std::sync::Arc;

/// The content of a patch.
pub(super) enum PatchContent {
    /// Nothing but comments, or an empty value.
    Nothing,
    /// Strategic merge patches.
    Merge(Vec<Node>),
    /// The operations of a JSON patch, yet to be read.
    Json(Vec<Node>),
}

/// Where a patch is written.
pub(super) enum PatchText {
    /// In a file.
    File(Arc<crate::source::File>),
    /// In a string of the kustomization.
    Inline(Node),
}

impl PatchText {
    fn of(patch: &Patch, context: &StepContext) -> Result<Self, Diagnostic> {
        let new_error = |message: &str| Diagnostic::new(Code::Overlay, message).at(patch.at);
        // kustomize trims the text: a block scalar that ends it loses its last line break.
        let inline = patch.patch.as_ref().and_then(|node| {
            let text = node.as_str()?.trim_end();
            (!text.trim_start().is_empty()).then(|| trimmed(node, text))
        });
        match (&patch.path, inline) {
            (Some(file), None) => Ok(PatchText::File(context.file(file)?)),
            (None, Some(inline)) => Ok(PatchText::Inline(inline)),
            (None, None) => Err(new_error("a patch must have `path` or `patch`")
                .help("set `path` to a file, or write the patch in `patch: |-`")),
            (Some(file), Some(_)) => {
                Err(new_error("a patch must have either `path` or `patch`, not both").note(file.at, "`path`"))
            }
        }
    }

    /// The text whose lines and columns kustomize counts.
    pub(super) fn parsed_text(&self, context: &StepContext) -> Option<String> {
        let text = match self {
            PatchText::File(file) if without_j2(file.path.name()).is_some() => return None,
            PatchText::File(_) => String::from_utf8(self.bytes(context).ok()?).ok()?,
            PatchText::Inline(node) => node.as_str()?.to_owned(),
        };
        // kustomize trims a text inline.
        (!text.starts_with([' ', '\n'])).then_some(text)
    }

    fn documents(&self, context: &StepContext, dialect: Dialect) -> Result<Arc<Vec<Node>>> {
        match self {
            PatchText::File(file) => context.documents(file, dialect),
            PatchText::Inline(node) => context.inline(node, dialect),
        }
    }

    fn bytes(&self, context: &StepContext) -> Result<Vec<u8>> {
        match self {
            PatchText::File(file) => context.bytes(file),
            PatchText::Inline(node) => Ok(node.as_str().unwrap_or_default().into()),
        }
    }

    fn location(&self) -> Location {
        match self {
            PatchText::File(file) => file.location(),
            PatchText::Inline(node) => node.at,
        }
    }
}

fn trimmed(node: &Node, text: &str) -> Node {
    let mut node = node.clone();
    if let Value::Scalar(scalar) = &mut node.value {
        scalar.text = text.into();
    }
    node
}

/// The content of an entry of `patches`.
pub(super) fn of_either_sort(patch: &Patch, context: &StepContext) -> Result<(PatchText, PatchContent)> {
    let text = PatchText::of(patch, context)?;
    let content = content_of(&text, patch, context)?;
    Ok((text, content))
}

fn content_of(text: &PatchText, patch: &Patch, context: &StepContext) -> Result<PatchContent> {
    match text.documents(context, Dialect::Kubernetes) {
        Ok(documents) => match documents.first() {
            Some(first) if first.as_seq().is_some_and(|items| !items.is_empty()) => {
                operations(text, context).map(PatchContent::Json)
            }
            Some(first) if first.as_scalar().is_some() && !first.is_null() => Err(no_patch(first).into()),
            first => {
                let is_empty_list = first.is_some_and(|first| first.as_seq().is_some());
                let patches = if is_empty_list { Vec::new() } else { manifest::objects(&documents)? };
                if patches.is_empty() {
                    context.warn(empty(text).note(patch.at, "referenced here"));
                    return Ok(PatchContent::Nothing);
                }
                Ok(PatchContent::Merge(patches))
            }
        },
        // Some errors in an object are valid in a JSON patch, such as a duplicate key.
        Err(errors) => operations(text, context).map(PatchContent::Json).map_err(|_| errors),
    }
}

/// Refuses a text that consists of comments.
pub(super) fn refuse_comments(patch: &Patch, context: &StepContext) -> Result<()> {
    let text = PatchText::of(patch, context)?;
    let bytes = text.bytes(context)?;
    let is_comment = |line: &[u8]| line.trim_ascii().first().is_none_or(|first| *first == b'#');
    let only_comments = !bytes.is_empty() && bytes.split(|byte| *byte == b'\n').all(is_comment);
    if only_comments { Err(empty(&text).into()) } else { Ok(()) }
}

/// The operations of an entry of `patchesJson6902`.
pub(super) fn of_operations(patch: &Patch, context: &StepContext) -> Result<Vec<Node>> {
    let text = PatchText::of(patch, context)?;
    let operations = operations(&text, context)?;
    if operations.is_empty() { Err(empty(&text).into()) } else { Ok(operations) }
}

/// Strategic merge patches in a file or inline, for an entry of `patchesStrategicMerge`; none if it has only comments.
pub(super) fn of_strategic_merge(entry: &Node, context: &StepContext) -> Result<(PatchText, Vec<Node>)> {
    let text = entry.as_str().unwrap_or_default();
    let is_inline = text.contains('\n') || text.trim_start().starts_with('{');
    let text = if is_inline {
        PatchText::Inline(entry.clone())
    } else {
        PatchText::File(context.file(&crate::kustomize::model::Text { text: text.into(), at: entry.at })?)
    };
    let documents = text.documents(context, Dialect::Kubernetes)?;
    let is_empty_list = documents.first().and_then(Node::as_seq).is_some_and(<[Node]>::is_empty);
    let patches = if is_empty_list { Vec::new() } else { manifest::objects(&documents)? };
    Ok((text, patches))
}

fn empty(text: &PatchText) -> Diagnostic {
    Diagnostic::new(Code::Overlay, "the patch is empty").at(text.location())
}

fn no_patch(node: &Node) -> Diagnostic {
    let message = format!("a patch must be an object or a list of operations, got {}", node.kind_name());
    Diagnostic::new(Code::Overlay, message).at(node.at)
}

/// The operations of the first document. A text that begins with `[` is JSON, nothing looser.
fn operations(text: &PatchText, context: &StepContext) -> Result<Vec<Node>> {
    let new_error = |message: String| Diagnostic::new(Code::Overlay, message).at(text.location());
    let bytes = text.bytes(context)?;
    let not_json = |error: serde_json::Error| {
        new_error(format!("a patch that begins with `[` must be JSON: {error}"))
            .help("begin each operation with `- ` on a line of its own, or put strings in double quotes")
    };
    let is_json = bytes.first() == Some(&b'[');
    if is_json {
        serde_json::from_slice::<IgnoredAny>(&bytes).map_err(not_json)?;
    }
    let documents = match text.documents(context, Dialect::Yaml11) {
        Ok(documents) => documents,
        // JSON has escapes that YAML does not have.
        Err(_) if is_json => {
            let json = serde_json::from_slice(&bytes).map_err(not_json)?;
            Arc::new(vec![from_json(&json, text.location())])
        }
        Err(errors) => return Err(errors),
    };
    let Some(first) = documents.first() else { return Err(empty(text).into()) };
    let Some(operations) = first.as_seq() else {
        let message = format!("a JSON patch must be a list of operations, got {}", first.kind_name());
        return Err(Diagnostic::new(Code::Overlay, message).at(first.at).at(text.location()).into());
    };
    if let Some(second) = documents.get(1) {
        context.lossy(
            Diagnostic::new(Code::Overlay, "kustomize uses only the first document of a JSON patch")
                .at(second.at)
                .help("put all operations into one list"),
        )?;
    }
    Ok(operations.to_vec())
}

fn from_json(value: &serde_json::Value, at: Location) -> Node {
    use serde_json::Value as Json;
    let node = match value {
        Json::Null => Node::null(),
        Json::Bool(truth) => Node::bool(*truth),
        Json::Number(number) => Node::plain(number.to_string(), if number.is_f64() { Tag::Float } else { Tag::Int }),
        Json::String(text) => Node::str(text.as_str()),
        Json::Array(items) => Node::seq(items.iter().map(|item| from_json(item, at))),
        Json::Object(fields) => {
            fields.iter().map(|(key, value)| (key.as_str(), from_json(value, at))).collect::<Map>().into()
        }
    };
    node.placed(at)
}
