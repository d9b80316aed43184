//! Comments that define how a list merges: `containers: # {"type": "array", "x-kubernetes-patch-merge-key": "name", …}`.
//!
//! The tree has no comments, so they are looked up in the file, which only files with the keyword need.

use crate::node::{Node, Value};
use crate::schema::merge::{ITEMS, MergeSchema};
use crate::source::Project;
use crate::yaml::{self, Dialect};
use std::sync::Arc;

/// The keyword in every such comment.
const STRATEGY: &str = "x-kubernetes-patch-strategy";

/// The schema, with the comments of an object and its patch.
pub(super) fn schema(schema: &Arc<MergeSchema>, object: &Node, patch: &Node, project: &Project) -> Arc<MergeSchema> {
    let mut schema = Arc::clone(schema);
    let text = |key| object.get(key).and_then(Node::as_text).unwrap_or("");
    for node in [patch, object] {
        let Some(file) = project.file_at(node.at) else { continue };
        let Some(text_of_file) = file.text().ok().filter(|text| text.contains(STRATEGY)) else { continue };
        let lines: Vec<&str> = text_of_file.lines().collect();
        each(node, &mut Vec::new(), &mut |path, line| {
            if let Some(definition) = lines.get(line).and_then(|line| definition(line)) {
                schema = Arc::new(schema.with(text("apiVersion"), text("kind"), path, &definition));
            }
        });
    }
    schema
}

/// Calls `look` with the path and the line of every field.
fn each<'n>(node: &'n Node, path: &mut Vec<&'n str>, look: &mut impl FnMut(&[&str], usize)) {
    match &node.value {
        Value::Map(map) => {
            for entry in map {
                path.push(&entry.key.text);
                if let Some(line) = (entry.key.at.line as usize).checked_sub(1) {
                    look(path, line);
                }
                each(&entry.value, path, look);
                path.pop();
            }
        }
        Value::Seq(items) => {
            path.push(ITEMS);
            items.iter().for_each(|item| each(item, path, look));
            path.pop();
        }
        Value::Scalar(_) => {}
    }
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
