//! The configuration of the template engine: strict, limited, restricted to the workspace, deterministic.
//!
//! All environments have the same filters and functions. They differ in what `{{ … }}` writes and in whether templates
//! have source marks.

use super::insertion::{Insertions, SourceChange};
use super::number::NumberTexts;
use super::value::{self, PlaceholderValues, ValueError};
use super::{counted_filters, operands, placeholder, subjects, tags, work};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::{TAG_OPERATORS, TEMPLATE_BLOCKS, TEMPLATE_DEPTH, TEMPLATE_STEPS};
use crate::reserved;
use crate::source::{File, Found, Location, Project, RelPath, position};
use base64::Engine as _;
use minijinja::value::{Kwargs, Rest, StringInput, ValueOrKwargs, from_args};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value, filters, tests};
use serde::Serialize as _;
use std::borrow::Cow;
use std::fmt;

/// The stack size of a thread that renders templates, in bytes. The engine is recursive, and a template can nest lists as
/// deep as the work limit allows. Only the used part of the stack becomes memory.
pub(crate) const RENDER_STACK_SIZE: usize = if cfg!(debug_assertions) { 1 << 30 } else { 1 << 28 };

/// What an expression writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExpressionOutput {
    /// A placeholder; [`RenderState`] has the value.
    Placeholders,
    /// The value as text; a value without a text is an error.
    Text,
    /// Any value as text, for comparison.
    AnyText,
}

/// The values of the placeholders of one rendering, by number.
#[derive(Default)]
pub(super) struct RenderState {
    pub(super) values: Vec<Value>,
    /// Whether the template wrote captured text with placeholders.
    pub(super) has_captured_text: bool,
    /// Whether the template indented such text.
    pub(super) has_indented_text: bool,
}

/// An environment that loads templates from `project`.
pub(super) fn environment(project: &Project, output: ExpressionOutput, change: SourceChange) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    let texts = if change == SourceChange::ComputedOperands { NumberTexts::Marked } else { NumberTexts::Source };
    // Filters of operands are work too.
    let is_computed = change == SourceChange::ComputedOperands;
    env.set_fuel(Some(if is_computed { TEMPLATE_STEPS * 4 } else { TEMPLATE_STEPS }));
    env.set_recursion_limit(TEMPLATE_DEPTH);
    // Errors about undefined values have their names in debug mode only.
    env.set_debug(true);
    // A custom escape mode marks what macros and `set` blocks return as safe, which distinguishes it from values, and
    // calls the formatter for a value that is joined with it.
    env.set_auto_escape_callback(|_| AutoEscape::Custom(Cow::Borrowed("yaml")));
    match output {
        ExpressionOutput::Placeholders => env.set_formatter(write_placeholder),
        ExpressionOutput::Text => env.set_formatter(move |out, state, value| {
            work::written(state, value)?;
            let mut text = String::new();
            if !value.is_undefined() {
                PlaceholderValues::none().with(texts).write_value_text(&mut text, value).map_err(expression_error)?;
            }
            Ok(out.write_str(&text)?)
        }),
        ExpressionOutput::AnyText => {
            env.set_formatter(|out, state, value| {
                work::written(state, value)?;
                Ok(out.write_str(&PlaceholderValues::none().display(value))?)
            });
        }
    }
    let (folders, files) = (project.clone(), project.clone());
    env.set_path_join_callback(move |name, parent| resolve(&folders, name, parent));
    env.set_loader(move |name| load(&files, name, change));
    // No filter may mark a value as template text, and no function may show the state of the engine.
    for filter in ["safe", "escape", "e"] {
        env.remove_filter(filter);
    }
    env.remove_global("debug");
    env.add_filter("tojson", to_json);
    env.add_filter("toyaml", to_yaml);
    env.add_filter("b64encode", base64);
    env.add_filter("indent", indent);
    env.add_filter("join", join);
    env.add_filter("required", required);
    counted_filters::add(&mut env);
    if change == SourceChange::ComputedOperands {
        add_computing_filters(&mut env);
    }
    env.add_filter(operands::COUNT_FILTER, work::counted);
    env.add_filter(operands::OPERAND_FILTER, work::counted_operand);
    env.add_filter(subjects::TEXT_FILTER, work::counted_text);
    env.add_filter(subjects::SOUGHT_FILTER, work::sought);
    env.add_filter(subjects::SLICED_FILTER, work::counted_sliced);
    env.add_filter(subjects::SLICE_FILTER, work::collected);
    env.add_function("fail", |message: &str| -> Result<Value, Error> {
        Err(invalid_operation(message.to_owned()).with_source(FailCall))
    });
    env
}

/// The cause of the error of a template that calls `fail`.
#[derive(Debug)]
pub(super) struct FailCall;

impl fmt::Display for FailCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the template calls `fail`")
    }
}

impl std::error::Error for FailCall {}

/// Replaces the filters and tests of the engine that compute with numbers.
fn add_computing_filters(env: &mut Environment<'static>) {
    env.add_filter(operands::VALUE_FILTER, value::computed);
    env.add_filter("tojson", |state: &mut State, value: &Value, indent: Option<usize>, options: Kwargs| {
        require_no_source_number(value)?;
        to_json(state, value, indent, options)
    });
    env.add_filter("toyaml", |state: &mut State, value: &Value| {
        require_no_source_number(value)?;
        to_yaml(state, value)
    });
    let sum = Value::from_function(filters::sum);
    env.add_filter("sum", move |state: &mut State, list: &Value, options: Rest<ValueOrKwargs>| {
        work::summed(state, list)?;
        let items: Vec<Value> = list.try_iter()?.map(|item| value::computed(&item)).collect();
        let args: Vec<Value> = [Value::from(items)].into_iter().chain(options.into_values()).collect();
        sum.call(state, &args)
    });
    for (name, filter) in [
        ("abs", Value::from_function(filters::abs)),
        ("float", Value::from_function(filters::float)),
        ("int", Value::from_function(filters::int)),
        ("round", Value::from_function(filters::round)),
    ] {
        env.add_filter(name, move |state: &mut State, args: Rest<ValueOrKwargs>| {
            filter.call(state, &args.into_values().iter().map(value::computed).collect::<Vec<_>>())
        });
    }
    for (names, test) in [
        (&["divisibleby"][..], Value::from_function(tests::is_divisibleby)),
        (&["even"], Value::from_function(tests::is_even)),
        (&["odd"], Value::from_function(tests::is_odd)),
        (&["number"], Value::from_function(tests::is_number)),
        (&["integer", "int"], Value::from_function(tests::is_integer)),
        (&["float"], Value::from_function(tests::is_float)),
        (&["eq", "equalto", "=="], Value::from_function(tests::is_eq)),
        (&["ne", "!="], Value::from_function(tests::is_ne)),
        (&["lt", "lessthan", "<"], Value::from_function(tests::is_lt)),
        (&["le", "<="], Value::from_function(tests::is_le)),
        (&["gt", "greaterthan", ">"], Value::from_function(tests::is_gt)),
        (&["ge", ">="], Value::from_function(tests::is_ge)),
    ] {
        for name in names {
            let test = test.clone();
            env.add_test(*name, move |state: &mut State, args: Rest<Value>| {
                test.call(state, &args.iter().map(value::computed).collect::<Vec<_>>()).map(|result| result.is_true())
            });
        }
    }
}

fn invalid_operation(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// The error of a filter that does not support its value.
fn filter_error(error: ValueError) -> Error {
    Error::new(ErrorKind::BadSerialization, "").with_source(error)
}

/// The error of an expression whose value cannot be written.
fn expression_error(error: ValueError) -> Error {
    Error::new(ErrorKind::NonPrimitive, "").with_source(error)
}

/// Writes a placeholder for a value, and captured text unchanged.
fn write_placeholder(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        // An inline `if` without `else`.
        return Ok(());
    }
    if let Some(text) = value.as_str() {
        let is_captured = placeholder::is_captured(text);
        if value.is_safe() {
            work::rewritten(state, text)?;
            state.get_or_insert_extension(RenderState::default()).has_captured_text |= is_captured;
            return Ok(out.write_str(text)?);
        }
        if is_captured {
            return Err(expression_error(ValueError::CapturedText));
        }
    }
    work::written(state, value)?;
    let state = state.get_or_insert_extension(RenderState::default());
    state.values.push(value.clone());
    Ok(placeholder::write(out, state.values.len() - 1)?)
}

/// Resolves a template name in another template: relative to the folder of that template, or else to the workspace.
fn resolve<'n>(project: &Project, name: &'n str, parent: &str) -> Cow<'n, str> {
    let folder = RelPath::new(parent).unwrap_or_default().parent();
    let paths = [folder.join(name), RelPath::new(name)];
    let found = paths.iter().flatten().find(|path| project.file(path).is_some());
    let is_unreadable = |path: &&RelPath| matches!(project.look(path), Found::Unreadable(_));
    let found = found.or_else(|| paths.iter().flatten().find(is_unreadable));
    match found.or(paths.iter().flatten().next()) {
        Some(path) => path.as_str().to_owned().into(),
        None => name.into(),
    }
}

fn load(project: &Project, name: &str, change: SourceChange) -> Result<Option<String>, Error> {
    let Some(path) = RelPath::new(name) else {
        return Err(invalid_operation(format!("`{name}` is outside of the workspace")));
    };
    let file = match project.look(&path) {
        Found::File(file) => file,
        Found::Unreadable(why) => {
            return Err(invalid_operation(format!("cannot read `{}`: {why}", project.show(&path))));
        }
        Found::Folder(_) => return Err(invalid_operation(format!("`{}` is a folder", project.show(&path)))),
        Found::Nothing => return Ok(None),
    };
    let source = source(&file).map_err(|error| invalid_operation(format!("in `{}`, {error}", project.show(&path))))?;
    Ok(Some(Insertions::of(source, change, file.id).apply(source)))
}

/// The text of a template. Reserved characters and the tag `autoescape` are errors, because they would break placeholders.
pub(super) fn source(file: &File) -> Result<&str, Diagnostic> {
    let source = file.text().map_err(|at| Diagnostic::new(Code::Template, "the file is not valid UTF-8").at(at))?;
    let location = |at: usize, len: usize| {
        let (line, column) = position(source, at);
        Location::new(file.id, line, column, len)
    };
    if let Some((at, c)) = reserved::find(source) {
        return Err(reserved::error(Code::Template, c).at(location(at, 1)));
    }
    if let Some(at) = tags::named(source, "block").nth(TEMPLATE_BLOCKS) {
        let message = format!("the template has more than {TEMPLATE_BLOCKS} blocks");
        return Err(Diagnostic::new(Code::Template, message).at(location(at, 2)).help("use `{% include %}` instead"));
    }
    if let Some(at) = tags::named(source, "autoescape").next() {
        return Err(Diagnostic::new(Code::Template, "the tag `autoescape` is not supported")
            .at(location(at, source[at..].lines().next().map_or(0, |line| line.chars().count())))
            .help("remove it: values are inserted as data and need no escaping"));
    }
    if let Some(at) = operands::first_excess(source) {
        let message = format!("the tag has more than {TAG_OPERATORS} operators");
        return Err(Diagnostic::new(Code::Template, message)
            .at(location(at, 2))
            .help("divide the expression with `{% set %}`, or write the value in the spec"));
    }
    Ok(source)
}

/// The filter `required`: the value, or an error with `message` if it is undefined or null.
fn required(value: &Value, message: Option<&str>) -> Result<Value, Error> {
    if value.is_undefined() || value.is_none() {
        return Err(invalid_operation(message.unwrap_or("a required value is missing").to_owned()));
    }
    Ok(value.clone())
}

/// The filter `tojson`: a value as JSON, on one line without `indent`.
#[expect(clippy::needless_pass_by_value, reason = "the engine passes it by value")]
fn to_json(state: &mut State, value: &Value, indent: Option<usize>, options: Kwargs) -> Result<String, Error> {
    work::converted(state, value)?;
    let indent = indent.map_or_else(|| options.get("indent"), |indent| Ok(Some(indent)))?;
    options.assert_all_used()?;
    PlaceholderValues::none().yaml(value).map_err(filter_error)?;
    let Some(width) = indent.map(|width: usize| width.min(16)) else {
        return serde_json::to_string(value).map_err(|error| invalid_operation(error.to_string()));
    };
    let spaces = " ".repeat(width);
    let mut out = Vec::new();
    let pretty = serde_json::ser::PrettyFormatter::with_indent(spaces.as_bytes());
    value
        .serialize(&mut serde_json::Serializer::with_formatter(&mut out, pretty))
        .map_err(|error| invalid_operation(error.to_string()))?;
    String::from_utf8(out).map_err(|error| invalid_operation(error.to_string()))
}

/// Refuses a number of the spec in JSON and YAML, which have numbers in canonical form only.
fn require_no_source_number(value: &Value) -> Result<(), Error> {
    if value::has_source_number(value) {
        return Err(invalid_operation("a number would lose its text"));
    }
    Ok(())
}

/// The filter `toyaml`: a value as the YAML that a build writes, without the last line break.
fn to_yaml(state: &mut State, value: &Value) -> Result<String, Error> {
    work::converted(state, value)?;
    let mut text = PlaceholderValues::none().yaml(value).map_err(filter_error)?;
    text.truncate(text.trim_end_matches('\n').len());
    Ok(text)
}

fn base64(state: &mut State, value: &Value) -> Result<String, Error> {
    work::written(state, value)?;
    let mut text = String::new();
    PlaceholderValues::none().write_value_text(&mut text, value).map_err(filter_error)?;
    Ok(base64::engine::general_purpose::STANDARD.encode(text))
}

/// The filter `indent`. It may indent captured text, because that adds white space of the template only.
fn indent(state: &mut State, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let args = args.into_values();
    let (value, width, first, blank, options) = from_args::<(StringInput, Option<usize>, _, _, Kwargs)>(&args)?;
    if value.is_safe() && placeholder::is_captured(value.as_str()) {
        state.get_or_insert_extension(RenderState::default()).has_indented_text = true;
    }
    let lines = value.as_str().matches('\n').count() + 1;
    let columns = width.or_else(|| options.peek("width").ok()).unwrap_or_default();
    work::text(state, lines.saturating_mul(columns))?;
    filters::indent(value, width, first, blank, options)
}

/// The filter `join`. Unlike the filter of the engine, it refuses undefined items.
fn join(
    state: &mut State,
    value: &Value,
    joiner: Option<StringInput<'_>>,
    attribute: Option<&str>,
    options: Kwargs,
) -> Result<Value, Error> {
    let joined = joiner.as_ref().map_or(0, |joiner| joiner.as_str().len()).saturating_mul(value.len().unwrap_or(0));
    work::written(state, value).and_then(|()| work::text(state, joined))?;
    if value.as_object().is_none() {
        return filters::join(state, value, joiner, attribute, options);
    }
    let attribute = attribute.map_or_else(|| options.get("attribute"), |name| Ok(Some(name)))?;
    let path: Vec<&str> = attribute.into_iter().flat_map(|path: &str| path.split('.')).collect();
    let item = |item: Value| path.iter().try_fold(item, |item, name| item.get_attr(name));
    let items: Vec<Value> = value.try_iter()?.map(item).collect::<Result<_, _>>()?;
    if items.iter().any(Value::is_undefined) {
        return Err(invalid_operation("an item of the list is undefined"));
    }
    filters::join(state, &Value::from(items), joiner, None, options)
}
