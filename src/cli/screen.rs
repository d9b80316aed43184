//! What people see: reports on standard output, everything else on standard error.
//!
//! A closed pipe is no error: whoever reads has seen enough.

use super::args::{Color, MessageFormat};
use crate::diagnostic::{self, Code, Diagnostic, Diagnostics, Result, Severity};
use crate::source::Project;
use anstream::{AutoStream, ColorChoice};
use std::io::{self, IsTerminal, Write};

/// How to show things.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen {
    colours: ColorChoice,
    format: MessageFormat,
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

/// Shows a line on a terminal that the next one replaces.
pub(super) fn status(text: &str) {
    let _ = write!(io::stderr(), "\r{text}\u{1b}[K");
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
    pub(super) fn say(self, text: &str) {
        self.tell(&format!("{text}\n"));
    }

    /// Whether somebody watches standard error.
    pub(super) fn is_live(self) -> bool {
        matches!(self.format, MessageFormat::Human) && io::stderr().is_terminal()
    }

    /// Whether a report on standard output has colours.
    pub(super) fn paints_reports(self) -> bool {
        match self.colours {
            ColorChoice::Auto => AutoStream::choice(&io::stdout()) != ColorChoice::Never,
            choice => choice != ColorChoice::Never,
        }
    }

    /// Shows complaints: sorted, the same one about several branches once.
    pub(super) fn complain<'a>(
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
        let text: String = diagnostic::sorted(errors, project).iter().map(|e| render(severity, e, project)).collect();
        self.tell(&text);
    }

    /// Shows warnings.
    pub(super) fn warn<'a>(self, warnings: impl IntoIterator<Item = &'a Diagnostic>, project: &Project) {
        self.complain(Severity::Warning, warnings, project);
    }

    /// Shows what stopped the run, and says with which exit status it ends.
    pub(super) fn fail(self, errors: &Diagnostics, project: &Project) -> u8 {
        self.complain(Severity::Error, errors, project);
        errors.status()
    }

    /// There is nobody to tell that standard error is closed.
    fn tell(self, text: &str) {
        let _ = AutoStream::new(io::stderr(), self.colours).write_all(text.as_bytes());
    }
}
