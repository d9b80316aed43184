//! What the options of `branch add` and `branch set` mean: changes of the branch's entry.

use super::args::BranchSettingsArgs;
use super::slot;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::edit::FieldChange;
use crate::node::{Map, Node};
use crate::source::Location;
use crate::spec::Spec;
use crate::yaml::{self, Dialect};

/// The changes, in a fixed order: first what goes.
pub(super) fn changes(
    settings: &BranchSettingsArgs,
    unset: &[String],
    branch: &str,
    spec: &Spec,
) -> Result<Vec<FieldChange>> {
    let text = |path: &[&str], value: &str| (owned(path), Some(Node::str(value)));
    let mut changes: Vec<FieldChange> = unset.iter().map(|path| (split(path), None)).collect();
    let slot = slot::slot(settings, branch, spec)?;
    let above = slot.map(|slot| vec!["slots", "versions", slot]).unwrap_or_default();
    for (name, reference) in &settings.image {
        changes.push(text(&[&above[..], &["images", image(name, spec)]].concat(), reference));
    }
    if let (Some(slot), Some(weight)) = (slot, settings.weight) {
        changes.extend(slot::weights(slot, weight, branch, spec)?);
    }
    let value_path = |path: &str| ["values".to_owned()].into_iter().chain(split(path)).collect();
    changes.extend(settings.value.iter().map(|(path, value)| (value_path(path), Some(yaml::scalar_with_text(value)))));
    changes.extend(gather(&settings.value_json, |(path, value)| -> Result<FieldChange> {
        Ok((value_path(path), Some(json(value)?)))
    })?);
    for (name, count) in &settings.replicas {
        changes.push((owned(&["replicas", name]), Some(parsed(count)?)));
    }
    for (key, list) in [("overlays", &settings.overlay), ("services", &settings.service), ("hosts", &settings.host)] {
        if !list.is_empty() {
            changes.push((owned(&[key]), Some(Node::seq(list.iter().map(Node::str)))));
        }
    }
    for (field, pairs) in [("labels", &settings.label), ("annotations", &settings.annotation)] {
        changes.extend(pairs.iter().map(|(key, value)| text(&[field, key], value)));
    }
    for (path, word) in [(["database", "mode"], &settings.database), (["slots", "active"], &settings.active)] {
        changes.extend(word.iter().map(|word| text(&path, word)));
    }
    for (key, value) in [("owner", &settings.owner), ("link", &settings.link)] {
        changes.extend(value.iter().map(|value| text(&[key], value)));
    }
    // As people write it: a date without quotes.
    changes.extend(
        settings
            .expires
            .iter()
            .map(|date| (owned(&["expires"]), Some(parsed(date).unwrap_or(Node::str(date.as_str()))))),
    );
    changes.extend(settings.pin.iter().map(|reason| {
        let pin: Map = [("reason", Node::str(reason.as_str()))].into_iter().collect();
        (owned(&["pin"]), Some(pin.into()))
    }));
    Ok(changes)
}

/// The name under which the spec speaks of an image: its alias if it has one.
fn image<'a>(name: &'a str, spec: &'a Spec) -> &'a str {
    spec.image_aliases.iter().find(|(_, full)| full.value == name).map_or(name, |(alias, _)| alias.as_str())
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|&part| part.to_owned()).collect()
}

/// The keys of a path: parted by dots, `\.` being one within a key.
fn split(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match (c, parts.last_mut()) {
            ('.', _) => parts.push(String::new()),
            ('\\', Some(last)) => last.extend(chars.next()),
            (c, Some(last)) => last.push(c),
            (_, None) => unreachable!("there is always a last part"),
        }
    }
    parts
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
    use super::{BranchSettingsArgs, changes, split};
    use crate::edit::{BranchEdit, SpecFiles};
    use crate::output::Tree;
    use crate::pipeline::{self, Inputs, Progress, Selection};
    use crate::source::Project;
    use clap::Parser;

    #[derive(Parser)]
    struct Settings {
        #[command(flatten)]
        settings: BranchSettingsArgs,
    }

    #[test]
    fn paths() {
        for (path, parts) in
            [("a", &["a"][..]), ("a.b.c", &["a", "b", "c"]), (r"a.b\.c\\d", &["a", r"b.c\d"]), ("", &[""])]
        {
            assert_eq!(split(path), parts, "{path}");
        }
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
            (names(i).into(), BranchEdit::Set(changes(&parsed.settings, &[], &names(i), &spec).unwrap()))
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
