//! The template engine as pleach sets it up: strict, bounded, inside the workspace, the same on every run.
//!
//! One set of names serves all environments; they differ in what `{{ … }}` writes and whether sources carry marks.

use super::fill::{Fault, Values};
use super::{placeholder, tags};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{File, Found, Location, Project, RelPath};
use base64::Engine as _;
use minijinja::value::{Kwargs, Rest, StringInput, ValueOrKwargs, from_args};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value, filters};
use serde::Serialize as _;
use std::borrow::Cow;

/// How many steps a template may take. A step is an instruction or 64 bytes of text.
pub(super) const FUEL: u64 = 250_000;

/// The stack that a thread needs which renders, in bytes: a template can nest a list as deep as it has steps, and the
/// engine goes down into it by calling itself. Only what is used of it becomes memory.
pub const STACK: usize = if cfg!(debug_assertions) { 1 << 30 } else { 1 << 28 };

/// What `{{ … }}` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writes {
    /// A placeholder; the value is kept in [`Kept`].
    Placeholders,
    /// The value as text; what has none is refused.
    Text,
    /// Any value as some text, to compare with.
    Anything,
}

/// Whether sources carry marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sources {
    /// They are as they are.
    Plain,
    /// Every line of text begins with a mark.
    Marked,
}

/// The values behind the placeholders of one rendering, by number.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) values: Vec<Value>,
    /// Whether captured text with placeholders was written.
    pub(super) captured: bool,
    /// Whether such text was indented.
    pub(super) indented: bool,
}

/// An environment that reads templates from `project`.
pub(super) fn environment(project: &Project, writes: Writes, sources: Sources) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    // Only then do errors about undefined values name them.
    env.set_debug(true);
    // Under an escape mode of its own, what macros and `set` blocks return is told apart from values, and whatever
    // joins the two puts the value through the formatter.
    env.set_auto_escape_callback(|_| AutoEscape::Custom(Cow::Borrowed("yaml")));
    match writes {
        Writes::Placeholders => env.set_formatter(placeholder),
        Writes::Text => env.set_formatter(|out, _, value| {
            let mut text = String::new();
            if !value.is_undefined() {
                Values(&[]).text_of(&mut text, value).map_err(unwritable)?;
            }
            Ok(out.write_str(&text)?)
        }),
        Writes::Anything => env.set_formatter(|out, _, value| Ok(out.write_str(&Values(&[]).anything(value))?)),
    }
    let (folders, files) = (project.clone(), project.clone());
    env.set_path_join_callback(move |name, parent| resolve(&folders, name, parent));
    env.set_loader(move |name| load(&files, name, sources));
    // Nothing here may say that a value is template text, or show the engine itself.
    for filter in ["safe", "escape", "e"] {
        env.remove_filter(filter);
    }
    env.remove_global("debug");
    env.add_filter("tojson", json);
    env.add_filter("toyaml", yaml_text);
    env.add_filter("b64encode", base64);
    env.add_filter("indent", indent);
    env.add_filter("join", join);
    env.add_filter("required", required);
    env.add_function("fail", |message: &str| -> Result<Value, Error> { Err(invalid(message.to_owned())) });
    env
}

fn invalid(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// The error of a filter that cannot take its value.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` takes")]
fn refused(fault: Fault) -> Error {
    fault.in_template(ErrorKind::BadSerialization)
}

/// The error of a value that cannot be written.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` takes")]
fn unwritable(fault: Fault) -> Error {
    fault.in_template(ErrorKind::NonPrimitive)
}

/// Writes a placeholder for a value, and captured text as it is.
fn placeholder(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        // An `if` without `else` inside of an expression.
        return Ok(());
    }
    if let Some(text) = value.as_str() {
        let reserved = placeholder::reserved(text).is_some();
        if value.is_safe() {
            state.get_or_insert_extension(Kept::default()).captured |= reserved;
            return Ok(out.write_str(text)?);
        }
        if reserved {
            return Err(unwritable(Fault::captured()));
        }
    }
    let kept = state.get_or_insert_extension(Kept::default());
    kept.values.push(value.clone());
    Ok(placeholder::write(out, kept.values.len() - 1)?)
}

/// The name of a template as seen from the one that names it: from its folder, or else from the root of the workspace.
fn resolve<'n>(project: &Project, name: &'n str, parent: &str) -> Cow<'n, str> {
    let folder = RelPath::new(parent).unwrap_or_default().parent();
    let paths = [folder.join(name), RelPath::new(name)];
    let found = paths.iter().flatten().find(|path| project.file(path).is_some());
    match found.or(paths.iter().flatten().next()) {
        Some(path) => path.as_str().to_owned().into(),
        None => name.into(),
    }
}

fn load(project: &Project, name: &str, sources: Sources) -> Result<Option<String>, Error> {
    let Some(path) = RelPath::new(name) else {
        return Err(invalid(format!("`{name}` leads out of the workspace")));
    };
    let file = match project.look(&path) {
        Found::File(file) => file,
        Found::Unreadable(why) => return Err(invalid(format!("`{}` cannot be read: {why}", project.show(&path)))),
        Found::Folder(_) => return Err(invalid(format!("`{}` is a folder", project.show(&path)))),
        Found::Nothing => return Ok(None),
    };
    let source = source(&file).map_err(|error| invalid(format!("in `{}`, {error}", project.show(&path))))?;
    Ok(Some(match sources {
        Sources::Plain => source.to_owned(),
        Sources::Marked => tags::marked(source, file.id),
    }))
}

/// The text of a template, if it is one that can be rendered safely.
pub(super) fn source(file: &File) -> Result<&str, Diagnostic> {
    let source = file.text().map_err(|at| Diagnostic::new(Code::Template, "the text is not UTF-8").at(at))?;
    let place = |at: usize, len: usize| {
        let line = source[..at].matches('\n').count() + 1;
        let column = source[..at].rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        Location::new(file.id, line, column, len)
    };
    if let Some((at, c)) = placeholder::reserved(source) {
        return Err(placeholder::refusal(c).at(place(at, 1)));
    }
    if let Some(at) = tags::find(source, "autoescape") {
        return Err(Diagnostic::new(Code::Template, "the tag `autoescape` stands here")
            .at(place(at, source[at..].lines().next().map_or(0, |line| line.chars().count())))
            .help("leave it out: values are data here, there is nothing to escape"));
    }
    Ok(source)
}

/// A value, or the author's message where it is undefined or null.
fn required(value: &Value, message: Option<&str>) -> Result<Value, Error> {
    if value.is_undefined() || value.is_none() {
        return Err(invalid(message.unwrap_or("a required value is missing").to_owned()));
    }
    Ok(value.clone())
}

/// A value as JSON on one line, or on many with `indent`.
#[expect(clippy::needless_pass_by_value, reason = "it is what the engine hands over")]
fn json(value: &Value, indent: Option<usize>, options: Kwargs) -> Result<String, Error> {
    let indent = indent.map_or_else(|| options.get("indent"), |indent| Ok(Some(indent)))?;
    options.assert_all_used()?;
    Values(&[]).yaml(value).map_err(refused)?;
    let Some(width) = indent.map(|width: usize| width.min(16)) else {
        return serde_json::to_string(value).map_err(|error| invalid(error.to_string()));
    };
    let spaces = " ".repeat(width);
    let mut out = Vec::new();
    let pretty = serde_json::ser::PrettyFormatter::with_indent(spaces.as_bytes());
    value
        .serialize(&mut serde_json::Serializer::with_formatter(&mut out, pretty))
        .map_err(|error| invalid(error.to_string()))?;
    String::from_utf8(out).map_err(|error| invalid(error.to_string()))
}

/// A value as the YAML that a build writes, without the last line break.
fn yaml_text(value: &Value) -> Result<String, Error> {
    let mut text = Values(&[]).yaml(value).map_err(refused)?;
    text.truncate(text.trim_end_matches('\n').len());
    Ok(text)
}

fn base64(value: &Value) -> Result<String, Error> {
    let mut text = String::new();
    Values(&[]).text_of(&mut text, value).map_err(refused)?;
    Ok(base64::engine::general_purpose::STANDARD.encode(text))
}

/// Captured text may be indented: that is white space of the template, whatever its values hold.
fn indent(state: &mut State, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let args = args.into_values();
    let (value, width, first, blank, options) = from_args::<(StringInput, _, _, _, Kwargs)>(&args)?;
    if value.is_safe() && placeholder::reserved(value.as_str()).is_some() {
        state.get_or_insert_extension(Kept::default()).indented = true;
    }
    filters::indent(value, width, first, blank, options)
}

/// Joins as ever, but does not take an undefined item for an empty one.
fn join(
    state: &mut State,
    value: &Value,
    joiner: Option<StringInput<'_>>,
    attribute: Option<&str>,
    options: Kwargs,
) -> Result<Value, Error> {
    if value.as_object().is_none() {
        return filters::join(state, value, joiner, attribute, options);
    }
    let attribute = attribute.map_or_else(|| options.get("attribute"), |name| Ok(Some(name)))?;
    let path: Vec<&str> = attribute.into_iter().flat_map(|path: &str| path.split('.')).collect();
    let item = |item: Value| path.iter().try_fold(item, |item, name| item.get_attr(name));
    let items: Vec<Value> = value.try_iter()?.map(item).collect::<Result<_, _>>()?;
    if items.iter().any(Value::is_undefined) {
        return Err(invalid("an item of the list is undefined"));
    }
    filters::join(state, &Value::from(items), joiner, None, options)
}
