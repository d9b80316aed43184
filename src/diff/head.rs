//! What matters first in all environments: each fact once, with the environments that have it.

use super::change::{Change, ValueChange};
use super::fact::{Danger, Fact, Requests};
use super::{ChangeKind, Diff, EnvironmentDiff};
use crate::schema::quantity;
use crate::visible::visible;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The sections of the head, in order.
const SECTIONS: [&str; 6] = ["Dangers", "Images", "DNS names", "Databases", "Pods restart", "Jobs run"];

/// A fact and the positions of the environments that have it. If there are several, their derived names are replaced.
pub(super) type SharedFact = (Fact, Vec<usize>);

/// A section of the head: its title, and its lines with the positions of the environments.
pub(super) struct HeadSection {
    pub(super) title: &'static str,
    pub(super) lines: Vec<(String, Vec<usize>)>,
}

impl Diff {
    /// The facts of all environments, in order. Of an environment that is added or removed, not all count: that it is, says more.
    pub(super) fn facts(&self) -> Vec<SharedFact> {
        let mut shared: BTreeMap<Fact, (Fact, Vec<usize>)> = BTreeMap::new();
        for (at, environment) in self.environments.iter().enumerate() {
            for fact in environment.facts.iter().filter(|fact| counts(fact, environment.change)) {
                let general = fact.map(|text| environment.names.generalized(text).shown());
                shared.entry(general).or_insert_with(|| (fact.clone(), Vec::new())).1.push(at);
            }
        }
        let fact =
            |(general, (plain, at)): (Fact, (Fact, Vec<usize>))| (if at.len() == 1 { plain } else { general }, at);
        let mut facts: Vec<SharedFact> = shared.into_iter().map(fact).collect();
        facts.sort_by(|a, b| (section(&a.0), b.1.len(), &a.0).cmp(&(section(&b.0), a.1.len(), &b.0)));
        facts
    }

    /// The sections that have something.
    pub(super) fn head(&self) -> Vec<HeadSection> {
        let mut sections: Vec<HeadSection> = SECTIONS.map(|title| HeadSection { title, lines: Vec::new() }).into();
        for (fact, at) in self.facts() {
            sections[section(&fact)].lines.push((fact.describe(), at));
        }
        sections.retain(|section| !section.lines.is_empty());
        sections
    }

    /// What all pods request more.
    pub(super) fn requests(&self) -> Requests {
        self.environments.iter().fold(Requests::default(), |mut sum, environment| {
            sum += environment.requests;
            sum
        })
    }
}

impl Requests {
    /// `+250m CPU, -128Mi memory`; `None` if nothing changes.
    pub(super) fn describe(self) -> Option<String> {
        let signed = |text: String| if text.starts_with('-') { text } else { format!("+{text}") };
        let cpu = (self.cpu != 0).then(|| format!("{} CPU", signed(quantity::cpu(self.cpu))));
        let memory = (self.memory != 0).then(|| format!("{} memory", signed(quantity::bytes(self.memory))));
        let parts: Vec<String> = cpu.into_iter().chain(memory).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

impl EnvironmentDiff {
    /// Whether only images and labels change in an environment that exists, and what pleach records of them.
    pub(super) fn is_routine(&self) -> bool {
        self.change == ChangeKind::Changed && !self.changes.is_empty() && self.changes.iter().all(is_routine)
    }
}

fn is_routine(change: &Change<SmolStr>) -> bool {
    let is_label =
        ["metadata.labels", "spec.template.metadata.labels"].iter().any(|path| change.path.starts_with(path));
    let is_image = change.path.ends_with("].image") || change.path.ends_with("].image.reference");
    let is_value = !matches!(change.value, ValueChange::Lines(_));
    change.object.kind == "TeardownPlan" || is_value && (is_label || is_image)
}

fn counts(fact: &Fact, change: ChangeKind) -> bool {
    match fact {
        Fact::Dns(..) => true,
        Fact::Danger(..) | Fact::Database(..) => change != ChangeKind::Removed,
        Fact::Image(..) | Fact::Restart(_) | Fact::Job(_) => change == ChangeKind::Changed,
    }
}

/// The position in [`SECTIONS`].
fn section(fact: &Fact) -> usize {
    match fact {
        Fact::Danger(..) => 0,
        Fact::Image(..) => 1,
        Fact::Dns(..) => 2,
        Fact::Database(..) => 3,
        Fact::Restart(_) => 4,
        Fact::Job(_) => 5,
    }
}

impl Fact {
    pub(super) fn describe(&self) -> String {
        let text = match self {
            Fact::Danger(danger, object) => danger.describe(object),
            Fact::Image(name, Some(before), Some(after)) => format!("{name} {before} → {after}"),
            Fact::Image(name, None, Some(after)) => format!("{name} {after} is new"),
            Fact::Image(name, Some(before), None) => format!("{name} {before} is no longer used"),
            Fact::Image(name, None, None) => name.to_string(),
            Fact::Dns(name, false, _) | Fact::Database(name, true) => format!("{name} is added"),
            Fact::Dns(name, true, false) | Fact::Database(name, false) => format!("{name} is removed"),
            Fact::Dns(name, true, true) => format!("{name} has other records"),
            Fact::Restart(object) | Fact::Job(object) => object.to_string(),
        };
        visible(&text).into_owned()
    }

    /// The same fact with other names.
    fn map(&self, text: impl Fn(&str) -> SmolStr) -> Self {
        match self {
            Fact::Danger(danger, object) => Fact::Danger(danger.clone(), text(object)),
            Fact::Dns(name, before, after) => Fact::Dns(text(name), *before, *after),
            Fact::Database(name, after) => Fact::Database(text(name), *after),
            Fact::Restart(object) => Fact::Restart(text(object)),
            Fact::Job(object) => Fact::Job(text(object)),
            Fact::Image(..) => self.clone(),
        }
    }
}

impl Danger {
    /// What happens to the object.
    fn describe(&self, object: &str) -> String {
        match self {
            Danger::Removed => format!("{object} is removed"),
            Danger::Immutable(field) => format!("{object}: the API server refuses to change {field}"),
            Danger::Privileged(container) => format!("{object}: the container {container} becomes privileged"),
            Danger::NoReplicas => format!("{object} has no replicas any more"),
            Danger::ClusterWide => format!("{object} gives rights in the whole cluster"),
            Danger::MajorVersion(image, before, after) => {
                format!("{object}: {image} {before} → {after} is another major version")
            }
        }
    }
}
