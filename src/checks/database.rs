//! A branch with a schema or database of its own that none of its objects uses: it would run with another one.

use super::{CheckInput, Finding};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Node, Value};

/// An error if no object except the Namespace, whose annotation records it, contains the name. A branch that takes services
/// from the baseline branch and does not set a mode itself may have nothing that uses a database.
pub(super) fn check(input: &CheckInput) -> Vec<Finding> {
    let Some((database, own)) = input.branch.database.as_ref().and_then(|database| Some((database, database.own()?)))
    else {
        return Vec::new();
    };
    if input.branch.database_at.is_none() && !input.branch.runs_all {
        return Vec::new();
    }
    let mut objects = input.objects.iter().filter(|object| !object.is("", "Namespace"));
    if objects.any(|object| contains(object.node(), own)) {
        return Vec::new();
    }
    let mode = database.mode.word();
    let variable = database.mode.variable();
    let message = format!("no object of the branch contains the name of its {mode}, so nothing uses it");
    let at = input.branch.database_at.unwrap_or(input.branch.at);
    let error = Diagnostic::new(Code::Resource, message).at(at).help(format!(
        "pass `{{{{ {variable} }}}}` to the application and to the migration Job, or set `database: {{mode: shared}}`"
    ));
    Finding::errors(vec![error])
}

fn contains(node: &Node, name: &str) -> bool {
    match &node.value {
        Value::Scalar(scalar) => scalar.text.contains(name),
        Value::Seq(items) => items.iter().any(|item| contains(item, name)),
        Value::Map(map) => map.iter().any(|entry| entry.key.text.contains(name) || contains(&entry.value, name)),
    }
}
