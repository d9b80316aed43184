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

/// The work to compare a word with all candidates, in pairs of characters. Errors that are not shown have suggestions too.
const COMPARED_PAIRS: usize = 300_000;

/// The candidate that is most likely meant by `word`, if one is close enough.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let allowed = (length / 3).max(1);
    if length > LONGEST_NEAR {
        return None;
    }
    let word = word.to_lowercase();
    let counts = CharacterCounts::of(&word);
    let mut pairs = 0;
    // Most candidates differ in length or in their characters, and comparing their order costs much more than counting.
    candidates
        .into_iter()
        .take(NEAREST_CANDIDATES)
        .filter(|candidate| candidate.chars().take(length + allowed + 1).count().abs_diff(length) <= allowed)
        .map(|candidate| (candidate.to_lowercase(), candidate))
        .filter(|(lowercase, _)| counts.least_distance(&CharacterCounts::of(lowercase)) <= allowed)
        .take_while(|(lowercase, _)| {
            pairs += word.len() * lowercase.len();
            pairs <= COMPARED_PAIRS
        })
        .map(|(lowercase, candidate)| (strsim::osa_distance(&word, &lowercase), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How often each byte is in a text.
struct CharacterCounts([u16; 256]);

impl CharacterCounts {
    /// The counts of a text, which is not longer than a name.
    fn of(text: &str) -> Self {
        let mut counts = [0; 256];
        text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
        CharacterCounts(counts)
    }

    /// The distance of two texts with these counts is not less. A character that is replaced is one byte too many in each
    /// text, or up to four.
    fn least_distance(&self, other: &CharacterCounts) -> usize {
        let missing = |(a, b): (&u16, &u16)| usize::from(a.saturating_sub(*b));
        let (a, b) = (&self.0, &other.0);
        let most = a.iter().zip(b).map(missing).sum::<usize>().max(b.iter().zip(a).map(missing).sum());
        most / if most > 0 && (128..256).any(|byte| a[byte] + b[byte] > 0) { 4 } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_candidate_with_the_smallest_distance_is_nearest() {
        let names = ["replicas", "recplias", "relicas", "RÉPLICAS", "répliças", "x"];
        for (word, want) in [
            ("replcas", Some("replicas")),
            ("repilcas", Some("replicas")),
            ("répilcas", Some("RÉPLICAS")),
            ("y", Some("x")),
            ("selector", None),
        ] {
            assert_eq!(nearest(word, names), want, "{word}");
        }
    }

    #[test]
    fn names_with_other_characters_are_no_work() {
        let others: Vec<String> = (0..900).map(|i| format!("{}{i}", "y".repeat(200))).collect();
        let near = format!("{}b", "x".repeat(199));
        let candidates = others.iter().chain([&near]).map(String::as_str);
        assert_eq!(nearest(&"x".repeat(200), candidates), Some(near.as_str()));
    }

    #[test]
    fn long_names_of_the_same_characters_are_compared_up_to_a_limit() {
        let (word, reverse) = ("xy".repeat(100), format!("{}{}", "y".repeat(100), "x".repeat(100)));
        let compared = COMPARED_PAIRS / word.len().pow(2);
        let nearest_after =
            |others| nearest(&word, std::iter::repeat_n(reverse.as_str(), others).chain([word.as_str()]));
        assert_eq!(nearest_after(compared - 1), Some(word.as_str()));
        assert_eq!(nearest_after(compared), None);
    }
}
