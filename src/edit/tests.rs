//! Edits of the text of a spec.

use super::*;
use crate::source::Location;
use crate::spec::{Placed, SyncImage, SyncRules};
use crate::yaml::{self, Dialect};
use proptest::prelude::*;
use smol_str::SmolStr;

const HEAD: &str = "apiVersion: pleach/v1\nkind: Branches\nproject: shop # ours\n\n# All of them.\nbranches:\n";

fn project(branches: &str) -> Project {
    Project::in_memory([("branches.yaml", format!("{HEAD}{branches}")), ("base/a.yaml", String::new())])
}

fn value(text: &str) -> Node {
    let nodes = yaml::parse(text, Dialect::Kubernetes, &|_, _, _| crate::source::Location::NONE).unwrap();
    nodes.into_iter().next().unwrap()
}

fn change(path: &str, text: &str) -> FieldChange {
    (path.split('.').map(str::to_owned).collect(), Some(value(text)))
}

fn set(changes: &[FieldChange]) -> BranchEdit {
    BranchEdit::Set(changes.to_vec())
}

/// The text of `branches.yaml` after `edit`, without its head.
fn after(branches: &str, name: &str, edit: BranchEdit) -> String {
    let mut files = SpecFiles::open(&project(branches)).unwrap();
    files.edit([(name.into(), edit)]).unwrap();
    let project = files.project();
    spec::read(&project).unwrap();
    let file = project.file(&files.main).unwrap();
    file.text().unwrap().strip_prefix(HEAD).unwrap().to_owned()
}

#[test]
fn a_branch_is_added_changed_and_removed() {
    let start = "- name: main # first\n  pin: {reason: \"it is\"}\n\n# Mine.\n- name: feature/login\n  values: {replicas: 1} # few\n";
    let changes = vec![change("images.web", "':3f2c1a9'"), change("owner", "team"), change("values.a.b", "[1]")];
    let added = after(start, "fix/ü'1", BranchEdit::Add(changes));
    assert_eq!(
        added,
        format!(
            "{start}\n- name: fix/ü'1\n  images: {{web: \":3f2c1a9\"}}\n  owner: team\n  values: {{a: {{b: [1]}}}}\n"
        )
    );
    let to = [change("values.replicas", "2"), change("images.web", "'web:2'")];
    let changed = after(start, "feature/login", set(&to));
    assert_eq!(changed, start.replace("replicas: 1} # few\n", "replicas: 2} # few\n  images: {web: web:2}\n"));
    let removed = after(start, "feature/login", BranchEdit::Remove);
    assert_eq!(removed, "- name: main # first\n  pin: {reason: \"it is\"}\n");
    let unset = after(&changed, "feature/login", set(&[(vec!["values".into(), "replicas".into()], None)]));
    assert_eq!(unset, changed.replace("  values: {replicas: 2} # few\n", ""));
}

#[test]
fn a_mapping_whose_keys_are_all_replaced_keeps_its_comment() {
    let unset = |path: &str| (path.split('.').map(str::to_owned).collect(), None);
    let changes = [unset("values.a"), unset("values.b"), change("values.c", "3")];
    for (start, want) in [
        ("- name: x\n  values: # all\n    a: 1\n    b: 2\n", "- name: x\n  values: # all\n    c: 3\n"),
        ("- name: x\n  values:\t# all\n    a: 1\t# one\n    b: 2\n", "- name: x\n  values:\t# all\n    c: 3\n"),
        ("- name: x\n  values: {a: 1, b: 2} # all\n", "- name: x\n  values: {c: 3} # all\n"),
        ("- values: # all\n    a: 1\n    b: 2\n  name: x\n", "- values: # all\n    c: 3\n  name: x\n"),
    ] {
        assert_eq!(after(start, "x", set(&changes)), want);
    }
    // A value is removed before it becomes a mapping.
    let changes = [unset("values.a"), change("values.a.b", "3")];
    let start = "- name: x\n  values: {a: 1} # all\n";
    assert_eq!(after(start, "x", set(&changes)), "- name: x\n  values: {a: {b: 3}}\n");
}

#[test]
fn a_branch_may_have_its_own_file() {
    let files =
        [("branches.yaml", HEAD), ("branches.d/x.yaml", "# mine\nname: a # a\nowner: me\n"), ("base/a.yaml", "")];
    let project = Project::in_memory(files);
    let mut files = SpecFiles::open(&project).unwrap();
    let edits = [("a", set(&[change("owner", "you")])), ("b/c", BranchEdit::Add(vec![change("replicas.web", "2")]))];
    let changed = files.edit(edits.map(|(name, edit)| (name.into(), edit))).unwrap();
    assert_eq!(changed, ["a".into(), "b/c".into()].into());
    let slug = Slug::of("b/c", Slug::MAX_LENGTH);
    let new = RelPath::new(&format!("branches.d/{slug}.yaml")).unwrap();
    let changed = files.into_changed();
    let texts: Vec<_> = changed.iter().map(|(path, text)| (path.as_str(), text.as_deref().unwrap())).collect();
    assert_eq!(
        texts,
        [(new.as_str(), "name: b/c\nreplicas: {web: 2}\n"), ("branches.d/x.yaml", "# mine\nname: a # a\nowner: you\n")]
    );
    let mut files = SpecFiles::open(&project).unwrap();
    files.edit([("a".into(), BranchEdit::Remove)]).unwrap();
    assert!(spec::read(&files.project()).unwrap().branches.is_empty());
    assert_eq!(files.into_changed().into_values().collect::<Vec<_>>(), [None]);
}

fn patterns(texts: &[&str]) -> Vec<Placed<SmolStr>> {
    texts.iter().map(|text| Placed { value: SmolStr::from(*text), at: Location::NONE }).collect()
}

fn rules(include: &[&str], images: &[(&str, &str)]) -> SyncRules {
    let image = |(name, pattern): &(&str, &str)| {
        (SmolStr::from(*name), SyncImage::parse((*pattern).into(), Location::NONE).unwrap())
    };
    SyncRules { include: patterns(include), images: images.iter().map(image).collect(), ..SyncRules::default() }
}

fn settings(rules: SyncRules) -> sync::SyncSettings<'static> {
    sync::SyncSettings { rules, remotes: Vec::new(), today: spec::Date::since_1970(0).unwrap(), allow_delete: None }
}

#[test]
fn a_sync_adds_changes_removes_and_keeps_branches() {
    let start = "- name: main\n  pin: {reason: baseline}\n- name: old\n- name: kept\n  images: {web: \":x\"} # tag\n- name: other/one\n";
    let listed = list::read("kept\nnew/one\nignored\n", false).unwrap();
    let project = project(start);
    let spec = spec::read(&project).unwrap();
    let mut files = SpecFiles::open(&project).unwrap();
    let rules = SyncRules { exclude: patterns(&["ignored", "other/*"]), ..rules(&[], &[("web", ":{{ branch.tag }}")]) };
    let synced = sync::sync(&mut files, &spec, listed, &settings(rules)).unwrap();
    let names = |names: &[&str]| names.iter().map(|name| SmolStr::from(*name)).collect::<Vec<_>>();
    assert_eq!(synced.added, names(&["new/one"]));
    assert_eq!(synced.changed, names(&["kept"]));
    assert_eq!(synced.removed, names(&["old"]));
    assert_eq!(synced.pinned, names(&["main"]));
    let text = files.into_changed().into_values().next().unwrap().unwrap();
    let tag = crate::tag::TagStyle::Pleach.tag("new/one");
    assert_eq!(
        text.strip_prefix(HEAD).unwrap(),
        format!(
            "- name: main\n  pin: {{reason: baseline}}\n- name: kept\n  images: {{web: \":kept\"}} # tag\n- name: other/one\n- name: new/one\n  added: 1970-01-01\n  images: {{web: \":{tag}\"}}\n"
        )
    );
}

#[test]
fn image_patterns_have_variables() {
    let project = project("");
    let spec = spec::read(&project).unwrap();
    let listed = list::read("0123456789abcdef0123456789abcdef01234567 refs/heads/a/B\n", false).unwrap();
    for (pattern, want) in [
        ("r/{{ project }}:{{commit.short}}", "r/shop:0123456"),
        ("r:{{ commit.sha }}", "r:0123456789abcdef0123456789abcdef01234567"),
        ("r/{{ branch.name }}", "r/a/B"),
    ] {
        let mut files = SpecFiles::open(&project).unwrap();
        sync::sync(&mut files, &spec, listed.clone(), &settings(rules(&[], &[("i", pattern)]))).unwrap();
        let image = || files.documents[&files.main].data().get("branches")?.as_seq()?[0].str_at(&["images", "i"]);
        assert_eq!(image(), Some(want));
    }
    let unknown = list::read("a\n", false).unwrap();
    let mut files = SpecFiles::open(&project).unwrap();
    assert!(sync::sync(&mut files, &spec, unknown, &settings(rules(&[], &[("i", ":{{ commit.sha }}")]))).is_err());
}

/// A change of a branch.
fn changes() -> impl Strategy<Value = FieldChange> {
    let value = prop_oneof![Just("1"), Just("x y"), Just("':2'"), Just("{b: [1]}")];
    let path = prop_oneof![Just("values.a"), Just("values.b.c"), Just("images.web"), Just("images.db"), Just("owner")];
    let set = (path.clone(), value).prop_map(|(path, text)| change(path, text));
    let unset = path.prop_map(|path| (path.split('.').map(str::to_owned).collect(), None));
    prop_oneof![3 => set, 1 => unset]
}

#[test]
fn only_the_branch_that_cannot_be_changed_is_reported() {
    let start = "- name: a\n  values: {x: 1}\n- name: b\n  values: &v {x: 1}\n- name: c\n  values: {x: 1}\n- name: d\n  values: *v\n";
    let project = project(start);
    let mut files = SpecFiles::open(&project).unwrap();
    let edits = ["a", "b", "c"].map(|name| (name.into(), set(&[change("values.x", "2")])));
    let errors = files.edit(edits).unwrap_err();
    let messages: Vec<String> = errors.iter().map(|error| format!("{error} {:?}", error.parts().branches)).collect();
    assert_eq!(messages, ["`values.x` cannot be changed: its anchor `&v` is used elsewhere [\"b\"]"]);
    assert!(files.into_changed().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn changes_of_different_fields_commute(
        first in ("[ab]", "[xy]", 0..3_u8), second in ("[ab]", "[xy]", 0..3_u8),
    ) {
        let start = "- name: a # one\n  values: {x: 0}\n- name: b\n  # two\n  owner: me\n";
        let changed = |(branch, key, to): &(String, String, u8), text: &str| {
            after(text, branch, set(&[change(&format!("values.{key}"), &to.to_string())]))
        };
        let one = changed(&second, &changed(&first, start));
        let other = changed(&first, &changed(&second, start));
        let data = |text: &str| value(&format!("{HEAD}{text}"));
        if (&first.0, &first.1) != (&second.0, &second.1) {
            prop_assert_eq!(data(&one), data(&other));
        }
        prop_assert_eq!(one.matches('#').count(), 2);
    }

    #[test]
    fn edits_at_once_equal_edits_in_sequence(
        branches in prop::collection::vec((0..4_usize, 0..4_usize), 1..6),
        edits_of_branches in prop::collection::vec((0..3_u8, prop::collection::vec(changes(), 0..4)), 6),
        added in prop::collection::vec(prop::collection::vec(changes(), 0..3), 0..3),
        has_folder in any::<bool>(),
    ) {
        let above = ["", "\n", "# of it\n", "\n# of it\n"];
        let entry = ["", "  images: {web: \":1\"} # tag\n", "  values:\n    a: 1 # few\n", "  pin: {reason: x}\n\n"];
        let branches: Vec<String> = branches
            .into_iter()
            .enumerate()
            .map(|(i, (comment, rest))| format!("{}- name: b{i}\n{}", above[comment], entry[rest]))
            .collect();
        let edits_of_branches = edits_of_branches.into_iter().take(branches.len()).enumerate();
        let (removed, kept): (Vec<_>, Vec<_>) = edits_of_branches.partition(|(_, (kind, _))| *kind == 0);
        let mut edits: Vec<(SmolStr, BranchEdit)> =
            kept.into_iter().map(|(i, (_, changes))| (format!("b{i}").into(), BranchEdit::Set(changes))).collect();
        edits.extend(removed.into_iter().rev().map(|(i, _)| (format!("b{i}").into(), BranchEdit::Remove)));
        edits.extend(added.into_iter().enumerate().map(|(i, changes)| (format!("n{i}").into(), BranchEdit::Add(changes))));

        let start = if has_folder {
            let item = |line: &str| line.strip_prefix("- ").or(line.strip_prefix("  ")).unwrap_or(line).to_owned() + "\n";
            let alone = |text: &String| text.lines().map(item).collect::<String>();
            let files = branches.iter().enumerate().map(|(i, text)| (format!("branches.d/b{i}.yaml"), alone(text)));
            let rest = [("branches.yaml", HEAD), ("base/a.yaml", ""), ("branches.d/z.yaml", "name: z\n")];
            Project::in_memory(rest.map(|(path, text)| (path.to_owned(), text.to_owned())).into_iter().chain(files))
        } else {
            project(&branches.concat())
        };
        let mut project = start.clone();
        let mut changed = BTreeSet::new();
        for edit in edits.clone() {
            let mut files = SpecFiles::open(&project).unwrap();
            changed.extend(files.edit([edit]).unwrap());
            project = files.project();
        }
        edits.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut files = SpecFiles::open(&start).unwrap();
        prop_assert_eq!(files.edit(edits).unwrap(), changed);
        let texts = |files: &SpecFiles| {
            files.documents.iter().map(|(path, document)| (path.clone(), document.text().to_owned())).collect::<Vec<_>>()
        };
        prop_assert_eq!(texts(&SpecFiles::open(&files.project()).unwrap()), texts(&files));
        prop_assert_eq!(texts(&SpecFiles::open(&project).unwrap()), texts(&files));
    }
}
