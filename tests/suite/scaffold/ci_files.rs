//! Parsers for the pipelines of `pleach init --ci`, which return jobs with variables and shell scripts.

use crate::tests::kit::Workspace;
use serde_yaml::Value;
use std::collections::BTreeMap;

pub(crate) type Variables = BTreeMap<String, String>;

/// A CI system and the paths of its pipelines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct System {
    pub(crate) name: &'static str,
    pub(crate) environments: &'static str,
    pub(crate) application: &'static str,
    read: fn(&str) -> Jobs,
}

/// The scripts of each job with their variables. They run in order until one fails.
pub(crate) type Jobs = BTreeMap<String, Vec<(String, Variables)>>;

pub(crate) const SYSTEMS: [System; 3] = [
    System {
        name: "github",
        environments: ".github/workflows/environments.yaml",
        application: "ci/application/.github/workflows/environment.yaml",
        read: github,
    },
    System {
        name: "gitlab",
        environments: ".gitlab-ci.yml",
        application: "ci/application/.gitlab-ci.yml",
        read: gitlab,
    },
    System { name: "jenkins", environments: "Jenkinsfile", application: "ci/application/Jenkinsfile", read: jenkins },
];

impl System {
    pub(crate) fn jobs(self, text: &str) -> Jobs {
        (self.read)(text)
    }
}

fn variables(node: &Value) -> Variables {
    let pairs = node.as_mapping().into_iter().flatten();
    pairs.map(|(key, value)| (key.as_str().unwrap().to_owned(), value.as_str().unwrap().to_owned())).collect()
}

/// Parses a GitHub workflow. Expressions are allowed only in `env`, because a shell command with one could run the name of a
/// branch as code.
fn github(text: &str) -> Jobs {
    let file: Value = serde_yaml::from_str(text).unwrap();
    let all = variables(&file["env"]);
    let job = |(name, job): (&Value, &Value)| {
        let own = variables(&job["env"]);
        let runs = job["steps"].as_sequence().unwrap().iter().filter_map(|step| {
            let run = step["run"].as_str()?;
            assert!(!run.contains("${{"), "{run}");
            let mut env = all.clone();
            env.extend(own.clone());
            env.extend(variables(&step["env"]));
            Some((run.to_owned(), env))
        });
        (name.as_str().unwrap().to_owned(), runs.collect())
    };
    file["jobs"].as_mapping().unwrap().iter().map(job).collect()
}

/// Parses a GitLab pipeline. The lines of a `script` run in one shell.
fn gitlab(text: &str) -> Jobs {
    let file: Value = serde_yaml::from_str(text).unwrap();
    let lines = |node: &Value| -> Vec<String> {
        node.as_sequence().into_iter().flatten().map(|line| line.as_str().unwrap().to_owned()).collect()
    };
    let before = lines(&file["default"]["before_script"]);
    let job = |(name, job): (&Value, &Value)| {
        let script = lines(&job["script"]);
        let mut env = variables(&file["variables"]);
        env.extend(variables(&job["variables"]));
        let script = [before.clone(), script.clone()].concat();
        (!job["script"].is_null()).then(|| (name.as_str().unwrap().to_owned(), vec![(script.join("\n"), env)]))
    };
    file.as_mapping().unwrap().iter().filter_map(job).collect()
}

/// Parses a Jenkinsfile, whose stages have steps `sh '…'`. Strings in double quotes are refused, because Groovy replaces
/// variables in them.
fn jenkins(text: &str) -> Jobs {
    let mut jobs = Jobs::new();
    let (mut env, mut open, mut stage) = (Variables::new(), Vec::new(), String::new());
    let (mut rest, mut code) = (text, String::new());
    while let Some(c) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("//") {
            rest = &comment[comment.find('\n').unwrap()..];
            continue;
        }
        if c == '\'' {
            let quote = if rest.starts_with("'''") { "'''" } else { "'" };
            let (string, after) = rest[quote.len()..].split_once(quote).expect("the string ends");
            assert!(quote == "'''" || !string.contains('\n'), "{string}");
            // Groovy removes a backslash and a line break.
            let string = string.replace("\\\n", "");
            assert!(!string.contains('\\'), "{string}");
            let before = code.trim_end();
            let word = before.rsplit(char::is_whitespace).next().unwrap();
            match word {
                "sh" => jobs.entry(stage.clone()).or_default().push((string, env.clone())),
                "stage(" => stage = string,
                "=" if open.len() == 2 => {
                    let name = before.trim_end_matches('=').trim_end().rsplit(char::is_whitespace).next().unwrap();
                    env.insert(name.to_owned(), string);
                }
                _ => {}
            }
            (rest, code) = (after, format!("{code}''"));
            continue;
        }
        assert!(c != '"' && c != '`', "{rest}");
        match c {
            '{' | '(' | '[' => open.push(c),
            '}' | ')' | ']' => {
                let pair = (open.pop(), c);
                assert!(matches!(pair, (Some('{'), '}') | (Some('('), ')') | (Some('['), ']')), "{pair:?} in {stage}");
            }
            _ => {}
        }
        code.push(c);
        rest = &rest[c.len_utf8()..];
    }
    assert!(open.is_empty() && code.trim_start().starts_with("pipeline {"), "{open:?}");
    jobs
}

#[test]
fn invalid_and_unsafe_pipelines_are_refused() {
    for (system, text) in [
        (SYSTEMS[0], "jobs: {a: {steps: [{run: 'echo ${{ github.head_ref }}'}]}}"),
        (SYSTEMS[1], "a: {script: [1]}"),
        (SYSTEMS[2], "pipeline { stage('a') { steps { sh \"echo $BRANCH_NAME\" } } }"),
        (SYSTEMS[2], "pipeline { stage('a') { steps { sh 'a' } }"),
        (SYSTEMS[2], "pipeline { stage('a') { steps { sh('a' } } }"),
    ] {
        assert!(std::panic::catch_unwind(|| system.jobs(text)).is_err(), "{text}");
    }
}

#[test]
fn the_output_is_checked_in_a_merge_queue() {
    let workspace = Workspace::empty();
    workspace.run(&["init", "--ci", "github"]).exits(0);
    let text = workspace.read(".github/workflows/environments.yaml");
    let workflow: Value = serde_yaml::from_str(&text).unwrap();
    assert!(workflow["on"].get("merge_group").is_some(), "{text}");
    let check = &workflow["jobs"]["check"];
    assert!(check["if"].as_str().unwrap().contains("|| github.event_name == 'merge_group'"), "{text}");
    // The event has no base branch.
    assert_eq!(check["env"]["TARGET"].as_str(), Some("${{ github.base_ref || 'main' }}"));
    assert!(check["steps"][2]["run"].as_str().unwrap().contains("pleach check --base "), "{text}");
}
