//! Random histories: files change, runs are late, are killed or lose answers. In the end the zone is as the last files say,
//! and unmanaged records are unchanged.

use crate::apply::entry::DesiredState;
use crate::apply::outcome::{NameOutcome, ZoneOutcome};
use crate::dns::ownership;
use crate::record::{RecordSets, RecordType};
use crate::tests::apply::faults::Fault;
use crate::tests::apply::memory::MemoryZone;
use crate::tests::apply::scenarios::{TestZone, ZoneContent, apply, cname, desired_zone, n, set};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const FRONTS: [&str; 6] = ["a.shop", "b.shop", "c.shop", "d.e.shop", "*.w.shop", "f.shop"];

/// The branch and the records of each name in the files of a commit.
type Wants = BTreeMap<usize, (usize, RecordSets)>;

#[derive(Clone, Debug)]
enum Step {
    /// A commit, and a run of it with a fault at one of its messages.
    Run(Wants, usize, Option<Fault>),
    /// A run of an earlier commit.
    Late,
    /// The same run once more.
    Again,
}

fn content() -> impl Strategy<Value = RecordSets> {
    prop_oneof![
        (0..4u8).prop_map(|i| cname(&format!("t{i}.example.net"))),
        (1..4u8).prop_map(|i| set(RecordType::A, &[&format!("192.0.2.{i}")])),
        (1..4u8).prop_map(|i| set(RecordType::Txt, &[&format!("text {i}"), "more"])),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let wants = proptest::collection::btree_map(0..FRONTS.len(), (0..3usize, content()), 0..FRONTS.len());
    let fault = proptest::option::of(prop_oneof![
        Just(Fault::LostAnswer),
        Just(Fault::LostRequest),
        Just(Fault::Busy),
        Just(Fault::Dead),
        Just(Fault::DeadAfter),
    ]);
    prop_oneof![
        4 => (wants, 0..6usize, fault).prop_map(|(wants, at, fault)| Step::Run(wants, at, fault)),
        1 => Just(Step::Late),
        1 => Just(Step::Again),
    ]
}

/// The entries of a commit. A name that branches had earlier and none has now is absent in the files of all of them.
fn entries(wants: &Wants, ever: &BTreeSet<(usize, usize)>) -> Vec<(&'static str, &'static str, DesiredState)> {
    let branch = |i: usize| ["one", "two", "three"][i];
    let present =
        wants.iter().map(|(name, (of, held))| (FRONTS[*name], branch(*of), DesiredState::Present(held.clone(), 600)));
    let absent = ever.iter().filter(|(name, _)| !wants.contains_key(name));
    present.chain(absent.map(|(name, of)| (FRONTS[*name], branch(*of), DesiredState::Absent))).collect()
}

fn hosts(content: &ZoneContent) -> BTreeMap<String, RecordSets> {
    let host = |name: &&crate::name::DnsName| !name.labels().any(|label| label == ownership::LABEL);
    content.iter().filter(|(name, _)| host(name)).map(|(name, (held, _))| (name.to_string(), held.clone())).collect()
}

fn run_history(test_zone: &dyn TestZone, steps: &[Step]) -> Result<(), TestCaseError> {
    let unmanaged =
        [(n("www"), set(RecordType::A, &["192.0.2.80"])), (n("x.shop"), set(RecordType::Txt, &["not ours"]))];
    test_zone.put(&unmanaged, 3600);
    let mut ever = BTreeSet::new();
    let mut commits: Vec<Vec<_>> = vec![entries(&Wants::new(), &ever)];
    let mut last = Wants::new();
    for step in steps {
        match step {
            Step::Run(wants, at, fault) => {
                ever.extend(wants.iter().map(|(name, (of, _))| (*name, *of)));
                last = wants.clone();
                commits.push(entries(wants, &ever));
                let faults = fault.iter().map(|fault| (*at, *fault)).collect();
                let rev = commits.len() as u64;
                apply(&mut *test_zone.open_with_faults(faults), &desired_zone("shop", commits.last().unwrap()), rev);
            }
            Step::Late => {
                let earlier = commits.len().saturating_sub(2);
                let before = test_zone.content();
                let fenced = before.keys().any(|name| name.as_str().starts_with("_rev."));
                let (_, end) =
                    apply(&mut *test_zone.open(), &desired_zone("shop", &commits[earlier]), earlier as u64 + 1);
                if matches!(end, ZoneOutcome::Superseded(_)) {
                    prop_assert!(fenced && test_zone.content() == before);
                }
            }
            Step::Again => {
                apply(&mut *test_zone.open(), &desired_zone("shop", commits.last().unwrap()), commits.len() as u64);
            }
        }
    }
    let files = desired_zone("shop", commits.last().unwrap());
    let (outcomes, end) = apply(&mut *test_zone.open(), &files, commits.len() as u64);
    prop_assert_eq!(end, ZoneOutcome::Complete);
    prop_assert!(outcomes.iter().all(|o| matches!(o, NameOutcome::Kept | NameOutcome::Done(_))), "{:?}", outcomes);
    let writes = test_zone.writes();
    let (outcomes, _) = apply(&mut *test_zone.open(), &files, commits.len() as u64);
    prop_assert!(outcomes.iter().all(|outcome| *outcome == NameOutcome::Kept));
    prop_assert_eq!(test_zone.writes(), writes);
    let mut want: BTreeMap<String, RecordSets> =
        last.iter().map(|(name, (_, held))| (n(FRONTS[*name]).to_string(), held.clone())).collect();
    want.extend(unmanaged.iter().map(|(name, held)| (name.to_string(), held.clone())));
    let content = test_zone.content();
    prop_assert_eq!(hosts(&content), want);
    for (name, held) in &unmanaged {
        prop_assert_eq!(&content[name], &(held.clone(), 3600));
    }
    prop_assert_eq!(
        content.len(),
        2 * last.len() + unmanaged.len() + 1,
        "an ownership record each, one fence, and nothing else"
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_thousand_histories_in_memory(steps in proptest::collection::vec(step(), 1..12)) {
        run_history(&MemoryZone::default(), &steps)?;
    }
}

#[test]
fn some_histories_on_real_servers() {
    use crate::tests::apply::server::{Access, Kind, Running};
    let config = ProptestConfig { cases: 3, failure_persistence: None, ..ProptestConfig::default() };
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_installed()) {
        let mut runner = proptest::test_runner::TestRunner::new(config.clone());
        let steps = proptest::collection::vec(step(), 6..12);
        runner.run(&steps, |steps| run_history(&Running::start(kind, Access::Least, ""), &steps)).unwrap();
    }
}

#[test]
fn some_histories_with_every_provider() {
    use crate::tests::apply::http::scenarios::{ALL, fake};
    let config = ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() };
    for provider in ALL {
        let mut runner = proptest::test_runner::TestRunner::new(config.clone());
        let steps = proptest::collection::vec(step(), 1..12);
        runner
            .run(&steps, |steps| run_history(&fake(provider), &steps))
            .unwrap_or_else(|error| panic!("{provider:?} {error}"));
    }
}
