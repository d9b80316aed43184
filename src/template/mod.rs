//! Templates: `*.j2` files, rendered with minijinja, that no value can break.
//!
//! Expressions are not expanded in the text of a YAML file. Each `{{ … }}` writes a placeholder, the text is parsed, and
//! the values are inserted in the resulting nodes (`placeholder`, `parsed`, `fill`). A value therefore cannot add a key, a
//! line or a document, and all branches with the same control flow share one parsed template. Nothing here depends on
//! Kubernetes.

mod blocks;
mod concatenation;
mod context;
mod counted_filters;
mod environment;
mod error;
mod fill;
mod insertion;
mod number;
mod operands;
mod output;
mod parsed;
mod placeholder;
mod subjects;
mod syntax_error;
mod tags;
mod trace;
mod value;
mod work;

pub(crate) use context::TemplateContext;
pub(crate) use environment::RENDER_STACK_SIZE;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::limits::TEMPLATE_STEPS;
use crate::node::Node;
use crate::source::{File, Location, Project, RelPath};
use crate::yaml::{self, Dialect};
use environment::{ExpressionOutput, RenderState, environment};
use insertion::SourceChange;
use minijinja::{Environment, Value};
use number::{NumberChoice, NumberMarks, NumberTexts, SourceNumbers};
use output::TemplateOutput;
use parsed::{ParsedTemplate, ParsedTemplateCache};
use std::sync::Arc;
use trace::TemplateTrace;
use value::{CAPTURED_TEXT_HELP, PlaceholderValues};

/// The bytes of written text that count as a step of the branch. The text of all templates of a branch is in memory at once.
const WRITTEN_BYTES: usize = 8;

/// The steps that count for a template that fails after at most so many.
const SHORT_STEPS: u64 = 50_000;

/// The maximum number of renderings that look for the number that an error is about. Each can be as much work as the first one.
const MAX_TRIED_NUMBERS: usize = 10;

/// Renders the templates of a project. All threads share it.
#[derive(Debug)]
pub(crate) struct TemplateEngine {
    project: Project,
    placeholders: Environment<'static>,
    /// Templates have source marks, for source locations.
    marked: Environment<'static>,
    /// Expressions write text of any value, to detect templates that inspect captured text.
    expanded: Environment<'static>,
    text: Environment<'static>,
    /// Numbers of the spec keep their text.
    number_placeholders: Environment<'static>,
    number_text: Environment<'static>,
    /// Renders [`SHORT_STEPS`] only, to detect templates that fail after more.
    short: Environment<'static>,
    cache: ParsedTemplateCache,
}

impl TemplateEngine {
    /// An engine for the templates of `project`.
    pub(crate) fn new(project: &Project) -> Self {
        let mut short = environment(project, ExpressionOutput::Placeholders, SourceChange::None);
        short.set_fuel(Some(SHORT_STEPS));
        TemplateEngine {
            short,
            project: project.clone(),
            placeholders: environment(project, ExpressionOutput::Placeholders, SourceChange::None),
            marked: environment(project, ExpressionOutput::Placeholders, SourceChange::LineMarks),
            expanded: environment(project, ExpressionOutput::AnyText, SourceChange::None),
            text: environment(project, ExpressionOutput::Text, SourceChange::None),
            number_placeholders: environment(project, ExpressionOutput::Placeholders, SourceChange::ComputedOperands),
            number_text: environment(project, ExpressionOutput::Text, SourceChange::ComputedOperands),
            cache: ParsedTemplateCache::default(),
        }
    }

    /// The YAML documents of a template for one branch. Their source locations are in templates.
    pub(crate) fn documents(&self, file: &Arc<File>, context: &TemplateContext, dialect: Dialect) -> Result<Vec<Node>> {
        let rendered = render(&self.placeholders, file, context.root());
        let steps = self.count(file, context, &rendered)?;
        let (text, mut state, _) = match rendered {
            Ok(rendered) => rendered,
            Err(error) => {
                let diagnostic = self.render_error((&self.placeholders, steps), &error, file, context);
                return Err(self.explain_captured_text(diagnostic, &error, file, context));
            }
        };
        if let Some(at) = work::first_excess(&text, PlaceholderValues::of(&state.values)) {
            let location = self.trace(file, context, &text).location_of_range(at, at).or(file.location());
            return Err(error::over_text_limit().at(location).into());
        }
        if state.has_captured_text || placeholder::count(&text) != state.values.len() {
            self.check_captured_text(file, context, &text, &state)?;
        }
        if !context.numbers().is_empty() {
            state.values = self.values_with_number_texts(file, context, (&text, steps), &state.values)?;
        }
        let parse = || self.parse(file, context, dialect, &text, state.values.len());
        let parsed = self.cache.get_or_parse(file.id, dialect, &text, parse)?;
        fill::documents(&parsed, &state.values)
    }

    /// A template for one branch as text. Values are inserted unchanged.
    pub(crate) fn text(&self, file: &Arc<File>, context: &TemplateContext) -> Result<String> {
        let rendered = render(&self.text, file, context.root());
        let steps = self.count(file, context, &rendered)?;
        let (text, ..) = rendered.map_err(|error| self.render_error((&self.text, steps), &error, file, context))?;
        if context.numbers().is_empty() {
            return Ok(text);
        }
        keep_number_texts(file, context, steps, |numbers| {
            let root = |marks| context.root_with(SourceNumbers::WithText(numbers, marks));
            let marked = render_text(&self.number_text, file, root(NumberMarks::Yes)).ok()?;
            let plain = render_text(&self.number_text, file, root(NumberMarks::No)).ok()?;
            let is_kept = number::expanded(&marked, NumberTexts::Value) == text
                && number::expanded(&marked, NumberTexts::Source) == plain;
            is_kept.then_some(plain)
        })
    }

    /// The paths of the templates that were rendered, or that another one includes.
    pub(crate) fn rendered(&self) -> Vec<RelPath> {
        let environments = [&self.placeholders, &self.text];
        environments
            .into_iter()
            .flat_map(minijinja::Environment::templates)
            .filter_map(|(name, _)| RelPath::new(name))
            .collect()
    }

    /// The values of the placeholders of `text`, with the numbers of the spec as they are written there. `values` are those
    /// without the texts of numbers.
    fn values_with_number_texts(
        &self,
        file: &File,
        context: &TemplateContext,
        (text, steps): (&str, u64),
        values: &[Value],
    ) -> Result<Vec<Value>> {
        keep_number_texts(file, context, steps, |numbers| {
            let root = |marks| context.root_with(SourceNumbers::WithText(numbers, marks));
            let (marked_text, marked, _) = render(&self.number_placeholders, file, root(NumberMarks::Yes)).ok()?;
            let (plain_text, plain, _) = render(&self.number_placeholders, file, root(NumberMarks::No)).ok()?;
            let of_marked = PlaceholderValues::of(&marked.values);
            let is_kept = marked_text == text
                && plain_text == text
                && of_marked.agree(PlaceholderValues::of(values), NumberTexts::Value)
                && of_marked.agree(PlaceholderValues::of(&plain.values), NumberTexts::Source);
            is_kept.then_some(plain.values)
        })
    }

    /// Counts the steps of a rendering and returns them. The engine does not say how many one did that failed: few, or up to
    /// the limit.
    fn count(&self, file: &File, context: &TemplateContext, rendered: &Rendered) -> Result<u64, Diagnostic> {
        let is_over = |rendered: &Rendered| rendered.as_ref().is_err_and(error::is_over_work_limit);
        let steps = match rendered {
            Ok((.., steps)) => *steps,
            Err(_) if is_over(rendered) || is_over(&render(&self.short, file, context.root())) => TEMPLATE_STEPS,
            Err(_) => SHORT_STEPS,
        };
        // A template over its own limit has an error that says more.
        if context.count(steps) || is_over(rendered) {
            return Ok(steps);
        }
        Err(error::over_branch_limit().at(Location::new(file.id, 1, 1, 0)))
    }

    /// The source locations of a rendered text.
    fn trace<'t>(&self, file: &File, context: &TemplateContext, text: &'t str) -> TemplateTrace<'t> {
        let marked = render_text(&self.marked, file, context.root()).ok();
        let segments = marked.and_then(|marked| trace::from_marks(text, &marked, file.id)).or_else(|| {
            let template = self.placeholders.get_template(file.path.as_str()).ok()?;
            let (_, spans) = template.render_with_spans(context.root()).ok()?;
            Some(trace::from_spans(&spans, &self.project))
        });
        TemplateTrace::new(text, segments.unwrap_or_default(), &self.project)
    }

    fn parse(
        &self,
        file: &File,
        context: &TemplateContext,
        dialect: Dialect,
        text: &str,
        count: usize,
    ) -> Result<ParsedTemplate> {
        let trace = self.trace(file, context, text);
        let placeholders = trace.placeholders(count);
        let location = |line: usize, column: usize, len: usize| trace.location(line, column, len).or(file.location());
        let documents = yaml::parse_with_placeholders(text, dialect, &location, placeholder::is_placeholder)
            .map_err(|errors| placeholder::show_expressions(errors, &placeholders))?;
        ParsedTemplate::new(text, documents, placeholders)
    }

    /// A template may write captured text but not inspect it, because the text has placeholders instead of values. A
    /// template that inspects it writes something else if the text has values, which this function compares.
    fn check_captured_text(
        &self,
        file: &File,
        context: &TemplateContext,
        text: &str,
        state: &RenderState,
    ) -> Result<()> {
        let expanded = render_text(&self.expanded, file, context.root()).map_err(|error| {
            error::diagnostic(&error, file, &self.project, context.variables()).help(CAPTURED_TEXT_HELP)
        })?;
        let values = PlaceholderValues::of(&state.values);
        if values.expand_to(text, &expanded) {
            return Ok(());
        }
        // The filter `indent` indents the lines of values in the expanded text only.
        let is_compared = |c: char| !state.has_indented_text || !c.is_whitespace();
        let Some(at) = values.first_difference(text, &expanded, is_compared) else { return Ok(()) };
        let location = self.trace(file, context, text).location_of_range(at, at).or(file.location());
        let message = "the template inspects captured text, and its result would differ here";
        Err(Diagnostic::new(Code::Template, message).at(location).help(CAPTURED_TEXT_HELP).into())
    }

    /// The diagnostic of a rendering that failed. If it does not fail like that with a number of the spec as a string, it names
    /// the number.
    fn render_error(
        &self,
        (env, steps): (&Environment<'static>, u64),
        error: &minijinja::Error,
        file: &File,
        context: &TemplateContext,
    ) -> Diagnostic {
        let diagnostic = error::diagnostic(error, file, &self.project, context.variables());
        if !error::is_about_operation(error) {
            return diagnostic;
        }
        let is_cause = |number: &Node| {
            let root = context.root_with(SourceNumbers::StringAt(number.at));
            render_text(env, file, root).err().is_none_or(|other| !error::is_same(error, &other))
        };
        let numbers = number::all(context.variables()).into_iter().filter(|number| number.at.is_some());
        match numbers.take(tried_numbers(steps)).find(is_cause) {
            Some(number) => {
                let help = number::quote_help(number.as_text().unwrap_or_default());
                diagnostic.note(number.at, "this is a number").help(help)
            }
            None => diagnostic,
        }
    }

    /// The diagnostics of a rendering that failed. If it succeeds with values in place of placeholders, the template inspects
    /// captured text. A message that has captured text shows it with the values.
    fn explain_captured_text(
        &self,
        diagnostic: Diagnostic,
        error: &minijinja::Error,
        file: &File,
        context: &TemplateContext,
    ) -> Diagnostics {
        let is_explained = error::is_about_captured_text(error) || error::is_over_work_limit(error);
        let expanded = (!is_explained).then(|| render_text(&self.expanded, file, context.root()));
        let diagnostic = match expanded {
            Some(Ok(_)) => diagnostic.help(CAPTURED_TEXT_HELP),
            Some(Err(expanded)) if placeholder::is_captured(&diagnostic.parts().message) => {
                error::diagnostic(&expanded, file, &self.project, context.variables())
            }
            Some(Err(_)) | None => diagnostic,
        };
        placeholder::show_expressions(diagnostic.into(), &[])
    }
}

/// What `render` returns if all numbers of the spec keep their text, or the errors about those that cannot. One rendering is
/// `steps` of work.
fn keep_number_texts<T>(
    file: &File,
    context: &TemplateContext,
    steps: u64,
    render: impl Fn(NumberChoice) -> Option<T>,
) -> Result<T> {
    if let Some(rendered) = render(NumberChoice::All) {
        return Ok(rendered);
    }
    let numbers = context.numbers();
    let is_wrong = |number: &&Node| render(NumberChoice::At(number.at)).is_none();
    let mut wrong: Vec<&Node> = numbers.iter().take(tried_numbers(steps)).filter(is_wrong).collect();
    if wrong.is_empty() {
        wrong = numbers.iter().collect();
    }
    Err(wrong.into_iter().map(|node| number::error(node, file).into()).collect::<Vec<Diagnostics>>().into())
}

/// The number of renderings, each of `steps`, that look for the number that an error is about.
fn tried_numbers(steps: u64) -> usize {
    usize::try_from(TEMPLATE_STEPS / steps.max(1)).unwrap_or(usize::MAX).min(MAX_TRIED_NUMBERS)
}

/// The text with placeholders, their values, and the steps.
type Rendered = Result<(String, RenderState, u64), minijinja::Error>;

/// Renders a template with placeholders.
fn render(env: &Environment<'static>, file: &File, root: Value) -> Rendered {
    let mut output = TemplateOutput::default();
    let mut rendered = env.get_template(file.path.as_str())?.render_captured_to(root, &mut output)?;
    let (state, steps) = rendered.with_state_mut(|state| {
        let steps = state.fuel_levels().map_or(0, |(steps, _)| steps);
        (std::mem::take(state.get_or_insert_extension(RenderState::default())), steps)
    });
    let text = with_last_line_break(output.into_text(), file);
    let steps = steps + (text.len() / WRITTEN_BYTES) as u64;
    Ok((text, state, steps))
}

/// The rendered text of a template, without the values of placeholders.
fn render_text(env: &Environment<'static>, file: &File, root: Value) -> Result<String, minijinja::Error> {
    let text = env.get_template(file.path.as_str())?.render(root)?;
    Ok(with_last_line_break(text, file))
}

/// Restores the last line break of a template. minijinja removes it, but it is part of a block scalar at the end.
fn with_last_line_break(mut text: String, file: &File) -> String {
    if file.bytes.ends_with(b"\n") {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
