//! Source locations of nodes.

use super::*;

/// Each key and scalar of the documents, with the text at its source location.
fn origins(test: &TemplateTest) -> Vec<(String, String)> {
    fn slice(project: &Project, at: Location) -> String {
        let file = project.file_at(at).unwrap();
        let line = file.text().unwrap().lines().nth(at.line as usize - 1).unwrap();
        line.chars().skip(usize::from(at.column) - 1).take(usize::from(at.len)).collect()
    }
    fn visit(node: &Node, project: &Project, found: &mut Vec<(String, String)>) {
        if let Some(scalar) = node.as_scalar() {
            found.push((scalar.text.to_string(), slice(project, node.at)));
        }
        for item in node.as_seq().unwrap_or_default() {
            visit(item, project, found);
        }
        for entry in node.as_map().into_iter().flatten() {
            found.push((entry.key.text.to_string(), slice(project, entry.key.at)));
            visit(&entry.value, project, found);
        }
    }
    let mut found = Vec::new();
    for node in test.documents(&read(VARIABLES)).unwrap() {
        visit(&node, &test.project, &mut found);
    }
    found
}

#[test]
fn source_locations_are_in_templates() {
    let main = "{#- About. -#}\n{% import 'lib.j2' as lib %}\n  {%- set note %}{{ project }}-set{% endset %}\nkind: Ü {{- '' }}X\n{% if values.truth -%}\n  \
                a1: {{ values.number }}  # a\n{%- endif %}\nitems:\n{%- for host in branch.hosts %}\n- h1: {{ host }}\n  h2: x-{{ host }}-{{ loop.index }}\n\
                {%- endfor %}\n{{ lib.pod('web') }}{% include 'part.j2' %}\nnote: {{ note }}\n{{ branch.slug }}: end\nflow: [a9, {{ values.number }}, {b9: c9}]\n\
                {% raw %}raw: raw1 {% endraw %}\nlast: {{ {'}}': '%}'}['}}'] }}\n";
    let lib = "{% macro pod(name) -%}\npod:\n  {% if name %}name: {{ name }}{% endif %}\n  image: p{{ images.web }}\n{% endmacro %}\n";
    let test = TemplateTest::new(&[
        ("m.yaml.j2", main),
        ("lib.j2", lib),
        ("part.j2", "{% if 1 %}{# … #}part: p1{% endif %}\n"),
    ]);
    let found = origins(&test);
    let mut expressions = 0;
    for (text, origin) in &found {
        if origin.contains("{{") {
            expressions += 1;
        } else {
            assert_eq!(text, origin, "{found:?}");
        }
    }
    let origin = |text: &str| found.iter().find(|(other, _)| other == text).map_or("", |(_, origin)| origin.as_str());
    for (text, want) in [
        ("3", "{{ values.number }}"),
        ("b.example", "{{ host }}"),
        ("x-b.example-2", "x-{{ host }}-{{ loop.index }}"),
        ("web", "{{ name }}"),
        ("pregistry.example/web:1", "p{{ images.web }}"),
        ("shop-set", "{{ project }}-set"),
        ("feature-login", "{{ branch.slug }}"),
        ("%}", "{{ {'}}': '%}'}['}}'] }}"),
    ] {
        assert_eq!(origin(text), want, "{text}: {found:?}");
    }
    assert!(expressions >= 10 && found.len() > 30, "{found:?}");
}

#[test]
fn whole_values_keep_their_source_locations_in_the_spec() {
    let project =
        Project::in_memory([("a.yaml.j2", "a: {{ values.list }}\n"), ("spec.yaml", "values:\n  list:\n  - x: 1\n")]);
    let file = |path: &str| project.file(&RelPath::new(path).unwrap()).unwrap();
    let spec = yaml::documents(&file("spec.yaml"), Dialect::Yaml11).unwrap().remove(0);
    let engine = TemplateEngine::new(&project);
    let nodes =
        engine.documents(&file("a.yaml.j2"), &TemplateContext::new(&spec).unwrap(), Dialect::Kubernetes).unwrap();
    let list = nodes[0].get("a").unwrap();
    assert_eq!((list.at.file(), list.at.line), (Some(file("a.yaml.j2").id), 1));
    let x = list.as_seq().unwrap()[0].get("x").unwrap();
    assert_eq!((x.at.file(), x.at.line, x.at.column), (Some(file("spec.yaml").id), 3, 8));
}
