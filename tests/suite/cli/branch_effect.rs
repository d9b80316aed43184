//! What an edit of a branch changes in its output: nothing is written that a build would refuse, and an edit without effect is
//! reported.

use crate::tests::cli::workspace_with_pod;
use crate::tests::kit::Workspace;

const HEAD: &str = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nnamespace: 'shop-{{ branch.slug }}'\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: registry.example.com/shop/web}]}\n";
const PROXY: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: proxy}\nspec: {containers: [{name: proxy, image: 'registry.example.com/shop/proxy:1'}]}\n";

fn workspace(spec: &str) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("branches.yaml", format!("{HEAD}{spec}"));
    workspace.write("base/pod.yaml", POD);
    workspace.write("overlays/proxy/pod.yaml", PROXY);
    workspace
}

/// Runs `branch set`, which is refused for a reason and writes nothing.
#[track_caller]
fn refused(workspace: &Workspace, args: &[&str], why: &str) {
    let spec = workspace.read("branches.yaml");
    let error = workspace.run(&[&["branch", "set"], args].concat()).exits(2).err();
    assert!(error.contains(why), "{args:?}\n{error}");
    assert_eq!(workspace.read("branches.yaml"), spec, "{args:?}");
}

#[test]
fn an_image_that_the_branch_does_not_have_is_refused() {
    let spec = "imageAliases: {backend: registry.example.com/shop/bakcend}\ndefaults: {images: {web: 'registry.example.com/shop/web:main'}}\nbranches:\n- name: main\n- name: other\n  overlays: [proxy]\n";
    let workspace = workspace(spec);
    let warnings = workspace.run(&["build"]).exits(0).err();
    assert!(warnings.contains("no image of any branch has the name `web`"), "{warnings}");
    let did_you_mean = "did you mean `registry.example.com/shop/web`?";
    refused(&workspace, &["main", "--image", "web=:abc123"], did_you_mean);
    refused(&workspace, &["main", "--image", "wbe=:abc123"], did_you_mean);
    refused(&workspace, &["main", "--image", "backend=:3.0"], "`backend` is an alias of this name: branches.yaml:5:");
    refused(
        &workspace,
        &["main", "--image", "green.backend=:3.0"],
        "no image of this branch has the name `green.backend`",
    );
    // Another branch has it, which is only a warning of a build.
    refused(&workspace, &["main", "--image", "registry.example.com/shop/proxy=:2"], "no image of this branch");
    workspace.run(&["branch", "set", "other", "--image", "registry.example.com/shop/proxy=:2"]).exits(0);
    workspace.run(&["branch", "set", "main", "--image", "registry.example.com/shop/web=:abc123"]).exits(0);
}

#[test]
fn reserved_characters_are_refused_in_all_settings() {
    let workspace = workspace("branches:\n- name: main\n- name: legacy\n  appEngine: {project: example-project}\n");
    for (name, option) in [
        ("main", "--value"),
        ("main", "--annotation"),
        ("main", "--owner"),
        ("legacy", "--value"),
        ("legacy", "--link"),
    ] {
        let value = if option.ends_with('e') || option.ends_with('n') { "key=a\u{10FF00}" } else { "a\u{10FF00}" };
        refused(&workspace, &[name, option, value], "the character U+10FF00 is reserved for pleach");
    }
}

#[test]
fn the_value_of_an_image_is_a_reference_a_tag_or_a_digest() {
    let workspace = workspace("branches:\n- name: main\n");
    let name = "registry.example.com/shop/web";
    for (value, why) in [
        ("553640", "did you mean `:553640`?"),
        ("main", "did you mean `:main`?"),
        ("", "is neither a full reference nor `:TAG` nor `@DIGEST`"),
        ("not an image", "`not an image` is neither"),
        ("https://registry.example.com/web", "is neither"),
        ("@sha256:12", "is neither"),
        (":", "is neither"),
    ] {
        refused(&workspace, &["main", "--image", &format!("{name}={value}")], why);
    }
    let digest = format!("@sha256:{}", "0".repeat(64));
    for value in [":553640", "web:1", "docker.io/library/nginx", "localhost:5000/web", &digest] {
        workspace.run(&["branch", "set", "main", "--image", &format!("{name}={value}")]).exits(0);
    }
}

#[test]
fn what_a_build_would_refuse_is_not_written() {
    let workspace = workspace("branches:\n- name: main\n  values: {level: info}\n");
    workspace.write(
        "base/config.yaml.j2",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config, labels: {level: '{{ values.level }}'}}\n",
    );
    refused(&workspace, &["main", "--replicas", "wrong=2"], "no workload with replicas is named `wrong`");
    refused(&workspace, &["main", "--value", "level=not a label"], "not a label");
    refused(&workspace, &["main", "--unset", "values.level"], "base/config.yaml.j2:3:");
    refused(&workspace, &["new", "--create"], "base/config.yaml.j2:3:");
    let error = workspace.run(&["branch", "add", "new", "--image", "wbe=:1", "--value", "level=a"]).exits(2).err();
    assert!(error.contains("no image of this branch has the name `wbe`"), "{error}");
    workspace.run(&["branch", "add", "new", "--value", "level=debug"]).exits(0);
    workspace.run(&["build"]).exits(0);
}

#[test]
fn errors_that_existed_before_do_not_block_an_edit() {
    let workspace = workspace("branches:\n- name: main\n  replicas: {wrong: 2}\n- name: other\n");
    workspace.run(&["branch", "set", "main", "--image", "registry.example.com/shop/web=:2"]).exits(0);
    refused(&workspace, &["main", "--replicas", "missing=2"], "no workload with replicas is named `missing`");
    workspace.run(&["branch", "set", "main", "--unset", "replicas"]).exits(0);
    // A new branch has the errors that the others have.
    workspace.write("base/bad.yaml", "apiVersion: v1\nkind: ConfigMap\n");
    workspace.run(&["branch", "add", "new", "--owner", "team-a"]).exits(0);
    workspace.run(&["build"]).exits(2);
}

#[test]
fn an_edit_without_effect_on_the_output_is_reported() {
    let workspace = workspace("branches:\n- name: main\n");
    let set = |args: &[&str]| workspace.run(&[&["branch", "set", "main"], args].concat()).exits(0).out();
    let no_effect = "changed main\nno effect: the output of main stays the same\n";
    let image = "registry.example.com/shop/web=";
    assert_eq!(set(&["--value", "unread=1"]), no_effect);
    assert_eq!(set(&["--image", &format!("{image}:1")]), "changed main\n");
    assert_eq!(set(&["--image", &format!("{image}registry.example.com/shop/web:1")]), no_effect);
    assert_eq!(
        set(&["--image", &format!("{image}registry.example.com/shop/web:1")]),
        "main has these settings already\n"
    );
    assert_eq!(set(&["--host", "shop.example.com"]), no_effect);
    for (option, value) in [("--owner", "me"), ("--pin", "a reason"), ("--expires", "2026-12-24")] {
        assert_eq!(set(&[option, value]), "changed main\n", "{option}");
    }
}

/// An image without effect is an error of its branch.
#[test]
fn the_other_branches_are_built_with_keep_going() {
    let spec = "branches:\n- name: bad\n  images: {web: ':2'}\n- name: good\n  images: {registry.example.com/shop/web: ':2'}\n";
    let workspace = workspace(spec);
    workspace.run(&["build"]).exits(2);
    assert!(workspace.files("out").is_empty());
    let error = workspace.run(&["build", "--keep-going"]).exits(2).err();
    assert!(error.contains("no image of this branch has the name `web`") && error.contains("branch: `bad`"), "{error}");
    let built: Vec<String> = workspace.files("out/namespaces").into_keys().collect();
    assert!(built.iter().all(|path| path.starts_with("good/")) && !built.is_empty(), "{built:?}");
}

/// A part of the branches is judged as in a build of all, and unused parts of the workspace are not reported.
#[test]
fn a_build_of_some_branches_knows_the_images_of_the_others() {
    let spec = "defaults: {values: {unread: 1}}\nbranches:\n- name: bad\n  images: {wbe: ':2'}\n- name: main\n  images: {registry.example.com/shop/proxy: ':2'}\n- name: other\n  overlays: [proxy]\n";
    let workspace = workspace(spec);
    workspace.write("overlays/unused/pod.yaml", POD);
    let warnings = workspace.run(&["build", "--only", "main"]).exits(0).err();
    assert!(warnings.contains("no image of this branch has the name `registry.example.com/shop/proxy`"), "{warnings}");
    assert!(warnings.contains("the branch `other` has this image"), "{warnings}");
    assert!(!warnings.contains("no branch uses") && !warnings.contains("`unread`"), "{warnings}");
    let error = workspace.run(&["build", "--only", "bad"]).exits(2).err();
    assert!(error.contains("no image of this branch has the name `wbe`"), "{error}");
    let status: Vec<i32> = ["1/2", "2/2"].map(|shard| workspace.run(&["build", "--shard", shard]).status()).into();
    assert!(status.contains(&2), "{status:?}");
    workspace.run(&["branch", "set", "bad", "--unset", "images"]).exits(0);
    let warnings = workspace.run(&["build"]).exits(0).err();
    assert!(warnings.contains("no branch uses the overlay `unused`") && warnings.contains("`unread`"), "{warnings}");
}

#[test]
fn warnings_are_errors_with_strict() {
    let workspace = workspace("defaults: {values: {unread: 1}}\nbranches:\n- name: main\n  overlays: [proxy]\n");
    let error = workspace.run(&["build", "--strict"]).exits(2).err();
    assert!(error.starts_with("error[spec]: no template reads the value `unread`"), "{error}");
    assert!(workspace.files("out").is_empty());
    workspace.run(&["build"]).exits(0);
    workspace.run(&["check"]).exits(0);
    workspace.run(&["check", "--strict"]).exits(2);
    workspace.run(&["branch", "set", "main", "--create", "--owner", "me"]).exits(0);
    workspace.edit("branches.yaml", "defaults: {values: {unread: 1}}\n", "");
    workspace.run(&["check", "--strict"]).exits(0);
}

#[test]
fn a_sync_that_a_build_would_refuse_is_not_written() {
    let sync = |images: &str| {
        format!("sync: {{images: {{{images}: 'registry.example.com/shop/web:{{{{ branch.tag }}}}'}}}}\n")
    };
    let branches = "branches:\n- name: main\n";
    for list in ["main\n", "main\nnew\n", "main\nnew\nother\n"] {
        let workspace = workspace(&format!("{}{branches}", sync("shop/wbe")));
        let spec = workspace.read("branches.yaml");
        let warning = workspace.run(&["build"]).exits(0).err();
        let want = "no image of any branch has the name `shop/wbe`, which `sync.images` sets\n --> branches.yaml:5:";
        assert!(
            warning.contains(want) && warning.contains("did you mean `registry.example.com/shop/web`?"),
            "{warning}"
        );
        let (status, _, error) = super::guards::sync(&workspace, list, &[]);
        assert_eq!(status, 2, "{error}");
        assert!(error.contains("no image of this branch has the name `shop/wbe`"), "{error}");
        assert_eq!(workspace.read("branches.yaml"), spec);
        workspace.write("branches.yaml", spec.replace("shop/wbe", "registry.example.com/shop/web"));
        let (status, _, error) = super::guards::sync(&workspace, list, &[]);
        assert_eq!((status, error.as_str()), (0, ""));
        assert!(!workspace.run(&["build"]).exits(0).err().contains("image"));
    }
}

#[test]
fn a_command_has_a_limited_number_of_settings() {
    let workspace = workspace_with_pod("branches:\n- name: main\n");
    let values = (0..201).flat_map(|i| ["--value".to_owned(), format!("k{i}=1")]);
    let args: Vec<String> = ["branch", "set", "main"].map(str::to_owned).into_iter().chain(values).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let error = workspace.run(&args).exits(2).err();
    assert!(error.contains("201 settings, but at most 200 are possible"), "{error}");
    workspace.run(&args[..args.len() - 2]).exits(0);
}
