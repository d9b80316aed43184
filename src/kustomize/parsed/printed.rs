//! The parsed values of an object that a JSON patch has changed: kustomize prints it and reads it again.
//!
//! It is printed with the notes in its annotations. After that, the annotations are made anew.

use super::follow::{locate, made_entries};
use super::read;
use crate::node::{Map, Node};
use crate::resource::ParsedNode;
use crate::resource::parsed::is_note;
use crate::source::{FileId, Location};
use crate::yaml::{self, Dialect};

pub(super) fn print(parsed: &mut ParsedNode, object: &Node) -> Option<()> {
    let annotations = noted(parsed, object)?;
    let mut full = object.clone();
    full.map_entry("metadata")?.as_map_mut()?.insert("annotations", annotations.into());
    let text = yaml::unfolded(&full).ok()?;
    let at = |line, column, length| Location::new(FileId(0), line, column, length);
    let own = yaml::parse(&text, Dialect::Kubernetes, &at).ok()?;
    *parsed = read::object(&text, own.first()?)?;
    make_annotations(parsed, &full)?;
    locate(parsed, object)
}

/// Makes the annotations of an object anew, at the end of its metadata.
pub(super) fn make_annotations(parsed: &mut ParsedNode, object: &Node) -> Option<()> {
    let annotations = noted(parsed, object)?;
    let metadata = parsed.get_mut("metadata")?;
    metadata.retain(|key| key != "annotations");
    let made = made_entries(annotations.iter().map(|entry| (entry.key.text.as_str(), &entry.value)));
    metadata.push(ParsedNode::key("annotations"), made);
    Some(())
}

/// The annotations of an object with the notes of kustomize.
fn noted(parsed: &ParsedNode, object: &Node) -> Option<Map> {
    let mut all = object.at_path(&["metadata", "annotations"])?.as_map()?.clone();
    let notes = parsed.get("metadata")?.get("annotations")?;
    for (key, value) in notes.entries().filter(|(key, _)| is_note(&key.text)) {
        if !all.has(&key.text) {
            all.insert(key.text.clone(), Node::str(value.text.clone()));
        }
    }
    Some(all)
}
