//! One or more errors, as a stage returns them.

use super::Diagnostic;

/// One or more errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnostics(Vec<Diagnostic>);

/// A result whose error is one or more diagnostics.
pub(crate) type Result<T, E = Diagnostics> = std::result::Result<T, E>;

impl Diagnostics {
    /// `value`, or the errors if there are any.
    pub(crate) fn check<T>(errors: Vec<Diagnostic>, value: T) -> Result<T> {
        if errors.is_empty() { Ok(value) } else { Err(Diagnostics(errors)) }
    }

    /// The errors, in the order in which they were found.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// Every error changed by `change`, such as `|e| e.in_branch(name)`.
    #[must_use]
    pub(crate) fn map(self, change: impl FnMut(Diagnostic) -> Diagnostic) -> Self {
        Diagnostics(self.0.into_iter().map(change).collect())
    }

    /// The highest exit status of all errors.
    pub(crate) fn status(&self) -> u8 {
        self.0.iter().map(|error| error.0.code.status()).max().unwrap_or(2)
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(error: Diagnostic) -> Self {
        Diagnostics(vec![error])
    }
}

impl From<Vec<Diagnostic>> for Diagnostics {
    /// These errors, of which there must be at least one.
    fn from(errors: Vec<Diagnostic>) -> Self {
        Diagnostics(errors)
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
