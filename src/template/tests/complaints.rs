//! What is said of templates that go wrong.

use super::*;

/// Templates that go wrong, with the complaint and where it points to.
const WRONG: &[(&str, &str, &str)] = &[
    ("a: 1\nb: {{ values.nunber }}\n", "`values.nunber` is undefined", "base/a.yaml.j2:2:7"),
    ("a: {{ brunch.slug }}\n", "`brunch` is undefined", "base/a.yaml.j2:1:7"),
    ("a: {{ values.map.some.thing }}\n", "`values.map.some` is undefined", "base/a.yaml.j2:1:18"),
    ("{% for x in values.list %}\na: {{ x.zz }}\n{% endfor %}\n", "`x.zz` is undefined", "base/a.yaml.j2:2:7"),
    ("{% if values.missing %}a: 1{% endif %}\n", "`values.missing` is undefined", "base/a.yaml.j2:1:7"),
    ("a: {{ [values.missing] }}\n", "`[values.missing]` is undefined or has an undefined part", "base/a.yaml.j2:1:4"),
    ("a: {{ [values.missing] | join }}\n", "an item of the list is undefined", "base/a.yaml.j2:1:26"),
    ("a: {{ [{}] | join(attribute='x') }}\n", "an item of the list is undefined", "base/a.yaml.j2:1:14"),
    (
        "a: {{ {'k': values.no} | tojson }}\n",
        "what `tojson` gets is undefined or has an undefined part",
        "base/a.yaml.j2:1:26",
    ),
    ("a: {{ values.map + 1 }}\n", "tried to use + operator on unsupported types map and number", "base/a.yaml.j2:1:7"),
    ("{% for x in values.number %}{% endfor %}\n", "number is not iterable", "base/a.yaml.j2:1:13"),
    ("a: {{ 1 / 0 }}\n", "unable to calculate 1 / 0", "base/a.yaml.j2:1:7"),
    ("a: {{ nofunction() }}\n", "no function or macro is named `nofunction`", "base/a.yaml.j2:1:7"),
    ("a: {{ values.number | uper }}\n", "no filter is named `uper`", "base/a.yaml.j2:1:23"),
    ("a: {{ values.number is evn }}\n", "no test is named `evn`", "base/a.yaml.j2:1:24"),
    ("a: {{ values.word.upper() }}\n", "string has no method named upper", "base/a.yaml.j2:1:19"),
    ("a: {{ values.word | safe }}\n", "no filter is named `safe`", "base/a.yaml.j2:1:21"),
    ("a: {{ fail('no ' ~ values.word) }}\n", "no yes", "base/a.yaml.j2:1:7"),
    ("a: {{ values.nothing | required('set it') }}\n", "set it", "base/a.yaml.j2:1:24"),
    ("a: {{ values.missing | required }}\n", "a required value is missing", "base/a.yaml.j2:1:24"),
    ("a: x{{ values.map }}\n", "`values.map` is a mapping, which has no text", "base/a.yaml.j2:1:5"),
    ("a: |\n  {{ values.list }}\n", "`values.list` is a list, which has no text", "base/a.yaml.j2:2:3"),
    ("b: '{{ values.nothing }}'\n", "`values.nothing` is null, which has no text", "base/a.yaml.j2:1:5"),
    ("{{ values.list }}: c\n", "`values.list` is a list, which has no text", "base/a.yaml.j2:1:1"),
    ("a: {{ fail }}\n", "`fail` is a macro or function, not a value", "base/a.yaml.j2:1:4"),
    (
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "templates or macros call each other without end",
        "base/a.yaml.j2:1:19",
    ),
    ("{% include 'loop.j2' %}\n", "templates or macros call each other without end", "base/loop.j2:1:4"),
    (
        "a: 1\n{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}\n",
        "the template does not end: it was stopped after 250000 steps",
        "base/a.yaml.j2:2",
    ),
    ("a: {{ 'x' * 99999999 }}\n", "the template does not end: it was stopped after 250000 steps", "base/a.yaml.j2:1:7"),
    ("{% include '../../etc/passwd' %}\n", "`../../etc/passwd` leads out of the workspace", "base/a.yaml.j2:1:4"),
    ("{% include '/etc/passwd' %}\n", "`/etc/passwd` leads out of the workspace", "base/a.yaml.j2:1:4"),
    ("{% import '../../x' as x %}\n", "`../../x` leads out of the workspace", "base/a.yaml.j2:1:4"),
    ("{% include '../..' ignore missing %}\n", "`../..` leads out of the workspace", "base/a.yaml.j2:1:4"),
    ("a: 1\n{% include 'nothing.j2' %}\n", "no template is at `nothing.j2`", "base/a.yaml.j2:2:4"),
    ("{% extends 'nothing.j2' %}\n", "no template is at `base/nothing.j2`", "base/a.yaml.j2:1:4"),
    ("z: 0\n{% include 'bad.j2' %}\n", "`nothing` is undefined", "base/bad.j2:2:7"),
    ("{% import 'lib.j2' as lib %}\na: {{ lib.m(values.map) }}\n", "`x.missing` is undefined", "base/lib.j2:2:4"),
    ("{% import 'lib.j2' as l %}a:{{ l.t() }}\n", "mapping values are not allowed in this context", "base/lib.j2:4:7"),
    ("{% import 'lib.j2' as l %}a:{{ l.q() }}\n", "`values.list` is a list, which has no text", "base/lib.j2:6:18"),
    (
        "{% include 'reserved.j2' %}\n",
        "in `base/reserved.j2`, the character U+10FF00 stands in the text, which pleach keeps for itself",
        "base/a.yaml.j2:1:4",
    ),
    (
        "a: 1\nb: \u{10FF01}\n",
        "the character U+10FF01 stands in the text, which pleach keeps for itself",
        "base/a.yaml.j2:2:4",
    ),
    ("{% include 'syntax.j2' %}\n", "this is not a template: unexpected end of block", "base/syntax.j2:1:7"),
    ("a: {{ 1 + }}\n", "this is not a template: unexpected end of variable block", "base/a.yaml.j2:1:11"),
    ("a: 1\n{%- autoescape true %}{% endautoescape %}\n", "the tag `autoescape` stands here", "base/a.yaml.j2:2:1"),
    ("a: 1\nb: {{ values.number }}\na: 2\n", "the key `a` stands twice in this mapping", "base/a.yaml.j2:3:1"),
    ("a: 1\n{{ 'a' }}: 2\n", "the key `a` stands twice in this mapping", "base/a.yaml.j2:2:1"),
    ("{{ 'a' }}: 1\n{{ 'a' }}: 2\n", "the key `a` stands twice in this mapping", "base/a.yaml.j2:2:1"),
    ("a: {{ values.number }}: c\n", "mapping values are not allowed in this context", "base/a.yaml.j2:1:23"),
    ("a: *{{ values.word }}\n", "no anchor `&{{ values.word }}` stands before this alias", "base/a.yaml.j2:1:4"),
    (
        "a: &{{ values.word }} b\n",
        "`values.word` stands in an anchor, which must be known before values are",
        "base/a.yaml.j2:1:5",
    ),
    (
        "%YAML {{ values.word }}\n---\na: b\n",
        "while scanning a YAML directive, did not find expected version number",
        "base/a.yaml.j2:1:1",
    ),
    (
        "a: !{{ values.word }} b\n",
        "while scanning a tag, did not find expected whitespace or line break",
        "base/a.yaml.j2:1:4",
    ),
    ("a: !!int {{ values.word }}\n", "`{{ values.word }}` is not what its tag `!!int` says", "base/a.yaml.j2:1:10"),
    ("a: 1\n<<: {{ values.number }}\n", "`<<` merges mappings, but this is an integer", "base/a.yaml.j2:2:1"),
    ("<<: [{{ values.map }}, {{ values.word }}]\n", "`<<` merges mappings, but this is a string", "base/a.yaml.j2:1:1"),
    ("a: {{ 1e999 }}\n", "`1e999` is inf, which is no number of JSON", "base/a.yaml.j2:1:4"),
    (
        "{% set x %}{{ values.word }}{% endset %}\n{% if x == 'yes' %}\na: 1\n{% else %}\na: 2\n{% endif %}\n",
        "the template looks into captured text and would go another way here with its values",
        "base/a.yaml.j2:5:4",
    ),
    (
        "{% set x %}{{ values.lines }}{% endset %}\na: {{ x | length }}\n",
        "the template looks into captured text and would go another way here with its values",
        "base/a.yaml.j2:2:4",
    ),
    (
        "{% set x %}{{ values.number }}{% endset %}\na: {{ x[0] }}\n",
        "`x[0]` holds captured text, which cannot be looked into",
        "base/a.yaml.j2:2:7",
    ),
    (
        "{% macro m() %}{{ project }}{% endmacro %}a: {{ m() | b64encode }}\n",
        "what `b64encode` gets holds captured text, which cannot be looked into",
        "base/a.yaml.j2:1:55",
    ),
];

#[test]
fn complaints_point_into_templates() {
    for (template, message, place) in WRONG {
        let bench = Bench::new(&[
            ("base/a.yaml.j2", template),
            ("base/bad.j2", "x: 1\ny: {{ nothing }}\n"),
            ("base/loop.j2", "{% include 'loop.j2' %}"),
            (
                "base/lib.j2",
                "{% macro m(x) %}\n{{ x.missing }}\n{% endmacro %}{% macro t() %}\n- a: b: c\n{% endmacro %}{% macro q() %}\n- {{ project }} '{{ values.list }}'\n{% endmacro %}",
            ),
            ("base/reserved.j2", "a: \u{10FF00}"),
            ("base/syntax.j2", "{% if %}"),
        ]);
        let told = bench.yaml();
        let kind = if told.starts_with("error[yaml]") { "yaml" } else { "template" };
        assert!(told.starts_with(&format!("error[{kind}]: {message}\n --> {place}\n")), "{template}\n{told}");
        assert!(told.lines().count() < 20 && !told.contains('\u{10FF00}'), "{told}");
        for line in told.lines().filter(|line| line.contains("= help")) {
            assert!(!line.contains("did you mean") || !line.contains(&format!("`{message}`")), "{told}");
        }
    }
}

#[test]
fn complaints_help() {
    let told = yaml_of("a: {{ values.nunber }}\n");
    let want = "error[template]: `values.nunber` is undefined
 --> base/a.yaml.j2:1:7
  |
1 | a: {{ values.nunber }}
  |       ^^^^^^^^^^^^^
  = help: did you mean `values.number`?
  = help: for a value that may be missing: `values.nunber is defined`, `values.nunber | default(…)`
";
    assert_eq!(told.trim_end(), want.trim_end());
    let told = yaml_of("a: {{ branch.nothing_like_it }}\n");
    assert!(told.contains("= help: there is `branch.hosts`, `branch.name`, `branch.slug`\n"), "{told}");
    let told = Bench::new(&[("a.j2", "\n{% include 'b.j2' %}"), ("b.j2", "{{ x }}")]).yaml();
    assert!(told.contains(" --> b.j2:1:4\n") && told.contains("= note: included here: a.j2:2:4\n"), "{told}");
    let told = yaml_of("a: '{{ values.list }}{{ values.map }}'\nb: x{{ values.nothing }}\n");
    assert_eq!(told.matches("error[template]").count(), 3, "all at once: {told}");
}

#[test]
fn text_complains_as_documents_do() {
    for (template, want) in [
        ("a\nb {{ values.missing }}", "error[template]: `values.missing` is undefined\n --> base/x.conf.j2:2:6\n"),
        ("{{ values.list }}", "error[template]: `values.list` is a list, which has no text\n --> base/x.conf.j2:1:4\n"),
        (
            "{{ values.nothing }}",
            "error[template]: `values.nothing` is null, which has no text\n --> base/x.conf.j2:1:4\n",
        ),
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
            "error[template]: the template does not end",
        ),
    ] {
        let told = Bench::new(&[("base/x.conf.j2", template)]).text();
        assert!(told.starts_with(want), "{told}");
    }
}

#[test]
fn values_with_reserved_characters_are_refused_in_the_spec() {
    for (yaml, line) in [("a:\n- x\n- \"\\U0010FF00\"", 3), ("a: 1\nb:\n  \"\\U0010FF01\": 0", 3)] {
        let project = Project::in_memory([("branches.yaml", yaml)]);
        let file = project.file(&RelPath::new("branches.yaml").unwrap()).unwrap();
        let spec = yaml::documents(&file, Dialect::Yaml11).unwrap().remove(0);
        let errors = Context::new(&spec).unwrap_err();
        let first = errors.iter().next().unwrap();
        assert_eq!((first.parts().at.file(), first.parts().at.line), (Some(file.id), line), "{first}");
    }
}
