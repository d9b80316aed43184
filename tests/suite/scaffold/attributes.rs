//! `.gitattributes`, as Git applies it.

use crate::tests::kit::Workspace;

const CLONE: &str = "git -c core.autocrlf=true clone -q . clone && git -C clone config core.autocrlf true";

/// The files below a folder that have a carriage return.
fn with_carriage_returns(workspace: &Workspace, folder: &str) -> Vec<String> {
    let files = workspace.files(folder).into_iter();
    files.filter(|(path, text)| !path.starts_with(".git/") && text.contains(&b'\r')).map(|(path, _)| path).collect()
}

#[test]
fn a_clone_on_windows_has_the_same_output() {
    for folder in [".", "environments"] {
        let workspace = Workspace::empty();
        workspace.run(&["init", folder]).exits(0);
        workspace.run(&["-C", folder, "build"]).exits(0);
        workspace.write("other.txt", "not a file of the workspace\n");
        workspace.commit_all();
        assert_eq!(workspace.shell(CLONE), "");
        let clone = format!("clone/{folder}");
        for part in ["base", "overlays", "branches.d", "out"] {
            assert_eq!(with_carriage_returns(&workspace, &format!("{clone}/{part}")), [""; 0], "{folder}");
        }
        // Without the attributes, Git converts the line ends.
        assert!(workspace.read("clone/other.txt").contains("\r\n"), "{folder}");
        workspace.run(&["-C", &clone, "check"]).exits(0);
        let output = workspace.run(&["-C", &clone, "build"]).exits(0).out();
        assert!(output.contains(": 0 files written, "), "{output}");
        assert_eq!(workspace.shell(&format!("git -C {clone} status --short")), "");
    }
}

#[test]
fn line_ends_of_an_editor_do_not_reach_the_repository() {
    let workspace = Workspace::sample();
    workspace.commit_all();
    let spec = workspace.read("branches.yaml");
    workspace.write("branches.yaml", spec.replace('\n', "\r\n"));
    assert_eq!(workspace.shell("git add -A 2>/dev/null; git diff --cached --name-only"), "");
    // A binary file stays as it is.
    let image = b"\x89PNG\r\n\x1a\n\0\0\r\n";
    workspace.write("base/logo.png", image);
    workspace.shell("git add -A 2>/dev/null; rm base/logo.png; git checkout -q base");
    assert_eq!(workspace.files("base")["logo.png"], image);
}

#[test]
fn only_the_output_is_generated() {
    let workspace = Workspace::sample();
    workspace.commit_all();
    let of = |path: &str| workspace.shell(&format!("git check-attr linguist-generated gitlab-generated -- {path}"));
    for path in ["out/namespaces/main/pleach.lock", "out/dns/dev.example.com/main.yaml"] {
        assert_eq!(of(path).matches(": set\n").count(), 2, "{}", of(path));
    }
    for path in ["branches.yaml", "base/service.yaml", "base/out/a.yaml"] {
        assert_eq!(of(path).matches(": unspecified\n").count(), 2, "{}", of(path));
    }
}

#[test]
fn existing_attributes_stay() {
    let workspace = Workspace::empty();
    workspace.write(".gitattributes", "*.png binary\n");
    let output = workspace.run(&["init"]).exits(0).out();
    let (summary, lines) = output.split_once("`.gitattributes` stays as it is; add these lines to it:\n\n").unwrap();
    assert!(!summary.contains(".gitattributes"), "{summary}");
    assert_eq!(workspace.read(".gitattributes"), "*.png binary\n");
    workspace.write(".gitattributes", format!("*.png binary\n{lines}"));
    assert!(!workspace.run(&["init"]).exits(0).out().contains("stays"));
}
