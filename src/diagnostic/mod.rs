//! Diagnostics: what is wrong, where, and what to try.
//!
//! The code that finds an error writes its message; the caller that knows the source location adds it. A stage collects
//! all its errors before it returns. Nothing here prints; `cli` does, with [`human`], [`short`] or [`json`].

mod errors;
mod gather;
pub(crate) mod human;
pub(crate) mod json;
mod order;
pub(crate) mod redaction;
mod secret_replacement;
mod secret_text;
pub(crate) mod short;
mod shown;
mod suggestion;

pub(crate) use errors::{Diagnostics, Result};
pub(crate) use gather::gather;
pub(crate) use order::sorted;
pub(crate) use suggestion::{named, nearest};

use crate::limits::DIAGNOSTIC_CHARACTERS;
use crate::source::{FileId, Location, RelPath};
use std::fmt;

/// What a diagnostic is about. The code decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
    /// The command line.
    Usage,
    /// A text that is not the YAML that Kubernetes reads.
    Yaml,
    /// `branches.yaml` or a file of `branches.d/`.
    Spec,
    /// A name that pleach derives: a slug, a namespace, a host.
    Name,
    /// A `*.j2` file.
    Template,
    /// A kustomization and what it names.
    Overlay,
    /// A Kubernetes object.
    Resource,
    /// A secret value where only a reference is allowed.
    Secret,
    /// A DNS name or record.
    Dns,
    /// A file of the output folder.
    Output,
    /// The history of the output folder, which no change of the workspace can undo.
    History,
    /// A safety limit: nothing was written.
    Guard,
    /// The disk.
    Disk,
    /// A program or service outside.
    Remote,
}

impl Code {
    /// The word in brackets, and `code` in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Code::Usage => "usage",
            Code::Yaml => "yaml",
            Code::Spec => "spec",
            Code::Name => "name",
            Code::Template => "template",
            Code::Overlay => "overlay",
            Code::Resource => "resource",
            Code::Secret => "secret",
            Code::Dns => "dns",
            Code::Output => "output",
            Code::History => "history",
            Code::Guard => "guard",
            Code::Disk => "disk",
            Code::Remote => "remote",
        }
    }

    /// What it is about, for people.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Code::Usage => "the command line",
            Code::Yaml => "text that is not the YAML that Kubernetes reads",
            Code::Spec => "`branches.yaml` or a file of `branches.d/`",
            Code::Name => "a name that pleach derives: a slug, a namespace, a host, a database",
            Code::Template => "a `.j2` file",
            Code::Overlay => "a kustomization, or a file that it refers to",
            Code::Resource => "a Kubernetes object",
            Code::Secret => "a Secret that contains values",
            Code::Dns => "a DNS name, record or zone",
            Code::Output => "a file in the output folder",
            Code::History => "the history of the output folder; always a warning, also with `--strict`",
            Code::Guard => "a limit on deletions, or a pinned branch",
            Code::Disk => "reading or writing files",
            Code::Remote => "Git, or a server",
        }
    }

    /// The exit status: 2 for invalid input, 3 for a guard, 4 for I/O and remote errors.
    pub(crate) fn status(self) -> u8 {
        match self {
            Code::Guard => 3,
            Code::Disk | Code::Remote => 4,
            _ => 2,
        }
    }
}

/// An error or a warning: the caller that collects it decides which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnostic(Box<Parts>);

/// The parts of a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    /// What it is about.
    pub(crate) code: Code,
    /// What is wrong: lower case, no full stop, names in backticks.
    pub(crate) message: String,
    /// Where; [`Location::NONE`] if that is not known.
    pub(crate) at: Location,
    /// The file of the previous output that it is about, until [`Diagnostic::in_quoted`] or [`Diagnostic::located`] says where that is.
    pub(crate) previous: Option<PreviousFile>,
    /// Other source locations that matter.
    pub(crate) notes: Vec<Note>,
    /// The branches that it affects.
    pub(crate) branches: Vec<String>,
    /// What to try.
    pub(crate) help: Vec<String>,
    /// Whether the source line may be shown.
    pub(crate) has_excerpt: bool,
    /// Whether it says that something exceeds a work limit.
    pub(crate) is_of_work_limit: bool,
}

/// A file of the previous output, which is no file of the project, and a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PreviousFile {
    /// The path in the output folder.
    pub(crate) path: RelPath,
    /// The line, column and length, as far as they are known.
    pub(crate) at: Location,
}

/// Another source location that matters for a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// A location and its role, such as ``first named here``.
    Related(Location, String),
    /// The entry of a kustomization that the diagnostic results from, and the field with this entry.
    CausedBy(Location, String),
}

impl Note {
    /// The source location.
    pub(crate) fn at(&self) -> Location {
        match self {
            Note::Related(at, _) | Note::CausedBy(at, _) => *at,
        }
    }

    /// The text to show.
    pub(crate) fn text(&self) -> String {
        match self {
            Note::Related(_, text) => text.clone(),
            Note::CausedBy(_, field) => format!("because of `{field}`"),
        }
    }
}

impl Diagnostic {
    /// A diagnostic without a source location.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Diagnostic(Box::new(Parts {
            code,
            message: bounded(message.into()),
            at: Location::NONE,
            previous: None,
            notes: Vec::new(),
            branches: Vec::new(),
            help: Vec::new(),
            has_excerpt: true,
            is_of_work_limit: false,
        }))
    }

    /// Sets the source location, unless it is set already: the first caller knows it best.
    #[must_use]
    pub(crate) fn at(mut self, at: Location) -> Self {
        self.0.at = self.0.at.or(at);
        self
    }

    /// Sets the file of the previous output that it is about. Its source location is one in the text of this file.
    #[must_use]
    pub(crate) fn in_previous(mut self, path: RelPath) -> Self {
        self.0.previous = Some(PreviousFile { path, at: self.0.at });
        self.0.at = Location::NONE;
        self
    }

    /// Sets the number of the file of the previous output that it is about.
    #[must_use]
    pub(crate) fn in_quoted(mut self, file: FileId) -> Self {
        if let Some(PreviousFile { at, .. }) = self.0.previous.take() {
            self.0.at = at.in_file(file);
        }
        self
    }

    /// The same about the history of the output, in which `file` is: a warning that nothing of it is listed.
    #[must_use]
    pub(crate) fn in_history(mut self, file: &str) -> Self {
        self.0.code = Code::History;
        self.located(&format!("`{file}` in the history of the output")).first_help("nothing of it is listed")
    }

    /// Puts the `file` that it is about before its message.
    #[must_use]
    pub(crate) fn located(mut self, file: &str) -> Self {
        self.0.previous = None;
        self.0.message = bounded(format!("{file}: {}", self.0.message));
        self
    }

    /// Adds a suggestion before the others.
    #[must_use]
    pub(crate) fn first_help(mut self, text: impl Into<String>) -> Self {
        self.0.help.insert(0, bounded(text.into()));
        self
    }

    /// Adds a source location with its role.
    #[must_use]
    pub(crate) fn note(mut self, at: Location, text: impl Into<String>) -> Self {
        self.0.notes.push(Note::Related(at, bounded(text.into())));
        self
    }

    /// Adds the notes of another diagnostic.
    #[must_use]
    pub(crate) fn notes(mut self, notes: &[Note]) -> Self {
        self.0.notes.extend_from_slice(notes);
        self
    }

    /// Adds the entry of a kustomization that caused a diagnostic in another file. The first cause is the closest one, so
    /// later ones are not added.
    #[must_use]
    pub(crate) fn caused_by(self, at: Location, field: &str) -> Self {
        let has_cause = self.0.notes.iter().any(|note| matches!(note, Note::CausedBy(..)));
        if !at.is_some() || self.0.at.file() == at.file() || has_cause {
            return self;
        }
        self.also_caused_by(at, field)
    }

    /// Adds the entry of a kustomization that caused a diagnostic, even if it has a cause already.
    #[must_use]
    pub(crate) fn also_caused_by(mut self, at: Location, field: &str) -> Self {
        self.0.notes.push(Note::CausedBy(at, field.to_owned()));
        self
    }

    /// Adds a suggestion.
    #[must_use]
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.0.help.push(bounded(text.into()));
        self
    }

    /// The same about something that exceeds a work limit.
    #[must_use]
    pub(crate) fn of_work_limit(mut self) -> Self {
        self.0.is_of_work_limit = true;
        self
    }

    /// Sets the source location of an error of a work limit, if it has none.
    #[must_use]
    pub(crate) fn limit_at(self, at: Location) -> Self {
        if self.0.is_of_work_limit { self.at(at) } else { self }
    }

    /// Adds a branch that it affects.
    #[must_use]
    pub(crate) fn in_branch(mut self, name: &str) -> Self {
        self.0.branches.push(name.to_owned());
        self
    }

    /// The diagnostic with `change` applied to its message, related notes and help.
    #[must_use]
    pub(crate) fn map_texts(mut self, change: impl Fn(&str) -> String) -> Self {
        self.0.message = change(&self.0.message);
        for note in &mut self.0.notes {
            if let Note::Related(_, text) = note {
                *text = change(text);
            }
        }
        self.0.help.iter_mut().for_each(|help| *help = change(help));
        self
    }

    /// The diagnostic with `change` applied to all its source locations.
    #[must_use]
    pub(crate) fn map_locations(mut self, change: impl Fn(Location) -> Location) -> Self {
        self.0.at = change(self.0.at);
        for note in &mut self.0.notes {
            let (Note::Related(at, _) | Note::CausedBy(at, _)) = note;
            *at = change(*at);
        }
        self
    }

    /// The diagnostic without its source line in reports.
    #[must_use]
    pub(crate) fn without_excerpt(mut self) -> Self {
        self.0.has_excerpt = false;
        self
    }

    /// What is shown instead of it and of `number - 1` others.
    pub(crate) fn and_more(&self, severity: Severity, number: usize) -> Diagnostic {
        let plural = if number == 1 { "" } else { "s" };
        Diagnostic::new(self.0.code, format!("and {number} more {}{plural}", severity.word()))
    }

    /// Code, message, source location, notes, branches and help.
    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }
}

impl fmt::Display for Diagnostic {
    /// The message alone, for use in another diagnostic.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Diagnostic {}

/// A text, cut to [`DIAGNOSTIC_CHARACTERS`]. Texts quote the input, which may be of any size.
fn bounded(text: String) -> String {
    cut(text, DIAGNOSTIC_CHARACTERS)
}

/// A text, cut in the middle to `longest` characters: a message says at its ends what is wrong with the value that it quotes.
fn cut(text: String, longest: usize) -> String {
    if text.char_indices().nth(longest).is_none() {
        return text;
    }
    let chars: Vec<char> = text.chars().collect();
    let half = longest / 2;
    let (start, end) = (&chars[..half], &chars[chars.len() - half..]);
    start.iter().chain(&['…']).chain(end).collect()
}

/// Whether a diagnostic stops the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// It does.
    Error,
    /// It does not.
    Warning,
}

impl Severity {
    /// The word before the brackets.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_in_the_middle() {
        let message = |text: String| Diagnostic::new(Code::Spec, text).to_string();
        let short = "é".repeat(DIAGNOSTIC_CHARACTERS);
        assert_eq!(message(short.clone()), short);
        let long = message(format!("`{}` is too long", "x".repeat(100_000)));
        assert_eq!(long.chars().count(), DIAGNOSTIC_CHARACTERS + 1);
        assert!(long.starts_with("`xxx") && long.ends_with("xx` is too long"));
    }
}
