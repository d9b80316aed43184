//! Templates that no value can break.
//!
//! A `*.j2` file is a minijinja template. What it interpolates is never pasted into YAML: each `{{ … }}` writes a
//! placeholder, the text is parsed, and values go into the tree that comes of it (`placeholder`, `shape`, `fill`). So
//! no value adds a key, a line or a document, and all branches that take the same way through a template share one
//! parsed tree. Nothing here knows what Kubernetes is.

mod context;
mod environment;
mod fault;
mod fill;
mod placeholder;
mod shape;
mod tags;
mod trace;

pub use context::Context;
pub use environment::STACK;

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::node::Node;
use crate::source::{File, Project};
use crate::yaml::{self, Dialect};
use environment::{Kept, Sources, Writes, environment};
use fill::{CAPTURED, Values};
use minijinja::Environment;
use shape::{Shape, Shapes};
use std::sync::Arc;
use trace::Trace;

/// Renders the templates of a project; shared by all threads.
#[derive(Debug)]
pub struct Engine {
    project: Project,
    placeholders: Environment<'static>,
    /// The same from sources with marks, to find places.
    marked: Environment<'static>,
    /// Values pasted as text, to find out whether captured text was looked into.
    pasted: Environment<'static>,
    text: Environment<'static>,
    shapes: Shapes,
}

impl Engine {
    /// An engine for the templates of `project`.
    pub fn new(project: &Project) -> Self {
        Engine {
            project: project.clone(),
            placeholders: environment(project, Writes::Placeholders, Sources::Plain),
            marked: environment(project, Writes::Placeholders, Sources::Marked),
            pasted: environment(project, Writes::Anything, Sources::Plain),
            text: environment(project, Writes::Text, Sources::Plain),
            shapes: Shapes::default(),
        }
    }

    /// The YAML documents of a template for one branch. Places point into templates.
    pub fn documents(&self, file: &Arc<File>, context: &Context, dialect: Dialect) -> Result<Vec<Node>> {
        let (text, kept) = match self.render(file, context) {
            Ok(rendered) => rendered,
            Err(error) => return Err(self.refusal(&error, file, context).into()),
        };
        if kept.captured || placeholder::count(&text) != kept.values.len() {
            self.check_captured(file, context, &text, &kept)?;
        }
        let make = || self.shape(file, context, dialect, &text, kept.values.len());
        let shape = self.shapes.get(file.id, dialect, &text, make)?;
        fill::documents(&shape, &kept.values)
    }

    /// A template for one branch as text, with values pasted as they are.
    pub fn text(&self, file: &Arc<File>, context: &Context) -> Result<String> {
        match paste(&self.text, file, context) {
            Ok(text) => Ok(text),
            Err(error) => Err(fault::complaint(&error, file, &self.project, context.variables()).into()),
        }
    }

    /// The text with placeholders, and the values behind them.
    fn render(&self, file: &File, context: &Context) -> Result<(String, Kept), minijinja::Error> {
        let template = self.placeholders.get_template(file.path.as_str())?;
        let mut rendered = template.render_captured(context.root())?;
        let kept = rendered.with_state_mut(|state| std::mem::take(state.get_or_insert_extension(Kept::default())));
        Ok((ended(rendered.into_output(), file), kept))
    }

    /// Where the parts of a rendered text come from.
    fn trace<'t>(&self, file: &File, context: &Context, text: &'t str) -> Trace<'t> {
        let marked = paste(&self.marked, file, context).ok();
        let segments = marked.and_then(|marked| trace::from_marks(text, &marked, file.id)).or_else(|| {
            let template = self.placeholders.get_template(file.path.as_str()).ok()?;
            let (_, spans) = template.render_with_spans(context.root()).ok()?;
            Some(trace::from_spans(&spans, &self.project))
        });
        Trace::new(text, segments.unwrap_or_default(), &self.project)
    }

    fn shape(&self, file: &File, context: &Context, dialect: Dialect, text: &str, count: usize) -> Result<Shape> {
        let trace = self.trace(file, context, text);
        let holes = trace.holes(count);
        let place = |line: usize, column: usize, len: usize| trace.place(line, column, len).or(file.place());
        let documents = yaml::parse_with_holes(text, dialect, &place, placeholder::is_one)
            .map_err(|errors| placeholder::named(errors, &holes))?;
        Shape::new(text, documents, holes)
    }

    /// Captured text may be put into a document but not looked into, because it holds placeholders in place of values.
    /// Whoever looks into it gets another outcome than with pasted values, which is what is compared here.
    fn check_captured(&self, file: &File, context: &Context, text: &str, kept: &Kept) -> Result<()> {
        let pasted = paste(&self.pasted, file, context)
            .map_err(|error| fault::complaint(&error, file, &self.project, context.variables()).help(CAPTURED))?;
        let values = Values(&kept.values);
        if values.are_pasted(text, &pasted) {
            return Ok(());
        }
        // Lines of values are indented in the one text and not in the other.
        let Some(at) = values.diverge(text, &pasted, |c| !kept.indented || !c.is_whitespace()) else { return Ok(()) };
        let place = self.trace(file, context, text).place_at(at, at).or(file.place());
        let message = "the template looks into captured text and would go another way here with its values";
        Err(Diagnostic::new(Code::Template, message).at(place).help(CAPTURED).into())
    }

    /// The complaint about a rendering that failed, which may be because captured text was looked into.
    fn refusal(&self, error: &minijinja::Error, file: &File, context: &Context) -> Diagnostic {
        let complaint = fault::complaint(error, file, &self.project, context.variables());
        let told = complaint.parts().help.iter().any(|help| help == CAPTURED);
        let captured = !told && !fault::is_endless(error) && paste(&self.pasted, file, context).is_ok();
        if captured { complaint.help(CAPTURED) } else { complaint }
    }
}

/// The text of a template, rendered in an environment that keeps no values.
fn paste(env: &Environment<'static>, file: &File, context: &Context) -> Result<String, minijinja::Error> {
    let text = env.get_template(file.path.as_str())?.render(context.root())?;
    Ok(ended(text, file))
}

/// minijinja takes the last line break of a template away, which a block scalar at its end would miss.
fn ended(mut text: String, file: &File) -> String {
    if file.bytes.ends_with(b"\n") {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
