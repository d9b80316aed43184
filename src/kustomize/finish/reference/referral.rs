//! Which object a name refers to.
//!
//! Only objects that had another id once are looked for, by any name they had. If several fit, those decide that were
//! given the same prefixes and suffixes as the object that refers to them.

use crate::diagnostic::{Code, Diagnostic};
use crate::node::Node;
use crate::resource::Resource;
use crate::schema::fieldspec::{FieldSpec, NameReference, fits};
use crate::work::WorkCounter;
use foldhash::fast::FixedState;
use smol_str::SmolStr;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

/// All objects by the names they had.
pub(super) struct Referrals<'r> {
    resources: &'r [Resource],
    homes: Vec<CurrentScope<'r>>,
    by_name: HashMap<&'r str, Namesakes<'r>, FixedState>,
    /// The first namespaces of objects, each with the current scope of these objects.
    first_namespaces: OnceLock<BTreeSet<(SmolStr, CurrentScope<'r>)>>,
    work: &'r WorkCounter,
}

/// The objects that had one name, by their positions: all of them, and those of each namespace, [`None`] being outside
/// of all. Overlays of one base have the same names hundreds of times.
#[derive(Default)]
struct Namesakes<'r> {
    all: Vec<usize>,
    by_namespace: HashMap<Option<&'r str>, Vec<usize>, FixedState>,
}

/// The current scope of an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum CurrentScope<'r> {
    /// Outside of namespaces.
    Cluster,
    /// In a namespace; empty means the namespace of the context that applies the object.
    Namespace(&'r str),
}

/// An object that refers to others.
pub(super) struct Referrer<'r> {
    resource: &'r Resource,
    home: CurrentScope<'r>,
    /// Further namespaces in which a role binding finds service accounts.
    accounts: BTreeSet<&'r str>,
    /// All namespaces in which it finds objects, if there are further ones.
    namespaces: BTreeSet<Option<&'r str>>,
}

/// A name, and what it may be the name of.
pub(super) struct Named<'n> {
    pub(super) name: &'n str,
    /// Whether the namespace is updated together with the name.
    pub(super) with: With<'n>,
    pub(super) of: &'n NameReference,
}

/// The fields that may accompany a name.
#[derive(Clone, Copy)]
pub(super) enum With<'n> {
    /// Nothing.
    Nothing,
    /// A namespace, unless it is left out.
    Namespace(Option<&'n str>),
}

impl<'r> CurrentScope<'r> {
    fn of(resource: &'r Resource) -> Self {
        if resource.gvk().is_cluster_scoped() {
            CurrentScope::Cluster
        } else {
            CurrentScope::Namespace(resource.namespace())
        }
    }

    /// The namespace; `default` for objects without one.
    fn namespace(self) -> Option<&'r str> {
        match self {
            CurrentScope::Cluster => None,
            CurrentScope::Namespace("") => Some("default"),
            CurrentScope::Namespace(name) => Some(name),
        }
    }
}

impl<'r> Referrer<'r> {
    /// An object of `referrals` by its position.
    pub(super) fn new(resource: &'r Resource, index: usize, referrals: &Referrals<'r>) -> Result<Self, Diagnostic> {
        let mut accounts = BTreeSet::new();
        if resource.gvk().kind == "RoleBinding" {
            for subject in resource.node.get("subjects").and_then(Node::as_seq).unwrap_or_default() {
                let Some(namespace) = subject.get("namespace") else { continue };
                if subject.get("kind").and_then(Node::as_text) == Some("ServiceAccount") {
                    accounts.insert(namespace.as_str().ok_or_else(|| {
                        let message =
                            format!("the namespace of a subject must be a string, got {}", namespace.kind_name());
                        Diagnostic::new(Code::Resource, message).at(namespace.at)
                    })?);
                }
            }
        }
        let home = referrals.homes[index];
        let mut namespaces = BTreeSet::new();
        if !accounts.is_empty() {
            namespaces.extend(accounts.iter().map(|name| CurrentScope::Namespace(name).namespace()));
            namespaces.extend([None, home.namespace()]);
        }
        Ok(Referrer { resource, home, accounts, namespaces })
    }

    /// Whether objects of both scopes are in the same namespace, or one of them is cluster-scoped.
    fn stands_beside(&self, home: CurrentScope) -> bool {
        self.home == CurrentScope::Cluster || home == CurrentScope::Cluster || home.namespace() == self.home.namespace()
    }

    /// Whether objects there can be named at all.
    fn reaches(&self, home: CurrentScope) -> bool {
        self.stands_beside(home) || matches!(home, CurrentScope::Namespace(name) if self.accounts.contains(name))
    }

    /// Those of some objects that can be reached, and maybe others, in order.
    fn candidates<'k>(&self, known: &'k Namesakes<'r>) -> Cow<'k, [usize]> {
        let of = |namespace| known.by_namespace.get(&namespace).map(Vec::as_slice).unwrap_or_default();
        match self.home.namespace() {
            None => Cow::Borrowed(&known.all),
            Some(here) if self.accounts.is_empty() => match (of(None), of(Some(here))) {
                (beside, []) => Cow::Borrowed(beside),
                ([], within) => Cow::Borrowed(within),
                (beside, within) => Cow::Owned(in_order([beside, within].concat())),
            },
            Some(_) if self.namespaces.len() < known.by_namespace.len() => {
                Cow::Owned(in_order(self.namespaces.iter().flat_map(|namespace| of(*namespace)).copied().collect()))
            }
            Some(_) => {
                let there = known.by_namespace.iter().filter(|(namespace, _)| self.namespaces.contains(*namespace));
                Cow::Owned(in_order(there.flat_map(|(_, positions)| positions).copied().collect()))
            }
        }
    }

    /// Whether a field is the name in a `roleRef`, and the group and kind in it.
    fn role(&self, field: &FieldSpec) -> Option<(&'r str, &'r str)> {
        if !field.path.ends_with("roleRef/name") {
            return None;
        }
        let role = self.resource.node.get("roleRef")?;
        let text = |key| role.get(key).filter(|node| !node.is_null())?.as_scalar().map(|scalar| scalar.text.as_str());
        text("apiGroup").zip(text("kind"))
    }
}

fn in_order(mut positions: Vec<usize>) -> Vec<usize> {
    positions.sort_unstable();
    positions
}

impl<'r> Referrals<'r> {
    /// All objects of a build. Comparing them is counted as `work`.
    pub(super) fn new(resources: &'r [Resource], work: &'r WorkCounter) -> Self {
        let homes: Vec<CurrentScope> = resources.iter().map(CurrentScope::of).collect();
        let mut by_name: HashMap<&str, Namesakes, FixedState> = HashMap::default();
        for (i, resource) in resources.iter().enumerate() {
            for id in &resource.previous {
                let known = by_name.entry(id.name.as_str()).or_default();
                if known.all.last() != Some(&i) {
                    known.all.push(i);
                    known.by_namespace.entry(homes[i].namespace()).or_default().push(i);
                }
            }
        }
        Referrals { resources, homes, by_name, first_namespaces: OnceLock::new(), work }
    }

    /// The object that a name in a field of `referrer` refers to, if one that was renamed is meant.
    pub(super) fn find(
        &self,
        referrer: &Referrer,
        named: &Named,
        field: &FieldSpec,
    ) -> Result<Option<&'r Resource>, Diagnostic> {
        let Some(known) = self.by_name.get(named.name) else { return Ok(None) };
        let known = referrer.candidates(known);
        self.work.searched(known.len(), 0)?;
        let role = referrer.role(field);
        let namespaces = match named.with {
            With::Namespace(Some(namespace)) => Some((namespace, self.held_at_first(namespace, referrer))),
            With::Namespace(None) | With::Nothing => None,
        };
        let fitting = known.iter().filter(|i| {
            let (resource, home) = (&self.resources[**i], self.homes[**i]);
            let had = |group: &str, version: &str, kind: &str| {
                resource.previous.iter().any(|id| fits(group, version, kind, &id.gvk))
            };
            let account = || resource.node.get("kind").and_then(Node::as_text) == Some("ServiceAccount");
            (referrer.stands_beside(home) || referrer.reaches(home) && account())
                && had(&named.of.group, &named.of.version, &named.of.kind)
                && role.is_none_or(|(group, kind)| had(group, "", kind))
                && namespaces.is_none_or(|(namespace, at_first)| {
                    if at_first {
                        first_namespace(resource) == Some(namespace.into())
                    } else {
                        home.namespace() == Some(namespace)
                    }
                })
        });
        let mut fitting: Vec<&Resource> = fitting.map(|i| &self.resources[*i]).collect();
        for lineage in [Lineage::MayBeBlank, Lineage::Same] {
            if fitting.len() > 1 {
                fitting.retain(|resource| lineage.agrees(resource, referrer.resource));
            }
        }
        let Some((first, others)) = fitting.split_first() else { return Ok(None) };
        let differs = |other: &&&Resource| {
            let same_place = matches!(named.with, With::Nothing) || other.namespace() == first.namespace();
            other.name() != first.name() || !same_place
        };
        match others.iter().find(differs) {
            None => Ok(Some(first)),
            Some(other) => {
                Err(Diagnostic::new(Code::Overlay, format!("`{}` may refer to several objects", named.name))
                    .note(first.origin, format!("to `{}`", first.id()))
                    .note(other.origin, format!("or to `{}`", other.id()))
                    .help("give them different names, or put the objects that belong together into one folder"))
            }
        }
    }

    /// Whether any object that `referrer` reaches stood in a namespace at first.
    fn held_at_first(&self, namespace: &str, referrer: &Referrer) -> bool {
        let namespaces = self.first_namespaces.get_or_init(|| {
            let homes = self.resources.iter().zip(&self.homes);
            homes.filter_map(|(resource, home)| Some((first_namespace(resource)?, *home))).collect()
        });
        let from = (SmolStr::from(namespace), CurrentScope::Cluster);
        let mut there = namespaces.range(from..).take_while(|(name, _)| name == namespace);
        there.any(|(_, home)| referrer.reaches(*home))
    }
}

/// The namespace in which an object stood at first.
fn first_namespace(resource: &Resource) -> Option<SmolStr> {
    let first = resource.original_id();
    (!first.gvk.is_cluster_scoped()).then(|| first.effective_namespace().into())
}

/// How closely the prefixes and suffixes of two objects must agree.
#[derive(Clone, Copy)]
enum Lineage {
    /// Where both have some, the shorter list ends the longer one.
    MayBeBlank,
    /// The shorter list ends the longer one, and none ends only none.
    Same,
}

impl Lineage {
    fn agrees(self, a: &Resource, b: &Resource) -> bool {
        let agree = |a: &[SmolStr], b: &[SmolStr]| match (a.is_empty() || b.is_empty(), self) {
            (true, Lineage::MayBeBlank) => true,
            (true, Lineage::Same) => a.is_empty() && b.is_empty(),
            (false, _) => a.ends_with(b) || b.ends_with(a),
        };
        agree(&a.prefixes, &b.prefixes) && agree(&a.suffixes, &b.suffixes)
    }
}

#[cfg(test)]
mod tests {
    use super::Lineage;
    use crate::node::Node;
    use crate::resource::Resource;

    #[test]
    fn lineages() {
        let object = |text: &str| {
            let mut resource = Resource::new(Node::map());
            let (prefixes, suffixes) = text.split_once('|').unwrap();
            let list = |text: &str| text.split(' ').filter(|part| !part.is_empty()).map(Into::into).collect();
            (resource.prefixes, resource.suffixes) = (list(prefixes), list(suffixes));
            resource
        };
        for (a, b, loosely, strictly) in [
            ("|", "|", true, true),
            ("a|", "a|", true, true),
            ("a b|", "b|", true, true),
            ("a b|", "a|", false, false),
            ("a|", "|", true, false),
            ("a|x", "|x", true, false),
            ("a|x", "|y", false, false),
            ("a b|x", "b|z x", true, true),
        ] {
            let (a, b) = (object(a), object(b));
            for (a, b) in [(&a, &b), (&b, &a)] {
                assert_eq!(Lineage::MayBeBlank.agrees(a, b), loosely);
                assert_eq!(Lineage::Same.agrees(a, b), strictly);
            }
        }
    }
}
