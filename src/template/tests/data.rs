//! Values are inserted as data, wherever their expressions are.

use super::*;

/// Positions of an expression: the template, and the text before and after the value in the resulting string.
const POSITIONS: &[(&str, &str, &str)] = &[
    ("a: {{ values.v }}", "", ""),
    ("a: {{values.v}} # {{ values.v }}", "", ""),
    ("a: '{{ values.v }}'", "", ""),
    ("a: \"{{ values.v }}\"", "", ""),
    ("a: x{{ values.v }}y", "x", "y"),
    ("a: x {{ values.v }} y", "x ", " y"),
    ("a: 'x {{ values.v }} y'", "x ", " y"),
    ("a: \"x {{ values.v }} y\"", "x ", " y"),
    ("a: \"\\t{{ values.v }}\\n\"", "\t", "\n"),
    ("a: x\n  {{ values.v }}\n  y", "x ", " y"),
    ("a: |\n  {{ values.v }}", "", "\n"),
    ("a: |-\n  {{ values.v }}", "", ""),
    ("a: |\n  x\n    {{ values.v }}\n  y", "x\n  ", "\ny\n"),
    ("a: |\n  x {{ values.v }} y", "x ", " y\n"),
    ("a: >\n  {{ values.v }}", "", "\n"),
    ("a: >-\n  x\n  {{ values.v }}\n  y", "x ", " y"),
    ("a: !!str {{ values.v }}", "", ""),
    ("a: &x {{ values.v }}", "", ""),
    ("&x a: {{ values.v }}", "", ""),
];

/// Positions in keys.
const KEYS: &[(&str, &str, &str)] = &[
    ("{{ values.v }}: 0", "", ""),
    ("'{{ values.v }}': 0", "", ""),
    ("\"{{ values.v }}\": 0", "", ""),
    ("x {{ values.v }} y: 0", "x ", " y"),
    ("? {{ values.v }}\n: 0", "", ""),
    ("? |\n  x\n  {{ values.v }}\n: 0", "x\n", "\n"),
];

/// Asserts that `v` is inserted as data in every position.
fn assert_data(v: &str) {
    let one = |template: &str| {
        let documents = TemplateTest::new(&[("a.yaml.j2", template)]).documents(&with_value(v)).unwrap();
        assert_eq!(documents.len(), 1, "{template:?} with {v:?}");
        documents.into_iter().next().unwrap()
    };
    for (position, before, behind) in POSITIONS {
        for wrapped in [
            format!("{position}\n"),
            format!("first: 1\n{position}\nlast: 2\n"),
            format!("x:\n- y:\n    {}\n    z: 0\n- 0\n", position.replace('\n', "\n    ")),
        ] {
            let document = one(&wrapped);
            let inner = document.get("x").map_or(&document, |list| list.as_seq().unwrap()[0].get("y").unwrap());
            let want = format!("{before}{v}{behind}");
            assert_eq!(inner.get("a").and_then(Node::as_str), Some(want.as_str()), "{wrapped:?} with {v:?}");
            let keys: Vec<&str> = inner.as_map().unwrap().iter().map(|entry| entry.key.text.as_str()).collect();
            assert!(
                matches!(keys[..], ["a"] | ["a", "first", "last"] | ["a", "z"]),
                "{wrapped:?} with {v:?}: {keys:?}"
            );
        }
    }
    for (template, want) in [
        ("[{{ values.v }}, x, '{{ values.v }}', \"{{ values.v }}\", x{{ values.v }}]", ["", "x", "", "", "x"]),
        (
            "- {{ values.v }}\n- x\n- '{{ values.v }}'\n- |-\n  {{ values.v }}\n- >-\n  x\n\n  {{ values.v }}\n",
            ["", "x", "", "", "x\n"],
        ),
    ] {
        let document = one(template);
        let texts: Vec<&str> = document.as_seq().unwrap().iter().map(|item| item.as_str().unwrap()).collect();
        let want: Vec<String> = want
            .iter()
            .enumerate()
            .map(|(i, text)| if i == 1 { (*text).to_owned() } else { format!("{text}{v}") })
            .collect();
        assert_eq!(texts, want, "{template:?} with {v:?}");
    }
    for (position, before, behind) in KEYS {
        let flow = (!position.contains('\n')).then(|| format!("{{zz: 1, {position}, zzz: 2}}"));
        for wrapped in
            [Some(format!("{position}\n")), Some(format!("zz: 1\n{position}\nzzz: 2\n")), flow].into_iter().flatten()
        {
            let document = one(&wrapped);
            let want = format!("{before}{v}{behind}");
            let map = document.as_map().unwrap();
            assert!(map.has(&want), "{wrapped:?} with {v:?}");
            assert!(map.len() == 1 || map.len() == 3 && map.has("zz") && map.has("zzz"), "{wrapped:?} with {v:?}");
        }
    }
}

#[test]
fn hostile_values_are_data() {
    for v in HOSTILE_VALUES {
        assert_data(v);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_string_is_data(v in "([ \\-\n\t:#&*!|>'\"%@`{}\\[\\],?a0\\\\]|\\PC){0,12}") {
        assert_data(&v);
    }
}

#[test]
fn read_values_are_recorded() {
    let variables = VARIABLES.replace("word: 'yes'", "word: 'yes', other: 2, deep: {a: {b: 1}, c: 2}");
    for (template, want) in [
        ("a: {{ values.number }}", "number"),
        ("a: x{{ values['word'] }}\n# {{ values.other if false }}", "word"),
        ("a: {{ values.deep.a.b }}", "b"),
        ("{% set key = 'c' %}a: {{ values.deep[key] }}", "c"),
        ("a: {{ values.deep }}", "b c"),
        ("a: '{{ values.deep | tojson }}'", "b c"),
        ("{% for name in values.deep %}a{{ loop.index }}: 1\n{% endfor %}", "b c"),
        ("{% if values.deep.a %}a: 1{% endif %}", "b"),
        ("{% set deep = values.deep %}{% macro m(x) %}{{ x.c }}{% endmacro %}a: {{ m(deep) }}", "c"),
        ("a: 1", ""),
    ] {
        let test = TemplateTest::new(&[("base/a.yaml.j2", template), ("spec.yaml", &variables)]);
        let spec = test.project.file(&RelPath::new("spec.yaml").unwrap()).unwrap();
        let locate = |line: usize, column: usize, len: usize| Location::new(spec.id, line, column, len);
        let variables = yaml::parse(&variables, Dialect::Kubernetes, &locate).unwrap().remove(0);
        let context = TemplateContext::new(&variables).unwrap();
        test.engine.documents(&test.file, &context, Dialect::Kubernetes).unwrap();
        let mut read = Vec::new();
        for name in ["number", "word", "other", "b", "c"] {
            let key = [&["values"][..], &["values", "deep"], &["values", "deep", "a"]];
            let node = key.iter().find_map(|path| variables.at_path(path)?.get(name)).unwrap();
            read.extend(context.read_locations().contains(&node.at).then_some(name));
        }
        assert_eq!(read.join(" "), want, "{template}");
    }
}
