//! Files of the base revision with entries that do not belong to the project: a change removes them, and what else they list is kept.

use crate::tests::kit::Workspace;

const HEAD: &str = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nhosts: ['{{ branch.slug }}.dev.example.com']\n\
                    zones: {dev.example.com: {CNAME: [ingress.example.net]}}\nbranches:\n- name: main\n";
const OLD: &str = "- {name: old, images: {app: 'r.example.com/shop/app:1'}}\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: app}]}\n";
const PLAN: &str = "out/teardown/old.yaml";
const LISTED: &str =
    "old\n  namespace  shop-old\n  dns        old.dev.example.com\n  image      r.example.com/shop/app:1\n";

/// A repository in which the branch `old` was removed.
fn published() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("base/pod.yaml", POD);
    workspace.write("branches.yaml", format!("{HEAD}{OLD}"));
    workspace.run(&["build"]).exits(0);
    workspace.commit_all();
    assert_eq!(workspace.shell("git update-ref refs/remotes/origin/main HEAD"), "");
    workspace.write("branches.yaml", HEAD);
    workspace.run(&["build"]).exits(0);
    publish(&workspace);
    assert_eq!(workspace.run(&["teardown"]).exits(0).out(), LISTED);
    workspace
}

fn publish(workspace: &Workspace) {
    let publish = "git add -A && git commit -q --allow-empty -m change && git update-ref refs/remotes/origin/main HEAD";
    assert_eq!(workspace.shell(publish), "");
}

/// A pull request runs `repair` and a build. Its check passes, and everything is listed, now and after the merge. Until the next change,
/// there may be warnings about the history.
#[track_caller]
fn assert_repaired(workspace: &Workspace, file: &str, repair: &str) {
    let error = workspace.run(&["build"]).exits(2).err();
    assert!(error.contains(&format!("--> {file}")) && error.contains(&format!("(`rm {file}`)")), "{error}");
    assert_eq!(workspace.shell(&format!("git checkout -q -b repair && {repair}")), "");
    let warning = workspace.run(&["build"]).exits(0).err();
    let shown = file.strip_prefix("out/").unwrap();
    assert!(warning.contains(&format!("warning[history]: `{shown}` in the history of the output: ")), "{warning}");
    let built = workspace.files("out");
    assert_eq!(workspace.shell("git add -A && git commit -qm repair"), "");
    for base in [&[][..], &["--base", "origin/main"]] {
        workspace.run(&[&["check", "--strict"], base].concat()).exits(0);
    }
    assert_eq!(workspace.run(&["teardown"]).exits(0).out(), LISTED);
    for _ in 0..2 {
        publish(workspace);
        workspace.run(&["check", "--strict"]).exits(0);
        let warnings = workspace.run(&["build"]).exits(0).err();
        assert_eq!(warnings.matches("warning[").count(), warnings.matches("warning[history]").count(), "{warnings}");
        assert_eq!(workspace.files("out"), built);
    }
}

#[test]
fn a_forged_plan_is_corrected_and_keeps_its_other_entries() {
    for (from, to) in [
        // An entry is added, one is replaced, or the whole plan.
        ("- shop-old\n", "- payments-prod\n- shop-old\n"),
        ("- shop-old\n", "- payments-prod\n"),
        ("branch: old\n", "branch: payments\n"),
        ("kind: TeardownPlan\n", "kind: TeardownPlan\nx: [\n"),
    ] {
        for repair in ["rm out/teardown/old.yaml", "sed -i '/payments-prod/d' out/teardown/old.yaml"] {
            if repair.starts_with("sed") && !to.starts_with("- payments-prod\n- ") {
                continue;
            }
            let workspace = published();
            workspace.edit(PLAN, from, to);
            publish(&workspace);
            assert_repaired(&workspace, PLAN, repair);
        }
    }
}

#[test]
fn a_plan_of_an_unknown_branch_is_removed() {
    let workspace = published();
    let forged = workspace.read(PLAN).replace("old", "payments");
    workspace.write("out/teardown/payments.yaml", forged);
    publish(&workspace);
    assert_repaired(&workspace, "out/teardown/payments.yaml", "rm out/teardown/payments.yaml");
}

#[test]
fn a_forged_zone_change_is_corrected_and_keeps_its_other_names() {
    for (from, to) in [
        // A name is added, one is replaced, or the whole file.
        ("absent:\n", "absent:\n- payments.dev.example.com\n"),
        ("- old.dev.example.com\n", "- payments.dev.example.com\n"),
        ("present: []\n", "present:\n- {name: payments.dev.example.com, ttl: 60, CNAME: [ingress.example.net]}\n"),
        ("branch: old\n", "branch: payments\n"),
        ("owner: shop\n", "owner: payments\n"),
        ("zone: dev.example.com\n", "zone: example.com\n"),
        ("kind: ZoneChange\n", "kind: ZoneChange\nx: [\n"),
    ] {
        let workspace = published();
        let file = "out/dns/dev.example.com/old.yaml";
        workspace.edit(file, from, to);
        publish(&workspace);
        assert_repaired(&workspace, file, &format!("rm {file}"));
    }
}

#[test]
fn a_zone_change_of_an_unknown_branch_or_zone_is_removed() {
    for (slug, branch, zone, error) in [
        ("payments", "payments", "dev.example.com", "no spec had the branch `payments` with the slug `payments`"),
        // An existing branch, and a removed one, have other slugs.
        ("www", "main", "dev.example.com", "no spec had the branch `main` with the slug `www`"),
        ("www", "old", "dev.example.com", "no spec had the branch `old` with the slug `www`"),
        ("old", "old", "example.org", "no spec had the zone `example.org`"),
        ("main", "main", "example.org", "no spec had the zone `example.org`"),
    ] {
        for names in ["absent: [NAME]\npresent: []", "absent: []\npresent: [{name: NAME, ttl: 60, A: [192.0.2.7]}]"] {
            let workspace = published();
            let names = names.replace("NAME", &format!("shop-{slug}.{zone}"));
            let file = format!("out/dns/{zone}/{slug}.yaml");
            let header = "apiVersion: pleach/v1\nkind: ZoneChange\nowner: shop\n";
            workspace.write(&file, format!("{header}branch: {branch}\nzone: {zone}\n{names}\n"));
            publish(&workspace);
            let check = workspace.run(&["check"]).exits(2).err();
            assert!(check.contains(&format!("--> {file}:")) && check.contains(error), "{check}");
            assert_repaired(&workspace, &file, &format!("rm {file}"));
        }
    }
}

#[test]
fn a_zone_change_and_its_plan_are_removed_together() {
    let workspace = published();
    let (change, plan) = ("out/dns/dev.example.com/www.yaml", "out/teardown/www.yaml");
    for (file, from) in [(change, "out/dns/dev.example.com/old.yaml"), (plan, PLAN)] {
        workspace.write(file, workspace.read(from).replace("old", "www").replace("branch: www", "branch: main"));
    }
    publish(&workspace);
    let error = workspace.run(&["build"]).exits(2).err();
    assert!(error.contains(&format!("(`rm {change}`)")) && error.contains(&format!("(`rm {plan}`)")), "{error}");
    assert_repaired(&workspace, plan, &format!("rm {change} {plan}"));
}

#[test]
fn names_in_a_zone_that_an_earlier_spec_had_are_kept() {
    let workspace = published();
    let zones = "zones: {dev.example.com: {CNAME: [ingress.example.net]}}";
    workspace.edit("branches.yaml", zones, "zones: {example.com: {CNAME: [ingress.example.net]}}");
    workspace.edit("branches.yaml", "}}.dev.example.com", "}}.example.com");
    for _ in 0..2 {
        let warning = workspace.run(&["build"]).exits(0).err();
        assert!(warning.contains("the zone `dev.example.com` is not declared any more"), "{warning}");
        assert!(workspace.read("out/dns/dev.example.com/old.yaml").contains("- old.dev.example.com\n"));
        publish(&workspace);
        workspace.run(&["check"]).exits(0);
    }
}

#[test]
fn the_output_of_an_existing_branch_is_corrected() {
    let namespace =
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: payments-prod\n  labels:\n    pleach.dev/project: shop\n";
    // A file of its own, and a document in one that the next build writes again.
    for name in ["00-namespace-payments.yaml", "50-pod-web.yaml"] {
        let workspace = published();
        let file = format!("out/namespaces/main/{name}");
        let own = workspace.files("out/namespaces/main").remove(name).map(|text| String::from_utf8(text).unwrap());
        workspace.write(&file, own.map(|text| text + "---\n").unwrap_or_default() + namespace);
        publish(&workspace);
        assert_repaired(&workspace, &file, &format!("rm {file}"));
    }
}

#[test]
fn the_file_to_delete_is_named_as_seen_from_the_workspace() {
    let workspace = Workspace::empty();
    workspace.write("envs/base/pod.yaml", POD);
    workspace.write("envs/branches.yaml", HEAD);
    workspace.write("envs/out/teardown/old.yaml", "apiVersion: pleach/v1\nkind: TeardownPlan\nproject: payments\n");
    workspace.commit_all();
    publish(&workspace);
    let error = workspace.shell("cd envs && pleach build");
    assert!(error.contains("\n --> out/teardown/old.yaml:1:1\n"), "{error}");
    assert!(error.contains("(`rm out/teardown/old.yaml`)"), "{error}");
}

#[test]
fn the_last_output_of_a_removed_branch_is_corrected() {
    let workspace = published();
    workspace.write("branches.yaml", format!("{HEAD}- name: last\n"));
    workspace.run(&["build"]).exits(0);
    let file = "out/namespaces/last/00-namespace-shop-last.yaml";
    let text = workspace.read(file);
    workspace.write(file, format!("{text}---\n{}", text.replace("name: shop-last", "name: payments-prod")));
    publish(&workspace);
    workspace.write("branches.yaml", HEAD);
    let error = workspace.run(&["build"]).exits(2).err();
    assert!(error.contains("the namespace `payments-prod` is not known to belong"), "{error}");
    workspace.shell(&format!("rm {file}"));
    let warning = workspace.run(&["build"]).exits(0).err();
    assert!(warning.contains("warning[history]: ") && warning.contains("`payments-prod`"), "{warning}");
    workspace.run(&["check", "--strict"]).exits(0);
    assert!(workspace.run(&["teardown"]).exits(0).out().contains("namespace  shop-last\n"));
}
