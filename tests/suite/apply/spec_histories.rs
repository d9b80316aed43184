//! Random histories from the spec to the zone: specs change, builds start from what was committed, runs are late and die;
//! in the end the zone is as the last spec says, and what strangers own is untouched.

use crate::apply::address::Addresses;
use crate::apply::decide::Wish;
use crate::apply::walk::{End, Outcome, Work};
use crate::apply::work;
use crate::dns::ownership;
use crate::output::Tree;
use crate::pipeline::Selection;
use crate::record::{RecordSets, RecordType};
use crate::source::{Project, RelPath};
use crate::tests::apply::memory::Memory;
use crate::tests::apply::stories::{Field, apply, cname, n, set, zone};
use crate::tests::apply::trouble::Mishap;
use crate::tests::dns::build::{HOSTS, Model, built, model};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Step {
    /// A build that nobody commits.
    Draft(Model),
    /// A commit of a build from the last commit, and a run of it with a mishap at one of its messages.
    Commit(Model, usize, Option<Mishap>),
    /// The same after a run without mishaps, and without the names that are gone by then.
    Prune(Model),
    /// A run of the commit before the last.
    Late,
}

fn step() -> impl Strategy<Value = Step> {
    let mishap = proptest::option::of(prop_oneof![
        Just(Mishap::LostAnswer),
        Just(Mishap::LostRequest),
        Just(Mishap::Dead),
        Just(Mishap::DeadAfter),
    ]);
    prop_oneof![
        1 => model().prop_map(Step::Draft),
        4 => (model(), 0..6usize, mishap).prop_map(|(model, at, mishap)| Step::Commit(model, at, mishap)),
        1 => model().prop_map(Step::Prune),
        1 => Just(Step::Late),
    ]
}

/// What the files of an output say of the zone; nothing if there is no file of it.
fn work(tree: &Tree) -> Option<Work> {
    let project = Project::in_memory(tree.iter().map(|(path, text)| (format!("out/{path}"), text.as_bytes().to_vec())));
    let files = work::files(&project, &RelPath::new("out/dns").unwrap()).unwrap();
    let works = work::works(&files, &BTreeMap::new(), &Addresses::default()).unwrap();
    works.into_iter().find(|work| work.zone == zone())
}

fn live(field: &dyn Field, steps: &[Step]) -> Result<(), TestCaseError> {
    let strangers = [(n("www"), set(RecordType::A, &["192.0.2.80"])), (n("x"), set(RecordType::Txt, &["not ours"]))];
    field.put(&strangers, 3600);
    let mut commits = vec![(Tree::default(), BTreeMap::new())];
    let run = |commits: &[(Tree, BTreeMap<String, RecordSets>)], back: usize, mishaps: Vec<(usize, Mishap)>| {
        let rev = commits.len().saturating_sub(back).max(1);
        work(&commits[rev - 1].0).map(|work| apply(&mut *field.open_troubled(mishaps), &work, rev as u64))
    };
    for step in steps {
        match step {
            Step::Draft(model) => drop(built(&model.spec(false), &commits.last().unwrap().0, &Selection::All)),
            Step::Commit(model, at, mishap) => {
                let output = built(&model.spec(false), &commits.last().unwrap().0, &Selection::All);
                commits.push((output.tree, wanted(model)));
                run(&commits, 0, mishap.iter().map(|mishap| (*at, *mishap)).collect());
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
        prop_assert_eq!(end, End::Complete);
        prop_assert!(outcomes.iter().all(|o| matches!(o, Outcome::Kept | Outcome::Done(_))), "{:?}", outcomes);
        let writes = field.writes();
        run(&commits, 0, Vec::new());
        prop_assert_eq!(field.writes(), writes);
    }
    let mut want = commits.pop().unwrap().1;
    let ours = want.len();
    want.extend(strangers.iter().map(|(name, held)| (name.to_string(), held.clone())));
    let content = field.content();
    let is_host = |name: &crate::name::DnsName| !name.labels().any(|label| label == ownership::LABEL);
    let hosts: BTreeMap<String, RecordSets> = content
        .iter()
        .filter(|(name, _)| is_host(name))
        .map(|(name, (held, _))| (name.to_string(), held.clone()))
        .collect();
    prop_assert_eq!(&hosts, &want);
    let fences = content.keys().filter(|name| name.as_str().starts_with("_rev.")).count();
    prop_assert_eq!(content.len(), hosts.len() + ours + fences, "a marker each, a fence, and nothing else");
    Ok(())
}

/// What the zone is to hold.
fn wanted(model: &Model) -> BTreeMap<String, RecordSets> {
    let ours = model.hosts.iter().filter(|(host, _)| HOSTS[**host].ends_with(".dev.example.com"));
    let held = |address: u8| match address {
        0 => cname("ingress.example.net"),
        _ => set(RecordType::A, &[&format!("192.0.2.{address}")]),
    };
    ours.map(|(host, (_, address))| (HOSTS[*host].to_owned(), held(*address))).collect()
}

/// One line moves an alias: the host stays where it is while the name of its branch changes in the marker, even if the
/// commit between was never applied; no run deletes it.
#[test]
fn an_alias_moves_from_one_branch_to_another() {
    let spec = |to: &str| {
        format!(
            "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nhosts: ['{{{{ branch.slug }}}}.shop.dev.example.com']\n\
             zones:\n  dev.example.com: {{ttl: 60, CNAME: [ingress.example.net]}}\naliases: {{stable: {to}}}\n\
             branches: [{{name: main}}, {{name: one}}, {{name: two}}]\n"
        )
    };
    let field = Memory::default();
    let mut base = Tree::default();
    let mut run = |rev: u64, to: &str, applied: bool| {
        base = built(&spec(to), &base, &Selection::All).tree;
        let work = work(&base).unwrap();
        let absent = work.entries.iter().filter(|entry| entry.wish == Wish::Absent).count();
        assert_eq!(absent, 0, "a host that moves is wanted all the time");
        if !applied {
            return String::new();
        }
        let (outcomes, end) = apply(&mut *field.open(), &work, rev);
        assert_eq!(end, End::Complete);
        assert!(outcomes.iter().all(|o| matches!(o, Outcome::Kept | Outcome::Done(_))), "{outcomes:?}");
        let content = field.content();
        assert_eq!(content[&n("stable.shop")].0, cname("ingress.example.net"));
        let marker = ownership::record_name(&n("stable.shop"), &zone()).unwrap();
        format!("{:?}", content[&marker].0)
    };
    assert!(run(1, "main", true).contains("branch=main"), "the first branch has it");
    assert!(run(2, "one", true).contains("branch=one"), "it is applied as one change of the marker");
    run(3, "two", false);
    assert!(run(4, "main", true).contains("branch=main"), "what was never applied does not matter");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_thousand_histories_of_specs_end_as_the_last_one_says(steps in proptest::collection::vec(step(), 1..10)) {
        live(&Memory::default(), &steps)?;
    }
}

#[test]
fn some_histories_of_specs_end_so_on_a_real_server() {
    use crate::tests::apply::server::{Access, Kind, Running};
    let config = ProptestConfig { cases: 3, failure_persistence: None, ..ProptestConfig::default() };
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_here()) {
        let mut runner = proptest::test_runner::TestRunner::new(config.clone());
        let steps = proptest::collection::vec(step(), 4..9);
        runner.run(&steps, |steps| live(&Running::start(kind, Access::Least, ""), &steps)).unwrap();
    }
}
