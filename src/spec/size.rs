//! Limits on the size of a spec, as it is written and after its settings are merged with the defaults.

use super::{BranchEntry, Spec, spec_error};
use crate::diagnostic::Diagnostic;
use crate::limits::{SPEC_BRANCHES, SPEC_LIST_ITEMS, SPEC_LIST_PATTERNS, SPEC_MERGED_ENTRIES, SPEC_PART_NODES};
use crate::node::{Map, MapEntry, MapKey, Node};

/// Checks the number of branches, and the size of each and of the rest.
pub(super) fn check(spec: &Node) -> Result<(), Diagnostic> {
    let branches = spec.get("branches").and_then(Node::as_seq).unwrap_or_default();
    if let Some(excess) = branches.get(SPEC_BRANCHES) {
        let message = format!("the spec has {} branches, but at most {SPEC_BRANCHES} are possible", branches.len());
        return Err(spec_error(message).at(excess.at).help("remove branches, or use several workspaces"));
    }
    let sizes: Vec<usize> = branches.iter().map(Node::node_count).collect();
    let rest = spec.node_count() - sizes.iter().sum::<usize>();
    let too_large = std::iter::zip(sizes, branches).find(|(size, _)| *size > SPEC_PART_NODES);
    let (what, at) = match too_large {
        Some((_, branch)) => ("the branch", branch.at),
        None if rest > SPEC_PART_NODES => ("the spec without its branches", spec.at),
        None => return check_lengths(spec, &LONG_LISTS),
    };
    let message = format!("{what} has more than {SPEC_PART_NODES} keys and values");
    Err(spec_error(message).at(at).help("shorten its lists and mappings"))
}

/// The lists that may have any length: they grow with the branches and their hosts.
const LONG_LISTS: [&str; 4] = ["branches", "expired", "hosts", "names"];

/// Checks the length of each list and mapping but `long` ones, and those in `values`, whose content is the user's.
fn check_lengths(node: &Node, long: &[&str]) -> Result<(), Diagnostic> {
    let check = |MapEntry { key, value }: &MapEntry| match key.text.as_str() {
        "values" => Ok(()),
        name if long.contains(&name) => check_lengths(value, long),
        "cleanup" => check_lengths(value, &[]),
        _ => check_length(key, value).and_then(|()| check_lengths(value, long)),
    };
    node.as_map().into_iter().flat_map(|map| map.iter()).try_for_each(check)?;
    node.as_seq().unwrap_or_default().iter().try_for_each(|item| check_lengths(item, long))
}

/// Checks the length of the list or mapping under a key, and the number of patterns in it.
fn check_length(key: &MapKey, value: &Node) -> Result<(), Diagnostic> {
    let list = value.as_seq().unwrap_or_default();
    let items = value.as_map().map_or(list.len(), Map::len);
    let is_pattern = |item: &&Node| item.as_text().is_some_and(|text| text.contains(['*', '?']));
    let patterns = list.iter().filter(is_pattern).count();
    let (number, what, most, help) = if items > SPEC_LIST_ITEMS {
        (items, "items", SPEC_LIST_ITEMS, "remove items, or use patterns where the field allows them")
    } else if patterns > SPEC_LIST_PATTERNS {
        (patterns, "patterns", SPEC_LIST_PATTERNS, "use patterns that match more")
    } else {
        return Ok(());
    };
    let message = format!("`{}` has {number} {what}, but at most {most} are possible", key.text);
    Err(spec_error(message).at(key.at).help(help))
}

/// The error if merging the settings of all branches with the defaults copies too much.
pub(super) fn merged_excess(spec: &Spec) -> Option<Diagnostic> {
    let entries: usize = spec.branches.iter().map(|branch| merged_entries(spec, branch)).sum();
    let message = format!(
        "the branches have {entries} values and images that are merged with the defaults, but at most {SPEC_MERGED_ENTRIES} are possible"
    );
    let error = spec_error(message).at(spec.defaults.values.at);
    (entries > SPEC_MERGED_ENTRIES).then(|| error.help("remove defaults that few branches use"))
}

/// The number of values and images that a branch has from the defaults or for each of its slots.
fn merged_entries(spec: &Spec, branch: &BranchEntry) -> usize {
    let images = spec.defaults.images.len() + branch.settings.images.len();
    let slots = branch.slots.as_ref().map_or(0, |slots| slots.versions.len());
    images * (1 + slots) + copied_values(&spec.defaults.values, &branch.settings.values)
}

/// The number of entries of mappings that merging `own` values with default values copies.
fn copied_values(defaults: &Node, own: &Node) -> usize {
    let (Some(defaults), Some(own)) = (defaults.as_map(), own.as_map().filter(|own| !own.is_empty())) else { return 0 };
    let below = own.iter().filter_map(|entry| Some(copied_values(defaults.get(&entry.key.text)?, &entry.value)));
    defaults.len() + below.sum::<usize>()
}
