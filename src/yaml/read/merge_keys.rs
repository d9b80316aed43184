//! Mappings with their merge keys (`<<`) resolved and their duplicates judged.

use super::super::Dialect;
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Map, MapEntry, Node};
use crate::source::Location;

/// The mapping of `entries` and of what they do not have from `merges`, each with the place of its `<<`.
pub(super) fn merged(entries: Vec<MapEntry>, merges: &[(Location, Node)], dialect: Dialect) -> Result<Map, Diagnostic> {
    let mut map = match dialect {
        Dialect::Kubernetes => {
            Map::from_entries(entries).map_err(|(first, second)| twice(&first.text, first.at, second.at))?
        }
        Dialect::Yaml11 => last_wins(entries),
    };
    if let [(first, _), (second, _), ..] = merges {
        return Err(twice("<<", *first, *second));
    }
    for (at, node) in merges {
        merge(&mut map, *at, node)?;
    }
    Ok(map)
}

/// Adds to `map` what it does not have from `node`, a mapping or a list of mappings under a `<<` at `at`.
pub fn merge(map: &mut Map, at: Location, node: &Node) -> Result<(), Diagnostic> {
    for source in node.as_seq().unwrap_or(std::slice::from_ref(node)) {
        let Some(source) = source.as_map() else {
            let message = format!("`<<` merges mappings, but this is {}", source.kind_name());
            return Err(Diagnostic::new(Code::Yaml, message).at(at));
        };
        for entry in source {
            if !map.has(&entry.key.text) {
                map.insert(entry.key.clone(), entry.value.clone());
            }
        }
    }
    Ok(())
}

fn twice(key: &str, first: Location, second: Location) -> Diagnostic {
    Diagnostic::new(Code::Yaml, format!("the key `{key}` stands twice in this mapping"))
        .at(second)
        .note(first, "first here")
}

fn last_wins(mut entries: Vec<MapEntry>) -> Map {
    entries.reverse();
    entries.sort_by(|a, b| a.key.text.cmp(&b.key.text));
    entries.dedup_by(|later, earlier| later.key.text == earlier.key.text);
    Map::from_entries(entries).expect("no key stands twice any more")
}
