//! Complaints: what is wrong, where, and what to try.
//!
//! A check writes the sentence and the caller adds the place, so that every sentence stands once. A stage collects all
//! its complaints before it gives up. Nothing here prints; `cli` does, with [`human`], [`short`] or [`json`].

mod gather;
pub mod human;
pub mod json;
pub mod short;

pub use gather::gather;

use crate::source::Location;
use std::fmt;

/// What a complaint is about: the code word in brackets, and with it the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
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
    /// A secret value where only a reference may stand.
    Secret,
    /// A DNS name or record.
    Dns,
    /// What lies in the output folder.
    Output,
    /// A safety limit: nothing was written.
    Guard,
    /// The disk.
    Disk,
    /// A program or service outside.
    Remote,
}

impl Code {
    /// The code word.
    pub fn word(self) -> &'static str {
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
            Code::Guard => "guard",
            Code::Disk => "disk",
            Code::Remote => "remote",
        }
    }

    /// The exit status: 2 mend your files, 3 refused by a safety limit, 4 disk or remote.
    pub fn status(self) -> u8 {
        match self {
            Code::Guard => 3,
            Code::Disk | Code::Remote => 4,
            _ => 2,
        }
    }
}

/// One complaint. Whether it is an error or a warning is for the one who collects it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic(Box<Parts>);

/// The parts of a complaint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// What it is about.
    pub code: Code,
    /// What is wrong: lower case, no full stop, names in backticks.
    pub message: String,
    /// Where; [`Location::NONE`] if that is not known.
    pub at: Location,
    /// Other places that matter, each with its part in it (``first named here``).
    pub notes: Vec<(Location, String)>,
    /// The branches it was found in.
    pub branches: Vec<String>,
    /// What to try.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// A complaint without a place.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Diagnostic(Box::new(Parts {
            code,
            message: bounded(message.into()),
            at: Location::NONE,
            notes: Vec::new(),
            branches: Vec::new(),
            help: Vec::new(),
        }))
    }

    /// Says where, unless a closer caller has said it.
    #[must_use]
    pub fn at(mut self, at: Location) -> Self {
        self.0.at = self.0.at.or(at);
        self
    }

    /// Names another place that matters.
    #[must_use]
    pub fn note(mut self, at: Location, text: impl Into<String>) -> Self {
        self.0.notes.push((at, bounded(text.into())));
        self
    }

    /// Names the entry of a kustomization that led to a complaint which stands in another file. The first one to do so
    /// knows best.
    #[must_use]
    pub fn because(self, at: Location, field: &str) -> Self {
        let is_blamed = self.0.notes.iter().any(|(_, note)| note.starts_with(BECAUSE));
        if !at.is_some() || self.0.at.file() == at.file() || is_blamed {
            return self;
        }
        self.note(at, because(field))
    }

    /// Says what to try.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.0.help.push(bounded(text.into()));
        self
    }

    /// Adds ``did you mean `x`?`` if a candidate is close to `word`.
    #[must_use]
    pub fn suggest<'a>(self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(word, candidates) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// Says in which branch it was found.
    #[must_use]
    pub fn in_branch(mut self, name: &str) -> Self {
        self.0.branches.push(name.to_owned());
        self
    }

    /// Its parts.
    pub fn parts(&self) -> &Parts {
        &self.0
    }
}

impl fmt::Display for Diagnostic {
    /// The message alone, for use in another complaint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Diagnostic {}

/// One or more complaints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

/// What can end in complaints.
pub type Result<T, E = Diagnostics> = std::result::Result<T, E>;

impl Diagnostics {
    /// `value`, or the complaints if there are any.
    pub fn check<T>(complaints: Vec<Diagnostic>, value: T) -> Result<T> {
        if complaints.is_empty() { Ok(value) } else { Err(Diagnostics(complaints)) }
    }

    /// The complaints, as they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// Every complaint changed by `change`, such as `|e| e.in_branch(name)`.
    #[must_use]
    pub fn map(self, change: impl FnMut(Diagnostic) -> Diagnostic) -> Self {
        Diagnostics(self.0.into_iter().map(change).collect())
    }

    /// The exit status: the gravest of all.
    pub fn status(&self) -> u8 {
        self.0.iter().map(|error| error.0.code.status()).max().unwrap_or(2)
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(error: Diagnostic) -> Self {
        Diagnostics(vec![error])
    }
}

impl From<Vec<Diagnostics>> for Diagnostics {
    fn from(many: Vec<Diagnostics>) -> Self {
        Diagnostics(many.into_iter().flat_map(|errors| errors.0).collect())
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The longest text of a diagnostic, in characters. Texts quote the input, which may be of any size.
const LONGEST_TEXT: usize = 2000;

/// A text, cut in the middle to [`LONGEST_TEXT`]: its ends say what is wrong with the value that it quotes.
fn bounded(text: String) -> String {
    if text.char_indices().nth(LONGEST_TEXT).is_none() {
        return text;
    }
    let chars: Vec<char> = text.chars().collect();
    let half = LONGEST_TEXT / 2;
    let (start, end) = (&chars[..half], &chars[chars.len() - half..]);
    start.iter().chain(&['…']).chain(end).collect()
}

/// How a note begins that says what led to a complaint.
const BECAUSE: &str = "because of";

/// The note at an entry of a kustomization that led to a complaint.
pub fn because(field: &str) -> String {
    format!("{BECAUSE} `{field}`")
}

/// Whether complaints stop the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// They do.
    Error,
    /// They do not.
    Warning,
}

impl Severity {
    /// The word before the brackets.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// Complaints in the order in which they are shown: by file, line and column, the same complaint about several branches
/// once.
pub fn sorted<'a>(
    complaints: impl IntoIterator<Item = &'a Diagnostic>,
    project: &crate::source::Project,
) -> Vec<Diagnostic> {
    let mut all: Vec<(String, Diagnostic)> = complaints
        .into_iter()
        .map(|error| {
            (project.file_at(error.0.at).map_or_else(String::new, |file| file.path.to_string()), error.clone())
        })
        .collect();
    all.sort_by(|(path_a, a), (path_b, b)| {
        let rank = |e: &Diagnostic| (e.0.at.line, e.0.at.column, e.0.code);
        path_a
            .cmp(path_b)
            .then_with(|| rank(a).cmp(&rank(b)))
            .then_with(|| a.0.message.cmp(&b.0.message))
            .then_with(|| a.0.branches.cmp(&b.0.branches))
    });
    let mut shown: Vec<Diagnostic> = Vec::new();
    for (_, error) in all {
        match shown.last_mut() {
            Some(last)
                if last.0.message == error.0.message && last.0.at == error.0.at && last.0.code == error.0.code =>
            {
                for branch in error.0.branches {
                    if !last.0.branches.contains(&branch) {
                        last.0.branches.push(branch);
                    }
                }
            }
            _ => shown.push(error),
        }
    }
    shown
}

/// The candidate that is most likely meant by `word`, if one is close enough.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_in_the_middle() {
        let message = |text: String| Diagnostic::new(Code::Spec, text).to_string();
        let short = "é".repeat(LONGEST_TEXT);
        assert_eq!(message(short.clone()), short);
        let long = message(format!("`{}` is too long", "x".repeat(100_000)));
        assert_eq!(long.chars().count(), LONGEST_TEXT + 1);
        assert!(long.starts_with("`xxx") && long.ends_with("xx` is too long"));
    }
}
