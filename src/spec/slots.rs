//! `slots:`, the versions that a branch runs at once, and which of them receives the traffic.

use super::section::Section;
use super::{BranchImage, Placed, image, spec_error};
use crate::diagnostic::Diagnostic;
use crate::schema::name::is_label;
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The versions of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlotsEntry {
    /// The version that receives the traffic.
    pub(crate) active: Placed<SmolStr>,
    /// The percentage of the traffic that each version receives; empty if the active one receives all.
    pub(crate) weights: BTreeMap<SmolStr, Placed<u32>>,
    /// The images of each version by their names in the manifests. They override those of the branch; `None` removes one.
    pub(crate) versions: BTreeMap<SmolStr, BTreeMap<SmolStr, Option<BranchImage>>>,
    /// Where the names of the versions are written.
    names: BTreeMap<SmolStr, Location>,
    /// Where they are written.
    pub(crate) at: Location,
}

impl SlotsEntry {
    pub(super) fn of(
        branch: &Section,
        aliases: &BTreeMap<SmolStr, Placed<SmolStr>>,
        faults: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let section = branch.section("slots")?;
        let at = branch.key_place("slots").unwrap_or(section.at);
        let (mut versions, mut names) = (BTreeMap::new(), BTreeMap::new());
        for entry in section.map("versions").into_iter().flatten() {
            if !is_label(&entry.key.text) {
                let error = spec_error(format!("`{}` is not a valid slot name", entry.key.text)).at(entry.key.at);
                faults.push(error.help("a slot name is a DNS label: at most 63 of a-z, 0-9 and `-`, and it begins and ends with a letter or digit"));
            }
            let images = image::images(Section::new("version", &entry.value).map("images"), aliases, faults);
            versions.insert(entry.key.text.clone(), images);
            names.insert(entry.key.text.clone(), entry.key.at);
        }
        let unknown = |name: &str, at: Location| {
            let error = spec_error(format!("unknown version `{name}`")).at(at);
            error.suggest_known(name, "versions", versions.keys().map(SmolStr::as_str)).help("define it in `versions`")
        };
        let active = section.placed("active");
        // The schema reports a missing `active` or `versions`.
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
            if let Some(value) = entry.value.as_text().and_then(|text| text.parse().ok()) {
                weights.insert(name.clone(), Placed { value, at: entry.value.at });
            }
        }
        let sum = weights.values().fold(0, |sum: u32, weight: &Placed<u32>| sum.saturating_add(weight.value));
        if !weights.is_empty() && sum != 100 {
            let error = spec_error(format!("the weights must add up to 100, got {sum}")).at(section.place("weights"));
            faults.push(error.help("a weight is a percentage of the traffic"));
        }
        Some(SlotsEntry { active: active?, weights, versions, names, at })
    }

    /// The percentage of the traffic that a version receives. Without weights, the active version receives all.
    pub(crate) fn weight(&self, name: &str) -> u32 {
        match self.weights.get(name) {
            Some(weight) => weight.value,
            None if self.weights.is_empty() && self.active.value == name => 100,
            None => 0,
        }
    }

    /// Where the weight of a version is written. Without weights, that of the active version results from `active`.
    pub(crate) fn weight_at(&self, name: &str) -> Location {
        match self.weights.get(name) {
            Some(weight) => weight.at,
            None if self.active.value == name => self.active.at,
            None => self.name_at(name),
        }
    }

    /// Where the name of a version is written.
    pub(crate) fn name_at(&self, name: &str) -> Location {
        self.names.get(name).copied().unwrap_or(self.at)
    }
}
