//! What macros and `set` blocks return is template text, and nothing makes template text of a value.

use super::*;

/// Ways to look into `x`.
const LOOKS: &[&str] = &[
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

/// Ways to join a value with the text that `m()` returns.
const WAYS: &[&str] = &[
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

/// Whatever looks into captured text gets what it would get from the value itself, or is refused.
#[test]
fn captured_text_is_looked_into_rightly_or_not_at_all() {
    let mut right = 0;
    for look in LOOKS {
        let both = [
            "{% set x %}{{ values.v }}{% endset %}",
            "{% set x = values.v %}",
            "{% macro f() %}{{ values.v }}{% endmacro %}{% set x = f() %}",
        ]
        .map(|set| {
            let macros =
                "{% macro m(y) %}{{ y }}{% endmacro %}{% macro c(y) %}{% if y == 'v' %}1{% endif %}{% endmacro %}";
            Bench::new(&[("a.yaml.j2", &format!("{macros}{set}a: '{{{{ {look} }}}}'\nb: {{{{ {look} }}}}\nc: 1\n"))])
        });
        for v in ["v", "", "3", "V", " v ", "vvv", "v\nv", "a: b\nc: d"] {
            let [set, plain, called] = both.each_ref().map(|bench| bench.documents(&with_value(v)));
            for captured in [set, called] {
                let Ok(captured) = captured else { continue };
                // A string of a safe text is a string of a value; what the two cannot share is `{{ x }}` on many lines.
                assert_eq!(Some(&captured), plain.as_ref().ok(), "{look} of {v:?}");
                assert_eq!(captured[0].as_map().unwrap().len(), 3, "{look} of {v:?}");
                right += 1;
            }
        }
    }
    assert!(right > 300, "nearly everything is refused: {right}");
}

/// No way of joining a value with text of the template makes text of the value.
#[test]
fn nothing_makes_template_text_of_a_value() {
    let bench = |template: &str| Bench::new(&[("a.yaml.j2", template)]);
    let mut rendered = 0;
    let mut assert_kept = |template: &str| {
        let bench = bench(template);
        for v in EVIL {
            if let Ok(documents) = bench.documents(&with_value(v)) {
                assert_eq!(documents.len(), 1, "{template} of {v:?}");
                let keys: Vec<_> = documents[0].as_map().unwrap().iter().map(|entry| entry.key.text.as_str()).collect();
                assert_eq!(keys, ["a", "b"], "{template} of {v:?}");
                rendered += 1;
            }
        }
    };
    for way in WAYS {
        assert_kept(&format!(
            "{{% macro m(x='') %}}m{{{{ x }}}}@{{% endmacro %}}a: {{{{ {way} }}}}\nb: [0, {{{{ {way} }}}}, {{k: {{{{ {way} }}}}}}]\n"
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
