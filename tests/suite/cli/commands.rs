//! The command line: arguments, standard output and standard error, exit statuses.

use crate::tests::kit::{Workspace, root};
use std::io::Read;
use std::process::Stdio;

const COMMANDS: [&str; 9] =
    ["build", "check", "diff", "branch", "teardown", "kustomize", "init", "schema", "completions"];

#[test]
fn help_has_examples_and_exit_statuses() {
    let workspace = Workspace::empty();
    let all = workspace.run(&["--help"]).exits(0).out();
    for command in COMMANDS {
        assert!(all.contains(&format!("\n  {command} ")), "{command} is not in the help");
        let args: &[&str] = if command == "branch" { &["branch", "list", "--help"] } else { &[command, "--help"] };
        let help = workspace.run(args).exits(0).out();
        assert!(help.contains("Example"), "{command}: {help}");
        assert!(help.lines().all(|line| line.chars().count() <= 120), "{command}: {help}");
    }
    for word in ["0 ", "1 ", "2 ", "3 ", "4 "] {
        assert!(all.contains(&format!("\n  {word}")), "{all}");
    }
    assert_eq!(workspace.run(&["--version"]).exits(0).out(), concat!("pleach ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn usage_errors_exit_with_2_and_print_nothing_to_standard_output() {
    let workspace = Workspace::small();
    for args in [
        &["biuld"][..],
        &["build", "--shard", "5/4"],
        &["build", "--shard", "1/2", "--only", "main"],
        &["build", "--only", "mian"],
        &["diff", "--base", "nowhere"],
        &["diff", "--format", "html"],
        &["kustomize", "nowhere"],
        &["-C", "nowhere", "build"],
        &["completions", "tcsh5"],
    ] {
        let ran = workspace.run(args).exits(2);
        assert_eq!(ran.out(), "", "{args:?}");
        assert!(ran.err().contains("error"), "{args:?}: {}", ran.err());
    }
    assert!(workspace.files("out").is_empty());
    assert_eq!(workspace.run::<&str>(&[]).exits(2).out(), "");
    let output = workspace.run(&["build", "--only", "mian"]).err();
    assert!(output.contains("no branch matches `mian`") && output.contains("did you mean `main`?"), "{output}");
}

#[test]
fn the_workspace_is_found_from_a_folder_inside_of_it() {
    let workspace = Workspace::small();
    let outside = Workspace::empty().run(&["build"]).exits(2).err();
    assert!(outside.contains("no `branches.yaml` in this folder or in a folder above"), "{outside}");
    let output = workspace.run(&["-C", "base", "build"]).exits(0).out();
    assert_eq!(output, "built 3 branches into `../out`: 12 files written, 0 unchanged, 0 removed\n");
    workspace.edit("branches.yaml", "project: shop", "projekt: shop");
    let output = workspace.run(&["build", "-C", "base"]).exits(2).err();
    assert!(output.contains("--> ../branches.yaml:3:1"), "{output}");
}

#[test]
fn diagnostics_have_three_formats() {
    let workspace = Workspace::small();
    workspace.edit("branches.yaml", "project: shop", "project: shop\nprojekt: shop");
    let human = workspace.run(&["build"]).exits(2).err();
    assert!(human.contains("error[spec]: ") && human.contains("\n4 | projekt: shop\n"), "{human}");
    let short = workspace.run(&["build", "--message-format", "short"]).exits(2).err();
    assert!(short.starts_with("branches.yaml:4:1: error[spec]: ") && short.lines().count() == 1, "{short}");
    let json = workspace.run(&["--message-format=json", "build"]).exits(2).err();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["location"], serde_json::json!({"file": "branches.yaml", "line": 4, "column": 1, "length": 7}));
    assert_eq!((&json["severity"], &json["code"]), (&"error".into(), &"spec".into()));
}

#[test]
fn usage_errors_have_three_formats_too() {
    let workspace = Workspace::small();
    let human = workspace.run(&["build", "--nope"]).exits(2).err();
    assert!(
        human.starts_with(
            "error[usage]: unexpected argument `--nope` found\n  = help: usage: `pleach build [OPTIONS]`\n"
        ),
        "{human}"
    );
    let short = workspace.run(&["--message-format", "short", "build", "--nope"]).exits(2).err();
    assert_eq!(short, "error[usage]: unexpected argument `--nope` found\n");
    for args in [&["--message-format=json", "build", "--nope"][..], &["build", "--nope", "--message-format", "json"]] {
        let ran = workspace.run(args).exits(2);
        let json: serde_json::Value = serde_json::from_str(&ran.err()).unwrap();
        assert_eq!((&json["severity"], &json["code"]), (&"error".into(), &"usage".into()));
        assert_eq!(json["message"], "unexpected argument `--nope` found");
        assert_eq!(ran.out(), "");
    }
    let help = workspace.run(&["build", "--help", "--message-format", "json"]).exits(0);
    assert!(help.out().contains("Exit status") && help.err().is_empty());
}

#[test]
fn colors_are_used_only_for_a_terminal_or_on_request() {
    let workspace = Workspace::small();
    let diff = |args: &[&str], no_color: bool| {
        let mut command = workspace.command();
        command.arg("diff").args(args);
        if no_color {
            command.env("NO_COLOR", "1");
        }
        String::from_utf8(command.output().unwrap().stdout).unwrap().contains('\u{1b}')
    };
    assert!(!diff(&[], false), "a pipe is not a terminal");
    assert!(!diff(&[], true));
    assert!(!diff(&["--color=never"], false));
    assert!(diff(&["--color=always"], false));
    assert!(!diff(&["--color=always", "--format=json"], false));
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let workspace = Workspace::small();
    for args in [&["schema"][..], &["completions", "zsh"], &["branch", "list"]] {
        let mut child = workspace.command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut output = String::new();
        child.stderr.take().unwrap().read_to_string(&mut output).unwrap();
        assert_eq!((child.wait().unwrap().code(), output.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::File::create("/dev/full").unwrap();
    let status = Workspace::empty().command().arg("schema").stdout(full).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(4));
}

#[test]
fn init_writes_the_sample_and_overwrites_nothing() {
    let workspace = Workspace::empty();
    let output = workspace.run(&["init", "environments"]).exits(0).out();
    assert!(output.ends_with("next: `cd environments && pleach build`\n"), "{output}");
    let sample = std::fs::read_to_string(root().join("branches.yaml")).unwrap();
    let spec = workspace.read("environments/branches.yaml");
    let id = spec.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
    assert_eq!(spec.replace(&format!("id: {id}\n"), ""), sample);
    assert!(workspace.read("environments/schema/branches.schema.json").contains("\"$schema\""));
    workspace.run(&["-C", "environments", "build"]).exits(0);
    workspace.run(&["-C", "environments", "check"]).exits(0);

    let other = Workspace::empty();
    other.write("branches.yaml", "mine");
    let output = other.run(&["init"]).exits(2).err();
    assert!(output.contains("`./branches.yaml` exists already"), "{output}");
    assert_eq!(other.files(".").len(), 1);
}

#[test]
fn a_copied_workspace_gets_an_id_of_its_own() {
    let workspace = Workspace::empty();
    workspace.run(&["init"]).exits(0);
    let original = workspace.read("branches.yaml");
    workspace.run(&["init"]).exits(0);
    assert_eq!(workspace.read("branches.yaml"), original, "a second run keeps the id");
    workspace.run(&["build"]).exits(0);
    let path = "out/dns/dev.example.com/main.yaml";
    let change = workspace.read(path);
    let id = |text: &str| text.lines().find_map(|line| line.strip_prefix("ownerId: ")).unwrap().to_owned();
    assert!(original.contains(&format!("\nproject: shop\nid: {}\n", id(&change))), "{original}");

    let output = workspace.run(&["init", "--new-id"]).exits(0).out();
    workspace.run(&["check"]).exits(1);
    workspace.run(&["build"]).exits(0);
    let copy = id(&workspace.read(path));
    assert_ne!(copy, id(&change));
    assert_eq!(output, format!("wrote `id: {copy}` to `branches.yaml`; next: `pleach build`\n"));
    assert_eq!(workspace.read("branches.yaml"), original.replace(&id(&change), &copy));

    // A spec without an id gets one, below the project.
    workspace.write("branches.yaml", original.replace(&format!("id: {}\n", id(&change)), ""));
    workspace.run(&["-C", "base", "init", ".", "--new-id"]).exits(0);
    assert!(workspace.read("branches.yaml").contains("\nproject: shop\nid: "));
    workspace.write("branches.yaml", original.replace(&id(&change), "No"));
    let error = workspace.run(&["check"]).exits(2).err();
    assert!(error.contains("`id`") && error.contains("`pleach init --new-id` writes one"), "{error}");
    workspace.run(&["init", "--new-id"]).exits(0);
    workspace.run(&["build"]).exits(0);
    let error = Workspace::empty().run(&["init", "--new-id"]).exits(2).err();
    assert!(error.contains("no `branches.yaml`"), "{error}");
}

#[test]
fn init_among_manifests_writes_a_spec_for_them() {
    let workspace = Workspace::empty();
    workspace.write("shop/base/kustomization.yaml", "resources: [cm.yaml]\n");
    workspace.write("shop/base/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n");
    workspace.write("shop/overlays/dev/kustomization.yaml", "resources: [../../base]\n");
    let output = workspace.run(&["init", "shop"]).exits(0).out();
    let want = "wrote 4 files: branches.yaml, branches.d/, schema/, .gitattributes; base/ and overlays/ stay as they are; next: `cd shop && pleach build`\n";
    assert_eq!(output, want);
    assert_eq!(workspace.files("shop").len(), 7);
    assert!(workspace.read("shop/branches.yaml").contains("\nproject: shop\n"));
    workspace.run(&["-C", "shop", "build"]).exits(0);
    workspace.run(&["-C", "shop", "check"]).exits(0);
    // The sample in part: the rest is written.
    let other = Workspace::empty();
    other.run(&["init"]).exits(0);
    std::fs::remove_file(other.path().join("base/service.yaml")).unwrap();
    assert!(other.run(&["init"]).exits(0).out().starts_with("wrote "));
}

#[test]
fn the_schema_and_completions_are_printed() {
    let workspace = Workspace::empty();
    let schema = std::fs::read_to_string(root().join("schema/branches.schema.json")).unwrap();
    assert_eq!(workspace.run(&["schema"]).exits(0).out(), schema);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(workspace.run(&["completions", shell]).exits(0).out().contains("kustomize"), "{shell}");
    }
}

#[test]
fn branches_are_listed() {
    let workspace = Workspace::small();
    let table = workspace.run(&["branch", "list"]).exits(0).out();
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["BRANCH", "SLUG", "NAMESPACE", "HOSTS"]);
    assert_eq!(lines[1], ["feature/login", "feature-login-df7c7aeb", "shop-feature-login-df7c7aeb"]);
    let json = workspace.run(&["branch", "list", "--format", "json"]).exits(0).out();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["branches"][2]["name"], "main");
    assert_eq!(json["branches"][2]["namespace"], "shop-main");
}

#[test]
fn a_selection_is_built_and_the_rest_is_unchanged() {
    let workspace = Workspace::small();
    let output = workspace.run(&["build", "--only", "feature/*"]).exits(0).out();
    assert!(output.starts_with("built 2 branches"), "{output}");
    assert_eq!(workspace.files("out").len(), 8);
    workspace.run(&["build", "--only", "main"]).exits(0);
    let all = workspace.files("out");
    assert_eq!(
        workspace.run(&["build"]).exits(0).out(),
        "built 3 branches into `out`: 0 files written, 12 unchanged, 0 removed\n"
    );
    workspace.edit("base/config.yaml.j2", "key: ", "key: x");
    workspace.run(&["build", "--only", "main"]).exits(0);
    let changed: Vec<String> =
        workspace.files("out").into_iter().filter(|(p, c)| all[p] != *c).map(|(p, _)| p).collect();
    assert_eq!(changed, ["namespaces/main/30-configmap-app.yaml"]);
}

#[test]
fn shards_equal_one_build() {
    let (whole, shards) = (Workspace::small(), Workspace::small());
    for workspace in [&whole, &shards] {
        workspace.run(&["build"]).exits(0);
        workspace.edit("branches.yaml", "- name: feature/login\n", "- name: feature/other\n");
    }
    whole.run(&["build"]).exits(0);
    for shard in ["1/3", "2/3", "3/3"] {
        shards.run(&["build", "--shard", shard]).exits(0);
    }
    assert_eq!(shards.files("out"), whole.files("out"));
    let login: Vec<String> = shards.files("out").into_keys().filter(|path| path.contains("login")).collect();
    assert_eq!(login, ["teardown/feature-login-df7c7aeb.yaml"]);
}

#[test]
fn with_keep_going_other_branches_are_built() {
    let workspace = Workspace::small();
    workspace.run(&["build"]).exits(0);
    let before = workspace.files("out");
    workspace.edit("base/config.yaml.j2", "key: ", "key: {% if branch.name == 'main' %}{{ nope }}{% endif %}x");
    let ran = workspace.run(&["build"]).exits(2);
    assert!(ran.err().contains("error[template]") && ran.err().contains("branch: `main`"), "{}", ran.err());
    assert_eq!(workspace.files("out"), before);
    let ran = workspace.run(&["build", "--keep-going"]).exits(2);
    assert_eq!(ran.out(), "built 2 branches into `out`: 2 files written, 6 unchanged, 0 removed\n");
    assert!(ran.err().contains("error[template]"), "{}", ran.err());
    let after = workspace.files("out");
    assert!(before.iter().all(|(path, content)| path.contains("feature") || after[path] == *content));
}

/// With `--keep-going`, a missing overlay stops only its branch. An error in a field that names derive from stops all.
#[test]
fn an_error_in_the_spec_stops_all_and_a_missing_overlay_only_its_branch() {
    let workspace = Workspace::small();
    workspace.run(&["build"]).exits(0);
    let spec = workspace.read("branches.yaml");
    let before = workspace.files("out");
    workspace.edit("base/config.yaml.j2", "key: ", "key: x");
    workspace.edit("branches.yaml", "name: main\n", "name: main\n  overlays: [nope]\n");
    let output = workspace.run(&["build"]).exits(2).err();
    assert!(
        output.contains("error[spec]: the overlay `nope` does not exist\n") && !output.contains("branch:"),
        "{output}"
    );
    assert_eq!(workspace.files("out"), before);
    let ran = workspace.run(&["build", "--keep-going"]).exits(2);
    assert_eq!(ran.out(), "built 2 branches into `out`: 2 files written, 6 unchanged, 0 removed\n");
    let output = ran.err();
    assert!(
        output.contains("error[spec]: the overlay `nope` does not exist\n") && output.contains("branch: `main`"),
        "{output}"
    );
    assert!(!output.contains("whole spec"), "{output}");
    let after = workspace.files("out");
    assert!(before.iter().all(|(path, content)| path.contains("feature") || after[path] == *content));

    for fault in ["hosts: [a_b.dev.example.com]", "namespace: '{{ values.nope }}'", "images: {a: 'a b'}"] {
        workspace.write(
            "branches.yaml",
            spec.replace("name: main\n", &format!("name: main\n  {fault}\n  overlays: [nope]\n")),
        );
        let ran = workspace.run(&["build", "--keep-going"]).exits(2);
        assert!(
            ran.err().matches("names derive from the whole spec").count() == 1 && ran.out().is_empty(),
            "{}",
            ran.err()
        );
        assert_eq!(workspace.files("out"), after);
        let output = workspace.run(&["build"]).exits(2).err();
        assert!(!output.contains("whole spec"), "{output}");
    }
}

#[test]
fn kustomize_writes_to_the_given_path() {
    let workspace = Workspace::empty();
    workspace.write("app/kustomization.yaml", "resources: [a.yaml]\n");
    workspace.write(
        "app/a.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: Web, namespace: one}\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {name: web}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: one}\n",
    );
    let text = workspace.run(&["kustomize", "app"]).exits(0).out();
    assert_eq!(text.matches("---\n").count(), 2);
    assert_eq!(workspace.run(&["-C", "app", "kustomize"]).exits(0).out(), text);
    workspace.run(&["kustomize", "app", "-o", "all.yaml"]).exits(0);
    assert_eq!(workspace.read("all.yaml"), text);
    workspace.write("each/.keep", "");
    assert_eq!(workspace.run(&["kustomize", "app", "-o", "each"]).exits(0).out(), "");
    let names: Vec<String> = workspace.files("each").into_keys().collect();
    assert_eq!(
        names,
        [".keep", "default_v1_service_web.yaml", "one_apps_v1_deployment_web.yaml", "v1_namespace_one.yaml"]
    );

    // One object has a name that cannot be a file name.
    workspace.write("app/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: up/../../down}\n");
    workspace.write("app/kustomization.yaml", "resources: [a.yaml, c.yaml]\n");
    workspace.write("none/.keep", "");
    let output = workspace.run(&["kustomize", "app", "-o", "none"]).exits(2).err();
    assert!(output.contains("configmap_up/../../down.yaml` is not") && output.contains("app/c.yaml:1:1"), "{output}");
    assert_eq!(workspace.files("none").len(), 1);

    workspace.write("app/kustomization.yaml", "resources: [b.yaml]\n");
    let ran = workspace.run(&["kustomize", "app"]).exits(2);
    assert_eq!(ran.out(), "");
    assert!(ran.err().contains("--> app/kustomization.yaml:1:13"), "{}", ran.err());
}

#[test]
fn kustomize_resolves_links_before_it_checks_the_load_restriction() {
    let workspace = Workspace::empty();
    let object = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
    workspace.write("outside/a.yaml", object("a"));
    workspace.write("outside/kustomization.yaml", "resources: [a.yaml]\n");
    workspace.write("app/b.yaml", object("b"));
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, workspace.path().join(at)).unwrap();
    link("../outside/a.yaml", "app/file.yaml");
    link("../outside", "app/folder");
    link("b.yaml", "app/inner.yaml");
    link("app", "linked");
    for (resource, free) in [
        ("inner.yaml", true),
        ("../app/b.yaml", true),
        ("../linked/b.yaml", true),
        ("folder", true),
        ("../outside", true),
        ("file.yaml", false),
        ("folder/a.yaml", false),
        ("../outside/a.yaml", false),
    ] {
        workspace.write("app/kustomization.yaml", format!("resources: [{resource}]\n"));
        for folder in ["app", "linked"] {
            let ran = workspace.run(&["kustomize", folder]).exits(if free { 0 } else { 2 });
            let at = "--> app/kustomization.yaml:1:13";
            assert!(free || ran.out().is_empty() && ran.err().contains(at), "{resource}: {}", ran.err());
            workspace.run(&["kustomize", folder, "--load-restrictor=LoadRestrictionsNone"]).exits(0);
        }
    }
}

#[test]
fn kustomize_reads_no_kustomization_that_is_a_link_out_of_its_folder() {
    let workspace = Workspace::empty();
    workspace.write("outside/secret.yaml", "password: hunter2\n");
    workspace.write("app/nothing.yaml", "");
    std::os::unix::fs::symlink("../outside/secret.yaml", workspace.path().join("app/kustomization.yaml")).unwrap();
    let ran = workspace.run(&["kustomize", "app"]).exits(2);
    let want = "error[overlay]: `app/kustomization.yaml` cannot be read: it is a link out of its folder\n\n";
    assert_eq!(ran.err(), want);
    let ran = workspace.run(&["kustomize", "app", "--load-restrictor=LoadRestrictionsNone"]).exits(2);
    assert!(ran.err().contains("unknown field `password`"), "{}", ran.err());
}

#[test]
fn kustomize_orders_and_labels_on_request() {
    let workspace = Workspace::empty();
    let object = |kind: &str| format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: x}}\n");
    workspace.write("all.yaml", ["Service", "ConfigMap", "Namespace"].map(object).join("---\n"));
    workspace.write("kustomization.yaml", "resources: [all.yaml]\n");
    let kinds = |args: &[&str]| -> Vec<String> {
        let text = workspace.run(&[&["kustomize"], args].concat()).exits(0).out();
        text.lines().filter_map(|line| line.strip_prefix("kind: ")).map(str::to_owned).collect()
    };
    assert_eq!(kinds(&[]), ["Namespace", "ConfigMap", "Service"]);
    assert_eq!(kinds(&["--reorder", "legacy"]), ["Namespace", "ConfigMap", "Service"]);
    assert_eq!(kinds(&["--reorder=none"]), ["Service", "ConfigMap", "Namespace"]);
    let labelled = workspace.run(&["kustomize", ".", "--enable-managedby-label"]).exits(0).out();
    assert_eq!(labelled.matches("app.kubernetes.io/managed-by: kustomize-v5.8.1\n").count(), 3);
    workspace.write("kustomization.yaml", "resources: [all.yaml]\nsortOptions: {order: fifo}\n");
    assert_eq!(kinds(&["--reorder", "legacy"]), ["Service", "ConfigMap", "Namespace"]);
}

#[test]
fn kustomize_accepts_the_flags_of_kubectl() {
    let workspace = Workspace::empty();
    workspace.write("object.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n");
    workspace.write("kustomization.yaml", "resources: [object.yaml]\n");
    let plain = workspace.run(&["kustomize"]).exits(0).out();
    let flags = "--enable-helm --enable-alpha-plugins=true --helm-command helm3 --helm-api-versions v1 --helm-kube-version 1.30 \
                 --helm-debug -e A=b --env C --mount type=bind --network --network-name bridge --as-current-user";
    let flags: Vec<&str> = ["kustomize"].into_iter().chain(flags.split_whitespace()).collect();
    assert_eq!(workspace.run(&flags).exits(0).out(), plain);
    workspace.write("kustomization.yaml", "resources: [object.yaml]\nhelmCharts: [{name: x}]\n");
    assert!(workspace.run(&flags).exits(2).err().contains("`helmCharts` requires the program helm"));
}

#[test]
fn kustomize_reports_warnings() {
    let workspace = Workspace::empty();
    workspace.write("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    let patch = "- target: {kind: Service}\n  patch: '- {op: remove, path: /spec}'\n";
    workspace.write("kustomization.yaml", format!("resources: [a.yaml]\npatches:\n{patch}"));
    let ran = workspace.run(&["kustomize"]).exits(0);
    assert!(ran.err().starts_with("warning[overlay]: no object matches the target of this patch"), "{}", ran.err());
    assert!(!ran.err().contains("optional"), "{}", ran.err());
    workspace.write("kustomization.yaml", format!("resources: [a.yaml]\npatches:\n{patch}  optional: true\n"));
    let ran = workspace.run(&["kustomize"]).exits(0);
    assert!(ran.err().contains("warning[overlay]: `optional` is a field of pleach that kustomize rejects\n"));
    assert!(ran.err().contains("--> kustomization.yaml:3:3"), "{}", ran.err());
}

#[test]
fn kustomize_warns_of_hashes_that_it_does_not_know() {
    let workspace = Workspace::empty();
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: init\n  labels: {a: b}\n  annotations:\n    \
               internal.config.kubernetes.io/needsHashSuffix: enabled\nspec: {text: '{\"a\": \"b\"}'}\n";
    let replacement = |source, target| {
        format!(
            "replacements:\n- source: {{kind: Job, fieldPath: {source}}}\n  targets:\n  - select: {{kind: Job}}\n    fieldPaths: \
             [{target}]\n    options: {{create: true}}\n"
        )
    };
    let patch = |fields: &str| {
        format!(
            "patches:\n- patch: '{{apiVersion: batch/v1, kind: Job, metadata: {{name: init}}, spec: {{a: b}}}}'\n{fields}"
        )
    };
    let labels = |key: &str| format!("labels:\n- {{pairs: {{{key}: label}}, includeSelectors: true}}\n");
    let linked = "- path: labels.yaml\n";
    workspace.write("labels.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: init, labels: {new: x}}\n");
    workspace.write("base/kustomization.yaml", "resources: [job.yaml]\ncommonLabels: {new: label}\n");
    workspace.write("base/job.yaml", job);
    for (resource, job, kustomization) in [
        ("job.yaml", job.replace("init", "&name init"), String::new()),
        ("job.yaml", job.replace("init", "!!str init"), String::new()),
        ("job.yaml", job.replace("metadata", "# below\n\nmetadata"), String::new()),
        ("job.yaml", job.replace("metadata", "  # too far\nmetadata"), String::new()),
        ("job.yaml", job.replace("spec", "list:\n- - item\nspec"), String::new()),
        ("job.yaml", job.replace("spec", "list: [ # within\n  item]\nspec"), String::new()),
        ("job.yaml", job.replace("batch", "apps").replace("Job", "Deployment"), labels("new")),
        (
            "job.yaml",
            job.replace("spec: {", "spec: {selector: {matchLabels: {a: 'b'}}, template: {}, ")
                .replace("batch", "apps")
                .replace("Job", "Deployment"),
            labels("a"),
        ),
        ("job.yaml", job.to_owned(), patch("").replace("'{", "|-\n    # comment\n    {").replace("}}'", "}}")),
        ("job.yaml", job.to_owned(), patch("  options: {allowNameChange: true}\n")),
        ("job.yaml", job.to_owned(), replacement("metadata.labels", "spec.labels")),
        ("job.yaml", job.to_owned(), replacement("metadata.name", "spec.text.a")),
        ("base", job.to_owned(), patch(linked)),
    ] {
        workspace.write("job.yaml", &job);
        workspace.write("kustomization.yaml", format!("resources: [{resource}]\n{kustomization}"));
        let ran = workspace.run(&["kustomize"]).exits(0);
        let warning = "warning[overlay]: the annotation has no effect, because pleach does not know";
        assert!(ran.err().contains(warning), "{job}{kustomization}{}", ran.err());
        assert!(ran.out().contains("  name: init\n"), "{job}{kustomization}{}", ran.out());
    }
}

#[test]
fn parts_of_a_build_report_nothing_as_unused() {
    let workspace = Workspace::small();
    workspace.write("overlays/unused/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    let warning = "no branch uses the overlay `unused`";
    assert!(workspace.run(&["build"]).exits(0).err().contains(warning));
    for args in [["--shard", "1/1"], ["--shard", "1/2"], ["--shard", "2/2"], ["--only", "*"]] {
        assert_eq!(workspace.run(&["build", "--strict", args[0], args[1]]).exits(0).err(), "", "{args:?}");
    }
}
