//! Comments that define how a list merges: `containers: # {"type": "array", "x-kubernetes-patch-merge-key": "name", …}`.
//!
//! The tree has no comments, so they are looked up in the file, which only files with the keyword need.

use crate::diagnostic::Diagnostic;
use crate::kustomize::input::StepContext;
use crate::node::{Node, Value};
use crate::schema::merge::{ITEMS, MergeSchema};
use crate::source::File;
use crate::yaml::{self, Dialect};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The keyword in every such comment.
const STRATEGY: &str = "x-kubernetes-patch-strategy";

/// The schema, with the comments of an object and its patch.
pub(super) fn schema(context: &StepContext, object: &Node, patch: &Node) -> Result<Arc<MergeSchema>, Diagnostic> {
    let mut schema = Arc::clone(&context.schema);
    let text = |key| object.get(key).and_then(Node::as_text).unwrap_or("");
    for node in [patch, object] {
        let Some(file) = context.input.project.file_at(node.at) else { continue };
        let definitions = context.input.memo.comments(&file.path, || definitions(&file));
        if definitions.is_empty() {
            continue;
        }
        each(node, &mut Vec::new(), &mut |path, line| {
            let Some(definition) = definitions.get(&line) else { return Ok(()) };
            context.input.work.merged(schema.size())?;
            schema = Arc::new(schema.with(text("apiVersion"), text("kind"), path, definition));
            Ok(())
        })?;
    }
    Ok(schema)
}

/// Calls `look` with the path and the line of every field.
fn each<'n>(
    node: &'n Node,
    path: &mut Vec<&'n str>,
    look: &mut impl FnMut(&[&str], u32) -> Result<(), Diagnostic>,
) -> Result<(), Diagnostic> {
    match &node.value {
        Value::Map(map) => {
            for entry in map {
                path.push(&entry.key.text);
                look(path, entry.key.at.line)?;
                each(&entry.value, path, look)?;
                path.pop();
            }
        }
        Value::Seq(items) => {
            path.push(ITEMS);
            items.iter().try_for_each(|item| each(item, path, look))?;
            path.pop();
        }
        Value::Scalar(_) => {}
    }
    Ok(())
}

/// The comments of a file by their lines.
fn definitions(file: &File) -> BTreeMap<u32, Node> {
    let text = file.text().ok().filter(|text| text.contains(STRATEGY)).unwrap_or_default();
    (1..).zip(text.lines()).filter_map(|(line, text)| Some((line, definition(text)?))).collect()
}

/// The comment at the end of a line, if it is JSON.
fn definition(line: &str) -> Option<Node> {
    let (_, comment) = line.split_once(": #")?;
    let comment = comment.trim();
    if !comment.starts_with('{') || !comment.contains(STRATEGY) {
        return None;
    }
    yaml::parse(comment, Dialect::Yaml11, &|_, _, _| crate::source::Location::NONE).ok()?.pop()
}
