//! Zone change files of builds in memory: invariants for all specs and all base revisions.

use crate::dns::zone_change::ZoneChange;
use crate::name::DnsName;
use crate::output::Tree;
use crate::pipeline::{Selection, Shard};
use crate::source::Project;
use crate::tests::memory_build::{self, BuiltOutput};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Hosts that branches may have, in two zones, one inside of the other.
pub(crate) const HOSTS: [&str; 8] = [
    "a.shop.dev.example.com",
    "b.shop.dev.example.com",
    "c.d.shop.dev.example.com",
    "*.e.shop.dev.example.com",
    "a.example.com",
    "b.example.com",
    "f.g.example.com",
    "h.example.com",
];
const BRANCHES: [&str; 4] = ["main", "feature/one", "feature/two", "fix"];

/// For each of [`HOSTS`] its branch and the last number of its address, where 0 is the address of the zone; and branches
/// without hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) hosts: BTreeMap<usize, (usize, u8)>,
    pub(crate) idle: BTreeSet<usize>,
}

impl Model {
    /// The spec, with its branches in order or in reverse order.
    pub(crate) fn spec(&self, reversed: bool) -> String {
        let head = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\ncleanup: {hosts: ['*.example.com']}\nzones:\n  example.com: {ttl: 60, A: [192.0.2.1]}\n  \
                    dev.example.com: {ttl: 60, CNAME: [ingress.example.net]}\nbranches:";
        let mut branches: BTreeMap<usize, Vec<String>> = self.idle.iter().map(|branch| (*branch, Vec::new())).collect();
        for (host, (branch, address)) in &self.hosts {
            let own = if *address == 0 { String::new() } else { format!(", A: [192.0.2.{address}]") };
            branches.entry(*branch).or_default().push(format!("{{name: '{}'{own}}}", HOSTS[*host]));
        }
        let entry = |(branch, hosts): (usize, Vec<String>)| {
            format!("- name: {}\n  hosts: [{}]\n", BRANCHES[branch], hosts.join(", "))
        };
        let mut entries: Vec<String> = branches.into_iter().map(entry).collect();
        if reversed {
            entries.reverse();
        }
        if entries.is_empty() { format!("{head} []\n") } else { format!("{head}\n{}", entries.concat()) }
    }
}

pub(crate) fn model() -> impl Strategy<Value = Model> {
    let hosts = proptest::collection::btree_map(0..HOSTS.len(), (0..BRANCHES.len(), 0..3u8), 0..HOSTS.len());
    (hosts, proptest::collection::btree_set(0..BRANCHES.len(), 0..2)).prop_map(|(hosts, idle)| Model { hosts, idle })
}

pub(crate) fn built(spec: &str, base: &Tree, part: &Selection) -> BuiltOutput {
    let project = Project::in_memory([("branches.yaml", spec), ("base/a.yaml", "")]);
    memory_build::build_all(&project, base, part)
}

fn build(spec: &str, base: &Tree) -> Tree {
    built(spec, base, &Selection::All).tree
}

/// The zone change files of an output by path.
fn changes(tree: &Tree) -> BTreeMap<String, ZoneChange> {
    let ours = tree.iter().filter(|(path, _)| path.as_str().starts_with("dns/"));
    ours.map(|(path, text)| (path.to_string(), ZoneChange::parse(text).unwrap())).collect()
}

/// Zone and name of all present names, and of all absent names.
fn listed(tree: &Tree) -> [Vec<(String, String)>; 2] {
    let all: Vec<ZoneChange> = changes(tree).into_values().collect();
    let present = all.iter().flat_map(|c| c.present.keys().map(|name| (c.zone.to_string(), name.to_string())));
    let absent = all.iter().flat_map(|c| c.absent.iter().map(|name| (c.zone.to_string(), name.to_string())));
    [present.collect(), absent.collect()]
}

fn set(list: &[(String, String)]) -> BTreeSet<(String, String)> {
    list.iter().cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// A history of specs, each built with one of the earlier outputs as the previous output.
    #[test]
    fn every_history_of_specs_has_its_invariants(steps in proptest::collection::vec((model(), 0..3usize), 1..6)) {
        let mut outputs = vec![Tree::default()];
        for (model, back) in steps {
            let base = &outputs[outputs.len().saturating_sub(back + 1)];
            let spec = model.spec(false);
            let tree = build(&spec, base);
            prop_assert_eq!(&build(&spec, &tree), &tree, "a build is its own fixed point");
            prop_assert_eq!(&build(&model.spec(true), base), &tree, "the order of branches has no effect");

            let [present, absent] = listed(&tree);
            let wanted: BTreeSet<(String, String)> = model.hosts.keys().map(|host| {
                let zone = if HOSTS[*host].contains(".dev.") { "dev.example.com" } else { "example.com" };
                (zone.to_owned(), HOSTS[*host].to_owned())
            }).collect();
            prop_assert_eq!(present.len(), wanted.len(), "every name is present once");
            prop_assert_eq!(&set(&present), &wanted);
            prop_assert!(set(&present).is_disjoint(&set(&absent)), "no name is present and absent");
            let [before_present, before_absent] = listed(base);
            for recorded in before_present.iter().chain(&before_absent) {
                prop_assert!(present.contains(recorded) || absent.contains(recorded), "{recorded:?} is not listed any more");
            }
            for name in &absent {
                prop_assert!(before_present.contains(name) || before_absent.contains(name), "{name:?} was never listed");
            }

            let shards = (1..=3).map(|index| built(&spec, base, &Selection::Shard(Shard { index, of: 3 })).tree);
            let union: Vec<_> = shards.flatten().collect();
            prop_assert_eq!(union.len(), tree.len(), "no file is in two shards");
            prop_assert_eq!(&union.into_iter().collect::<Tree>(), &tree, "the shards equal the whole build");
            for (path, text) in &tree {
                let branch = changes(&tree).get(path.as_str()).map_or("", |change| change.branch.as_str()).to_owned();
                if spec.contains(&format!("name: {branch}\n")) {
                    let part = built(&spec, base, &Selection::Only(vec![branch])).tree;
                    prop_assert_eq!(part.get(path), Some(text), "a branch built alone equals the branch built with others");
                }
            }

            let mut less = built(&spec, base, &Selection::All);
            less.tree = less.pruned.clone();
            let [pruned_present, pruned_absent] = listed(&less.tree);
            prop_assert_eq!(set(&pruned_present), set(&present));
            let kept: BTreeSet<_> = set(&absent).difference(&set(&before_absent)).cloned().collect();
            prop_assert_eq!(set(&pruned_absent), kept, "new absent names are not pruned");
            for change in changes(&less.tree).values() {
                prop_assert!(!change.present.is_empty() || !change.absent.is_empty(), "no file is empty");
            }
            outputs.push(if back == 2 { less.tree } else { tree });
        }
    }
}

#[test]
fn a_name_that_moves_to_another_branch_is_present_and_not_absent() {
    let model = |hosts: &[(usize, usize)]| Model {
        hosts: hosts.iter().map(|(host, branch)| (*host, (*branch, 0))).collect(),
        idle: BTreeSet::new(),
    };
    let first = build(&model(&[(0, 0), (1, 1)]).spec(false), &Tree::default());
    let second = build(&model(&[(0, 1), (1, 1)]).spec(false), &first);
    assert_eq!(changes(&second).keys().collect::<Vec<_>>(), ["dns/dev.example.com/feature-one-13348f8d.yaml"]);
    let third = build(&model(&[(0, 1)]).spec(false), &second);
    let absent: Vec<_> = changes(&third).into_values().flat_map(|change| change.absent).collect();
    assert_eq!(absent.iter().map(DnsName::as_str).collect::<Vec<_>>(), ["b.shop.dev.example.com"]);
    // Another branch takes an absent name: it is present again.
    let fourth = build(&model(&[(0, 1), (1, 2)]).spec(false), &third);
    assert!(listed(&fourth)[1].is_empty());
}

#[test]
fn names_move_to_a_new_zone_inside_of_their_zone() {
    let spec = |zones: &str, host: &str| {
        format!(
            "apiVersion: pleach/v1\nkind: Branches\nproject: shop\ncleanup: {{hosts: [b.example.com]}}\nzones: {{{zones}}}\nbranches:\n- name: main\n  hosts: [{host}]\n"
        )
    };
    let (outer, inner) = ("example.com: {A: [192.0.2.1]}", "dev.example.com: {A: [192.0.2.1]}");
    let before = build(&spec(outer, "a.dev.example.com, b.example.com"), &Tree::default());
    let after = built(&spec(&format!("{outer}, {inner}"), "a.dev.example.com"), &before, &Selection::All);
    let [present, absent] = listed(&after.tree);
    assert_eq!(present, [("dev.example.com".to_owned(), "a.dev.example.com".to_owned())]);
    assert_eq!(absent, [("example.com".to_owned(), "b.example.com".to_owned())]);
    let warnings: Vec<String> = after.warnings.iter().map(ToString::to_string).collect();
    let want = "`a.dev.example.com` stays in the zone `example.com`, but is now in the zone `dev.example.com`";
    assert_eq!(warnings, [want]);
    // The names of a zone that is no longer declared stay listed.
    let last = built(&spec(inner, "a.dev.example.com"), &after.tree, &Selection::All);
    assert_eq!(listed(&last.tree)[1], absent);
    let want = "the zone `example.com` is not declared any more, but some of its names are not deleted yet";
    assert!(last.warnings.iter().any(|warning| warning == want), "{:?}", last.warnings);
}

#[test]
fn names_of_a_zone_without_zone_changes_become_absent() {
    let spec = |zone: &str| {
        format!(
            "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nzones: {{dev.example.com: {{{zone}}}}}\n\
             branches:\n- name: main\n  hosts: [main.dev.example.com]\n"
        )
    };
    let ours = spec("CNAME: [ingress.example.net]");
    let before = build(&ours, &Tree::default());
    let absent = [("dev.example.com".to_owned(), "main.dev.example.com".to_owned())];
    for zone in ["mode: wildcard", "backend: dnsendpoint, CNAME: [ingress.example.net]"] {
        let after = build(&spec(zone), &before);
        assert_eq!(listed(&after), [vec![], absent.to_vec()], "{zone}");
        assert_eq!(after.iter().any(|(path, _)| path.name().contains("dnsendpoint")), zone.contains("dnsendpoint"));
        assert_eq!(build(&spec(zone), &after), after);
        assert_eq!(build(&ours, &after), before, "and present again");
        assert_eq!(listed(&build(&spec(zone), &Tree::default())), [vec![], vec![]]);
    }
}
