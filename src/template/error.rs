//! Errors of the template engine as diagnostics.
//!
//! The innermost cause gives the message and the source location. The templates that include or call it become notes. An
//! undefined name is compared with the existing names.

use super::environment;
use super::insertion::{Insertions, SourceChange};
use super::placeholder;
use super::syntax_error::{self, SyntaxError};
use super::value::ValueError;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::limits::{BRANCH_TEMPLATE_STEPS, TEMPLATE_BYTES, TEMPLATE_DEPTH, TEMPLATE_STEPS};
use crate::node::Node;
use crate::source::{File, FileId, Location, Project, RelPath};
use minijinja::{Environment, ErrorKind};
use std::error::Error as _;
use std::ops::Range;
use std::sync::Arc;

/// The maximum number of including or calling templates in the notes of an error.
const MAX_NOTES: usize = 5;

/// The diagnostic for an error of rendering `file`.
pub(super) fn diagnostic(error: &minijinja::Error, file: &File, project: &Project, variables: &Node) -> Diagnostic {
    if let (None, Err(error)) = (error.line(), environment::source(file)) {
        return error;
    }
    let mut causes: Vec<&minijinja::Error> = causes(error).collect();
    let location = |error: &minijinja::Error| location(error, project);
    let innermost = causes.pop().unwrap_or(error);
    let mut diagnostic = message(innermost, project, variables).at(location(innermost));
    // Templates that include each other repeat the same locations.
    causes.dedup_by(|a, b| (a.name(), a.line(), a.range()) == (b.name(), b.line(), b.range()));
    for outer in causes.iter().rev().take(MAX_NOTES) {
        let note = match outer.kind() {
            ErrorKind::BadInclude => "included here",
            ErrorKind::EvalBlock => "the block is used here",
            _ => "called from here",
        };
        diagnostic = diagnostic.at(location(outer)).note(location(outer), note);
    }
    diagnostic.at(file.location())
}

/// An error and its causes, as far as they are errors of the engine. The innermost one is last.
fn causes<'e>(error: &'e minijinja::Error) -> impl Iterator<Item = &'e minijinja::Error> {
    std::iter::successors(Some(error), |error: &&'e minijinja::Error| {
        let error: &'e minijinja::Error = error;
        error.source()?.downcast_ref()
    })
}

/// The error about a value that is the cause of an error of the engine.
fn value_error(error: &minijinja::Error) -> Option<&ValueError> {
    error.source()?.downcast_ref()
}

/// The error that a template exceeds the work limit.
pub(super) fn over_work_limit() -> Diagnostic {
    Diagnostic::new(Code::Template, format!("the template exceeds the work limit of {TEMPLATE_STEPS} steps"))
        .of_work_limit()
        .help("look for a loop over a large `range()`, a macro that calls itself, a template that extends itself, or a value that grows in a loop")
}

/// The error that a template writes too much.
pub(super) fn over_text_limit() -> Diagnostic {
    Diagnostic::new(Code::Template, format!("the template writes more than {TEMPLATE_BYTES} bytes"))
        .help("look for a loop, an include or a value that repeats a large text")
}

/// The error that the templates of a branch exceed the work limit.
pub(super) fn over_branch_limit() -> Diagnostic {
    let message = format!("the templates of the branch exceed the work limit of {BRANCH_TEMPLATE_STEPS} steps");
    Diagnostic::new(Code::Template, message)
        .of_work_limit()
        .help("look for templates with long loops, and for values that many templates use")
}

/// Whether a template exceeded the work limit.
pub(super) fn is_over_work_limit(error: &minijinja::Error) -> bool {
    causes(error).any(|error| matches!(error.kind(), ErrorKind::OutOfFuel | ErrorKind::WriteFailure))
}

/// Whether the error is about captured text, so that its diagnostic has the help for it.
pub(super) fn is_about_captured_text(error: &minijinja::Error) -> bool {
    causes(error).any(|error| matches!(value_error(error), Some(ValueError::CapturedText)))
}

/// Whether an operation of the engine does not support its value. A template that calls `fail` checks a value itself.
pub(super) fn is_about_operation(error: &minijinja::Error) -> bool {
    let innermost = causes(error).last().unwrap_or(error);
    innermost.kind() == ErrorKind::InvalidOperation && innermost.source().is_none()
}

/// Whether two errors are the same.
pub(super) fn is_same(error: &minijinja::Error, other: &minijinja::Error) -> bool {
    let innermost = |error| {
        causes(error).last().map(|cause| {
            (cause.kind(), cause.name().map(str::to_owned), cause.range(), cause.detail().map(str::to_owned))
        })
    };
    innermost(error) == innermost(other)
}

/// The template that an error is about.
fn template(error: &minijinja::Error, project: &Project) -> Option<Arc<File>> {
    project.file(&RelPath::new(error.name()?)?)
}

/// The range of an error in its template, which has this text.
fn range(error: &minijinja::Error, file: &File, source: &str) -> Option<Range<usize>> {
    let (insertions, range) = (Insertions::of(source, SourceChange::None, file.id), error.range()?);
    let mut range = insertions.original(range.start)..insertions.original(range.end);
    if range.is_empty() {
        // The range of a filter that counts the operand before it.
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        range.start = source.get(..range.end)?.trim_end_matches(is_part).len();
    }
    source.get(range.clone()).map(|_| range)
}

/// The source location of an error.
fn location(error: &minijinja::Error, project: &Project) -> Location {
    let (Some(file), Some(line)) = (template(error, project), error.line()) else { return Location::NONE };
    let source = file.text().unwrap_or("");
    match range(error, &file, source) {
        Some(range) => location_of_range(source, file.id, range),
        None => location_of_line(source, file.id, line),
    }
}

/// The location of the text in a line: the step of a loop has no expression.
fn location_of_line(source: &str, file: FileId, line: usize) -> Location {
    let text = source.lines().nth(line.saturating_sub(1)).unwrap_or("");
    let indentation = text.chars().take_while(|c| c.is_whitespace()).count();
    Location::new(file, line, indentation + 1, 0)
}

fn location_of_range(source: &str, file: FileId, range: Range<usize>) -> Location {
    // The range of an attribute includes the dot before it.
    let start = range.start + usize::from(source[range.clone()].starts_with('.'));
    syntax_error::location(source, file, start..range.end)
}

/// The expression that an error is about.
fn expression(error: &minijinja::Error, project: &Project) -> Option<String> {
    let file = template(error, project)?;
    let source = file.text().ok()?;
    Some(source[range(error, &file, source)?].to_owned())
}

/// The expression that an error is about, in its braces. `None` if it is the end of a longer one, such as `.name` of `branch.name`.
fn foreign_expression(error: &minijinja::Error, project: &Project) -> Option<String> {
    let file = template(error, project)?;
    let source = file.text().ok()?;
    let range = range(error, &file, source)?;
    let before = source[..range.start].chars().next_back();
    let is_whole = !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ')' | ']'));
    is_whole.then(|| format!("{{{{ {} }}}}", &source[range]))
}

/// The first line of what the engine reports.
fn detail(error: &minijinja::Error) -> &str {
    error.detail().and_then(|detail| detail.lines().next()).unwrap_or("")
}

fn message(error: &minijinja::Error, project: &Project, variables: &Node) -> Diagnostic {
    if let Some(value_error) = value_error(error) {
        let expression = expression(error, project).map_or("the value".to_owned(), |text| format!("`{text}`"));
        let is_filter = error.kind() == ErrorKind::BadSerialization;
        let subject = if is_filter { format!("the input of {expression}") } else { expression };
        return value_error.diagnostic(&subject);
    }
    let detail = detail(error);
    let diagnostic = |message: String| Diagnostic::new(Code::Template, message);
    match error.kind() {
        ErrorKind::UndefinedError => {
            let quoted = detail.split('`').nth(1).map(str::to_owned);
            let name = quoted.or_else(|| expression(error, project)).unwrap_or_else(|| "a value".to_owned());
            match foreign_expression(error, project).and_then(|text| syntax_error::foreign_help(&text)) {
                Some(help) => diagnostic(format!("`{name}` is undefined")).help(help).help(syntax_error::RAW_HELP),
                None => undefined(&name, variables),
            }
        }
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction | ErrorKind::UnknownMethod => {
            unknown(error.kind(), detail)
        }
        ErrorKind::OutOfFuel => over_work_limit(),
        ErrorKind::WriteFailure => over_text_limit(),
        ErrorKind::TemplateNotFound => {
            let name = detail.split(['"', '\'']).nth(1).unwrap_or(detail);
            // `extends` escapes the placeholders in captured text.
            let name = [placeholder::OPEN, placeholder::CLOSE].iter().fold(name.to_owned(), |name, mark| {
                name.replace(&mark.escape_unicode().to_string(), &mark.to_string())
            });
            diagnostic(format!("the template `{name}` does not exist"))
                .help("paths are relative to the folder of this file, then to the workspace")
        }
        ErrorKind::SyntaxError => syntax(error, project),
        ErrorKind::InvalidOperation if detail == "recursion limit exceeded" => {
            let message = format!("includes and macros are nested more than {TEMPLATE_DEPTH} levels deep");
            diagnostic(message).help(RECURSION_HELP)
        }
        ErrorKind::InvalidOperation if !detail.is_empty() => diagnostic(in_plain_words(detail)),
        kind if detail.is_empty() => diagnostic(kind.to_string()),
        kind => diagnostic(format!("{kind}: {detail}")),
    }
}

/// The detail of an operation, where the engine names types and errors of its own language.
fn in_plain_words(detail: &str) -> String {
    let types = [("usize", "a number from 0"), ("isize", "a whole number"), ("f64", "a number")];
    let conversion = detail.strip_prefix("cannot convert ").and_then(|rest| rest.split_once(" to "));
    let conversion = conversion.and_then(|(got, to)| Some((got, types.iter().find(|(name, _)| *name == to)?.1)));
    match (conversion, detail) {
        (Some((got, want)), _) => format!("expected {want}, got this {got}"),
        (None, "invalid float literal" | "invalid digit found in string") => "the text is not a number".to_owned(),
        (None, _) => detail.to_owned(),
    }
}

const RECURSION_HELP: &str =
    "look for a template that includes itself or a macro that calls itself: an include is 10 levels, a macro 4";

/// A syntax error. Its location may be that of a tag before the one where the engine noticed it.
fn syntax(error: &minijinja::Error, project: &Project) -> Diagnostic {
    let other =
        |error: &minijinja::Error| Diagnostic::new(Code::Template, format!("template syntax error: {}", detail(error)));
    let file = template(error, project);
    let Some((file, source)) = file.as_ref().and_then(|file| Some((file.id, file.text().ok()?))) else {
        return other(error);
    };
    // The engine reads the template again without the filters that count operands, which can change the error.
    let insertions = Insertions::balancing(source);
    let Err(error) = Environment::new().template_from_str(&insertions.apply(source)).map(drop) else {
        // Without an error, a template could hide its work.
        let error = Diagnostic::new(Code::Template, "the work of this tag cannot be counted");
        return error.help("write it as several tags");
    };
    let Some(range) = error.range() else { return other(&error) };
    let range = insertions.original(range.start)..insertions.original(range.end);
    if source.get(range.clone()).is_none() {
        return other(&error);
    }
    let location = location_of_range(source, file, range.clone());
    let is_at_end = detail(&error).starts_with("unexpected end of input");
    SyntaxError { source, file, range, is_at_end }.diagnostic(detail(&error)).at(location)
}

/// Variables that only some specs define, and what defines them.
const OPTIONAL_VARIABLES: [(&str, &str); 3] = [
    ("database", "set `database` in the spec to define it"),
    ("services", "set `services` in the spec to define it"),
    ("slots", "set `slots` of the branch to define it"),
];

fn undefined(name: &str, variables: &Node) -> Diagnostic {
    let error = Diagnostic::new(Code::Template, format!("`{name}` is undefined"));
    let in_branch = name.strip_prefix("branch.").filter(|name| !name.contains('.'));
    let variable = in_branch.unwrap_or(name);
    let is_defined = variables.get(variable).is_some();
    let optional = OPTIONAL_VARIABLES.iter().find(|(name, _)| *name == variable && !is_defined);
    if in_branch.is_some() && (is_defined || optional.is_some()) {
        let error = error.help(format!("`{variable}` is not part of `branch`: write `{variable}`"));
        return optional.iter().fold(error, |error, (_, help)| error.help(*help));
    }
    if let Some((_, help)) = optional {
        return error.help(*help).help(format!("if it is optional, use `{name} is defined`"));
    }
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
                let names = if some.is_empty() { "none".to_owned() } else { some.join(", ") };
                error.help(format!("defined names: {names}{more}"))
            }
        }
        None => error,
    };
    error.help(format!("if the value is optional, use `{name} is defined` or `{name} | default(…)`"))
}

fn unknown(kind: ErrorKind, detail: &str) -> Diagnostic {
    let (what, known) = match kind {
        ErrorKind::UnknownFilter => ("filter", FILTERS),
        ErrorKind::UnknownTest => ("test", TESTS),
        ErrorKind::UnknownFunction => ("function or macro", FUNCTIONS),
        _ => return Diagnostic::new(Code::Template, detail.to_owned()).help("use a filter: `value | name`"),
    };
    let name = detail.trim_start_matches("filter ").trim_start_matches("test ").trim_end_matches(" is unknown");
    let error = Diagnostic::new(Code::Template, format!("unknown {what} `{name}`"));
    match name {
        "safe" | "escape" | "e" | "quote" => error.help("remove it: values are inserted as data and need no escaping"),
        "b64enc" => error.help("use `b64encode`"),
        "nindent" => error.help("remove it: a value is indented automatically; for captured text use `indent`"),
        _ if kind == ErrorKind::UnknownFunction && FILTERS.contains(&name) => {
            error.help(format!("`{name}` is a filter: write `value | {name}`"))
        }
        _ if kind == ErrorKind::UnknownFilter && FUNCTIONS.contains(&name) => {
            error.help(format!("`{name}` is a function: write `{name}(…)`"))
        }
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
