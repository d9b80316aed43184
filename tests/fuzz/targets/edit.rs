//! Edits of a YAML text.

use super::Reader;
use super::archive::parts;
use crate::node::Node;
use crate::yaml::edit::{EditAction, TextEdit, YamlDocument, YamlStep};

/// Edits a text. The second part of the input has an edit on each line: an action, a path and a value, separated by spaces. A
/// refused edit changes nothing, and the new text has the data of the document.
pub(super) fn edit(data: &[u8], _: Reader) {
    let Some([text, edits]) = parts(data) else { return };
    let Ok(mut document) = YamlDocument::new(text) else { return };
    let edits: Vec<TextEdit> = edits.lines().filter_map(read).collect();
    match document.change(&edits) {
        Err(_) => assert_eq!(document.text(), text),
        Ok(changed) if !changed.contains(&true) => assert_eq!(document.text(), text),
        Ok(_) => {
            let again = YamlDocument::new(document.text()).expect("an edited text can be read");
            assert_eq!(again.data(), document.data(), "{text}\n{}", document.text());
        }
    }
}

/// The edit on a line, such as `set a/0/b text`, `cut a` or `push a text`.
fn read(line: &str) -> Option<TextEdit> {
    let mut words = line.splitn(3, ' ');
    let (action, path, value) = (words.next()?, words.next()?, Node::str(words.next().unwrap_or_default()));
    let what = match action {
        "set" => EditAction::Set(value),
        "push" => EditAction::Push(value),
        "cut" => EditAction::Cut { keep: value.as_str().map_or(0, str::len) },
        _ => return None,
    };
    let step = |step: &str| step.parse::<usize>().map_or_else(|_| YamlStep::from(step), YamlStep::from);
    Some(TextEdit { path: path.split('/').map(step).collect(), what })
}
