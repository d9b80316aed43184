//! Versions that a branch runs side by side, and which of them has the traffic.

use super::section::{Section, text};
use super::{BranchImage, Placed, image, spec_error};
use crate::diagnostic::Diagnostic;
use crate::schema::name::is_label;
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The versions of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotsEntry {
    /// The one that has the traffic.
    pub active: Placed<SmolStr>,
    /// How the traffic is shared out, in percent, if it is.
    pub weights: BTreeMap<SmolStr, u32>,
    /// The images of each, by their names in the manifests, over those of the branch; `None` takes one out.
    pub versions: BTreeMap<SmolStr, BTreeMap<SmolStr, Option<BranchImage>>>,
    /// Where they are written.
    pub at: Location,
}

impl SlotsEntry {
    pub(super) fn of(
        branch: &Section,
        aliases: &BTreeMap<SmolStr, Placed<SmolStr>>,
        faults: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let section = branch.section("slots")?;
        let mut versions = BTreeMap::new();
        for entry in section.map("versions").into_iter().flatten() {
            if !is_label(&entry.key.text) {
                let error = spec_error(format!("`{}` is no name for a slot", entry.key.text)).at(entry.key.at);
                faults.push(error.help("it is made of a-z, 0-9 and `-`, and begins and ends with a letter or digit"));
            }
            let images = image::images(Section::new("version", &entry.value).map("images"), aliases, faults);
            versions.insert(entry.key.text.clone(), images);
        }
        let unknown = |name: &str, at: Location| {
            let error = spec_error(format!("no version is named `{name}`")).at(at);
            error.suggest(name, versions.keys().map(SmolStr::as_str)).help("`versions` says which there are")
        };
        let active = section.node("active").and_then(|node| Some(Placed { value: text(node)?, at: node.at }));
        // The schema has complained where one of the two is not there.
        faults.extend(
            active
                .iter()
                .filter(|_| !versions.is_empty())
                .filter(|name| !versions.contains_key(&name.value))
                .map(|name| unknown(&name.value, name.at)),
        );
        let mut weights = BTreeMap::new();
        for entry in section.map("weights").into_iter().flatten() {
            let name = &entry.key.text;
            if !versions.contains_key(name) {
                faults.push(unknown(name, entry.key.at));
            }
            if let Some(weight) = entry.value.as_text().and_then(|text| text.parse().ok()) {
                weights.insert(name.clone(), weight);
            }
        }
        let sum = weights.values().fold(0, |sum: u32, weight| sum.saturating_add(*weight));
        if !weights.is_empty() && sum != 100 {
            let error = spec_error(format!("the weights add up to {sum}, not to 100")).at(section.place("weights"));
            faults.push(error.help("they are percentages of the traffic"));
        }
        Some(SlotsEntry { active: active?, weights, versions, at: section.at })
    }

    /// How much of the traffic a version has, in percent; without weights the active one has all.
    pub fn weight(&self, name: &str) -> u32 {
        match self.weights.get(name) {
            Some(weight) => *weight,
            None if self.weights.is_empty() && self.active.value == name => 100,
            None => 0,
        }
    }
}
