//! What templates render. The submodules test that values stay data, that captured text is not inspected, source
//! locations, and errors.

mod captured;
mod data;
mod errors;
mod locations;
mod numbers;

use super::*;
use crate::diagnostic::{Severity, human};
use crate::node::Map;
use crate::source::{Location, RelPath};
use crate::yaml::Quoting;

const VARIABLES: &str = "
project: shop
branch: {name: feature/login, slug: feature-login, hosts: [a.example, b.example]}
values: {number: 3, word: 'yes', ratio: 1.5, truth: true, nothing: null, list: [{a: 1}], map: {k: v, l: [1]}, lines: \"a\\nb\\n\"}
images: {web: 'registry.example/web:1'}
";

fn read(yaml: &str) -> Node {
    yaml::parse(yaml, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap().remove(0)
}

struct TemplateTest {
    project: Project,
    engine: TemplateEngine,
    file: Arc<File>,
}

impl TemplateTest {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Project::in_memory(files.iter().copied());
        let engine = TemplateEngine::new(&project);
        let file = project.file(&RelPath::new(files[0].0).unwrap()).unwrap();
        TemplateTest { project, engine, file }
    }

    fn documents(&self, variables: &Node) -> Result<Vec<Node>> {
        self.engine.documents(&self.file, &TemplateContext::new(variables)?, Dialect::Kubernetes)
    }

    fn errors(&self, errors: &crate::diagnostic::Diagnostics) -> String {
        let text: String = errors.iter().map(|error| human::render(Severity::Error, error, &self.project)).collect();
        // Without colours.
        let mut parts = text.split("\u{1b}[");
        let first = parts.next().unwrap_or_default().to_owned();
        first + &parts.map(|part| part.split_once('m').map_or("", |(_, text)| text)).collect::<String>()
    }

    /// The documents as YAML, or the errors.
    fn yaml(&self) -> String {
        match self.documents(&read(VARIABLES)) {
            Ok(nodes) => yaml::stream(&nodes, |out, node| yaml::write(out, node, Quoting::Kustomize)).unwrap(),
            Err(errors) => self.errors(&errors),
        }
    }

    fn text(&self) -> String {
        match self.engine.text(&self.file, &TemplateContext::new(&read(VARIABLES)).unwrap()) {
            Ok(text) => text,
            Err(errors) => self.errors(&errors),
        }
    }
}

fn yaml_of(template: &str) -> String {
    TemplateTest::new(&[("base/a.yaml.j2", template)]).yaml()
}

/// Values that would break a YAML text if they were inserted in it unquoted.
const HOSTILE_VALUES: &[&str] = &[
    "x\"\n---\nkind: ClusterRoleBinding",
    "a: b #c",
    "{{ 7*7 }}",
    "{% for x in y %}",
    "{# c #}",
    "&x",
    "*x",
    "!!binary",
    "\u{1F600}",
    "one\ntwo\n  three",
    "one\r\ntwo\n",
    "",
    " ",
    "\n",
    "yes",
    "123",
    "null",
    "~",
    "0x1F",
    "2001-01-01",
    "'",
    "\"",
    "\\",
    "\\n",
    "- a",
    "? a",
    ": a",
    "[",
    "]",
    "{",
    "}",
    ", b: c",
    "|",
    ">",
    "%YAML 1.1",
    "---",
    "...",
    "<<",
    "=",
    "@",
    "`",
    "#",
    " #",
    "\t",
    "\u{feff}",
    "\u{2028}",
    "\u{85}",
    "\0",
    "\u{E000}0\u{E001}",
    "\u{10FFFF}",
];

fn with_value(v: &str) -> Node {
    let values: Map = [("v", Node::str(v))].into_iter().collect();
    [("values", Node::from(values))].into_iter().collect::<Map>().into()
}

#[test]
fn whole_values_keep_their_types() {
    for (template, want) in [
        ("a: {{ values.number }}", "a: 3\n"),
        ("a: '{{ values.number }}'", "a: \"3\"\n"),
        ("a: \"{{ values.number }}\"", "a: \"3\"\n"),
        ("a: x{{ values.number }}", "a: x3\n"),
        ("a: {{ values.ratio }}", "a: 1.5\n"),
        ("a: {{ values.truth }}", "a: true\n"),
        ("a: v{{ values.truth }}", "a: vtrue\n"),
        ("a: {{ values.word }}", "a: \"yes\"\n"),
        ("a: {{ values.nothing }}", "a: null\n"),
        ("a: {{ values.list }}", "a:\n- a: 1\n"),
        ("a: {{ values.map }}", "a:\n  k: v\n  l:\n  - 1\n"),
        ("a: [{{ values.number }}, {{ values.map.l }}]", "a:\n- 3\n- - 1\n"),
        ("a: {b: {{ values.number }}}", "a:\n  b: 3\n"),
        ("{{ values.number }}: x", "\"3\": x\n"),
        ("{{ values.map }}", "k: v\nl:\n- 1\n"),
        ("a: {{ values.number + 0.5 }}", "a: 3.5\n"),
        ("a: {{ [1, 'x', none, {'k': values.list}] }}", "a:\n- 1\n- x\n- null\n- k:\n  - a: 1\n"),
        ("a: !!str {{ values.number }}", "a: \"3\"\n"),
        ("a: {{ 'x' if values.truth }}{{ 'y' if not values.truth }}", "a: x\n"),
        ("a: {{ values.lines }}\nb: |\n  x\n    {{ values.lines }}", "a: |\n  a\n  b\nb: |\n  x\n    a\n  b\n"),
        ("a: {{ values.map | toyaml }}", "a: |-\n  k: v\n  l:\n  - 1\n"),
        ("a: {{ values.map | tojson }}", "a: '{\"k\":\"v\",\"l\":[1]}'\n"),
        ("a: {{ values.word | b64encode }}", "a: eWVz\n"),
    ] {
        assert_eq!(yaml_of(template), want, "{template}");
    }
}

#[test]
fn values_in_text_files_are_unchanged() {
    let text = |template| TemplateTest::new(&[("base/nginx.conf.j2", template)]).text();
    assert_eq!(
        text("server_name {{ branch.slug }}:{{ values.number }};\n  {{ values.lines }}|\n"),
        "server_name feature-login:3;\n  a\nb\n|\n"
    );
}

#[test]
fn what_templates_can_do() {
    let files = |template: &'static str| {
        TemplateTest::new(&[
            ("base/a.yaml.j2", template),
            ("base/part.j2", "- from: part\n  host: {{ host }}\n"),
            ("part.j2", "- from: root\n"),
            ("lib/macros.j2", "{% macro env(map) %}{% for k, v in map | items %}\n- name: {{ k }}\n  value: {{ v }}\n{% endfor %}{% endmacro %}"),
            ("lib/near.j2", "o: {% include 'near2.j2' %}"),
            ("lib/near2.j2", "{{ branch.slug }}"),
            ("lib/base.j2", "kind: {% block kind %}A{{ values.number }}{% endblock %}\nx: {% block x %}1{% endblock %}\n"),
        ])
        .yaml()
    };
    for (template, want) in [
        ("a:\n{% for host in branch.hosts %}\n- {{ host }}\n{% endfor %}\n", "a:\n- a.example\n- b.example\n"),
        (
            "a:\n{%- for host in branch.hosts if host != 'a.example' %}\n- {{ host }}-{{ loop.index }}\n{%- endfor %}\n",
            "a:\n- b.example-1\n",
        ),
        ("{% if values.number > 2 %}a: big{% else %}a: small{% endif %}\n", "a: big\n"),
        ("a: {{ values.missing | default('x') }}\n", "a: x\n"),
        ("{% if values.missing is defined %}a: 1{% else %}a: 2{% endif %}\n", "a: 2\n"),
        ("{% set x = values.number * 2 %}a: {{ x }}\n", "a: 6\n"),
        (
            "{% set x %}{{ branch.slug }}-{{ values.number }}{% endset %}a: {{ x }}\nb: '{{ x }}'\n",
            "a: feature-login-3\nb: feature-login-3\n",
        ),
        ("{% set x %}{{ values.number }}{% endset %}a: {{ x }}\n", "a: 3\n"),
        (
            "{% set x %}- 1\n- {{ values.number }}\n{% endset %}a:\n{{ x }}b:\n  {{ x | indent(2) }}\n",
            "a:\n- 1\n- 3\nb:\n- 1\n- 3\n",
        ),
        (
            "{% macro m(x, y=2) %}{x: {{ x }}, z: {{ y }}}{% endmacro %}a: {{ m(1) }}\nb: {{ m('q', y=values.list) }}\n",
            "a:\n  x: 1\n  z: 2\nb:\n  x: q\n  z:\n  - a: 1\n",
        ),
        (
            "{% macro m(x) %}x: {{ x }}\nlines: |\n  {{ values.lines }}\n  end\n{% endmacro %}a:\n  {{ m(values.lines) | indent(2) }}\n",
            "a:\n  lines: |\n    a\n    b\n\n    end\n  x: |\n    a\n    b\n",
        ),
        (
            "{% macro m() %}a: {{ caller() }}{% endmacro %}{% call m() %}{{ values.list }}{% endcall %}\n",
            "a:\n- a: 1\n",
        ),
        (
            "{% from 'lib/macros.j2' import env %}a:{{ env(values.map) }}\n",
            "a:\n- name: k\n  value: v\n- name: l\n  value:\n  - 1\n",
        ),
        ("{% import '../lib/macros.j2' as lib %}a:{{ lib.env({'z': none}) }}\n", "a:\n- name: z\n  value: null\n"),
        (
            "a:\n{% for host in branch.hosts %}{% include 'part.j2' %}\n{% endfor %}",
            "a:\n- from: part\n  host: a.example\n- from: part\n  host: b.example\n",
        ),
        ("a:\n{% include './../part.j2' %}", "a:\n- from: root\n"),
        ("{% include 'lib/near.j2' %}\n", "o: feature-login\n"),
        ("a: 1\n{% include 'nothing' ignore missing %}\n", "a: 1\n"),
        ("{% include ['nothing', 'lib/near.j2'] %}\n", "o: feature-login\n"),
        (
            "{% extends 'lib/base.j2' %}{% block kind %}B-{{ super() }}-{{ values.number }}{% endblock %}\n",
            "kind: B-A3-3\nx: 1\n",
        ),
        ("{% extends '../lib/base.j2' %}{% block x %}{{ values.list }}{% endblock %}\n", "kind: A3\nx:\n- a: 1\n"),
        ("{% raw %}a: '{{ x }}'{% endraw %}\n", "a: '{{ x }}'\n"),
        ("a: 1 {#- {{ values.x }} #}\n", "a: 1\n"),
        ("{% for k, v in values.map | dictsort %}{{ k }}: {{ v }}\n{% endfor %}", "k: v\nl:\n- 1\n"),
        ("{% for n in range(3) %}---\no: {{ n }}\n{% endfor %}", "o: 0\n---\no: 1\n---\no: 2\n"),
        (
            "a: {{ values.map | length }}{{ values.list | length }}{{ values.map.k is string }}{{ values.list[0].a + 1 }}{{ values.list[-1].a }}\n",
            "a: 21true21\n",
        ),
        (
            "a: {{ 'k' in values.map }}\nb: {{ values.map == {'k': 'v', 'l': [1]} }}\nc: {{ values.list == [{'a': 1}] }}\n",
            "a: true\nb: true\nc: true\n",
        ),
        ("a: {{ branch.hosts | map('upper') }}\n", "a:\n- A.EXAMPLE\n- B.EXAMPLE\n"),
        (
            "{% macro m(x) %}{{ x }}{% endmacro %}a: {{ m(branch.hosts | map('upper')) }}\nb: {{ m(range(2)) }}\n",
            "a:\n- A.EXAMPLE\n- B.EXAMPLE\nb:\n- 0\n- 1\n",
        ),
        (
            "{% macro m(x) %}{{ x }}{% endmacro %}a: {{ m(branch.hosts | select('eq', 'a.example')) }}\n",
            "a:\n- a.example\n",
        ),
        ("{% macro m(x) %}{{ x }}{% endmacro %}a: {{ m(values.map | items) }}\n", "a:\n- - k\n  - v\n- - l\n  - - 1\n"),
        ("{% macro m(x) %}{{ x }}{% endmacro %}a: {{ {'k': m('v') ~ '-w'} }}\n", "a:\n  k: v-w\n"),
        ("<<: {{ values.map }}\nk: own\n", "k: own\nl:\n- 1\n"),
        (
            "a: &x {k: {{ values.number }}}\nb:\n  <<: *x\n  z: 1\nc:\n  <<: [*x, {{ values.map }}]\n",
            "a:\n  k: 3\nb:\n  k: 3\n  z: 1\nc:\n  k: 3\n  l:\n  - 1\n",
        ),
        ("<<: {{ values.missing | default({}) }}\nk: own\n", "k: own\n"),
        ("{% if not values.truth %}a: 1{% endif %}\n", ""),
        ("{{ values.nothing }}\n", ""),
        ("{% do range(3) %}a: {{ branch.hosts | map('upper') | join(',') }}\n", "a: A.EXAMPLE,B.EXAMPLE\n"),
        (
            "a: {% for x in [1, [2, [3]]] recursive %}{% if x is sequence %}({{ loop(x) }}){% else %}{{ x }}{% endif %}{% endfor %}\n",
            "a: 1(2(3))\n",
        ),
    ] {
        assert_eq!(files(template), want, "{template}");
    }
}

#[test]
fn branches_with_equal_control_flow_share_nodes() {
    let template =
        "kind: A\nmeta: {labels: {x: 1}}\nspec:\n  replicas: {{ values.v }}\n{% if values.v == 'q' %}q: 1{% endif %}\n";
    let test = TemplateTest::new(&[("a.yaml.j2", template)]);
    let labels = |v: &str| test.documents(&with_value(v)).unwrap()[0].at_path(&["meta", "labels"]).unwrap().clone();
    let same = |a: &Node, b: &Node| std::ptr::eq(a.get("x").unwrap(), b.get("x").unwrap());
    assert!(same(&labels("1"), &labels("2")), "parsed once for both");
    assert!(!same(&labels("1"), &labels("q")), "another text is parsed again");
}

#[test]
fn threads_share_an_engine() {
    let main = "{% import 'lib.j2' as lib %}name: {{ values.v }}\nitems:{{ lib.items(values.v) }}\n";
    let test = TemplateTest::new(&[
        ("a.yaml.j2", main),
        ("lib.j2", "{% macro items(n) %}\n- {{ n }}-{{ n }}\n{% endmacro %}"),
    ]);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let test = &test;
            scope.spawn(move || {
                for i in 0..50 {
                    let v = format!("{thread}-{i}");
                    let nodes = test.documents(&with_value(&v)).unwrap();
                    let item = nodes[0].get("items").unwrap().as_seq().unwrap()[0].as_str().unwrap().to_owned();
                    assert_eq!((nodes[0].str_at(&["name"]), item), (Some(v.as_str()), format!("{v}-{v}")));
                }
            });
        }
    });
}
