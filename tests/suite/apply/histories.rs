//! Random histories: files change, runs are late, die, lose answers and meet strangers; in the end the zone is as the
//! last files say, and what strangers own is untouched.

use crate::apply::decide::Wish;
use crate::apply::walk::{End, Outcome};
use crate::dns::ownership;
use crate::record::{RecordSets, RecordType};
use crate::tests::apply::memory::Memory;
use crate::tests::apply::stories::{Content, Field, apply, cname, n, set, work};
use crate::tests::apply::trouble::Mishap;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const FRONTS: [&str; 6] = ["a.shop", "b.shop", "c.shop", "d.e.shop", "*.w.shop", "f.shop"];

/// What the files of one commit want: the branch and the content of each name.
type Wants = BTreeMap<usize, (usize, RecordSets)>;

#[derive(Clone, Debug)]
enum Step {
    /// A commit, and a run of it with a mishap at one of its messages.
    Run(Wants, usize, Option<Mishap>),
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
    let mishap = proptest::option::of(prop_oneof![
        Just(Mishap::LostAnswer),
        Just(Mishap::LostRequest),
        Just(Mishap::Busy),
        Just(Mishap::Dead),
        Just(Mishap::DeadAfter),
    ]);
    prop_oneof![
        4 => (wants, 0..6usize, mishap).prop_map(|(wants, at, mishap)| Step::Run(wants, at, mishap)),
        1 => Just(Step::Late),
        1 => Just(Step::Again),
    ]
}

/// The entries of a commit. A name that some branch ever had and none wants is absent in the files of all that had it.
fn entries(wants: &Wants, ever: &BTreeSet<(usize, usize)>) -> Vec<(&'static str, &'static str, Wish)> {
    let branch = |i: usize| ["one", "two", "three"][i];
    let present = wants.iter().map(|(name, (of, held))| (FRONTS[*name], branch(*of), Wish::Present(held.clone(), 600)));
    let gone = ever.iter().filter(|(name, _)| !wants.contains_key(name));
    present.chain(gone.map(|(name, of)| (FRONTS[*name], branch(*of), Wish::Absent))).collect()
}

fn hosts(content: &Content) -> BTreeMap<String, RecordSets> {
    let host = |name: &&crate::name::DnsName| !name.labels().any(|label| label == ownership::LABEL);
    content.iter().filter(|(name, _)| host(name)).map(|(name, (held, _))| (name.to_string(), held.clone())).collect()
}

fn live(field: &dyn Field, steps: &[Step]) -> Result<(), TestCaseError> {
    let strangers =
        [(n("www"), set(RecordType::A, &["192.0.2.80"])), (n("x.shop"), set(RecordType::Txt, &["not ours"]))];
    field.put(&strangers, 3600);
    let mut ever = BTreeSet::new();
    let mut commits: Vec<Vec<_>> = vec![entries(&Wants::new(), &ever)];
    let mut last = Wants::new();
    for step in steps {
        match step {
            Step::Run(wants, at, mishap) => {
                ever.extend(wants.iter().map(|(name, (of, _))| (*name, *of)));
                last = wants.clone();
                commits.push(entries(wants, &ever));
                let mishaps = mishap.iter().map(|mishap| (*at, *mishap)).collect();
                let rev = commits.len() as u64;
                apply(&mut *field.open_troubled(mishaps), &work("shop", commits.last().unwrap()), rev);
            }
            Step::Late => {
                let earlier = commits.len().saturating_sub(2);
                let before = field.content();
                let fenced = before.keys().any(|name| name.as_str().starts_with("_rev."));
                let (_, end) = apply(&mut *field.open(), &work("shop", &commits[earlier]), earlier as u64 + 1);
                if matches!(end, End::Overtaken(_)) {
                    prop_assert!(fenced && field.content() == before);
                }
            }
            Step::Again => {
                apply(&mut *field.open(), &work("shop", commits.last().unwrap()), commits.len() as u64);
            }
        }
    }
    let files = work("shop", commits.last().unwrap());
    let (outcomes, end) = apply(&mut *field.open(), &files, commits.len() as u64);
    prop_assert_eq!(end, End::Complete);
    prop_assert!(outcomes.iter().all(|o| matches!(o, Outcome::Kept | Outcome::Done(_))), "{:?}", outcomes);
    let writes = field.writes();
    let (outcomes, _) = apply(&mut *field.open(), &files, commits.len() as u64);
    prop_assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Kept));
    prop_assert_eq!(field.writes(), writes);
    let mut want: BTreeMap<String, RecordSets> =
        last.iter().map(|(name, (_, held))| (n(FRONTS[*name]).to_string(), held.clone())).collect();
    want.extend(strangers.iter().map(|(name, held)| (name.to_string(), held.clone())));
    let content = field.content();
    prop_assert_eq!(hosts(&content), want);
    for (name, held) in &strangers {
        prop_assert_eq!(&content[name], &(held.clone(), 3600));
    }
    prop_assert_eq!(content.len(), 2 * last.len() + strangers.len() + 1, "a marker each, one fence, and nothing else");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_thousand_histories_end_as_the_last_files_say(steps in proptest::collection::vec(step(), 1..12)) {
        live(&Memory::default(), &steps)?;
    }
}

#[test]
fn some_histories_end_so_on_real_servers() {
    use crate::tests::apply::server::{Access, Kind, Running};
    let config = ProptestConfig { cases: 3, failure_persistence: None, ..ProptestConfig::default() };
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_here()) {
        let mut runner = proptest::test_runner::TestRunner::new(config.clone());
        let steps = proptest::collection::vec(step(), 6..12);
        runner.run(&steps, |steps| live(&Running::start(kind, Access::Least, ""), &steps)).unwrap();
    }
}

#[test]
fn some_histories_end_so_with_every_provider() {
    use crate::tests::apply::http::stories::{ALL, fake};
    let config = ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() };
    for provider in ALL {
        let mut runner = proptest::test_runner::TestRunner::new(config.clone());
        let steps = proptest::collection::vec(step(), 1..12);
        runner
            .run(&steps, |steps| live(&fake(provider), &steps))
            .unwrap_or_else(|error| panic!("{provider:?} {error}"));
    }
}
