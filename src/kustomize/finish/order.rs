//! The order of the output: as read (fifo), or by kind (legacy), in which the objects can be applied one by one.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::kustomize::input::Resources;
use crate::kustomize::model::{LegacySortOptions, SortOptions};
use crate::resource::{Id, Resource};
use crate::schema::order::{FIRST, LAST, text};
use foldhash::fast::FixedState;
use smol_str::SmolStr;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::str::FromStr;

/// The order of the output if the kustomization does not set one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reorder {
    /// By kind, in an order in which they can be applied.
    #[default]
    Legacy,
    /// As read.
    None,
}

impl FromStr for Reorder {
    type Err = String;

    /// Reads the name that kubectl uses.
    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "legacy" => Ok(Reorder::Legacy),
            "none" => Ok(Reorder::None),
            _ => Err(format!("unknown order `{name}`")),
        }
    }
}

/// What `order` can be.
const ORDERS: &str = "write `order: fifo` for the order in which objects are read, `order: legacy` for one by kind";

/// Sorts objects as `options` require, or else as the command line requires.
pub(crate) fn sort(resources: &mut Resources, options: Option<&SortOptions>, otherwise: Reorder) -> Result<()> {
    let new_error = |message: &str, at| Diagnostic::new(Code::Overlay, message).at(at);
    let legacy = match options {
        None => match otherwise {
            Reorder::Legacy => None,
            Reorder::None => return Ok(()),
        },
        Some(options) => match (options.order.as_deref(), &options.legacy) {
            (Some("legacy"), legacy) => legacy.as_ref(),
            (Some("fifo"), None) => return Ok(()),
            (Some("fifo"), Some(_)) => {
                let message = "`legacySortOptions` has no effect with `order: fifo`";
                return Err(new_error(message, options.at).into());
            }
            _ => {
                let at = options.order.as_ref().map_or(options.at, |order| order.at.or(options.at));
                return Err(new_error("`order` must be `fifo` or `legacy`", at).help(ORDERS).into());
            }
        },
    };
    let ranks = Ranks::of(legacy);
    resources.sort_by_key(|resource| Position::of(resource, &ranks));
    Ok(())
}

/// The positions of kinds: below zero for those that come first, above for those that come last.
struct Ranks<'o>(HashMap<&'o str, i64, FixedState>);

impl<'o> Ranks<'o> {
    fn of(options: Option<&'o LegacySortOptions>) -> Self {
        let texts = |kinds: &'o [SmolStr]| kinds.iter().map(SmolStr::as_str).collect();
        let (first, last): (Vec<&str>, Vec<&str>) = match options {
            None => (FIRST.into(), LAST.into()),
            Some(options) => (texts(&options.order_first), texts(&options.order_last)),
        };
        let count = i64::try_from(first.len()).unwrap_or(i64::MAX);
        // Of a kind that is listed twice, the last position counts.
        let first = (0..).zip(first).map(|(i, kind)| (kind, i - count));
        Ranks(first.chain((1..).zip(last).map(|(i, kind)| (kind, i))).collect())
    }
}

/// The position of an object in legacy order.
#[derive(PartialEq, Eq)]
struct Position {
    rank: i64,
    gvk: String,
    id: Id,
    place: String,
}

impl Position {
    fn of(resource: &Resource, ranks: &Ranks) -> Self {
        let id = resource.id();
        let or = |text: &str, blank: &str| if text.is_empty() { blank.to_owned() } else { text.to_owned() };
        let gvk = text(&id.gvk);
        let place = [or(&id.namespace, "~X"), or(&id.name, "~N")].join("|");
        Position { rank: ranks.0.get(id.gvk.kind.as_str()).copied().unwrap_or_default(), gvk, id, place }
    }
}

impl Ord for Position {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (&self.id.gvk, &other.id.gvk);
        self.rank.cmp(&other.rank).then_with(|| {
            if a == b {
                self.place.cmp(&other.place)
            } else if a.kind == "Namespace" && b.kind == "Namespace" && (a.group.is_empty() || b.group.is_empty()) {
                // The core kind comes before its namesakes of other groups.
                other.gvk.cmp(&self.gvk)
            } else {
                self.gvk.cmp(&other.gvk)
            }
        })
    }
}

impl PartialOrd for Position {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::{LegacySortOptions, Position, Ranks};
    use crate::node::{Map, Node};
    use crate::resource::Resource;

    fn object(text: &str) -> Resource {
        let [api_version, kind, namespace, name] = text.split(' ').collect::<Vec<_>>()[..] else { panic!("{text}") };
        let metadata: Map = [("name", Node::str(name)), ("namespace", Node::str(namespace))].into_iter().collect();
        let map: Map = [("apiVersion", api_version.into()), ("kind", kind.into()), ("metadata", metadata.into())]
            .into_iter()
            .collect();
        Resource::new(map.into())
    }

    fn is_sorted(texts: &[&str], options: Option<&LegacySortOptions>) -> bool {
        let ranks = Ranks::of(options);
        texts.iter().map(|text| Position::of(&object(text), &ranks)).is_sorted_by(|a, b| a < b)
    }

    #[test]
    fn legacy() {
        assert!(is_sorted(
            &[
                "v1 Namespace  b",
                "my.io/v1 Namespace  a",
                "v1 Secret  a",
                "v1 Service A b",
                "v1 Service a-b a",
                "v1 Service a a",
                "v1 Service  B",
                "v1 Service  a",
                "apps/v1 Deployment  a",
                "batch/v1 Job  a",
                "networking.k8s.io/v1 Ingress  a",
                "v1 Pod  a",
                "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration  a",
            ],
            None
        ));
    }

    #[test]
    fn own_lists_replace_the_usual_ones() {
        let kinds = |kinds: &[&str]| kinds.iter().map(|kind| (*kind).into()).collect();
        let options = LegacySortOptions { order_first: kinds(&["Pod", "Job"]), order_last: kinds(&["Namespace"]) };
        let order = ["v1 Pod  a", "batch/v1 Job  a", "apps/v1 Deployment  a", "v1 Service  a", "v1 Namespace  a"];
        assert!(is_sorted(&order, Some(&options)));
    }
}
