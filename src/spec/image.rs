//! `images:` and `imageAliases:`.

use super::section::{Section, text};
use super::{Placed, spec_error};
use crate::diagnostic::Diagnostic;
use crate::image::ImageReference;
use crate::node::Map;
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The name, tag or digest that the spec sets for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BranchImage {
    /// What it is set to.
    pub(crate) value: ImageReference,
    /// Where the value is written.
    pub(crate) at: Location,
    /// The name or the alias of the image, as written.
    pub(crate) key: Placed<SmolStr>,
}

/// Reads the aliases. An image has at most one alias, so that a manifest can show it in its place.
pub(super) fn aliases(top: &Section, faults: &mut Vec<Diagnostic>) -> BTreeMap<SmolStr, Placed<SmolStr>> {
    let mut aliases: BTreeMap<SmolStr, Placed<SmolStr>> = BTreeMap::new();
    for entry in top.map("imageAliases").into_iter().flatten() {
        let (alias, at) = (&entry.key.text, entry.value.at);
        let Some(name) = text(&entry.value).filter(|name| !name.is_empty()) else { continue };
        let bare = match ImageReference::parse(&name) {
            Ok(ImageReference { name: Some(_), tag: None, digest: None }) => Ok(()),
            Ok(_) => Err(spec_error(format!("the alias `{alias}` is for `{name}`, which has a tag or a digest"))
                .help("an alias is for a name; set the tag or the digest in `images:`")),
            Err(error) => Err(error),
        };
        let twin = aliases.iter().find(|(_, other)| other.value == name);
        if let Err(error) = bare {
            faults.push(error.at(at));
        } else if let Some((other, place)) = twin {
            let error = spec_error(format!("`{name}` has two aliases, `{other}` and `{alias}`"));
            faults.push(error.at(at).note(place.at, "the other alias is here"));
        } else {
            aliases.insert(alias.clone(), Placed { value: name, at });
        }
    }
    aliases
}

/// Reads images by their names in the manifests. `None` removes a default.
pub(super) fn images(
    map: Option<&Map>,
    aliases: &BTreeMap<SmolStr, Placed<SmolStr>>,
    faults: &mut Vec<Diagnostic>,
) -> BTreeMap<SmolStr, Option<BranchImage>> {
    let mut images = BTreeMap::new();
    let mut keys: BTreeMap<SmolStr, &SmolStr> = BTreeMap::new();
    for entry in map.into_iter().flatten() {
        let key = &entry.key.text;
        let name = aliases.get(key).map_or(key, |name| &name.value);
        if let Some(other) = keys.insert(name.clone(), key) {
            faults.push(spec_error(format!("`{other}` and `{key}` are the same image")).at(entry.key.at));
        }
        let image = match text(&entry.value).map(|text| ImageReference::parse_replacement(&text)) {
            None if entry.value.is_null() => None,
            None => continue,
            Some(Ok(value)) => {
                let key = Placed { value: key.clone(), at: entry.key.at };
                Some(BranchImage { value, at: entry.value.at, key })
            }
            Some(Err(error)) => {
                faults.push(error.at(entry.value.at));
                continue;
            }
        };
        images.insert(name.clone(), image);
    }
    images
}
