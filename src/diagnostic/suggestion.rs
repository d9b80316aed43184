//! What may be meant by an unknown name.

use super::Diagnostic;
use crate::limits::NEAREST_CANDIDATES;

/// At most this many names are listed.
const LISTED: usize = 10;

impl Diagnostic {
    /// Adds ``did you mean `x`?`` if a candidate is close to `word`.
    #[must_use]
    pub(crate) fn suggest<'a>(self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(word, candidates) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// Adds ``did you mean `x`?`` if one of `names` is close to `word`, and the names; `what` is what they name, in the plural.
    #[must_use]
    pub(crate) fn suggest_known<'a>(
        self,
        word: &str,
        what: &str,
        names: impl IntoIterator<Item = &'a str> + Clone,
    ) -> Self {
        let all: Vec<&str> = names.clone().into_iter().collect();
        let error = self.suggest(word, names);
        if all.is_empty() { error } else { error.help(format!("known {what} are {}", named(&all))) }
    }
}

/// The first names in backticks, and the number of the others.
pub(crate) fn named(names: &[impl AsRef<str>]) -> String {
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{}`", name.as_ref())).collect();
    match names.len().saturating_sub(LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The longest word with a near miss, in characters. The names of Kubernetes are not longer.
const LONGEST_NEAR: usize = 253;

/// The candidate that is most likely meant by `word`, if one is close enough.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let allowed = (length / 3).max(1);
    if length > LONGEST_NEAR {
        return None;
    }
    let word = word.to_lowercase();
    // Most candidates differ in length, and comparing them costs much more than counting characters.
    candidates
        .into_iter()
        .take(NEAREST_CANDIDATES)
        .filter(|candidate| candidate.chars().take(length + allowed + 1).count().abs_diff(length) <= allowed)
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}
