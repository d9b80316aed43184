//! What templates make of values, and what they are told where they go wrong.

use super::*;
use crate::error::{Level, human};
use crate::source::{Place, RelPath};
use crate::yaml::Quoting;

const VARIABLES: &str = "
project: shop
branch: {name: feature/login, slug: feature-login, hosts: [a.example, b.example]}
values: {number: 3, word: 'yes', ratio: 1.5, truth: true, nothing: null, list: [{a: 1}], map: {k: v, l: [1]}, lines: \"a\\nb\\n\"}
images: {web: 'registry.example/web:1'}
";

fn data(yaml: &str) -> Node {
    yaml::parse(yaml, Dialect::Kubernetes, &|_, _, _| Place::NONE).unwrap().remove(0)
}

struct Bench {
    project: Project,
    engine: Engine,
    file: Arc<File>,
}

impl Bench {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Project::in_memory(files.iter().copied());
        let engine = Engine::new(&project);
        let file = project.file(&RelPath::new(files[0].0).unwrap()).unwrap();
        Bench { project, engine, file }
    }

    fn documents(&self, variables: &Node) -> Result<Vec<Node>> {
        self.engine.documents(&self.file, &Context::new(variables)?, Dialect::Kubernetes)
    }

    fn complaints(&self, errors: &crate::error::Errors) -> String {
        let text: String = errors.iter().map(|error| human::render(Level::Error, error, &self.project)).collect();
        anstream::adapter::strip_str(&text).to_string()
    }

    /// The documents as YAML, or the complaints.
    fn yaml(&self) -> String {
        match self.documents(&data(VARIABLES)) {
            Ok(nodes) => yaml::stream(&nodes, Quoting::Kustomize).unwrap(),
            Err(errors) => self.complaints(&errors),
        }
    }

    fn text(&self) -> String {
        match self.engine.text(&self.file, &Context::new(&data(VARIABLES)).unwrap()) {
            Ok(text) => text,
            Err(errors) => self.complaints(&errors),
        }
    }
}

fn yaml_of(template: &str) -> String {
    Bench::new(&[("base/a.yaml.j2", template)]).yaml()
}

#[test]
fn values_keep_their_types_where_they_stand_whole() {
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
fn text_is_pasted_as_it_is() {
    let text = |template| Bench::new(&[("base/nginx.conf.j2", template)]).text();
    assert_eq!(
        text("server_name {{ branch.slug }}:{{ values.number }};\n  {{ values.lines }}|\n"),
        "server_name feature-login:3;\n  a\nb\n|\n"
    );
}
