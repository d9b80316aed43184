//! Merge keys (`<<`) and duplicate keys of mappings.

use super::super::Dialect;
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Map, MapEntry, Node};
use crate::source::Location;

/// The mapping of `entries`, with the entries of `merges` whose keys it does not have. Each merge has the location of its
/// `<<`.
pub(super) fn merged(entries: Vec<MapEntry>, merges: &[(Location, Node)], dialect: Dialect) -> Result<Map, Diagnostic> {
    let mut map = match dialect {
        Dialect::Kubernetes => {
            Map::from_entries(entries).map_err(|(first, second)| duplicate_key(&first.text, first.at, second.at))?
        }
        Dialect::Yaml11 => last_wins(entries),
    };
    if let [(first, _), (second, _), ..] = merges {
        return Err(duplicate_key("<<", *first, *second));
    }
    for (at, node) in merges {
        apply_merge_key(&mut map, *at, node)?;
    }
    Ok(map)
}

/// Adds to `map` the entries of `node` whose keys it does not have. `node` is the value of a `<<` at `at`: a mapping or a
/// list of mappings.
pub(crate) fn apply_merge_key(map: &mut Map, at: Location, node: &Node) -> Result<(), Diagnostic> {
    for source in node.as_seq().unwrap_or(std::slice::from_ref(node)) {
        let Some(source) = source.as_map() else {
            let message = format!("`<<` can merge only mappings, got {}", source.kind_name());
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

fn duplicate_key(key: &str, first: Location, second: Location) -> Diagnostic {
    Diagnostic::new(Code::Yaml, format!("duplicate key `{key}`")).at(second).note(first, "first here")
}

fn last_wins(mut entries: Vec<MapEntry>) -> Map {
    entries.reverse();
    entries.sort_by(|a, b| a.key.text.cmp(&b.key.text));
    entries.dedup_by(|later, earlier| later.key.text == earlier.key.text);
    Map::from_entries(entries).expect("all keys are different")
}
