//! Random histories from the spec to the zone: specs change, builds start from the last commit, runs are late or killed. In
//! the end the zone is as the last spec says, and unmanaged records are unchanged.

use crate::apply::address::ClusterAddresses;
use crate::apply::desired;
use crate::apply::entry::DesiredState;
use crate::apply::outcome::{NameOutcome, ZoneOutcome};
use crate::apply::reconcile::DesiredZone;
use crate::dns::ownership;
use crate::output::Tree;
use crate::pipeline::Selection;
use crate::record::{RecordSets, RecordType};
use crate::source::{Project, RelPath};
use crate::tests::apply::faults::Fault;
use crate::tests::apply::memory::MemoryZone;
use crate::tests::apply::scenarios::{TestZone, apply, cname, n, set, zone};
use crate::tests::dns::build::{HOSTS, Model, built, model};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Step {
    /// A build that is not committed.
    Draft(Model),
    /// A commit of a build from the last commit, and a run of it with a fault at one of its messages.
    Commit(Model, usize, Option<Fault>),
    /// The same after a run without faults, with `--prune`.
    Prune(Model),
    /// A run of the commit before the last.
    Late,
}

fn step() -> impl Strategy<Value = Step> {
    let fault = proptest::option::of(prop_oneof![
        Just(Fault::LostAnswer),
        Just(Fault::LostRequest),
        Just(Fault::Dead),
        Just(Fault::DeadAfter),
    ]);
    prop_oneof![
        1 => model().prop_map(Step::Draft),
        4 => (model(), 0..6usize, fault).prop_map(|(model, at, fault)| Step::Commit(model, at, fault)),
        1 => model().prop_map(Step::Prune),
        1 => Just(Step::Late),
    ]
}

/// What the files of an output say about the zone; `None` if there is no file.
fn desired_zone(tree: &Tree) -> Option<DesiredZone> {
    let project = Project::in_memory(tree.iter().map(|(path, text)| (format!("out/{path}"), text.as_bytes().to_vec())));
    let files = desired::read_files(&project, &[RelPath::new("out/dns").unwrap()].into()).unwrap();
    let desired_zones = desired::desired_zones(&files, &BTreeMap::new(), &ClusterAddresses::default()).unwrap();
    desired_zones.into_iter().find(|desired| desired.zone == zone())
}

fn run_history(test_zone: &dyn TestZone, steps: &[Step]) -> Result<(), TestCaseError> {
    let unmanaged = [(n("www"), set(RecordType::A, &["192.0.2.80"])), (n("x"), set(RecordType::Txt, &["not ours"]))];
    test_zone.put(&unmanaged, 3600);
    let mut commits = vec![(Tree::default(), BTreeMap::new())];
    let run = |commits: &[(Tree, BTreeMap<String, RecordSets>)], back: usize, faults: Vec<(usize, Fault)>| {
        let rev = commits.len().saturating_sub(back).max(1);
        desired_zone(&commits[rev - 1].0)
            .map(|desired| apply(&mut *test_zone.open_with_faults(faults), &desired, rev as u64))
    };
    for step in steps {
        match step {
            Step::Draft(model) => drop(built(&model.spec(false), &commits.last().unwrap().0, &Selection::All)),
            Step::Commit(model, at, fault) => {
                let output = built(&model.spec(false), &commits.last().unwrap().0, &Selection::All);
                commits.push((output.tree, wanted(model)));
                run(&commits, 0, fault.iter().map(|fault| (*at, *fault)).collect());
            }
            Step::Prune(model) => {
                run(&commits, 0, Vec::new());
                let mut output = built(&model.spec(false), &commits.last().unwrap().0, &Selection::All);
                output.tree = output.pruned.clone();
                commits.push((output.tree, wanted(model)));
            }
            Step::Late => drop(run(&commits, 1, Vec::new())),
        }
    }
    if let Some((outcomes, end)) = run(&commits, 0, Vec::new()) {
        prop_assert_eq!(end, ZoneOutcome::Complete);
        prop_assert!(outcomes.iter().all(|o| matches!(o, NameOutcome::Kept | NameOutcome::Done(_))), "{:?}", outcomes);
        let writes = test_zone.writes();
        run(&commits, 0, Vec::new());
        prop_assert_eq!(test_zone.writes(), writes);
    }
    let mut want = commits.pop().unwrap().1;
    let ours = want.len();
    want.extend(unmanaged.iter().map(|(name, held)| (name.to_string(), held.clone())));
    let content = test_zone.content();
    let is_host = |name: &crate::name::DnsName| !name.labels().any(|label| label == ownership::LABEL);
    let hosts: BTreeMap<String, RecordSets> = content
        .iter()
        .filter(|(name, _)| is_host(name))
        .map(|(name, (held, _))| (name.to_string(), held.clone()))
        .collect();
    prop_assert_eq!(&hosts, &want);
    let fences = content.keys().filter(|name| name.as_str().starts_with("_rev.")).count();
    prop_assert_eq!(content.len(), hosts.len() + ours + fences, "an ownership record each, a fence, and nothing else");
    Ok(())
}

/// The hosts of the zone.
fn wanted(model: &Model) -> BTreeMap<String, RecordSets> {
    let ours = model.hosts.iter().filter(|(host, _)| HOSTS[**host].ends_with(".dev.example.com"));
    let held = |address: u8| match address {
        0 => cname("ingress.example.net"),
        _ => set(RecordType::A, &[&format!("192.0.2.{address}")]),
    };
    ours.map(|(host, (_, address))| (HOSTS[*host].to_owned(), held(*address))).collect()
}

/// An alias moves to another branch: the host remains and the branch in its ownership record changes, even if a commit in
/// between was never applied. No run deletes the host.
#[test]
fn an_alias_moves_from_one_branch_to_another() {
    let spec = |to: &str| {
        format!(
            "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nhosts: ['{{{{ branch.slug }}}}.shop.dev.example.com']\n\
             zones:\n  dev.example.com: {{ttl: 60, CNAME: [ingress.example.net]}}\naliases: {{stable: {to}}}\n\
             branches: [{{name: main}}, {{name: one}}, {{name: two}}]\n"
        )
    };
    let test_zone = MemoryZone::default();
    let mut base = Tree::default();
    let mut run = |rev: u64, to: &str, applied: bool| {
        base = built(&spec(to), &base, &Selection::All).tree;
        let desired = desired_zone(&base).unwrap();
        let absent = desired.entries.iter().filter(|entry| entry.state == DesiredState::Absent).count();
        assert_eq!(absent, 0, "a host that moves is never absent");
        if !applied {
            return String::new();
        }
        let (outcomes, end) = apply(&mut *test_zone.open(), &desired, rev);
        assert_eq!(end, ZoneOutcome::Complete);
        assert!(outcomes.iter().all(|o| matches!(o, NameOutcome::Kept | NameOutcome::Done(_))), "{outcomes:?}");
        let content = test_zone.content();
        assert_eq!(content[&n("stable.shop")].0, cname("ingress.example.net"));
        let ownership = ownership::record_name(&n("stable.shop"), &zone()).unwrap();
        format!("{:?}", content[&ownership].0)
    };
    assert!(run(1, "main", true).contains("branch=main"), "the first branch has it");
    assert!(run(2, "one", true).contains("branch=one"), "only the ownership record changes");
    run(3, "two", false);
    assert!(run(4, "main", true).contains("branch=main"), "commits that were never applied do not matter");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_thousand_spec_histories_in_memory(steps in proptest::collection::vec(step(), 1..10)) {
        run_history(&MemoryZone::default(), &steps)?;
    }
}

#[test]
fn some_spec_histories_on_real_servers() {
    use crate::tests::apply::server::{Access, Kind, Running};
    let config = ProptestConfig { cases: 3, failure_persistence: None, ..ProptestConfig::default() };
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_installed()) {
        let mut runner = proptest::test_runner::TestRunner::new(config.clone());
        let steps = proptest::collection::vec(step(), 4..9);
        runner.run(&steps, |steps| run_history(&Running::start(kind, Access::Least, ""), &steps)).unwrap();
    }
}
