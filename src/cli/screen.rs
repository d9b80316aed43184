//! Standard output and standard error: reports go to standard output, everything else goes to standard error.
//!
//! A closed pipe is not an error: the reader needs no more output.

use crate::diagnostic::redaction::SecretValues;
use crate::diagnostic::{self, Code, Diagnostic, Diagnostics, Result, Severity};
use crate::limits::DIAGNOSTICS;
use crate::source::Project;
use crate::spec;
use crate::visible::visible_lines;
use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use std::io::{self, IsTerminal, Write};

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum MessageFormat {
    /// The source line, with the part in question marked
    #[default]
    Human,
    /// One line each, for editors: `path:line:column: error[code]: message`
    Short,
    /// One JSON object per line
    Json,
}

/// How messages and colours are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen {
    colours: ColorChoice,
    format: MessageFormat,
}

/// Writes a report for people to standard output.
pub(super) fn report_text(text: &str) -> Result<()> {
    report(&visible_lines(text))
}

/// Writes to standard output, byte for byte.
pub(super) fn report(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Diagnostic::new(Code::Disk, format!("standard output cannot be written: {error}")).into())
        }
        _ => Ok(()),
    }
}

/// Writes a line to a terminal that replaces the current line.
pub(super) fn status(text: &str) {
    let _ = write!(io::stderr(), "\r{text}\u{1b}[K");
}

/// The secret values of the files that a run has read, which no message and no report shows.
pub(super) fn secret_values(project: &Project) -> SecretValues {
    SecretValues::of(project, &spec::secret_keys(project))
}

impl Screen {
    pub(super) fn new(color: Color, format: MessageFormat) -> Self {
        let colours = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Screen { colours, format }
    }

    /// Writes a line to standard error.
    pub(super) fn info(self, text: &str) {
        self.write(&match self.format {
            MessageFormat::Human | MessageFormat::Short => visible_lines(text).into_owned() + "\n",
            MessageFormat::Json => diagnostic::json::info(text),
        });
    }

    /// Whether standard error is a terminal and messages are for people.
    pub(super) fn is_interactive(self) -> bool {
        matches!(self.format, MessageFormat::Human) && io::stderr().is_terminal()
    }

    /// Whether a report on standard output has colours.
    pub(super) fn colours_reports(self) -> bool {
        match self.colours {
            ColorChoice::Auto => AutoStream::choice(&io::stdout()) != ColorChoice::Never,
            choice => choice != ColorChoice::Never,
        }
    }

    /// Writes diagnostics in one piece: sorted, the same one of several branches once, at most [`DIAGNOSTICS`].
    pub(super) fn diagnostics<'a>(
        self,
        severity: Severity,
        errors: impl IntoIterator<Item = &'a Diagnostic>,
        project: &Project,
    ) {
        let render = match self.format {
            MessageFormat::Human => diagnostic::human::render,
            MessageFormat::Short => diagnostic::short::render,
            MessageFormat::Json => diagnostic::json::render,
        };
        let sorted = diagnostic::sorted(errors, project);
        if sorted.is_empty() {
            return;
        }
        let secrets = secret_values(project);
        let (shown, more) = sorted.split_at(sorted.len().min(DIAGNOSTICS));
        let more = more.first().map(|first| first.and_more(severity, more.len()));
        let text: String =
            shown.iter().chain(&more).map(|error| render(severity, &secrets.redact(error, project), project)).collect();
        self.write(&text);
    }

    pub(super) fn warn<'a>(self, warnings: impl IntoIterator<Item = &'a Diagnostic>, project: &Project) {
        self.diagnostics(Severity::Warning, warnings, project);
    }

    /// Writes the errors that stopped the run, and returns the exit status.
    pub(super) fn fail(self, errors: &Diagnostics, project: &Project) -> u8 {
        self.diagnostics(Severity::Error, errors, project);
        errors.status()
    }

    /// Writes to standard error. If that fails, there is no place to report it.
    fn write(self, text: &str) {
        let _ = AutoStream::new(io::stderr(), self.colours).write_all(text.as_bytes());
    }
}
