//! Templates cannot inspect captured text (what macros and `set` blocks return), and no expression converts a value to
//! captured text.

use super::*;

/// Expressions that inspect `x`.
const INSPECTIONS: &[&str] = &[
    "x == 'v'",
    "x != 'v'",
    "x < 'w'",
    "'v' < x",
    "x in 'v3'",
    "'v' in x",
    "x in ['v']",
    "x in {'v': 1}",
    "not x",
    "x and 1",
    "1 if x else 0",
    "x[0]",
    "x[1:]",
    "x[::-1]",
    "x * 2",
    "x ~ 'y'",
    "x + 'y'",
    "'y' ~ x",
    "{'v': 1}[x] | default(0)",
    "{'v': 1}.get(x)",
    "x | upper",
    "x | lower",
    "x | title",
    "x | capitalize",
    "x | length",
    "x | count",
    "x | first",
    "x | last",
    "x | list",
    "x | list | length",
    "x | reverse",
    "x | replace('v', 'w')",
    "'v3' | replace(x, 'w')",
    "'a' | replace('a', x)",
    "x | trim('v')",
    "x | trim",
    "x | int(0)",
    "x | float(0)",
    "x | string",
    "x | bool",
    "x | split('v')",
    "x | split",
    "x | lines",
    "x | join('-')",
    "[x, 'z'] | join",
    "[x, 'z'] | sort",
    "[x, 'v'] | unique",
    "[x, 'v'] | min",
    "{'k': x} | tojson",
    "x | tojson",
    "x | toyaml",
    "x | b64encode",
    "x | format('a')",
    "'%s' | format(x)",
    "x is startingwith 'v'",
    "x is endingwith 'v'",
    "x is eq 'v'",
    "x is in ['v']",
    "x is lower",
    "x is string",
    "x is number",
    "x is defined",
    "x is sameas 'v'",
    "x | default('z')",
    "x | default('z', true)",
    "x | required('m')",
    "[x] | map('upper') | list",
    "[x] | select('eq', 'v') | list",
    "[{'k': x}] | selectattr('k', 'eq', 'v') | list | length",
    "[{'k': x}] | groupby('k') | list | length",
    "[x] | batch(1) | list",
    "[x] | slice(1) | list",
    "{x: 1} | dictsort",
    "{x: 1} | items | list",
    "[x, x] | sum",
    "x | abs",
    "x | round",
    "x | attr('a')",
    "x | pprint",
    "range(x | length) | list",
    "dict(k=x).k == 'v'",
    "namespace(k=x).k == 'v'",
    "m(x) == 'v'",
    "m(x)",
    "c(x)",
    "loop.nextitem",
    "[x] | zip(['v']) | list",
    "[x] | chain(['v']) | list",
];

/// Expressions that join a value with the text that `m()` returns.
const JOINS: &[&str] = &[
    "m() ~ values.v",
    "values.v ~ m()",
    "m() + values.v",
    "m() * 2 ~ values.v",
    "[m(), values.v] | join",
    "[values.v, m()] | join(m())",
    "[values.v] | join(m())",
    "m() | replace('@', values.v)",
    "values.v | replace('x', m())",
    "values.v | replace(m(), 'x')",
    "m('%s') | format(values.v)",
    "m('%-9s') | format(values.v)",
    "'%s' | format(values.v)",
    "m() | split('@') | join(values.v)",
    "m() | trim(values.v)",
    "values.v | trim(m())",
    "m(values.v)",
    "m(values.v) | indent",
    "m(values.v) | trim",
    "m(values.v) | lines | join('z')",
    "m(values.v) | split('@') | last",
    "m() | default(values.v)",
    "values.v | indent",
    "values.v | string",
    "values.v | list | join",
    "values.v | lines | join(m())",
    "m() | reverse ~ values.v",
    "[m(), values.v] | sort | join",
    "[m(), values.v] | map('trim') | join",
    "[m()] | map('replace', '@', values.v) | join",
    "[m(), values.v] | first ~ [m(), values.v] | last",
    "m() | format(values.v)",
    "(m() ~ '%s') | format(values.v)",
    "[m(), values.v] | sum(start='')",
    "m() | upper ~ values.v",
    "values.v | pprint",
    "values.v | tojson",
    "[values.v] | toyaml",
    "values.v | e",
    "values.v | escape",
    "values.v | safe",
    "m() | required(values.v)",
    "namespace(k=m() ~ values.v).k",
    "dict(k=values.v).k",
    "values.v[:9]",
    "(m() ~ values.v)[1:]",
    "(m() ~ values.v) | replace('\u{10FF00}', '')",
    "m() | replace('@', '\u{10FF00}')",
    "m() | replace('@', '\\U0010FF00' ~ '0' ~ '\\U0010FF01')",
    "'\\U0010FF00'",
    "self.x()",
];

/// An expression that inspects captured text has the same result as with the value itself, or is refused.
#[test]
fn inspection_of_captured_text_is_correct_or_refused() {
    let mut correct = 0;
    for inspection in INSPECTIONS {
        let both = [
            "{% set x %}{{ values.v }}{% endset %}",
            "{% set x = values.v %}",
            "{% macro f() %}{{ values.v }}{% endmacro %}{% set x = f() %}",
        ]
        .map(|set| {
            let macros =
                "{% macro m(y) %}{{ y }}{% endmacro %}{% macro c(y) %}{% if y == 'v' %}1{% endif %}{% endmacro %}";
            TemplateTest::new(&[(
                "a.yaml.j2",
                &format!("{macros}{set}a: '{{{{ {inspection} }}}}'\nb: {{{{ {inspection} }}}}\nc: 1\n"),
            )])
        });
        for v in ["v", "", "3", "V", " v ", "vvv", "v\nv", "a: b\nc: d"] {
            let [set, plain, called] = both.each_ref().map(|test| test.documents(&with_value(v)));
            for captured in [set, called] {
                let Ok(captured) = captured else { continue };
                // A captured text of one line and its value are equal as strings.
                assert_eq!(Some(&captured), plain.as_ref().ok(), "{inspection} of {v:?}");
                assert_eq!(captured[0].as_map().unwrap().len(), 3, "{inspection} of {v:?}");
                correct += 1;
            }
        }
    }
    assert!(correct > 300, "nearly everything is refused: {correct}");
}

/// No expression that joins a value with text of the template converts the value to template text.
#[test]
fn no_expression_converts_a_value_to_template_text() {
    let test = |template: &str| TemplateTest::new(&[("a.yaml.j2", template)]);
    let mut rendered = 0;
    let mut assert_kept = |template: &str| {
        let test = test(template);
        for v in HOSTILE_VALUES {
            if let Ok(documents) = test.documents(&with_value(v)) {
                assert_eq!(documents.len(), 1, "{template} of {v:?}");
                let keys: Vec<_> = documents[0].as_map().unwrap().iter().map(|entry| entry.key.text.as_str()).collect();
                assert_eq!(keys, ["a", "b"], "{template} of {v:?}");
                rendered += 1;
            }
        }
    };
    for join in JOINS {
        assert_kept(&format!(
            "{{% macro m(x='') %}}m{{{{ x }}}}@{{% endmacro %}}a: {{{{ {join} }}}}\nb: [0, {{{{ {join} }}}}, {{k: {{{{ {join} }}}}}}]\n"
        ));
    }
    for template in [
        "{% macro m() %}{{ caller() }}{% endmacro %}a: {% call m() %}{{ values.v }}{% endcall %}\nb: 0\n",
        "a: {% filter indent(4) %}{{ values.v }}{% endfilter %}\nb: 0\n",
        "a: {% filter upper %}{{ values.v }}{% endfilter %}\nb: 0\n",
        "{% autoescape 'html' %}a: {{ values.v | e }}{% endautoescape %}\nb: 0\n",
        "{% autoescape false %}a: {{ values.v }}{% endautoescape %}\nb: 0\n",
        "{%- autoescape true %}a: {{ values.v }}{% endautoescape %}\nb: 0\n",
        "{% set x %}{{ values.v }}{% endset %}{% set y %}{{ x }}-{{ x }}{% endset %}a: {{ y }}\nb: {{ x }}{{ y }}\n",
        "{% block x %}a: {{ values.v }}{% endblock %}\nb: 0\n",
        "{% for c in values.v %}{% if loop.first %}a: {% endif %}{{ c }}{% else %}a: 0{% endfor %}\nb: 0\n",
        "{% set ns = namespace(x='') %}{% set ns.x = values.v %}a: {{ ns.x }}\nb: 0\n",
        "{% with x = values.v %}a: {{ x }}{% endwith %}\nb: 0\n",
        "{% set x = values.v %}{% macro m() %}{{ x }}{% endmacro %}a: {{ m() }}\nb: {{ m() }}\n",
    ] {
        assert_kept(template);
    }
    assert!(rendered > 1000, "nearly everything is refused: {rendered}");
}
