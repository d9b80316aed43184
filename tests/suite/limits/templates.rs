//! Templates that make large values.

use super::{CONFIG_MAP, refused, workspace};

/// The error about a template whose `x` is `expression`, after `before`.
#[track_caller]
fn error(before: &str, expression: &str) -> String {
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n";
    refused(&workspace(&[("a.yaml.j2", &format!("{before}\n{object}  x: {expression}\n"))]))
}

const LIMIT: &str = "error[template]: the template exceeds the work limit of 2000000 steps -->";

const TEXT_LIMIT: &str = "error[template]: the template writes more than 16777216 bytes -->";

/// The error about `step`, run 60 times.
#[track_caller]
fn repeated(start: &str, step: &str, expression: &str) -> String {
    error(&format!("{{% set ns = namespace(s={start}) %}}{{% for i in range(60) %}}{step}{{% endfor %}}"), expression)
}

#[test]
fn list_added_to_itself() {
    let got = repeated("[1]*100", "{% set ns.s = ns.s + ns.s %}", "{{ ns.s | length }}");
    assert_eq!(got, format!("{LIMIT} base/a.yaml.j2:1:74"));
}

#[test]
fn mappings_that_are_sorted() {
    for filter in ["unique", "sort", "sort(attribute='a')", "groupby('a')"] {
        let got = error(
            "{% set l = namespace(s=[{'a': {'b': 1}}] * 60000) %}",
            &format!("{{{{ l.s | {filter} | length }}}}"),
        );
        assert!(got.starts_with(LIMIT), "{filter}: {got}");
    }
}

#[test]
fn slices_of_long_lists() {
    for step in ["{% set x = range(100000)[99999:] %}", "{% set x = l[::50000] | length %}"] {
        let got =
            error(&format!("{{% set l = range(100000) %}}{{% for i in range(20000) %}}{step}{{% endfor %}}"), "1");
        assert!(got.starts_with(LIMIT), "{step}: {got}");
    }
}

#[test]
fn items_that_are_compared_and_summed() {
    let start = "{% set s = range(90000) | list %}{% set j = range(90000) | list %}{% set t = 'x' * 1000000 %}";
    for expression in [
        "([[1]] * 40000) | sum(start=[])",
        "(['x' * 1000] * 10000) | sum(start='')",
        "([s] * 20000) | select('eq', j)",
        "([{'a': s}] * 2000) | selectattr('a', 'eq', j)",
        "([s] * 2000) | reject('in', [j])",
        "([t] * 20000) | min",
        "([{'k': 1}] * 10000) | map(attribute=t)",
    ] {
        let got = error(start, &format!("{{{{ {expression} | length }}}}"));
        assert!(got.starts_with(LIMIT), "{expression}: {got}");
    }
    let compared = "{% for i in range(1000) %}{% if s is eq(j) %}{% endif %}{% endfor %}";
    assert!(error(start, compared).starts_with(LIMIT));
    for sought in ["s in [j] * 2000", "t not in [t]"] {
        let got = error(start, &format!("{{{{ {sought} }}}}"));
        assert!(got.starts_with("error[template]: `in` looks up a value of more than 2048 bytes"), "{sought}: {got}");
    }
}

#[test]
fn many_attributes_to_sort_by() {
    let filter = format!("sort(attribute='{}')", vec!["a"; 2_000].join(","));
    let got = error("{% set l = namespace(s=[{'a': 1}] * 5000) %}", &format!("{{{{ l.s | {filter} | length }}}}"));
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn characters_that_are_trimmed() {
    let got = error("{% set l = namespace(s='b' * 500000, c='ba' * 20000) %}", "{{ l.s | trim(l.c) }}");
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn widths_of_formats() {
    for expression in [
        "'%1000000000d' | format(3)",
        "'%127000000s'|format('a')",
        "'%.65536e'|format(1.5)",
        "'%*d'|format(127000000, 1)",
    ] {
        let got = error("", &format!("{{{{ {expression} }}}}"));
        let want = "error[template]: a width or precision of `format` is more than 10000 --> base/a.yaml.j2:6:";
        assert!(got.starts_with(want), "{expression}: {got}");
    }
}

#[test]
fn blocks_without_end() {
    let blocks: String = (0..20_000).map(|i| format!("{{% block a{i} %}}{{% endblock %}}")).collect();
    let got = error(&blocks, "1");
    assert!(got.starts_with("error[template]: the template has more than 1000 blocks --> base/a.yaml.j2:1:"), "{got}");
}

#[test]
fn list_that_contains_itself_twice() {
    let got = repeated("[1]", "{% set ns.s = [ns.s, ns.s] %}", "{{ ns.s }}");
    assert_eq!(got, format!("{LIMIT} base/a.yaml.j2:1:82"));
}

#[test]
fn list_that_is_compared() {
    let step = "{% set ns.s = [ns.s, ns.s] %}{% set ns.t = [ns.t, ns.t] %}";
    let got = repeated("[1], t=[1]", step, "{{ ns.s == ns.t }}");
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn list_repeated() {
    let got = repeated("[1]", "{% set ns.s = ns.s * 10 %}", "{{ ns.s | length }}");
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn list_chained_to_itself() {
    let got = repeated("[1]", "{% set ns.s = ns.s | chain(ns.s) %}", "{{ ns.s | length }}");
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn mapping_that_contains_itself_twice() {
    let got = repeated("{}", "{% set ns.s = {'a': ns.s, 'b': ns.s} %}", "{{ ns.s | tojson }}");
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn mapping_of_a_function() {
    let got = repeated("{}", "{% set ns.s = dict(a=ns.s, b=ns.s) %}", "{{ ns.s | toyaml }}");
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn namespace_that_contains_itself() {
    let got = error("{% set ns = namespace() %}{% set ns.a = ns %}", "{{ ns }}");
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn text_added_to_itself() {
    let got = repeated("'x'", "{% set ns.s = ns.s ~ ns.s %}", "{{ ns.s }}");
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn text_replaced_by_itself() {
    let got = repeated("'x'", "{% set ns.s = ns.s | replace('x', 'x' * 1000) %}", "{{ ns.s }}");
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn large_text_written_often() {
    let got = error("{% set t = 'x' * 1000000 %}", "'{% for i in range(1000) %}{{ t }}{% endfor %}'");
    assert_eq!(got, format!("{LIMIT} base/a.yaml.j2:6:36"));
}

#[test]
fn captured_text_written_often() {
    let got = error("{% set t %}{{ 'x' * 1000000 }}{% endset %}", "'{% for i in range(1000) %}{{ t }}{% endfor %}'");
    assert!(got.starts_with(TEXT_LIMIT), "{got}");
}

#[test]
fn captured_text_captured_again() {
    let block = |n: usize| format!("{{% set s{n} %}}{}{{% endset %}}\n", format!("{{{{ s{} }}}}", n - 1).repeat(10));
    let blocks: String = (1..12).map(block).collect();
    let got = error(&format!("{{% set s0 %}}xxxxxxxxxx{{% endset %}}\n{blocks}"), "'{{ s11 }}'");
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn captured_text_in_a_list() {
    let got = error("{% set t %}{{ 'x' * 1000000 }}{% endset %}", "{{ [t] * 1000 }}");
    assert!(got.starts_with(TEXT_LIMIT), "{got}");
}

#[test]
fn macro_that_calls_itself_twice() {
    let got = error("{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}", "{{ f(40) }}");
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn argument_of_a_macro_that_calls_itself() {
    let recursive =
        "{% macro f(x, n) %}{% if n %}{{ f([x, x], n - 1) }}{% else %}{{ x == [x] }}{% endif %}{% endmacro %}";
    let got = error(recursive, "{{ f(1, 40) }}");
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn template_that_includes_another_twice() {
    let twice = |name: usize| format!("{{% include 'i{name}.j2' %}}{{% include 'i{name}.j2' %}}");
    let mut files = vec![("a.yaml.j2".to_owned(), twice(0)), ("i20.j2".to_owned(), "x".to_owned())];
    files.extend((0..20).map(|i| (format!("i{i}.j2"), twice(i + 1))));
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let got = refused(&workspace(&files));
    assert!(got.starts_with(LIMIT), "{got}");
}

/// Each is a step of the engine, but visits the text.
#[test]
fn long_text_that_is_processed_often() {
    for step in [
        "{% set y = t[i] %}",
        "{% set y = m.t[-1] %}",
        "{% set y = t[1:2] %}",
        "{% set y = t | length %}",
        "{% set y = t | last %}",
        "{% set y = values.t[i] %}",
        "{% for c in t %}{% break %}{% endfor %}",
        "{% if t is in([t]) %}{% endif %}",
        "{% if t is string %}{% endif %}",
        "{% set y = dict(a=t) %}",
    ] {
        let start = "{% set t = 'é' * 500000 %}{% set m = {'t': t} %}";
        let template = format!("{start}{{% for i in range(90000) %}}{step}{{% endfor %}}");
        let workspace = workspace(&[("a.yaml.j2", &template)]);
        let text = "x".repeat(1_000_000);
        workspace.write("branches.yaml", workspace.read("branches.yaml") + &format!("  values: {{t: {text}}}\n"));
        let got = refused(&workspace);
        assert!(got.starts_with(LIMIT), "{step}: {got}");
    }
}

#[test]
fn list_of_the_spec_that_is_visited_often() {
    let workspace =
        workspace(&[("a.yaml.j2", "{% for i in range(90000) %}{% set y = values.t | length %}{% endfor %}\n")]);
    let items = "a, ".repeat(20_000);
    workspace.write("branches.yaml", workspace.read("branches.yaml") + &format!("  values: {{t: [{items}]}}\n"));
    workspace.run(&["build"]).exits(0);
}

#[test]
fn template_that_includes_itself() {
    let lines: String = (0..5_000).map(|i| format!("  k{i}: '{{{{ branch.name }}}}'\n")).collect();
    let want = "includes and macros are nested more than 250 levels deep";
    for tag in ["{% include 'a.yaml.j2' %}", "{% import 'a.yaml.j2' as a %}"] {
        let got = refused(&workspace(&[("a.yaml.j2", &format!("{tag}\n{lines}"))]));
        assert_eq!(got, format!("error[template]: {want} --> base/a.yaml.j2:1:4"));
    }
    // The engine renders a template that extends another before that one.
    let got = refused(&workspace(&[("a.yaml.j2", &format!("{{% extends 'a.yaml.j2' %}}\n{lines}"))]));
    assert!(got.starts_with(LIMIT), "{got}");
}

#[test]
fn text_of_any_width() {
    for expression in ["'a\\nb' | indent(1000000000)", "'a' | indent(width=1000000000)"] {
        let got = error("", &format!("{{{{ {expression} }}}}"));
        assert!(got.starts_with(LIMIT), "{expression}: {got}");
    }
}

#[test]
fn long_concatenations_build() {
    let values = vec!["'x' ~ branch.name"; 5000].join(" ~ ");
    let workspace = workspace(&[("a.yaml.j2", &CONFIG_MAP.replace("a: b", &format!("a: '{{{{ {values} }}}}'")))]);
    workspace.run(&["build"]).exits(0);
    let object = workspace.read("out/namespaces/main/30-configmap-a.yaml");
    assert_eq!(object.matches("xmain").count(), 5000);
}

#[test]
fn many_templates_of_a_branch() {
    // Each is 396,000 steps or more.
    let work = "{% for i in range(99000) %}{% endfor %}".repeat(4);
    let template =
        |i: usize| (format!("a{i:02}.yaml.j2"), work.clone() + &CONFIG_MAP.replace("name: ", &format!("name: a{i}-")));
    let files: Vec<_> = (0..50).map(template).collect();
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let got = refused(&workspace(&files));
    let want = "error[template]: the templates of the branch exceed the work limit of 4000000 steps --> base/a";
    assert!(got.starts_with(want) && got.ends_with(".yaml.j2:1:1"), "{got}");
}

#[test]
fn loop_without_an_expression() {
    let loops = "{% for i in range(9000) %}\n  {% for j in range(9000) %}{% set x = 1 %}{% endfor %}\n{% endfor %}";
    let got = refused(&workspace(&[("a.yaml.j2", &format!("{loops}\n{CONFIG_MAP}"))]));
    assert_eq!(got, format!("{LIMIT} base/a.yaml.j2:2:3"));
}

#[test]
fn branch_over_a_limit_ends_the_build() {
    let loops = "{% for i in range(9000) %}{% for j in range(9000) %}{% endfor %}{% endfor %}";
    let workspace =
        workspace(&[("a.yaml.j2", &format!("{{% if branch.name != 'a' %}}{loops}{{% endif %}}\n{CONFIG_MAP}"))]);
    workspace
        .write("branches.yaml", workspace.read("branches.yaml") + "- name: a\n- name: b0\n- name: b1\n- name: b2\n");
    let errors = ["1", "2", "8"].map(|threads| {
        let output = workspace.command().arg("build").env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    });
    assert!(errors.iter().all(|other| *other == errors[0]), "{errors:#?}");
    let names = |error: &str| ["b0", "b1", "b2", "main"].map(|name| error.contains(&format!("`{name}`")));
    assert_eq!(names(&errors[0]), [true, false, false, false], "{}", errors[0]);
    assert!(errors[0].contains("the branches after this one were not built"), "{}", errors[0]);
    assert!(!workspace.path().join("out").exists());

    let all = workspace.run(&["build", "--keep-going"]).exits(2).err();
    assert!(all.contains("= branches: `b0`, `b1`, `b2` and 1 more"), "{all}");
    assert!(workspace.path().join("out/namespaces/a").exists());
}

#[test]
fn expressions_with_many_operators() {
    let want = "error[template]: the tag has more than 250 operators --> base/a.yaml.j2:6:6";
    for chain in ["1+", "1-", "1 == ", "1 is odd and ", "1 in [1] and ", "not ", "'a' + ", "1 if 1 else "] {
        assert_eq!(error("", &format!("{{{{ {}1 }}}}", chain.repeat(8000))), want, "{chain}");
        let condition = format!("{{% if {}1 %}}{{% endif %}}", chain.repeat(8000));
        assert!(
            error(&condition, "y").starts_with("error[template]: the tag has more than 250 operators -->"),
            "{chain}"
        );
    }
}

#[test]
fn large_text_written_many_times() {
    let large = "x".repeat(1_000_000);
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n";
    let included = format!("{object}  a: '{}'\n", "{% include 'm.j2' %}".repeat(100));
    let w = workspace(&[("a.yaml.j2", &included), ("m.j2", &large)]);
    assert_eq!(refused(&w), format!("{TEXT_LIMIT} base/a.yaml.j2"));
    let repeated =
        format!("{object}{{% for i in range(1000) %}}\n  a{{{{ i }}}}: '{}'\n{{% endfor %}}\n", &large[..100_000]);
    assert_eq!(refused(&workspace(&[("a.yaml.j2", &repeated)])), format!("{TEXT_LIMIT} base/a.yaml.j2"));
    // The templates of a branch count together.
    let part = |i: usize| {
        format!("{}  a: '{}'\n", object.replace("name: a", &format!("name: a{i}")), "{% include 'm.j2' %}".repeat(12))
    };
    let parts: Vec<(String, String)> = (0..8).map(|i| (format!("a{i}.yaml.j2"), part(i))).collect();
    let files: Vec<(&str, &str)> =
        parts.iter().map(|(path, text)| (path.as_str(), text.as_str())).chain([("m.j2", large.as_str())]).collect();
    let got = refused(&workspace(&files));
    assert!(
        got.starts_with("error[template]: the templates of the branch exceed the work limit of 4000000 steps -->"),
        "{got}"
    );
}

#[test]
fn tags_that_are_not_closed_and_end_in_other_letters() {
    for text in [
        "{% ä",
        "a: '{% if ä'",
        "# {% if }} ä",
        "{{ ä",
        "{%-ä",
        "{%",
        "{{-",
        "{% set p = \"hunter2secretvalue\" ä",
        "{# ä",
    ] {
        let got = refused(&workspace(&[("a.yaml.j2", &format!("{text}\n"))]));
        assert!(got.starts_with("error[") && !got.contains("hunter2"), "{text}: {got}");
    }
}
