//! JSON patches (RFC 6902), as kustomize applies them.
//!
//! kustomize goes beyond the RFC: an index may be negative, `replace` adds a missing key, `copy` of one gives `null`.
//! Unrequested changes are reported. The object and all values pass through JSON first ([`super::json`]).

use super::json;
use crate::diagnostic::{Code, Diagnostic, gather};
use crate::kustomize::field::folded;
use crate::node::{Map, Node, Value};
use crate::pointer::Pointer;
use crate::source::Location;
use crate::work::WorkCounter;
use smol_str::SmolStr;

/// A patch: its operations in order.
#[derive(Debug)]
pub(super) struct Operations(Vec<Operation>);

#[derive(Debug)]
struct Operation {
    what: Verb,
    path: LocatedPointer,
    at: Location,
}

#[derive(Debug)]
enum Verb {
    Add(Node),
    Remove,
    Replace(Node),
    Move(LocatedPointer),
    Copy(LocatedPointer),
    Test(Node),
}

#[derive(Debug)]
struct LocatedPointer {
    pointer: Pointer,
    at: Location,
}

/// What was found when operations were applied.
#[derive(Debug, Default)]
pub(super) struct PatchFindings {
    /// Data that kustomize loses or makes up.
    pub(super) losses: Vec<Diagnostic>,
    /// Missing keys that `replace` has added.
    pub(super) added: Vec<Diagnostic>,
}

const OPERATIONS: [&str; 6] = ["add", "remove", "replace", "move", "copy", "test"];

impl Operations {
    /// Reads a list of operations; what kustomize reads differently is added to `losses`.
    pub(super) fn read(list: &[Node], losses: &mut Vec<Diagnostic>) -> crate::diagnostic::Result<Self> {
        gather(list, |node| Operation::read(node, losses)).map(Operations)
    }

    /// The object with all operations done. What kustomize does without being asked is added to `found`.
    pub(super) fn apply(
        &self,
        object: &Node,
        found: &mut PatchFindings,
        (folds, work): (bool, &WorkCounter),
    ) -> Result<Node, Diagnostic> {
        work.value(object, 0)?;
        let printed = if folds { folded::printed(object) } else { None };
        let mut object = json::normal(printed.as_ref().unwrap_or(object))?;
        for operation in &self.0 {
            operation.apply(&mut object, found, work).map_err(|error| error.at(operation.at))?;
        }
        Ok(object)
    }
}

impl Operation {
    fn read(node: &Node, losses: &mut Vec<Diagnostic>) -> Result<Self, Diagnostic> {
        let new_error = |message: String| Diagnostic::new(Code::Overlay, message).at(node.at);
        let fields = node
            .as_map()
            .ok_or_else(|| new_error(format!("an operation must be a mapping, got {}", node.kind_name())))?;
        let op = fields.get("op").ok_or_else(|| new_error("this operation has no `op`".to_owned()))?;
        let mut value = || {
            if let Some(value) = fields.get("value") {
                return json::normal(value);
            }
            losses.push(new_error("this operation has no `value`; kustomize writes `null`".to_owned()));
            Ok(Node::null())
        };
        let what = match op.as_str().unwrap_or_default() {
            "add" => Verb::Add(value()?),
            "remove" => Verb::Remove,
            "replace" => Verb::Replace(value()?),
            "move" => Verb::Move(LocatedPointer::read(fields, "from", node.at, losses)?),
            "copy" => Verb::Copy(LocatedPointer::read(fields, "from", node.at, losses)?),
            "test" if !fields.has("value") => {
                losses.push(new_error("this `test` has no `value`; kustomize compares with `null`".to_owned()));
                Verb::Test(Node::null())
            }
            "test" => Verb::Test(value()?),
            other => {
                let error =
                    Diagnostic::new(Code::Overlay, format!("unknown operation `{other}`")).at(op.at).at(node.at);
                return Err(error
                    .suggest(other, OPERATIONS)
                    .help(format!("the operations are `{}`", OPERATIONS.join("`, `"))));
            }
        };
        Ok(Operation { what, path: LocatedPointer::read(fields, "path", node.at, losses)?, at: node.at })
    }

    fn apply(&self, object: &mut Node, found: &mut PatchFindings, work: &WorkCounter) -> Result<(), Diagnostic> {
        let parts = self.path.pointer.parts().len();
        work.searched(2, 0).and_then(|()| work.found(parts))?;
        let count = |value: &Node| work.value(value, parts);
        match &self.what {
            Verb::Add(value) => {
                count(value)?;
                self.path.add(object, value.clone(), work)
            }
            Verb::Remove => self.path.remove(object, work).map(drop),
            Verb::Replace(value) => {
                count(value)?;
                self.path.replace(object, value.clone(), found, work)
            }
            Verb::Move(from) => {
                let value = from.remove(object, work)?;
                count(&value)?;
                self.path.add(object, value, work)
            }
            Verb::Copy(from) => {
                let value = from.copy(object, &mut found.losses, work)?;
                count(&value)?;
                self.path.add(object, value, work)
            }
            Verb::Test(value) => {
                count(value)?;
                self.path.test(object, value, work)
            }
        }
    }
}

impl LocatedPointer {
    fn read(fields: &Map, key: &str, at: Location, losses: &mut Vec<Diagnostic>) -> Result<Self, Diagnostic> {
        let new_error = |message: String| Diagnostic::new(Code::Overlay, message);
        let node = fields.get(key).ok_or_else(|| new_error(format!("this operation has no `{key}`")).at(at))?;
        let at = node.at.or(at);
        let text = node
            .as_str()
            .ok_or_else(|| new_error(format!("`{key}` must be a string, got {}", node.kind_name())).at(at))?;
        if let Some(pointer) = Pointer::new(text) {
            return Ok(LocatedPointer { pointer, at });
        }
        let slash = new_error(format!("`{text}` must begin with a slash")).at(at).help(format!("write `/{text}`"));
        let Some((dropped, _)) = text.split_once('/') else { return Err(slash) };
        let pointer = Pointer::new(&text[dropped.len()..]).unwrap_or_default();
        losses.push(slash.help(format!("kustomize reads it as `{pointer}`")));
        Ok(LocatedPointer { pointer, at })
    }

    /// The last part, and the mapping or list that contains it or would contain it.
    fn parent<'n>(&self, object: &'n mut Node, work: &WorkCounter) -> Result<(&'n mut Node, &str), Diagnostic> {
        let Some((last, parts)) = self.pointer.parts().split_last() else {
            return Err(Diagnostic::new(Code::Overlay, "the path points to the object itself").at(self.at));
        };
        let parent = self.walk(object, parts, work)?;
        if parent.as_scalar().is_some() {
            return Err(self.missing(parent, parts.len(), work));
        }
        let step = |node: &'n mut Node, part: &SmolStr| child_mut(node, part).expect("it was just found");
        Ok((parts.iter().fold(object, step), last))
    }

    fn get<'n>(&self, object: &'n Node, work: &WorkCounter) -> Result<&'n Node, Diagnostic> {
        self.walk(object, self.pointer.parts(), work)
    }

    /// The value at the end of the first parts of the path.
    fn walk<'n>(&self, object: &'n Node, parts: &[SmolStr], work: &WorkCounter) -> Result<&'n Node, Diagnostic> {
        parts
            .iter()
            .enumerate()
            .try_fold(object, |node, (i, part)| child(node, part).ok_or_else(|| self.missing(node, i, work)))
    }

    /// The error for a path whose part at `depth` does not exist in `node`.
    fn missing(&self, node: &Node, depth: usize, work: &WorkCounter) -> Diagnostic {
        let (here, there) = (self.pointer.first(depth), self.pointer.first(depth + 1));
        let error = Diagnostic::new(Code::Overlay, format!("the object has no `{there}`")).at(self.at);
        match &node.value {
            Value::Map(fields) => {
                let keys = fields.iter().map(|entry| entry.key.text.as_str());
                work.suggest(error, &self.pointer.parts()[depth], keys)
            }
            Value::Seq(items) if items.is_empty() => error.help(format!("`{here}` is an empty list")),
            Value::Seq(items) => error.help(format!("`{here}` is a list with the indices 0 to {}", items.len() - 1)),
            Value::Scalar(_) => error.help(format!("`{here}` is {}", node.kind_name())),
        }
    }

    fn add(&self, object: &mut Node, value: Node, work: &WorkCounter) -> Result<(), Diagnostic> {
        let (parent, key) = self.parent(object, work)?;
        match &mut parent.value {
            Value::Map(fields) => {
                if !fields.has(key) {
                    work.moved(fields.count_from(key))?;
                }
                fields.insert(key, value);
            }
            Value::Seq(_) => {
                let length = parent.as_seq().map_or(0, <[Node]>::len);
                let at = if key == "-" { Some(length) } else { index(key, length + 1) };
                let at = at.ok_or_else(|| self.missing(parent, self.pointer.parts().len() - 1, work))?;
                work.moved(length - at)?;
                parent.as_seq_mut().expect("it is a list").insert(at, value);
            }
            Value::Scalar(_) => unreachable!("no scalar is a parent"),
        }
        Ok(())
    }

    fn remove(&self, object: &mut Node, work: &WorkCounter) -> Result<Node, Diagnostic> {
        self.get(object, work)?;
        let (parent, key) = self.parent(object, work)?;
        if let Value::Map(fields) = &mut parent.value {
            work.moved(fields.count_from(key))?;
            return Ok(fields.remove(key).expect("it was just found"));
        }
        let items = parent.as_seq_mut().expect("no scalar is a parent");
        let at = index(key, items.len()).expect("it was just found");
        work.moved(items.len() - at)?;
        Ok(items.remove(at))
    }

    fn replace(
        &self,
        object: &mut Node,
        value: Node,
        found: &mut PatchFindings,
        work: &WorkCounter,
    ) -> Result<(), Diagnostic> {
        if self.pointer.parts().is_empty() {
            let diagnostic = || {
                let message = format!("the new value of an object must be a mapping, got {}", value.kind_name());
                Diagnostic::new(Code::Overlay, message).at(value.at)
            };
            match &value.value {
                Value::Map(_) => *object = value,
                Value::Seq(_) | Value::Scalar(_) => return Err(diagnostic()),
            }
            return Ok(());
        }
        let (parent, key) = self.parent(object, work)?;
        if child(parent, key).is_none() {
            let missing = self.missing(parent, self.pointer.parts().len() - 1, work);
            if parent.as_map().is_none() || missing.parts().is_of_work_limit {
                return Err(missing);
            }
            found.added.push(missing.help("`replace` adds it, as in kustomize; if this is intended, use `add`"));
        }
        match &mut parent.value {
            Value::Map(fields) => {
                if !fields.has(key) {
                    work.moved(fields.count_from(key))?;
                }
                fields.insert(key, value);
            }
            _ => *child_mut(parent, key).expect("it was just found") = value,
        }
        Ok(())
    }

    fn copy(&self, object: &mut Node, losses: &mut Vec<Diagnostic>, work: &WorkCounter) -> Result<Node, Diagnostic> {
        let (parent, key) = self.parent(object, work)?;
        if let Some(node) = child(parent, key) {
            return Ok(node.clone());
        }
        let missing = self.missing(parent, self.pointer.parts().len() - 1, work);
        if parent.as_map().is_none() || missing.parts().is_of_work_limit {
            return Err(missing);
        }
        losses.push(missing.help("kustomize copies `null`"));
        Ok(Node::null())
    }

    /// A key that is missing passes for `null`.
    fn test(&self, object: &Node, value: &Node, work: &WorkCounter) -> Result<(), Diagnostic> {
        let fails = |message: String| Err(Diagnostic::new(Code::Overlay, message).at(self.at));
        let found = match (self.get(object, work), self.pointer.parts().split_last()) {
            (Ok(found), _) => found,
            (Err(_), Some((_, parts))) if value.is_null() && self.walk(object, parts, work)?.as_map().is_some() => {
                return Ok(());
            }
            (Err(missing), _) => return Err(missing),
        };
        if found == value {
            return Ok(());
        }
        match (found.as_scalar(), value.as_scalar()) {
            (Some(found), Some(value)) => {
                fails(format!("the test fails: `{}` is `{}`, not `{}`", self.pointer, found.text, value.text))
            }
            _ => fails(format!("the test fails: `{}` is another value", self.pointer)),
        }
    }
}

/// The value of a key or index.
fn child<'n>(node: &'n Node, part: &str) -> Option<&'n Node> {
    match &node.value {
        Value::Map(fields) => fields.get(part),
        Value::Seq(items) => items.get(index(part, items.len())?),
        Value::Scalar(_) => None,
    }
}

fn child_mut<'n>(node: &'n mut Node, part: &str) -> Option<&'n mut Node> {
    if node.as_map().is_some() {
        return node.get_mut(part);
    }
    let items = node.as_seq_mut()?;
    let i = index(part, items.len())?;
    items.get_mut(i)
}

/// An index below `length`; a negative one counts from the end.
fn index(part: &str, length: usize) -> Option<usize> {
    let index: isize = part.parse().ok()?;
    let index = if index < 0 { index.checked_add_unsigned(length)? } else { index };
    usize::try_from(index).ok().filter(|index| *index < length)
}
