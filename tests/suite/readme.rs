//! The README's commands, run in order in a copy of the sample: what it shows is what they print.
//!
//! A block ```` ```console ```` holds lines `$ command` and what the command prints, standard output and standard error
//! together; a line `...` stands for any number of lines. Commands run under `sh` with `pleach` on the path.

use crate::tests::kit::{Workspace, root};

struct Step {
    command: String,
    expected: Vec<String>,
}

/// The steps of every console block.
fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match line.strip_prefix("$ ") {
                Some(command) => steps.push(Step { command: command.to_owned(), expected: Vec::new() }),
                None => steps.last_mut().expect("a block begins with a command").expected.push(line.to_owned()),
            },
        }
    }
    steps
}

/// Whether `got` fits `expected`, in which `...` stands for any lines.
fn fits(expected: &[String], got: &[&str]) -> bool {
    match expected.split_first() {
        None => got.is_empty(),
        Some((line, rest)) if line == "..." => (0..=got.len()).any(|skip| fits(rest, &got[skip..])),
        Some((line, rest)) => got.split_first().is_some_and(|(first, more)| first == line && fits(rest, more)),
    }
}

#[test]
fn what_the_readme_shows_is_what_happens() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let steps = steps(&text);
    assert!(steps.len() >= 5, "the README shows its commands");
    let sample = Workspace::sample();
    sample.commit_all();
    for step in steps {
        let got = sample.shell(&step.command);
        let got: Vec<&str> = got.trim_end().lines().collect();
        assert!(fits(&step.expected, &got), "$ {}\nprints\n{}", step.command, got.join("\n"));
    }
}

#[test]
fn the_spec_that_the_readme_shows_is_one() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let spec = text.split("```yaml\n# yaml-language-server").nth(1).unwrap().split("```").next().unwrap();
    let sample = Workspace::sample();
    sample.write("branches.yaml", format!("#{spec}"));
    let listed = sample.run(&["branch", "list"]).exits(0);
    assert!(listed.out().contains("feature/login") && listed.err().is_empty(), "{}", listed.err());
}

#[test]
fn the_zones_that_the_readme_shows_are_some() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let hosts = text.split("```yaml\nhosts:\n").nth(1).unwrap().split("```").next().unwrap();
    let workspace = Workspace::small();
    let branches =
        "branches:\n- name: main\n- name: engine\n  appEngine: {project: example-project, domain: ew.r.appspot.com}\n";
    workspace.write(
        "branches.yaml",
        format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\nhosts:\n{hosts}{branches}"),
    );
    let ran = workspace.run(&["build"]).exits(0);
    assert_eq!(ran.err(), "");
    let file = workspace.read("out/dns/dev.example.com/main.yaml");
    assert!(file.contains("  name: api-main.dev.example.com\n"), "{file}");
}

#[test]
fn the_wiring_that_the_readme_shows_is_some() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let gitops = text.split("```yaml\ngitops:\n").nth(1).unwrap().split("```").next().unwrap();
    let workspace = Workspace::small();
    workspace.edit("branches.yaml", "branches:\n", &format!("gitops:\n{gitops}branches:\n"));
    let ran = workspace.run(&["build"]).exits(0);
    assert_eq!(ran.err(), "");
    let names: Vec<String> = workspace.files("out/gitops").into_keys().collect();
    let slugs = ["feature-login-df7c7aeb", "feature-search-38e7a3a2", "main"].map(|slug| format!("flux/{slug}.yaml"));
    assert_eq!(names, [&["applicationset.yaml".to_owned(), "apply.sh".to_owned()][..], &slugs].concat());
}
