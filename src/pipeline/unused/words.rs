//! The words of texts, to look for many names in them.

use std::collections::HashSet;

/// The words of texts, and each pair of neighboring words with the text between them.
pub(super) struct TextWords<'t>(HashSet<&'t str>);

impl<'t> TextWords<'t> {
    pub(super) fn of(texts: impl IntoIterator<Item = &'t str>) -> Self {
        TextWords(texts.into_iter().flat_map(words_and_pairs).collect())
    }

    /// Whether a text has `name` between characters that cannot be part of it. A name of more than two words is compared pair by
    /// pair, so that the time does not depend on the texts.
    pub(super) fn have(&self, name: &str) -> bool {
        words_and_pairs(name).all(|part| self.0.contains(part))
    }
}

/// Whether a character can be part of a word.
pub(super) fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn words_and_pairs(text: &str) -> impl Iterator<Item = &str> {
    let mut end = 0;
    let words = std::iter::from_fn(move || {
        let start = end + text[end..].find(is_in_word)?;
        end = text[start..].find(|c| !is_in_word(c)).map_or(text.len(), |len| start + len);
        Some((start, end))
    });
    let mut previous = None;
    words.flat_map(move |(start, end)| {
        let pair = previous.replace(start).map(|previous| &text[previous..end]);
        std::iter::once(&text[start..end]).chain(pair)
    })
}

#[cfg(test)]
mod tests {
    use super::TextWords;

    #[test]
    fn names_are_found_between_other_characters() {
        let words = TextWords::of(["{% include 'b.j2' %}a: {{ values.number }}", "b: my-word # größe of a-b-c"]);
        for (name, want) in [
            ("number", true),
            ("values.number", true),
            ("numb", false),
            ("umber", false),
            ("values.b", false),
            ("my-word", true),
            ("my.word", false),
            ("größe", true),
            ("gr", false),
            ("a-b-c", true),
            ("a-b-d", false),
            ("-", true),
        ] {
            assert_eq!(words.have(name), want, "{name}");
        }
    }
}
