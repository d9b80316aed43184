//! `pleach branch`: edits of the spec.

use crate::tests::kit::Workspace;
use std::io::Write;
use std::process::{Command, Stdio};

const SPEC: &str = "\
apiVersion: pleach/v1
kind: Branches
project: shop
# One a line.
branches:
- name: main   # the baseline
  pin: {reason: 'everybody needs it'}

# Waits for review.
- name: feature/login
  expires: 2026-12-24
  images: {backend: \"registry.example.com/shop/backend:1\"}   # by CI

- name: feature/search
  expires: 2026-11-01
";

const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: backend}\nspec:\n  containers:\n  - {name: backend, image: backend}\n";

fn workspace() -> Workspace {
    let workspace = Workspace::small();
    workspace.write("base/pod.yaml", POD);
    workspace.write("branches.yaml", SPEC);
    workspace
}

/// Runs `pleach` with a text on its standard input.
fn piped(workspace: &Workspace, args: &[&str], input: &str) -> (i32, String, String) {
    let mut child = workspace
        .command()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

#[cfg(unix)]
#[test]
fn unreadable_standard_input_is_an_io_error() {
    let workspace = workspace();
    let folder = std::fs::File::open(env!("CARGO_MANIFEST_DIR")).unwrap();
    let done = workspace.command().args(["branch", "sync", "--from", "-"]).stdin(folder).output().unwrap();
    assert_eq!(done.status.code(), Some(4), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn only_the_changed_line_differs() {
    let workspace = workspace();
    let image = "backend=registry.example.com/shop/backend@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    workspace.run(&["branch", "set", "feature/login", "--image", image]).exits(0);
    let reference = image.strip_prefix("backend=").unwrap();
    assert_eq!(workspace.read("branches.yaml"), SPEC.replace("registry.example.com/shop/backend:1", reference));
    let output = workspace.run(&["branch", "set", "feature/login", "--image", image]).exits(0).out();
    assert_eq!(output, "feature/login has these settings already\n");

    workspace.write("branches.yaml", SPEC);
    workspace.run(&["branch", "set", "feature/login", "--value", "replicas=2"]).exits(0);
    let last = "   # by CI\n";
    assert_eq!(workspace.read("branches.yaml"), SPEC.replace(last, &format!("{last}  values: {{replicas: 2}}\n")));
    workspace.run(&["branch", "set", "feature/login", "--unset", "values.replicas"]).exits(0);
    assert_eq!(workspace.read("branches.yaml"), SPEC);
}

#[test]
fn a_list_with_dashes_at_the_indentation_of_its_key_is_changed() {
    let workspace = workspace();
    for name in ["cluster", "extra"] {
        let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n";
        workspace.write(&format!("overlays/{name}/kustomization.yaml"), component);
    }
    let own = |text: &str| format!("{SPEC}{text}  owner: me\n");
    workspace.write(
        "branches.yaml",
        own("  overlays:   # all\n  - cluster\n  - extra # more\n  values:\n    deep:\n      list:\n      - 1\n"),
    );
    let set = |args: &[&str]| workspace.run(&[&["branch", "set", "feature/search"], args].concat()).exits(0);
    set(&["--overlay", "extra"]);
    let values = "  values:\n    deep:\n      list:\n      - 1\n";
    assert_eq!(workspace.read("branches.yaml"), own(&format!("  overlays:   # all\n  - extra # more\n{values}")));
    set(&["--value", "deep.list=5", "--unset", "overlays"]);
    assert_eq!(workspace.read("branches.yaml"), own("  values:\n    deep:\n      list: 5\n"));
}

#[test]
fn switching_the_active_version_changes_one_line() {
    let workspace = workspace();
    let slots =
        "  slots:\n    active: blue   # since Monday\n    versions: {blue: {}, green: {images: {backend: ':2'}}}\n";
    workspace.write("branches.yaml", format!("{SPEC}{slots}"));
    let error = workspace.run(&["branch", "set", "feature/search", "--active", "gren"]).exits(2).err();
    assert!(error.contains("unknown version `gren`") && error.contains("did you mean `green`?"), "{error}");
    workspace.run(&["branch", "set", "feature/search", "--active", "green"]).exits(0);
    assert_eq!(workspace.read("branches.yaml"), format!("{SPEC}{}", slots.replace("active: blue", "active: green")));
    let listed = workspace.run(&["branch", "list", "--format", "json"]).exits(0).out();
    assert!(listed.contains("\"active\": \"green\"") && listed.contains("\"active\": null"), "{listed}");
    // `--active` adds no versions to a branch without `slots`.
    workspace.run(&["branch", "set", "main", "--active", "green"]).exits(2);
}

#[test]
fn services_and_the_database_mode_of_a_branch_are_set() {
    let workspace = workspace();
    workspace
        .write("overlays/api/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n");
    let head =
        "baseline: main\nservices: {api: {overlay: api}, web: {overlay: api}}\ndatabase: {name: shop}\n# One a line.";
    let spec = SPEC.replace("# One a line.", head);
    workspace.write("branches.yaml", &spec);
    let set = |args: &[&str]| workspace.run(&[&["branch", "set", "feature/login"], args].concat());
    set(&["--service", "web", "--database", "schema"]).exits(0);
    let lines = "  services: [web]\n  database: {mode: schema}\n";
    assert_eq!(workspace.read("branches.yaml"), spec.replace("# by CI\n", &format!("# by CI\n{lines}")));
    set(&["--service", "api", "--service", "web", "--database", "database"]).exits(0);
    let lines = "  services: [api, web]\n  database: {mode: database}\n";
    assert_eq!(workspace.read("branches.yaml"), spec.replace("# by CI\n", &format!("# by CI\n{lines}")));
    set(&["--unset", "services", "--unset", "database"]).exits(0);
    assert_eq!(workspace.read("branches.yaml"), spec);
    for (args, why) in [(["--service", "wep"], "unknown service `wep`"), (["--database", "mine"], "`mine`")] {
        let output = set(&args).exits(2).err();
        assert!(output.contains(why) && output.contains("because of `--"), "{output}");
        assert_eq!(workspace.read("branches.yaml"), spec);
    }
}

/// Branches that the rest of the spec needs are kept; the others are removed.
#[test]
fn the_baseline_branch_and_the_target_of_an_alias_are_kept() {
    let workspace = workspace();
    let head =
        "hosts: ['{{ branch.slug }}.example.com']\naliases: {stable: feature/login}\nbaseline: old\n# One a line.";
    workspace.write("branches.yaml", SPEC.replace("# One a line.", head) + "- name: old\n  expires: 2026-01-01\n");
    let output = workspace.run(&["branch", "expire", "--as-of", "2026-12-30"]).exits(0).out();
    assert_eq!(output, "expired feature/search\nneeded feature/login\nneeded old\n");
    let (status, out, _) = piped(&workspace, &["branch", "sync", "--from", "-"], "feature/new\n");
    let kept = "pinned main\nneeded feature/login\nneeded old\n";
    assert_eq!((status, out), (0, format!("added feature/new\n{kept}dropped the record of feature/search\n")));
    let spec = workspace.read("branches.yaml");
    let error = workspace.run(&["branch", "remove", "feature/login", "old"]).exits(2).err();
    for (want, at) in [
        ("`feature/login` cannot be removed, because the alias `stable` refers to it", "aliases: {stable: "),
        ("`old` cannot be removed, because `baseline` refers to it", "baseline: "),
    ] {
        let line = spec.lines().position(|line| line.starts_with(at)).unwrap() + 1;
        let want = format!("error[spec]: {want}\n --> branches.yaml:{line}:{}", at.len() + 1);
        assert!(error.contains(&want) && error.contains("change it to another branch"), "{error}");
    }
    assert_eq!(workspace.read("branches.yaml"), spec);
}

#[test]
fn line_endings_and_byte_order_marks_are_kept() {
    let workspace = workspace();
    let text = format!("\u{feff}{}", SPEC.replace('\n', "\r\n"));
    workspace.write("branches.yaml", &text);
    workspace.run(&["branch", "set", "feature/login", "--owner", "me"]).exits(0);
    workspace.run(&["branch", "add", "x"]).exits(0);
    let want = text.replace("by CI\r\n", "by CI\r\n  owner: me\r\n") + "\r\n- name: x\r\n  added: ";
    let written = workspace.read("branches.yaml");
    let date = written.strip_prefix(&want).unwrap_or_else(|| panic!("{written}"));
    assert!(date.len() == "2026-12-24\r\n".len() && date.ends_with("\r\n"), "{date}");
}

#[test]
fn a_spec_that_a_build_refuses_is_not_written() {
    let workspace = workspace();
    for (args, why) in [
        (&["set", "feature/login", "--expires", "soon"][..], "is not a date"),
        (&["set", "feature/login", "--replicas", "web=many"], "replicas"),
        (&["set", "feature/logn", "--owner", "me"], "did you mean `feature/login`?"),
        (&["set", "feature/login", "--overlay", "nowhere"], "nowhere"),
        (&["set", "feature/login", "--unset", "name"], "name"),
        (&["set", "feature/login", "--value-json", "a=[1"], "is not JSON"),
        (&["set", "feature/login", "--image", "backend"], "a name, `=` and a value are needed"),
        (&["set", "feature/login"], "no setting is given"),
        (&["add", "main"], "exists already"),
        (&["add", " x"], "invalid branch name ` x`: it contains a space"),
        (&["add", "refs/heads/x"], "use `x`"),
        (&["set", "HEAD", "--create"], "it is the current commit"),
        (&["add", "12/merge"], "a ref of pull request 12"),
        (&["add", "gh-readonly-queue/main/pr-1-abc"], "a branch of a merge queue"),
        (&["add", "origin/main"], "`origin/main` is the remote-tracking branch of `main`"),
    ] {
        let args: Vec<&str> = ["branch"].iter().chain(args).copied().collect();
        let ran = workspace.run(&args).exits(2);
        assert!(ran.err().contains(why) && ran.out().is_empty(), "{args:?}: {}", ran.err());
        assert_eq!(workspace.read("branches.yaml"), SPEC, "{args:?}");
    }
}

#[test]
fn twenty_simultaneous_changes_are_all_kept() {
    let workspace = workspace();
    let containers: String = (0..20).map(|n| format!("  - {{name: c{n}, image: i{n}}}\n")).collect();
    workspace.write("base/pod.yaml", format!("{POD}{containers}"));
    let path = workspace.path();
    std::thread::scope(|scope| {
        for n in 0..20 {
            scope.spawn(move || {
                let done = Command::new(env!("CARGO_BIN_EXE_pleach"))
                    .current_dir(path)
                    .args(["branch", "set", &format!("feature/n{}", n / 2), "--create"])
                    .args(["--value", &format!("v{n}={n}"), "--image", &format!("i{n}=r.example.com/i:{n}")])
                    .output()
                    .unwrap();
                assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            });
        }
    });
    let text = workspace.read("branches.yaml");
    assert!(text.starts_with(SPEC.trim_end()), "{text}");
    for n in 0..20 {
        assert_eq!(text.matches(&format!("v{n}: {n}")).count(), 1, "{n}: {text}");
        assert_eq!(text.matches(&format!("i{n}: r.example.com/i:{n}")).count(), 1, "{n}: {text}");
    }
    assert_eq!(workspace.run(&["branch", "list"]).exits(0).out().lines().count(), 1 + 3 + 10);
}

#[test]
fn a_branch_is_removed_unless_it_is_pinned() {
    let workspace = workspace();
    let output = workspace.run(&["branch", "remove", "main", "feature/login"]).exits(3).err();
    assert!(output.contains("`main` is pinned: everybody needs it"), "{output}");
    assert_eq!(workspace.read("branches.yaml"), SPEC);
    assert_eq!(workspace.run(&["branch", "remove", "feature/login"]).exits(0).out(), "removed feature/login\n");
    let (before, rest) = SPEC.split_once("# Waits").unwrap();
    let after = &rest[rest.find("- name: feature/search").unwrap()..];
    assert_eq!(workspace.read("branches.yaml"), format!("{before}{after}"));
    let again = workspace.run(&["branch", "remove", "feature/login"]).exits(0);
    assert_eq!(again.out(), "nothing to do\n");
    assert!(again.err().contains("warning[usage]: the branch `feature/login` does not exist"), "{}", again.err());
}

#[test]
fn expired_branches_are_removed() {
    let workspace = workspace();
    workspace.edit(
        "branches.yaml",
        "reason: 'everybody needs it'}\n",
        "reason: 'everybody needs it'}\n  expires: 2020-01-01\n",
    );
    let run = |day: &str| workspace.run(&["branch", "expire", "--as-of", day]).exits(0).out();
    assert_eq!(run("2026-11-01"), "pinned main\n");
    assert_eq!(run("2026-11-02"), "expired feature/search\npinned main\n");
    assert_eq!(run("2026-12-24"), "pinned main\n");
    assert_eq!(run("2026-12-25"), "expired feature/login\npinned main\n");
    workspace.run(&["branch", "expire", "--as-of", "today"]).exits(2);
}

#[test]
fn a_pin_has_a_reason() {
    let workspace = workspace();
    workspace.edit("branches.yaml", "pin: {reason: 'everybody needs it'}", "pin: {}");
    let output = workspace.run(&["build"]).exits(2).err();
    assert!(output.contains("reason"), "{output}");
}

fn git(folder: &std::path::Path, args: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"];
    let done = Command::new("git").args(identity).args(args).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A repository with one commit and some branches in addition to the default branch.
fn origin(repos: &Workspace, branches: &[&str]) -> std::path::PathBuf {
    repos.write("origin/file", "x");
    let origin = repos.path().join("origin");
    git(&origin, &["init", "-q"]);
    git(&origin, &["add", "-A"]);
    git(&origin, &["commit", "-qm", "one"]);
    for branch in branches {
        git(&origin, &["branch", branch]);
    }
    origin
}

#[test]
fn sync_reads_the_branches_of_a_clone_or_a_mirror() {
    let workspace = workspace();
    workspace.write(
        "branches.yaml",
        SPEC.to_owned() + "sync:\n  exclude: [wip/*]\n  images: {backend: \":{{ commit.short }}\"}\n",
    );
    let repos = Workspace::empty();
    origin(&repos, &["feature/login", "feature/new", "wip/mine"]);
    git(repos.path(), &["clone", "-q", "origin", "clone"]);
    git(repos.path(), &["clone", "-q", "--mirror", "origin", "mirror"]);
    let (clone, mirror) = (repos.path().join("clone"), repos.path().join("mirror"));
    let sync = |repo: &std::path::Path, more: &[&str]| {
        let args = ["branch", "sync", "--from", "git", "--repo", repo.to_str().unwrap()];
        workspace.run(&args.iter().chain(more).collect::<Vec<_>>().iter().map(|s| **s).collect::<Vec<_>>())
    };
    let output = sync(&clone, &["--dry-run"]).exits(0).out();
    assert_eq!(output, "added feature/new\nchanged feature/login\nchanged main\nremoved feature/search\n");
    assert!(workspace.read("branches.yaml").contains("feature/search"));
    assert_eq!(sync(&clone, &[]).exits(0).out(), output);
    assert_eq!(sync(&mirror, &[]).exits(0).out(), "nothing to do\n");
    let text = workspace.read("branches.yaml");
    assert!(
        text.contains("# Waits for review.") && text.contains("   # by CI") && !text.contains("wip/mine"),
        "{text}"
    );
    // A folder in the repository of the workspace, and a mirror that only the text of its path puts there.
    workspace.commit_all();
    let below = workspace.path().join("base");
    let beside = workspace.path().join("..").join(repos.path().file_name().unwrap());
    assert_eq!(sync(&beside.join("mirror"), &[]).exits(0).out(), "nothing to do\n");
    let (nowhere, upstream) = (repos.path().join("nowhere"), &["--remote", "upstream"][..]);
    for (repo, more) in [(nowhere, &[][..]), (clone.clone(), upstream), (below, &[])] {
        let ran = sync(&repo, more).exits(3);
        assert!(ran.err().contains("cannot be listed") && ran.out().is_empty(), "{}", ran.err());
        assert_eq!(workspace.read("branches.yaml"), text);
    }
}

/// A branch that was not fetched is not a deleted branch.
#[test]
fn an_incomplete_clone_removes_no_branch() {
    let workspace = workspace();
    let repos = Workspace::empty();
    let origin = origin(&repos, &["feature/login", "feature/search"]);
    let url = format!("file://{}", origin.display());
    let sync = |name: &str| {
        let repo = repos.path().join(name);
        workspace.run(&["branch", "sync", "--from", "git", "--repo", repo.to_str().unwrap()])
    };
    for (name, args, help) in [
        ("single", &["--single-branch", "-b", "main"][..], "git remote set-branches origin '*' && git fetch origin"),
        ("some", &["-c", "remote.origin.fetch=^refs/heads/feature/*"], "git remote set-branches origin '*'"),
        ("shallow", &["--depth", "1"], "git remote set-branches origin '*'"),
        ("shallow-mirror", &["--depth", "1", "--mirror"], "git fetch --unshallow origin"),
    ] {
        git(repos.path(), &[&["clone", "-q"], args, &[&url, name]].concat());
        let ran = sync(name).exits(3);
        assert!(ran.err().contains("may not have all branches of `origin`") && ran.out().is_empty(), "{}", ran.err());
        assert!(ran.err().contains(help), "{name}: {}", ran.err());
        assert_eq!(workspace.read("branches.yaml"), SPEC, "{name}");
    }
    for (name, args) in [
        ("all", &[][..]),
        ("shallow-all", &["--depth", "1", "--no-single-branch"]),
        ("bare", &["--bare"]),
        ("mirror", &["--mirror"]),
    ] {
        git(repos.path(), &[&["clone", "-q"], args, &[&url, name]].concat());
        assert_eq!(sync(name).exits(0).out(), "nothing to do\n", "{name}");
    }
    // The suggested commands solve the problem.
    for name in ["single", "shallow"] {
        git(&repos.path().join(name), &["remote", "set-branches", "origin", "*"]);
        git(&repos.path().join(name), &["fetch", "-q", "origin"]);
        assert_eq!(sync(name).exits(0).out(), "nothing to do\n");
    }
    let mirror = repos.path().join("shallow-mirror");
    git(&mirror, &["fetch", "-q", "--unshallow", "origin"]);
    assert_eq!(sync("shallow-mirror").exits(0).out(), "nothing to do\n");
}

#[test]
fn too_many_removals_at_once_are_refused() {
    let workspace = workspace();
    let names: Vec<String> = (0..12).map(|n| format!("b{n}")).collect();
    let branches: String =
        names.iter().map(|name| format!("- name: {name}\n  expires: 2026-01-0{}\n", 1 + name.len() % 2)).collect();
    let spec = format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbranches:\n{branches}");
    workspace.write("branches.yaml", &spec);
    let listed: String = names[..8].iter().map(|name| format!("{name}\n")).collect();
    let sync = ["branch", "sync", "--from", "-"];
    let (status, out, err) = piped(&workspace, &sync, &listed);
    assert_eq!((status, out.as_str()), (3, ""));
    assert!(
        err.contains("4 of 12 branches would be deleted") && err.contains("`b11`") && err.contains("--allow-delete 4"),
        "{err}"
    );
    assert_eq!(workspace.read("branches.yaml"), spec);
    for wrong in ["3", "5", "0"] {
        assert_eq!(piped(&workspace, &[&sync[..], &["--allow-delete", wrong]].concat(), &listed).0, 3, "{wrong}");
    }
    for list in [
        "",
        "\n",
        "[]",
        "b0\nb1",
        "[{\"name\": \"b0\"}, {\"na",
        "fatal: no such remote\n",
        "{\"message\": \"Not Found\"}",
    ] {
        let (status, _, err) = piped(&workspace, &sync, list);
        assert_eq!(status, 3, "{list:?}: {err}");
    }
    assert_eq!(workspace.read("branches.yaml"), spec);
    workspace.run(&["branch", "expire", "--as-of", "2027-01-01"]).exits(3);
    assert_eq!(workspace.read("branches.yaml"), spec);
    let (status, out, _) = piped(&workspace, &[&sync[..], &["--allow-delete", "4"]].concat(), &listed);
    assert_eq!((status, out.as_str()), (0, "removed b8\nremoved b9\nremoved b10\nremoved b11\n"));
    // Named branches are removed without a limit.
    workspace.run(&["branch", "remove", "b1", "b2", "b3", "b4"]).exits(0);
}

#[test]
fn more_branches_than_max_branches_are_refused() {
    let workspace = workspace();
    workspace.write("branches.yaml", SPEC.to_owned() + "maxBranches: 3\n");
    workspace.run(&["build"]).exits(0);
    let before = workspace.files("out");
    let output = workspace.run(&["branch", "add", "one-more"]).exits(3).err();
    assert!(output.contains("the spec has 4 branches, but `maxBranches` is 3"), "{output}");
    workspace.edit("branches.yaml", "maxBranches: 3", "maxBranches: 2");
    workspace.run(&["build"]).exits(3);
    assert_eq!(workspace.files("out"), before);
}

/// A list without a name that the sync settings select is refused like an empty list.
#[test]
fn a_list_without_selected_names_removes_no_branch() {
    let workspace = workspace();
    let spec = SPEC.to_owned() + "- name: keep\nsync: {include: ['feature/*', keep]}\n";
    workspace.write("branches.yaml", &spec);
    let sync = ["branch", "sync", "--from", "-"];
    for (list, why) in [
        ("null\n", "`sync.include` and `sync.exclude` do not select `null`, the only name in the list of branches"),
        ("<html>\n</html>\n", "`sync.include` and `sync.exclude` select none of the 2 names in the list of branches"),
        ("origin/feature/login\norigin/main\norigin/keep\n", "the list of branches has no branch"),
        ("[{\"name\": \"keep\", \"commit\": {\"sha\": \"oops\"}}]", "invalid commit `oops` of branch `keep`"),
    ] {
        for more in [&[][..], &["--allow-delete", "3"], &["--dry-run"]] {
            let (status, out, err) = piped(&workspace, &[&sync[..], more].concat(), list);
            assert_eq!((status, out.as_str()), (3, ""), "{list:?}");
            assert!(err.contains(why), "{list:?}: {err}");
            assert_eq!(workspace.read("branches.yaml"), spec);
        }
    }
    // A list that cannot remove a branch is accepted: the only selected branch is pinned.
    let (status, out, err) = piped(&workspace, &[&sync[..], &["--include", "main"]].concat(), "null\n");
    assert_eq!((status, out.as_str()), (0, "pinned main\n"), "{err}");
    let (status, out, _) = piped(&workspace, &sync, "null\nkeep\n");
    assert_eq!((status, out.as_str()), (0, "removed feature/login\nremoved feature/search\n"));
}

/// A spec with too many branches can still be reduced.
#[test]
fn above_max_branches_changes_that_add_none_are_allowed() {
    let workspace = workspace();
    let spec = SPEC.to_owned() + "- name: a\n- name: b\nmaxBranches: 2\n";
    workspace.write("branches.yaml", &spec);
    assert_eq!(workspace.run(&["branch", "list"]).exits(0).out().lines().count(), 1 + 5);
    for refused in [&["build"][..], &["check"], &["branch", "add", "c"], &["branch", "set", "c", "--create"]] {
        let output = workspace.run(refused).exits(3).err();
        assert!(output.contains("`maxBranches` is 2"), "{refused:?}: {output}");
        assert_eq!(workspace.read("branches.yaml"), spec);
    }
    let (status, _, output) =
        piped(&workspace, &["branch", "sync", "--from", "-"], "feature/login\nfeature/search\na\nb\nc\n");
    assert_eq!(status, 3, "{output}");
    assert!(output.contains("the spec has 6 branches, but `maxBranches` is 2"), "{output}");
    assert_eq!(workspace.read("branches.yaml"), spec);

    workspace.run(&["branch", "set", "a", "--owner", "me"]).exits(0);
    assert_eq!(
        workspace.run(&["branch", "expire", "--as-of", "2026-11-02"]).exits(0).out(),
        "expired feature/search\n"
    );
    let (status, out, output) = piped(&workspace, &["branch", "sync", "--from", "-"], "feature/login\nc\nb\n");
    let report = "added c\nremoved a\npinned main\ndropped the record of feature/search\n";
    assert_eq!((status, &*out), (0, report), "{output}");
    assert_eq!(workspace.run(&["branch", "remove", "b"]).exits(0).out(), "removed b\n");
    workspace.run(&["build"]).exits(3);
    workspace.run(&["branch", "remove", "c"]).exits(0);
    workspace.run(&["build"]).exits(0);
}
