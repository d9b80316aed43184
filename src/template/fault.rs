//! What minijinja complains about, said of the author's files.
//!
//! The innermost cause gives sentence and place, what leads to it becomes notes. A name that is undefined is compared
//! with the names that are there.

use super::environment::FUEL;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::node::Node;
use crate::source::{File, Location, Project, RelPath};
use minijinja::ErrorKind;
use std::error::Error as _;

/// How many files on the way to an error are named.
const MAX_NOTES: usize = 5;

/// The complaint for `error`, which came up in a rendering of `file`.
pub(super) fn complaint(error: &minijinja::Error, file: &File, project: &Project, variables: &Node) -> Diagnostic {
    if let (None, Err(error)) = (error.line(), super::environment::source(file)) {
        return error;
    }
    let mut causes: Vec<&minijinja::Error> = std::iter::successors(Some(error), |error| cause(error)).collect();
    let place = |error: &minijinja::Error| place(error, project);
    let inner = causes.pop().unwrap_or(error);
    let mut complaint = sentence(inner, project, variables).at(place(inner));
    // Templates that include each other without end would tell the same again and again.
    causes.dedup_by_key(|error| place(error));
    for outer in causes.iter().rev().take(MAX_NOTES) {
        let what = match outer.kind() {
            ErrorKind::BadInclude => "included here",
            ErrorKind::EvalBlock => "the block is used here",
            _ => "called from here",
        };
        complaint = complaint.at(place(outer)).note(place(outer), what);
    }
    complaint.at(file.place())
}

fn cause(error: &minijinja::Error) -> Option<&minijinja::Error> {
    error.source()?.downcast_ref()
}

/// Whether a template was stopped because it did not end.
pub(super) fn is_endless(error: &minijinja::Error) -> bool {
    std::iter::successors(Some(error), |error| cause(error)).any(|error| error.kind() == ErrorKind::OutOfFuel)
}

/// Where in a template an error came up.
fn place(error: &minijinja::Error, project: &Project) -> Location {
    let file = error.name().and_then(RelPath::new).and_then(|path| project.file(&path));
    let (Some(file), Some(line)) = (file, error.line()) else { return Location::NONE };
    let source = file.text().unwrap_or("");
    let Some((range, before)) = error.range().and_then(|range| Some((range.clone(), source.get(..range.start)?)))
    else {
        return Location::new(file.id, line, 0, 0);
    };
    let text = source.get(range).unwrap_or("");
    // An attribute begins with the dot before it.
    let dot = usize::from(text.starts_with('.'));
    let text = &text[dot..];
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1 + dot;
    let len = text.lines().next().map_or(0, |line| line.chars().count());
    Location::new(file.id, before.matches('\n').count() + 1, column, len)
}

/// The source text that an error is about.
fn expression(error: &minijinja::Error, project: &Project) -> Option<String> {
    let file = project.file(&RelPath::new(error.name()?)?)?;
    Some(file.text().ok()?.get(error.range()?)?.to_owned())
}

fn sentence(error: &minijinja::Error, project: &Project, variables: &Node) -> Diagnostic {
    let (detail, help) = error.detail().unwrap_or("").split_once('\n').unwrap_or((error.detail().unwrap_or(""), ""));
    let complain = |message: String| Diagnostic::new(Code::Template, message);
    match error.kind() {
        ErrorKind::UndefinedError => {
            let quoted = detail.split('`').nth(1).map(str::to_owned);
            let name = quoted.or_else(|| expression(error, project)).unwrap_or_else(|| "a value".to_owned());
            undefined(&name, variables)
        }
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction | ErrorKind::UnknownMethod => {
            unknown(error.kind(), detail)
        }
        ErrorKind::OutOfFuel => complain(format!("the template does not end: it was stopped after {FUEL} steps"))
            .help("look for a loop over a large `range()` or a macro that calls itself"),
        ErrorKind::TemplateNotFound => {
            let name = detail.split(['"', '\'']).nth(1).unwrap_or(detail);
            complain(format!("no template is at `{name}`"))
                .help("a name is seen from the folder of the file that gives it, then from the root of the workspace")
        }
        ErrorKind::SyntaxError => complain(format!("this is not a template: {detail}")),
        ErrorKind::NonPrimitive | ErrorKind::BadSerialization if !help.is_empty() => {
            let subject = expression(error, project).map_or("this".to_owned(), |text| format!("`{text}`"));
            let is_filter = error.kind() == ErrorKind::BadSerialization;
            let subject = if is_filter { format!("what {subject} gets") } else { subject };
            complain(format!("{subject} {detail}")).help(help)
        }
        ErrorKind::InvalidOperation if detail == "recursion limit exceeded" => {
            complain("templates or macros call each other without end".to_owned())
        }
        ErrorKind::InvalidOperation if !detail.is_empty() => complain(detail.to_owned()),
        kind if detail.is_empty() => complain(kind.to_string()),
        kind => complain(format!("{kind}: {detail}")),
    }
}

fn undefined(name: &str, variables: &Node) -> Diagnostic {
    let error = Diagnostic::new(Code::Template, format!("`{name}` is undefined"));
    let mut parts = name.split('.');
    let last = parts.next_back().unwrap_or(name);
    let above: Vec<&str> = parts.collect();
    let error = match variables.at_path(&above).and_then(Node::as_map) {
        Some(map) => {
            let keys = || map.iter().map(|entry| entry.key.text.as_str());
            let path = |key: &str| above.iter().copied().chain([key]).collect::<Vec<_>>().join(".");
            if let Some(near) = nearest(last, keys()) {
                error.help(format!("did you mean `{}`?", path(near)))
            } else {
                let some: Vec<String> = keys().take(8).map(|key| format!("`{}`", path(key))).collect();
                let more = if map.len() > some.len() { ", …" } else { "" };
                error.help(format!(
                    "there is {}{more}",
                    if some.is_empty() { "nothing".to_owned() } else { some.join(", ") }
                ))
            }
        }
        None => error,
    };
    error.help(format!("for a value that may be missing: `{name} is defined`, `{name} | default(…)`"))
}

fn unknown(kind: ErrorKind, detail: &str) -> Diagnostic {
    let (what, known) = match kind {
        ErrorKind::UnknownFilter => ("filter", FILTERS),
        ErrorKind::UnknownTest => ("test", TESTS),
        ErrorKind::UnknownFunction => ("function or macro", FUNCTIONS),
        _ => return Diagnostic::new(Code::Template, detail.to_owned()).help("use a filter instead: `value | name`"),
    };
    let name = detail.trim_start_matches("filter ").trim_start_matches("test ").trim_end_matches(" is unknown");
    let error = Diagnostic::new(Code::Template, format!("no {what} is named `{name}`"));
    match name {
        "safe" | "escape" | "e" | "quote" => {
            error.help("leave it out: a value is put in as data, there is nothing to escape")
        }
        "nindent" => error.help("a value keeps its lines without it; text of a macro takes `indent`"),
        _ => error.suggest(name, known.iter().copied().filter(|other| *other != name)),
    }
}

const FILTERS: &[&str] = &[
    "abs",
    "attr",
    "b64encode",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "default",
    "dictsort",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "required",
    "reverse",
    "round",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "toyaml",
    "trim",
    "unique",
    "upper",
    "zip",
];

const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

const FUNCTIONS: &[&str] = &["caller", "dict", "fail", "loop", "namespace", "range", "super"];
