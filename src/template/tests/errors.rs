//! Errors of templates.

use super::*;

/// Templates with an error, its message and its source location.
const INVALID: &[(&str, &str, &str)] = &[
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
        "the input of `tojson` is undefined or has an undefined part",
        "base/a.yaml.j2:1:26",
    ),
    ("a: {{ values.map + 1 }}\n", "tried to use + operator on unsupported types map and number", "base/a.yaml.j2:1:7"),
    ("a: {{ values.word | int }}\n", "the text is not a number", "base/a.yaml.j2:1:21"),
    ("a: {{ values.word | indent(-1) }}\n", "expected a number from 0, got this number", "base/a.yaml.j2:1:21"),
    ("a: {{ range('x') }}\n", "expected a whole number, got this string", "base/a.yaml.j2:1:7"),
    ("{% for x in values.number %}{% endfor %}\n", "number is not iterable", "base/a.yaml.j2:1:13"),
    ("a: {{ 1 / 0 }}\n", "unable to calculate 1 / 0", "base/a.yaml.j2:1:7"),
    ("a: {{ nofunction() }}\n", "unknown function or macro `nofunction`", "base/a.yaml.j2:1:7"),
    ("a: {{ values.number | uper }}\n", "unknown filter `uper`", "base/a.yaml.j2:1:23"),
    ("a: {{ values.number is evn }}\n", "unknown test `evn`", "base/a.yaml.j2:1:24"),
    ("a: {{ values.word.upper() }}\n", "string has no method named upper", "base/a.yaml.j2:1:19"),
    ("a: {{ values.word | safe }}\n", "unknown filter `safe`", "base/a.yaml.j2:1:21"),
    ("a: {{ fail('no ' ~ values.word) }}\n", "no yes", "base/a.yaml.j2:1:7"),
    ("{% set x %}<{{ values.word }}>{% endset %}a: {{ fail(x) }}\n", "<yes>", "base/a.yaml.j2:1:49"),
    ("{% set x %}<{{ values.word }}>{% endset %}a: {{ none | required(x) }}\n", "<yes>", "base/a.yaml.j2:1:56"),
    (
        "{% set x %}{{ values.word }}.j2{% endset %}{% include x %}\n",
        "the template `yes.j2` does not exist",
        "base/a.yaml.j2:1:47",
    ),
    ("a: {{ values.nothing | required('set it') }}\n", "set it", "base/a.yaml.j2:1:24"),
    ("a: {{ values.missing | required }}\n", "a required value is missing", "base/a.yaml.j2:1:24"),
    ("a: x{{ values.map }}\n", "`values.map` is a mapping, which cannot be part of a string", "base/a.yaml.j2:1:5"),
    ("a: |\n  {{ values.list }}\n", "`values.list` is a list, which cannot be part of a string", "base/a.yaml.j2:2:3"),
    ("b: '{{ values.nothing }}'\n", "`values.nothing` is null, which cannot be part of a string", "base/a.yaml.j2:1:5"),
    ("{{ values.list }}: c\n", "`values.list` is a list, which cannot be part of a string", "base/a.yaml.j2:1:1"),
    ("a: {{ fail }}\n", "`fail` is a macro or function, not a value", "base/a.yaml.j2:1:4"),
    (
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "includes and macros are nested more than 250 levels deep",
        "base/a.yaml.j2:1:19",
    ),
    ("{% include 'loop.j2' %}\n", "includes and macros are nested more than 250 levels deep", "base/loop.j2:1:4"),
    (
        "a: 1\n{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}\n",
        "the template exceeds the work limit of 2000000 steps",
        "base/a.yaml.j2:2:1",
    ),
    ("a: {{ 'x' * 99999999 }}\n", "the template exceeds the work limit of 2000000 steps", "base/a.yaml.j2:1:7"),
    ("{% include '../../etc/passwd' %}\n", "`../../etc/passwd` is outside of the workspace", "base/a.yaml.j2:1:4"),
    ("{% include '/etc/passwd' %}\n", "`/etc/passwd` is outside of the workspace", "base/a.yaml.j2:1:4"),
    ("{% import '../../x' as x %}\n", "`../../x` is outside of the workspace", "base/a.yaml.j2:1:4"),
    ("{% include '../..' ignore missing %}\n", "`../..` is outside of the workspace", "base/a.yaml.j2:1:4"),
    ("a: 1\n{% include 'nothing.j2' %}\n", "the template `nothing.j2` does not exist", "base/a.yaml.j2:2:4"),
    ("{% extends 'nothing.j2' %}\n", "the template `base/nothing.j2` does not exist", "base/a.yaml.j2:1:4"),
    ("z: 0\n{% include 'bad.j2' %}\n", "`nothing` is undefined", "base/bad.j2:2:7"),
    ("{% import 'lib.j2' as lib %}\na: {{ lib.m(values.map) }}\n", "`x.missing` is undefined", "base/lib.j2:2:4"),
    ("{% import 'lib.j2' as l %}a:{{ l.t() }}\n", "a value without quotes cannot contain `: `", "base/lib.j2:4:7"),
    (
        "{% import 'lib.j2' as l %}a:{{ l.q() }}\n",
        "`values.list` is a list, which cannot be part of a string",
        "base/lib.j2:6:18",
    ),
    (
        "{% include 'reserved.j2' %}\n",
        "in `base/reserved.j2`, the character U+10FF00 is reserved for pleach",
        "base/a.yaml.j2:1:4",
    ),
    ("a: 1\nb: \u{10FF01}\n", "the character U+10FF01 is reserved for pleach", "base/a.yaml.j2:2:4"),
    ("{% include 'syntax.j2' %}\n", "template syntax error: unexpected end of block", "base/syntax.j2:1:7"),
    ("a: {{ 1 + }}\n", "template syntax error: unexpected end of variable block", "base/a.yaml.j2:1:11"),
    (
        "a: 1\n{%- autoescape true %}{% endautoescape %}\n",
        "the tag `autoescape` is not supported",
        "base/a.yaml.j2:2:1",
    ),
    ("a: 1\nb: {{ values.number }}\na: 2\n", "duplicate key `a`", "base/a.yaml.j2:3:1"),
    ("a: 1\n{{ 'a' }}: 2\n", "duplicate key `a`", "base/a.yaml.j2:2:1"),
    ("{{ 'a' }}: 1\n{{ 'a' }}: 2\n", "duplicate key `a`", "base/a.yaml.j2:2:1"),
    ("a: {{ values.number }}: c\n", "a value without quotes cannot contain `: `", "base/a.yaml.j2:1:23"),
    ("a: *{{ values.word }}\n", "unknown anchor `&{{ values.word }}`", "base/a.yaml.j2:1:4"),
    (
        "a: &{{ values.word }} b\n",
        "`values.word` is part of an anchor, which cannot have a value",
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
    ("a: !!int {{ values.word }}\n", "the value is not valid for the tag `!!int`", "base/a.yaml.j2:1:10"),
    ("a: 1\n<<: {{ values.number }}\n", "`<<` can merge only mappings, got an integer", "base/a.yaml.j2:2:1"),
    ("<<: [{{ values.map }}, {{ values.word }}]\n", "`<<` can merge only mappings, got a string", "base/a.yaml.j2:1:1"),
    ("a: {{ 1e999 }}\n", "`1e999` is inf, which is not a JSON number", "base/a.yaml.j2:1:4"),
    (
        "{% set x %}{{ values.word }}{% endset %}\n{% if x == 'yes' %}\na: 1\n{% else %}\na: 2\n{% endif %}\n",
        "the template inspects captured text, and its result would differ here",
        "base/a.yaml.j2:5:4",
    ),
    (
        "{% set x %}{{ values.lines }}{% endset %}\na: {{ x | length }}\n",
        "the template inspects captured text, and its result would differ here",
        "base/a.yaml.j2:2:4",
    ),
    (
        "{% set x %}{{ values.number }}{% endset %}\na: {{ x[0] }}\n",
        "`x[0]` contains captured text, which cannot be inspected",
        "base/a.yaml.j2:2:7",
    ),
    (
        "{% set x %}{{ values.word }}{% endset %}{% extends x %}\n",
        "the template `base/yes` does not exist",
        "base/a.yaml.j2:1:44",
    ),
    (
        "{% macro m() %}{{ project }}{% endmacro %}a: {{ m() | b64encode }}\n",
        "the input of `b64encode` contains captured text, which cannot be inspected",
        "base/a.yaml.j2:1:55",
    ),
];

#[test]
fn errors_have_source_locations_in_templates() {
    for (template, message, location) in INVALID {
        let test = TemplateTest::new(&[
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
        let output = test.yaml();
        let kind = if output.starts_with("error[yaml]") { "yaml" } else { "template" };
        assert!(output.starts_with(&format!("error[{kind}]: {message}\n --> {location}\n")), "{template}\n{output}");
        assert!(output.lines().count() < 20 && !output.contains('\u{10FF00}'), "{output}");
        for line in output.lines().filter(|line| line.contains("= help")) {
            assert!(!line.contains("did you mean") || !line.contains(&format!("`{message}`")), "{output}");
        }
    }
}

#[test]
fn errors_have_help() {
    let output = yaml_of("a: {{ values.nunber }}\n");
    let want = "error[template]: `values.nunber` is undefined
 --> base/a.yaml.j2:1:7
  |
1 | a: {{ values.nunber }}
  |       ^^^^^^^^^^^^^
  = help: did you mean `values.number`?
  = help: if the value is optional, use `values.nunber is defined` or `values.nunber | default(…)`
";
    assert_eq!(output.trim_end(), want.trim_end());
    let output = yaml_of("a: {{ branch.nothing_like_it }}\n");
    assert!(output.contains("= help: defined names: `branch.hosts`, `branch.name`, `branch.slug`\n"), "{output}");
    let output = TemplateTest::new(&[("a.j2", "\n{% include 'b.j2' %}"), ("b.j2", "{{ x }}")]).yaml();
    assert!(output.contains(" --> b.j2:1:4\n") && output.contains("= note: included here: a.j2:2:4\n"), "{output}");
    let output = yaml_of("a: '{{ values.list }}{{ values.map }}'\nb: x{{ values.nothing }}\n");
    assert_eq!(output.matches("error[template]").count(), 3, "all at once: {output}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of templates and errors")]
fn syntax_errors_have_help() {
    let end_of_if = "add `{% endif %}` at the end of the block";
    let raw = "to write an expression for another program unchanged, put it in `{% raw %}` and `{% endraw %}`";
    for (template, location, message, help) in [
        ("{% if values.flag %}\na: b\n", "1:1", "`{% if %}` has no `{% endif %}`", &[end_of_if][..]),
        (
            "a: b\n{% endif %}\n",
            "2:1",
            "`{% endif %}` ends no block",
            &["remove it, or begin the block with `{% if … %}`"],
        ),
        ("{% fi values.flag %}\n", "1:1", "unknown tag `fi`", &["did you mean `if`?"]),
        (
            "{% raw %}\na: b\n",
            "1:1",
            "`{% raw %}` has no `{% endraw %}`",
            &["add `{% endraw %}` at the end of the block"],
        ),
        ("{# a\na: b\n", "1:1", "the comment `{#` is not closed", &["add `#}`"]),
        (
            "{% elif values.flag %}\n",
            "1:1",
            "`{% elif %}` is not in an `if` block",
            &["begin the block with `{% if … %}`, and end it with `{% endif %}`"],
        ),
        ("a: {{ values.word }\nb: c\n", "1:4", "`{{` is not closed", &["add `}}`"]),
        ("a: {{ 'x }}\n", "1:7", "the quote `'` is not closed", &["add `'` at the end of the string"]),
        ("a: {{ values['word' }}\n", "1:13", "`[` is not closed", &["add `]`"]),
        (
            "a: {{ .Values.host }}\n",
            "1:8",
            "template syntax error: unexpected `.`",
            &["`.Values.host` is the syntax of Helm; write `values.host`", raw],
        ),
        (
            "a: \"{{ .username | toString }}\"\n",
            "1:9",
            "template syntax error: unexpected `.`",
            &["`.username` is the syntax of Go templates; a name has no dot or `$` before it", raw],
        ),
        (
            "a: {{ $labels.x }}\n",
            "1:7",
            "template syntax error: unexpected character",
            &["`$labels.x` is the syntax of Go templates; a name has no dot or `$` before it", raw],
        ),
        (
            "{{- if .Values.flag }}\n",
            "1:5",
            "`if` is undefined",
            &["this is a condition of a Go template; write `{% if … %}` and `{% endif %}`", raw],
        ),
        (
            "{{ end }}\n",
            "1:4",
            "`end` is undefined",
            &["this ends a block of a Go template; write `{% endif %}` or `{% endfor %}`", raw],
        ),
        (
            "a: {{ toYaml values.word }}\n",
            "1:14",
            "template syntax error: unexpected identifier, expected end of variable block",
            &["call a function as `name(value)`, and a filter as `value | name`"],
        ),
        (
            "a: {{ values.word && values.number }}\n",
            "1:19",
            "template syntax error: unexpected character",
            &["use `and`"],
        ),
        ("a: {{ !values.word }}\n", "1:7", "template syntax error: unexpected character", &["use `not`"]),
        (
            "a: {{ values.word ? 1 : 2 }}\n",
            "1:19",
            "template syntax error: unexpected character",
            &["write a condition as `a if condition else b`"],
        ),
        (
            "{% if values.word = 1 %}{% endif %}\n",
            "1:19",
            "template syntax error: unexpected `=`, expected end of block",
            &["compare with `==`"],
        ),
        (
            "a: {{ }}\n",
            "1:7",
            "template syntax error: unexpected end of variable block",
            &["write an expression between the braces, or remove them"],
        ),
        (
            "a: {{ lower('x') }}\n",
            "1:7",
            "unknown function or macro `lower`",
            &["`lower` is a filter: write `value | lower`"],
        ),
        ("a: {{ 3 | range }}\n", "1:11", "unknown filter `range`", &["`range` is a function: write `range(…)`"]),
        ("a: {{ 'x' | b64enc }}\n", "1:13", "unknown filter `b64enc`", &["use `b64encode`"]),
        ("a: {{ rnge(3) }}\n", "1:7", "unknown function or macro `rnge`", &["did you mean `range`?"]),
    ] {
        let output = yaml_of(template);
        let head = format!("error[template]: {message}\n --> base/a.yaml.j2:{location}\n");
        assert!(output.starts_with(&head), "{template}\n{output}");
        let shown: Vec<&str> = output.lines().filter_map(|line| line.trim_start().strip_prefix("= help: ")).collect();
        assert_eq!(shown, help, "{template}");
    }
}

#[test]
fn text_files_have_the_same_errors() {
    for (template, want) in [
        ("a\nb {{ values.missing }}", "error[template]: `values.missing` is undefined\n --> base/x.conf.j2:2:6\n"),
        (
            "{{ values.list }}",
            "error[template]: `values.list` is a list, which cannot be part of a string\n --> base/x.conf.j2:1:4\n",
        ),
        (
            "{{ values.nothing }}",
            "error[template]: `values.nothing` is null, which cannot be part of a string\n --> base/x.conf.j2:1:4\n",
        ),
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
            "error[template]: the template exceeds the work limit",
        ),
    ] {
        let output = TemplateTest::new(&[("base/x.conf.j2", template)]).text();
        assert!(output.starts_with(want), "{output}");
    }
}

#[test]
fn values_with_reserved_characters_are_refused_in_the_spec() {
    for (yaml, line) in [("a:\n- x\n- \"\\U0010FF00\"", 3), ("a: 1\nb:\n  \"\\U0010FF01\": 0", 3)] {
        let project = Project::in_memory([("branches.yaml", yaml)]);
        let file = project.file(&RelPath::new("branches.yaml").unwrap()).unwrap();
        let spec = yaml::documents(&file, Dialect::Yaml11).unwrap().remove(0);
        let errors = TemplateContext::new(&spec).unwrap_err();
        let first = errors.iter().next().unwrap();
        assert_eq!((first.parts().at.file(), first.parts().at.line), (Some(file.id), line), "{first}");
    }
}
