//! Variables, filters, tests and functions of templates. Every result on the page comes from the template engine.

use super::{HEADER, cell, code};
use crate::node::{Node, Value};
use crate::source::{Project, RelPath};
use crate::template::{TemplateContext, TemplateEngine};
use crate::{plan, spec};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const INTRODUCTION: &str = "\
A file with the extension `.j2` in the base directory, in an overlay or among the patches of the spec is a
[minijinja](https://docs.rs/minijinja) template. `{{ … }}` inserts the value of an expression, `{% … %}` is a statement, and
`{# … #}` is a comment. An undefined variable is an error.

pleach parses the text as YAML first and inserts the values into the parsed document:

- An expression that is a whole plain scalar keeps its type: `replicas: {{ values.replicas }}` is a number, and
  `env: {{ values.env }}` can be a whole list.
- Anywhere else (in quotes, in a block scalar, as a part of a longer scalar, as a key) it is text. A number keeps its text in
  the spec, such as `1.10`.
- `<<: {{ values.labels }}` merges a mapping.

So a value can never add a key, a document or a line, and no filter for quotes or indentation is needed.

";

const STATEMENTS: &str = "\
## Statements

| statement | what it does |
|---|---|
| `{% if … %}`, `{% elif … %}`, `{% else %}`, `{% endif %}` | a condition |
| `{% for … in … %}`, `{% else %}`, `{% endfor %}` | a loop; `loop.index`, `loop.first`, `loop.last` and others describe the position; `{% break %}` and `{% continue %}` work |
| `{% set name = … %}` | a variable |
| `{% set name %}`, `{% endset %}` | the text between them as a variable |
| `{% with … %}`, `{% endwith %}` | variables for a part of the template |
| `{% macro name(…) %}`, `{% endmacro %}` | a macro; `{% call … %}` passes it a block |
| `{% filter … %}`, `{% endfilter %}` | a filter for a part of the template |
| `{% include … %}`, `{% import … %}`, `{% from … import … %}`, `{% extends … %}`, `{% block … %}` | other files of the workspace: first relative to the folder of this file, then to the workspace |
| `{% raw %}`, `{% endraw %}` | text that is not a template |

The text that macros, `set` blocks, `caller()` and `super()` return can be written, joined, trimmed and indented. A template that
inspects such text, for instance its length, is refused. Rendering stops with an error at a work
limit; see [Limits](limits.md).

";

const SPEC: &str = "
apiVersion: pleach/v1
kind: Branches
project: shop
namespace: '{{ project }}-{{ branch.slug }}'
hosts: {names: ['{{ branch.slug }}.dev.example.com'], services: [api]}
aliases: {stable: feature/login}
baseline: main
services: {frontend: {overlay: frontend, service: web}}
database: {mode: schema, name: shop}
imageAliases: {backend: registry.example.com/shop/backend}
shared: {databases: {orders: {host: orders.db.example.net}}, endpoints: {mail: {url: 'https://mail.example.com/v1'}}, services: {payments: {host: sandbox.payments.example.com}}}
defaults:
  values: {logLevel: info}
  images: {backend: 'registry.example.com/shop/backend:main'}
branches:
- name: main
- name: feature/login
  owner: team-identity
  link: https://git.example.com/shop/pull/42
  expires: 2026-12-24
  slots: {active: green, versions: {blue: {}, green: {images: {backend: ':2.4.1'}}}}
";

/// The variables with their meaning. Nothing can be left out: the page compares them with those of a branch that has all.
const VARIABLES: &[(&str, &str)] = &[
    ("project", "the name of the project"),
    ("branch.name", "the name of the branch in Git"),
    ("branch.slug", "the slug"),
    ("branch.namespace", "the namespace; null on App Engine"),
    ("branch.host", "the first host; null without hosts"),
    ("branch.hosts", "all hosts"),
    ("branch.services", "the first host of each service of `hosts.services`"),
    ("branch.aliases", "the first host of each alias of the branch"),
    ("branch.owner", "`owner` of the branch, or null"),
    ("branch.link", "`link` of the branch or the address of its pull request, or null"),
    ("branch.expires", "the last day of the branch, or null"),
    ("branch.pullRequest", "`number`, `title` and `url` of the pull request of the branch; null without one"),
    ("values", "the values of the branch, merged over the defaults"),
    ("images", "full image references, by the name in the manifests and by alias"),
    (
        "services",
        "if the spec has `services`: for each, `here` is true if the branch runs it, `host` is its DNS name in the cluster, and `ports` are its ports as in the spec",
    ),
    ("database.mode", "if the spec has `database`: `shared`, `schema` or `database`"),
    ("database.name", "the database of the branch"),
    ("database.schema", "the schema of the branch"),
    ("shared", "`shared` of the spec, always with `databases`, `services` and `endpoints`"),
    ("slots.active", "if the branch has `slots`: the version that gets the traffic"),
    ("slots.names", "the names of the versions"),
    ("slots.weights", "the share of the traffic of each version, in percent"),
    ("slots.versions", "for each version, `images` are its full image references"),
];

/// A name, what it does, and an expression.
type Row = (&'static str, &'static str, &'static str);

/// The filters that pleach adds or changes.
const OWN_FILTERS: &[Row] = &[
    ("b64encode", "the text in Base64", "'user:pass' | b64encode"),
    ("indent", "the lines after the first, indented; `indent(4, true)` also the first", "'a\\nb' | indent(2)"),
    ("join", "the items as one text; an undefined item is an error", "['a', 'b'] | join(', ')"),
    (
        "required",
        "the value; an error with this message if it is undefined or null",
        "branch.slug | required('no slug')",
    ),
    ("tojson", "the value as JSON, on several lines with `indent=2`", "{'port': 80} | tojson"),
    ("toyaml", "the value as YAML, as a build writes it", "{'port': 80, 'host': 'a'} | toyaml"),
];

const FILTERS: &[Row] = &[
    ("abs", "the absolute value", "-3 | abs"),
    ("attr", "an attribute by name", "{'a': 1} | attr('a')"),
    ("batch", "lists of this many items", "[1, 2, 3] | batch(2)"),
    ("bool", "whether the value is true", "0 | bool"),
    ("capitalize", "the first letter in upper case, the others in lower case", "'heLLo' | capitalize"),
    ("chain", "several lists or mappings as one", "[1] | chain([2]) | list"),
    ("count", "the same as `length`", "[1, 2] | count"),
    ("d", "the same as `default`", "values.missing | d('none')"),
    ("default", "another value if this one is undefined", "values.missing | default('none')"),
    ("dictsort", "the entries of a mapping in the order of their keys", "{'b': 1, 'a': 2} | dictsort"),
    ("first", "the first item", "[1, 2] | first"),
    ("float", "a number with a fraction", "'1.5' | float"),
    ("format", "a text with `%` directives filled in", "'%03d' | format(7)"),
    ("groupby", "the items in groups of the same attribute", "[{'a': 1}, {'a': 1}] | groupby('a')"),
    ("int", "an integer", "'7' | int"),
    ("items", "the entries of a mapping", "{'a': 1} | items"),
    ("last", "the last item", "[1, 2] | last"),
    ("length", "the number of items or characters", "'abc' | length"),
    ("lines", "the lines of a text", "'a\\nb' | lines"),
    ("list", "the items as a list", "'ab' | list"),
    ("lower", "the text in lower case", "'AB' | lower"),
    ("map", "a filter or an attribute for each item", "[{'a': 1}] | map(attribute='a') | list"),
    ("max", "the largest item", "[1, 2] | max"),
    ("min", "the smallest item", "[1, 2] | min"),
    ("pprint", "the value in a readable form", "[1] | pprint"),
    ("reject", "the items that do not pass a test", "[1, 2] | reject('odd') | list"),
    ("rejectattr", "the items whose attribute does not pass a test", "[{'a': true}] | rejectattr('a') | list"),
    ("replace", "the text with parts replaced", "'a/b' | replace('/', '-')"),
    ("reverse", "the items in reverse order", "[1, 2] | reverse"),
    ("round", "the number, rounded to this many digits", "2.66 | round(1)"),
    ("select", "the items that pass a test", "[1, 2] | select('odd') | list"),
    ("selectattr", "the items whose attribute passes a test", "[{'a': true}] | selectattr('a') | list"),
    ("slice", "this many lists of items", "[1, 2, 3] | slice(2)"),
    ("sort", "the items, sorted", "[2, 1] | sort"),
    ("split", "the parts of a text", "'a,b' | split(',') | list"),
    ("string", "the value as text", "7 | string"),
    ("sum", "the sum of the items", "[1, 2] | sum"),
    ("title", "each word with an initial capital", "'a word' | title"),
    ("trim", "the text without white space at its ends", "' a ' | trim"),
    ("unique", "each item once", "[1, 1, 2] | unique"),
    ("upper", "the text in upper case", "'ab' | upper"),
    ("zip", "the items of several lists in pairs", "[1, 2] | zip(['a', 'b']) | list"),
];

const TESTS: &[Row] = &[
    ("!=", "the same as `ne`", "[1, 2] | select('!=', 1) | list"),
    ("<", "the same as `lt`", "[1, 2] | select('<', 2) | list"),
    ("<=", "the same as `le`", "[1, 2] | select('<=', 1) | list"),
    ("==", "the same as `eq`", "[1, 2] | select('==', 1) | list"),
    (">", "the same as `gt`", "[1, 2] | select('>', 1) | list"),
    (">=", "the same as `ge`", "[1, 2] | select('>=', 2) | list"),
    ("boolean", "it is a boolean", "true is boolean"),
    ("defined", "it is defined", "values.missing is defined"),
    ("divisibleby", "it is divisible by a number", "6 is divisibleby(3)"),
    ("endingwith", "the text ends with another", "'ab' is endingwith('b')"),
    ("eq", "it is equal to another value", "1 is eq(1)"),
    ("equalto", "the same as `eq`", "1 is equalto(1)"),
    ("escaped", "it is text of the template, from a macro or a `set` block", "'a' is escaped"),
    ("even", "it is an even number", "2 is even"),
    ("false", "it is `false`", "false is false"),
    ("filter", "a filter has this name", "'tojson' is filter"),
    ("float", "it is a number with a fraction", "1.5 is float"),
    ("ge", "it is greater than another value or equal", "2 is ge(1)"),
    ("greaterthan", "the same as `gt`", "2 is greaterthan(1)"),
    ("gt", "it is greater than another value", "2 is gt(1)"),
    ("in", "it is an item of a list", "1 is in([1, 2])"),
    ("int", "the same as `integer`", "1 is int"),
    ("integer", "it is an integer", "1 is integer"),
    ("iterable", "it has items", "[1] is iterable"),
    ("le", "it is less than another value or equal", "1 is le(1)"),
    ("lessthan", "the same as `lt`", "1 is lessthan(2)"),
    ("lower", "the text is in lower case", "'ab' is lower"),
    ("lt", "it is less than another value", "1 is lt(2)"),
    ("mapping", "it is a mapping", "{} is mapping"),
    ("ne", "it is not equal to another value", "1 is ne(2)"),
    ("none", "it is null", "none is none"),
    ("number", "it is a number", "1 is number"),
    ("odd", "it is an odd number", "1 is odd"),
    ("safe", "the same as `escaped`", "'a' is safe"),
    ("sameas", "it is the very same value", "1 is sameas(1)"),
    ("sequence", "it is a list", "[1] is sequence"),
    ("startingwith", "the text starts with another", "'ab' is startingwith('a')"),
    ("string", "it is text", "'a' is string"),
    ("test", "a test has this name", "'odd' is test"),
    ("true", "it is `true`", "true is true"),
    ("undefined", "it is not defined", "values.missing is undefined"),
    ("upper", "the text is in upper case", "'AB' is upper"),
];

const FUNCTIONS: &[Row] = &[
    ("dict", "a mapping", "dict(a=1)"),
    ("fail", "an error with this message, which ends the build of the branch", "fail('a host is missing')"),
    ("namespace", "a mapping whose attributes a loop can set", "namespace(found=false)"),
    ("range", "the numbers up to a limit", "range(3)"),
];

/// The text of the page.
pub(super) fn page() -> String {
    let variables = variables();
    let mut text = format!("# Templates\n\n{HEADER}{INTRODUCTION}");
    text.push_str("## Variables\n\n| variable | meaning | example |\n|---|---|---|\n");
    assert_eq!(
        names_of_variables(&variables),
        VARIABLES.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>()
    );
    for (name, meaning) in VARIABLES {
        let value = result(&variables, name);
        let _ = writeln!(text, "| `{name}` | {} | {} |", cell(meaning), code(&value));
    }
    text.push('\n');
    text.push_str(STATEMENTS);
    let engine = format!("{:?}", TemplateEngine::new(&Project::in_memory([("a.j2", "")])));
    assert_names(&engine, "filters", OWN_FILTERS.iter().chain(FILTERS));
    assert_names(&engine, "tests", TESTS);
    assert_names(&engine, "globals", FUNCTIONS);
    rows(&mut text, "Filters of pleach", "filter", OWN_FILTERS, &variables);
    text.push_str("`safe`, `escape` and `e` do not exist, because values are data here and need no escape.\n\n");
    rows(&mut text, "Filters of minijinja", "filter", FILTERS, &variables);
    rows(&mut text, "Functions", "function", FUNCTIONS, &variables);
    rows(&mut text, "Tests", "test", TESTS, &variables);
    text
}

fn rows(text: &mut String, heading: &str, what: &str, rows: &[Row], variables: &Node) {
    let _ = write!(text, "## {heading}\n\n| {what} | result | example | gives |\n|---|---|---|---|\n");
    for (name, meaning, example) in rows {
        let gives = result(variables, example);
        let _ = writeln!(text, "| {} | {} | {} | {} |", code(name), cell(meaning), code(example), code(&gives));
    }
    text.push('\n');
}

/// What a branch with everything sees.
fn variables() -> Node {
    let project = Project::in_memory([("branches.yaml", SPEC), ("base/a.yaml", ""), ("overlays/frontend/a.yaml", "")]);
    let plan = plan::build_plan(&spec::read(&project).unwrap()).unwrap();
    plan.branches.into_iter().find(|branch| branch.name == "feature/login").unwrap().variables
}

/// The names of all variables, as the page lists them: the fields of what pleach defines, but not what the user defines.
fn names_of_variables(variables: &Node) -> Vec<String> {
    let keys = |node: &Node| match &node.value {
        Value::Map(map) => map.iter().map(|entry| entry.key.text.to_string()).collect(),
        _ => Vec::new(),
    };
    let mut found = BTreeSet::new();
    for name in keys(variables) {
        if ["branch", "database", "slots"].contains(&name.as_str()) {
            found.extend(keys(variables.get(&name).unwrap()).into_iter().map(|key| format!("{name}.{key}")));
        } else {
            found.insert(name);
        }
    }
    // In the order of the page.
    let position = |name: &String| VARIABLES.iter().position(|(known, _)| known == name).unwrap_or(usize::MAX);
    let mut found: Vec<String> = found.into_iter().collect();
    found.sort_by_key(position);
    found
}

/// The names that the engine knows and those of the page are the same.
fn assert_names<'a>(engine: &str, field: &str, rows: impl IntoIterator<Item = &'a Row>) {
    let (_, rest) = engine.split_once(&format!("{field}: ")).unwrap_or_else(|| panic!("{field} in {engine}"));
    // The values of globals are shown too.
    let names = if field == "globals" { rest.split_once(", tests: ") } else { rest.split_once(']') }.unwrap().0;
    // A name with an underscore is that of a filter which templates get when the engine loads them.
    let known: BTreeSet<&str> = names.split('"').skip(1).step_by(2).filter(|name| !name.starts_with('_')).collect();
    let shown: BTreeSet<&str> = rows.into_iter().map(|(name, _, _)| *name).collect();
    assert_eq!(known, shown, "{field}");
}

/// The value of an expression as JSON, or the error.
fn result(variables: &Node, expression: &str) -> String {
    let project = Project::in_memory([("a.j2", format!("{{{{ ({expression}) | tojson }}}}"))]);
    let file = project.file(&RelPath::new("a.j2").unwrap()).unwrap();
    match TemplateEngine::new(&project).text(&file, &TemplateContext::new(variables).unwrap()) {
        Ok(text) => text,
        Err(errors) => {
            let messages: Vec<&str> = errors.iter().map(|error| error.parts().message.as_str()).collect();
            format!("error: {}", messages.join("; "))
        }
    }
}
