//! Changes to a YAML text that leave the rest of it as it is: comments, order, quotes, line ends.
//!
//! A change replaces a few characters. Then the text is read again and must hold exactly the data that the change
//! means; where it does not (an anchor that others use, a layout that nobody foresaw), the change is refused and the
//! text stays. Nothing here knows what the text is about.

mod draft;
mod flow;
mod layout;

use super::{Dialect, parse};
use crate::error::{Error, Kind, Result};
use crate::node::{Node, Value};
use crate::source::Place;
use draft::{Draft, Swap};
use layout::layout;
use std::borrow::Cow;
use std::sync::Arc;

/// A step down into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// To the value of a key.
    Key(Cow<'a, str>),
    /// To an item of a list, counted from 0.
    Item(usize),
}

impl<'a> From<&'a str> for Step<'a> {
    fn from(key: &'a str) -> Self {
        Step::Key(key.into())
    }
}

impl From<usize> for Step<'_> {
    fn from(item: usize) -> Self {
        Step::Item(item)
    }
}

/// A text on its way from one edit to the next.
#[derive(Clone, Debug)]
pub struct Document {
    text: String,
    data: Node,
}

impl Document {
    /// The only document of `text`.
    pub fn new(text: &str) -> Result<Self> {
        Ok(Document { text: text.to_owned(), data: read(text)? })
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its data, without places.
    pub fn data(&self) -> &Node {
        &self.data
    }

    /// Puts `value` at the end of `path`; mappings on the way that are missing are made.
    pub fn set(&mut self, path: &[Step], value: &Node) -> Result<()> {
        let mut data = self.data.clone();
        if !put(&mut data, path, value) {
            return Err(unedited(path).into());
        }
        if data == self.data {
            return Ok(());
        }
        self.change(data, path, |draft| draft.set(path, value))
    }

    /// Takes out what stands at the end of `path`, and mappings that lose their last entry by it, but none of the first
    /// `keep` parts of the path. Whether anything was there.
    pub fn remove(&mut self, path: &[Step], keep: usize) -> Result<bool> {
        let mut path = path;
        while let [above @ .., _] = path {
            if at(&self.data, path).is_none() {
                return Ok(false);
            }
            match at(&self.data, above).map(|node| &node.value) {
                Some(Value::Map(map)) if map.len() == 1 && above.len() > keep => path = above,
                _ => break,
            }
        }
        let mut data = self.data.clone();
        take(&mut data, path);
        self.change(data, path, |draft| draft.cut(path))?;
        Ok(true)
    }

    /// Adds an item at the end of the list at `path`, which is made if it is missing.
    pub fn push(&mut self, path: &[Step], item: &Node) -> Result<()> {
        let old = at(&self.data, path).filter(|node| !node.is_null());
        let Some(items) = old.map_or(Some(&[][..]), Node::as_seq) else { return Err(unedited(path).into()) };
        let mut data = self.data.clone();
        let list = Node::seq(items.iter().cloned().chain([item.clone()]));
        put(&mut data, path, &list);
        self.change(data, path, |draft| draft.append(path, item))
    }

    /// Makes a change and takes it back if the text does not come to hold `data`.
    fn change(&mut self, data: Node, path: &[Step], edit: impl FnOnce(&Draft) -> Option<Swap>) -> Result<()> {
        let root = layout(&self.text).ok_or_else(|| unedited(path))?;
        let (range, new) = edit(&Draft { text: &self.text, root: &root }).ok_or_else(|| unedited(path))?;
        let mut text = self.text.clone();
        let crlf = text.contains("\r\n");
        text.replace_range(range, &if crlf { new.replace('\n', "\r\n") } else { new });
        match read(&text) {
            Ok(read) if read == data => {
                *self = Document { text, data };
                Ok(())
            }
            _ => Err(unedited(path).into()),
        }
    }
}

/// A value as text on one line, for behind a key.
pub fn line(node: &Node) -> String {
    flow::inline(node, flow::Spot::Line)
}

fn read(text: &str) -> Result<Node> {
    let documents = parse(text, Dialect::Kubernetes, &|_, _, _| Place::NONE)?;
    let count = documents.len();
    match <[Node; 1]>::try_from(documents) {
        Ok([node]) => Ok(node),
        Err(_) => Err(Error::new(Kind::Yaml, format!("the text holds {count} documents instead of one")).into()),
    }
}

fn unedited(path: &[Step]) -> Error {
    let path: Vec<String> = path
        .iter()
        .map(|step| match step {
            Step::Key(key) => key.to_string(),
            Step::Item(item) => item.to_string(),
        })
        .collect();
    Error::new(Kind::Yaml, format!("`{}` cannot be changed without changing what stands around it", path.join(".")))
        .help("anchors and unusual layouts are for people: edit the file by hand")
}

/// What stands at the end of a path.
fn at<'n>(node: &'n Node, path: &[Step]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, step| match step {
        Step::Key(key) => node.get(key),
        Step::Item(item) => node.as_seq()?.get(*item),
    })
}

fn put(node: &mut Node, path: &[Step], value: &Node) -> bool {
    match path {
        [] => {
            *node = value.clone();
            true
        }
        [Step::Key(key), rest @ ..] => {
            if node.is_null() {
                *node = Node::map();
            }
            let Some(map) = node.as_map_mut() else { return false };
            if !map.has(key) {
                map.insert(&**key, Node::null());
            }
            map.get_mut(key).is_some_and(|child| put(child, rest, value))
        }
        [Step::Item(item), rest @ ..] => {
            node.as_seq_mut().and_then(|items| items.get_mut(*item)).is_some_and(|child| put(child, rest, value))
        }
    }
}

fn take(node: &mut Node, path: &[Step]) {
    match (path, &mut node.value) {
        ([Step::Key(key)], Value::Map(map)) => drop(map.remove(key)),
        ([Step::Item(item)], Value::Seq(items)) if *item < items.len() => drop(Arc::make_mut(items).remove(*item)),
        ([Step::Key(key), rest @ ..], Value::Map(map)) => {
            if let Some(child) = map.get_mut(key) {
                take(child, rest);
            }
        }
        ([Step::Item(item), rest @ ..], Value::Seq(items)) => {
            if let Some(child) = Arc::make_mut(items).get_mut(*item) {
                take(child, rest);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
