//! What the options of `branch add` and `branch set` mean: changes of the branch's entry.

use super::args::BranchSettingsArgs;
use super::key_path::KeyPath;
use super::slot;
use crate::argument::shell_word;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::edit::Setting;
use crate::node::{Map, Node};
use crate::schema::branches;
use crate::source::Location;
use crate::spec::Spec;
use crate::yaml::{self, Dialect};

/// The settings, in a fixed order: first what goes.
pub(super) fn settings(
    args: &BranchSettingsArgs,
    unset: &[KeyPath],
    branch: &str,
    spec: &Spec,
) -> Result<Vec<Setting>> {
    let slot = slot::slot(args, branch, spec)?;
    let mut settings = Settings::default();
    gather(unset, check_unset)?;
    for path in unset {
        settings.add("--unset", &path.text, path.keys.clone(), None);
    }
    let removed = settings.0.len();
    settings.add_images(args, slot, spec);
    if let (Some(slot), Some(weight)) = (slot, args.weight) {
        for (path, value) in slot::weights(slot, weight, branch, spec)? {
            settings.add("--weight", &weight.to_string(), path, value);
        }
    }
    settings.add_values(args)?;
    for (name, count) in &args.replicas {
        settings.add(
            "--replicas",
            &format!("{name}={count}"),
            owned(&["replicas", name]),
            Some(Node::int((*count).into())),
        );
    }
    for (option, key, list) in [
        ("--overlay", "overlays", &args.overlay),
        ("--service", "services", &args.service),
        ("--host", "hosts", &args.host),
    ] {
        settings.add_list(option, key, list);
    }
    settings.add_texts(args);
    // As people write it: a date without quotes.
    if let Some(date) = &args.expires {
        let value = parsed(date).unwrap_or(Node::str(date.as_str()));
        settings.add("--expires", date, owned(&["expires"]), Some(value));
    }
    if let Some(reason) = &args.pin {
        let pin: Map = [("reason", Node::str(reason.as_str()))].into_iter().collect();
        settings.add("--pin", reason, owned(&["pin"]), Some(pin.into()));
    }
    refuse_overwritten(&settings.0[removed..])?;
    Ok(settings.0)
}

/// Refuses to remove what a branch must have or cannot have.
fn check_unset(path: &KeyPath) -> Result<(), Diagnostic> {
    let field = path.keys.first().map_or("", String::as_str);
    if field == "name" {
        let error = Diagnostic::new(Code::Usage, "`--unset name` is not possible: every branch has a name");
        return Err(error.help("`pleach branch rename` changes it, and `pleach branch remove` removes the branch"));
    }
    if branches::branch_keys().any(|known| known == field) {
        return Ok(());
    }
    let error =
        Diagnostic::new(Code::Usage, format!("`--unset {}` has no effect: a branch has no field `{field}`", path.text));
    Err(error
        .suggest(field, branches::branch_keys())
        .help("a value of templates is in `values`, such as `values.replicas`"))
}

/// The settings of a command line.
#[derive(Default)]
struct Settings(Vec<Setting>);

impl Settings {
    fn add(&mut self, option: &str, argument: &str, path: Vec<String>, value: Option<Node>) {
        self.0.push(Setting { option: format!("{option} {}", shell_word(argument)), change: (path, value) });
    }

    fn add_text(&mut self, option: &str, argument: &str, path: &[&str], value: &str) {
        self.add(option, argument, owned(path), Some(Node::str(value)));
    }

    fn add_images(&mut self, args: &BranchSettingsArgs, slot: Option<&str>, spec: &Spec) {
        let above = slot.map(|slot| vec!["slots", "versions", slot]).unwrap_or_default();
        for (name, reference) in &args.image {
            let path = [&above[..], &["images", image(name, spec)]].concat();
            self.add_text("--image", &format!("{name}={reference}"), &path, reference);
        }
    }

    fn add_values(&mut self, args: &BranchSettingsArgs) -> Result<()> {
        let path = |path: &KeyPath| ["values".to_owned()].into_iter().chain(path.keys.iter().cloned()).collect();
        for (key, value) in &args.value {
            self.add("--value", &format!("{}={value}", key.text), path(key), Some(yaml::scalar_with_text(value)));
        }
        let typed = gather(&args.value_json, |(key, value)| Ok::<_, Diagnostics>((key, value, json(value)?)))?;
        for (key, text, value) in typed {
            self.add("--value-json", &format!("{}={text}", key.text), path(key), Some(value));
        }
        Ok(())
    }

    fn add_list(&mut self, option: &str, key: &str, list: &[String]) {
        if list.is_empty() {
            return;
        }
        let options: Vec<String> = list.iter().map(|item| format!("{option} {}", shell_word(item))).collect();
        let value = Node::seq(list.iter().map(Node::str));
        self.0.push(Setting { option: options.join(" "), change: (owned(&[key]), Some(value)) });
    }

    fn add_texts(&mut self, args: &BranchSettingsArgs) {
        for (option, key, pairs) in
            [("--label", "labels", &args.label), ("--annotation", "annotations", &args.annotation)]
        {
            for (name, value) in pairs {
                self.add_text(option, &format!("{name}={value}"), &[key, name], value);
            }
        }
        for (option, path, word) in [
            ("--database", &["database", "mode"][..], &args.database),
            ("--active", &["slots", "active"], &args.active),
            ("--owner", &["owner"], &args.owner),
            ("--link", &["link"], &args.link),
        ] {
            if let Some(word) = word {
                self.add_text(option, word, path, word);
            }
        }
    }
}

/// Refuses settings that another one overwrites.
fn refuse_overwritten(settings: &[Setting]) -> Result<()> {
    let is_within = |path: &[String], above: &[String]| path.starts_with(above);
    let errors = settings.iter().enumerate().filter_map(|(i, setting)| {
        let path = &setting.change.0;
        let later = settings[i + 1..]
            .iter()
            .find(|later| is_within(path, &later.change.0) || is_within(&later.change.0, path))?;
        let message = format!("`{}` and `{}` set the same key", setting.option, later.option);
        Some(Diagnostic::new(Code::Usage, message).help("remove one of them"))
    });
    Diagnostics::check(errors.collect(), ())
}

/// The name under which the spec speaks of an image: its alias if it has one.
fn image<'a>(name: &'a str, spec: &'a Spec) -> &'a str {
    spec.image_aliases.iter().find(|(_, full)| full.value == name).map_or(name, |(alias, _)| alias.as_str())
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|&part| part.to_owned()).collect()
}

/// A value of the command line that is JSON. Numbers keep their text.
fn json(text: &str) -> Result<Node, Diagnostics> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| {
        Diagnostic::new(Code::Usage, format!("`{text}` is not JSON: {error}")).help("`--value` writes a text unchanged")
    })?;
    // JSON is YAML, except for tabs between values.
    parsed(&text.replace(['\t', '\r'], " "))
}

/// A value of the command line that is YAML.
fn parsed(text: &str) -> Result<Node, Diagnostics> {
    let invalid = |why: String| Diagnostic::new(Code::Usage, format!("`{text}` is not a value: {why}"));
    let item = format!("- {}\n", text.replace('\n', "\n  "));
    let nodes = yaml::parse(&item, Dialect::Kubernetes, &|_, _, _| Location::NONE)
        .map_err(|errors| errors.map(|error| invalid(error.to_string())))?;
    match nodes.first().and_then(Node::as_seq) {
        Some([value]) => Ok(value.clone()),
        _ => Err(invalid("it is more than one".to_owned()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{BranchSettingsArgs, settings};
    use crate::edit::{BranchEdit, SpecFiles};
    use crate::output::Tree;
    use crate::pipeline::{self, Inputs, OnFailure, Progress, Selection};
    use crate::source::Project;
    use clap::Parser;

    #[derive(Parser)]
    struct Settings {
        #[command(flatten)]
        settings: BranchSettingsArgs,
    }

    const BASE: [(&str, &str); 2] = [
        ("base/kustomization.yaml", "resources: [a.yaml.j2]\n"),
        (
            "base/a.yaml.j2",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n\
             {% for k, v in values.v | items %}\
             \x20 {{ k }}: \"{{ v }}\"\n\
             \x20 {{ k }}-joined: {{ \"c-\" ~ v ~ \" \" ~ [v, v] | join(\"/\") }}\n\
             \x20 {{ k }}-format: {{ '%s' | format(v) }}\n\
             {% endfor %}",
        ),
    ];

    /// The data of the `ConfigMap` of each branch, after `branch set` gave it `values`.
    fn build_with(values: &[Vec<String>]) -> Vec<Vec<(String, String)>> {
        let names = |i: usize| format!("b{i}");
        let listed: Vec<String> = (0..values.len()).map(|i| format!("- name: {}\n", names(i))).collect();
        let spec = format!("apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbranches:\n{}", listed.concat());
        let project = Project::in_memory([("branches.yaml", spec.as_str())].into_iter().chain(BASE));
        let (spec, _) = pipeline::plan(&project).unwrap();
        let mut files = SpecFiles::open(&project).unwrap();
        let edits = values.iter().enumerate().map(|(i, values)| {
            let options = values.iter().enumerate().map(|(k, value)| format!("--value=v.k{k}={value}"));
            let parsed = Settings::try_parse_from(["set".to_owned()].into_iter().chain(options)).unwrap();
            let settings = settings(&parsed.settings, &[], &names(i), &spec).unwrap();
            (names(i).into(), BranchEdit::Set(settings.into_iter().map(|setting| setting.change).collect()))
        });
        files.edit(edits).unwrap();
        let project = files.project();
        let (spec, plan) = pipeline::plan(&project).unwrap();
        let (previous, selection, progress) = (Tree::default(), Selection::default(), Progress::default());
        let inputs = Inputs {
            project: &project,
            spec: &spec,
            plan: &plan,
            previous: &previous,
            selection: &selection,
            progress: &progress,
            on_failure: OnFailure::Stop,
        };
        let build = pipeline::build(&inputs).unwrap();
        assert!(build.failures.is_empty(), "{:?}", build.failures.first().map(|failure| &failure.branch.name));
        (0..values.len()).map(|i| data(&build.tree, &names(i))).collect()
    }

    fn data(tree: &Tree, slug: &str) -> Vec<(String, String)> {
        let path = format!("namespaces/{slug}/30-configmap-a.yaml");
        let text = tree.iter().find(|(at, _)| at.to_string() == path).map(|(_, text)| text.to_string());
        let text = text.expect(&path);
        let document = crate::yaml::parse(&text, super::Dialect::Kubernetes, &|_, _, _| super::Location::NONE).unwrap();
        let data = document[0].get("data").and_then(super::Node::as_map).unwrap();
        data.iter().map(|entry| (entry.key.text.to_string(), entry.value.as_str().unwrap().to_owned())).collect()
    }

    fn assert_unchanged(values: &[Vec<String>]) {
        for (values, data) in values.iter().zip(build_with(values)) {
            for (k, value) in values.iter().enumerate() {
                let get = |key: &str| data.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str());
                assert_eq!(get(&format!("k{k}")), Some(value.as_str()));
                assert_eq!(get(&format!("k{k}-joined")), Some(format!("c-{value} {value}/{value}").as_str()));
                assert_eq!(get(&format!("k{k}-format")), Some(value.as_str()));
            }
        }
    }

    #[test]
    fn ten_thousand_short_hashes_are_unchanged() {
        // A linear congruential generator: half of the hashes are digits, or digits with one `e`, as these look like numbers.
        let mut state = 42_u64;
        let mut next = |range: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % range
        };
        let mut hash = |_| -> String {
            let (kind, e, len) = (next(4), next(7), 7 + next(4));
            let digit = |i: u64, digit: u64| match kind {
                0 if i == e => 'e',
                0 | 1 => char::from_digit(u32::try_from(digit % 10).unwrap(), 10).unwrap(),
                _ => char::from_digit(u32::try_from(digit).unwrap(), 16).unwrap(),
            };
            (0..len).map(|i| digit(i, next(16))).collect()
        };
        for _ in 0..10 {
            let values: Vec<Vec<String>> = (0..100).map(|_| (0..10).map(&mut hash).collect()).collect();
            assert_unchanged(&values);
        }
    }

    #[test]
    fn a_number_or_boolean_in_canonical_form_keeps_its_type() {
        let of = |text| crate::yaml::scalar_with_text(text).kind_name();
        let kinds = ["true", "false", "0", "-12", "0.5", "80", "yes", "True"].map(of);
        assert_eq!(kinds[..2], ["a boolean"; 2]);
        assert_eq!(kinds[2..6], ["an integer", "an integer", "a number", "an integer"]);
        assert_eq!(kinds[6..], ["a string"; 2]);
    }

    #[test]
    fn texts_that_look_like_other_types_are_unchanged() {
        let texts = [
            "0123456",
            "1234e56",
            "1_000",
            "0x1F",
            "0o17",
            "0b11",
            "yes",
            "no",
            "On",
            "y",
            "null",
            "Null",
            "~",
            "1.10",
            "1.0",
            "0.50",
            ".5",
            "5.",
            "+1",
            "-1",
            "1e3",
            "1e-05",
            "2026-12-24",
            "12:30:45",
            "1:20",
            "True",
            "FALSE",
            ".inf",
            "-.INF",
            ".nan",
            "[1, 2]",
            "{a: b}",
            "a: b",
            "a #b",
            "'x'",
            "\"x\"",
            "- a",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a",
            "",
            " ",
            " a ",
            "=",
            "<<",
            "12345678901234567890123",
            "18446744073709551615",
            "-0",
            "0",
            "00",
            "7654321",
        ];
        assert_unchanged(&[texts.map(str::to_owned).to_vec()]);
    }
}
