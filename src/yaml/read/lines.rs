//! The lines of a text, as a person sees them: indentation, key, value.

/// A line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TextLine<'t> {
    /// Its offset in the text.
    pub(super) start: usize,
    /// Its text without the line break.
    pub(super) text: &'t str,
}

impl<'t> TextLine<'t> {
    /// The line that has the character at `offset`.
    pub(super) fn at(text: &'t str, offset: usize) -> Self {
        let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
        TextLine { start, text: text[start..].lines().next().unwrap_or("") }
    }

    /// The lines before it that are neither blank nor a comment, the closest one first.
    pub(super) fn before(self, text: &'t str) -> impl Iterator<Item = TextLine<'t>> {
        let mut end = self.start;
        std::iter::from_fn(move || {
            end = end.checked_sub(1)?;
            let line = TextLine::at(text, end);
            end = line.start;
            Some(line)
        })
        .filter(|line| !line.content().is_empty() && !line.content().starts_with('#'))
    }

    /// The number of spaces at its start.
    pub(super) fn indentation(self) -> usize {
        self.text.len() - self.text.trim_start_matches(' ').len()
    }

    /// The line without white space at both ends.
    pub(super) fn content(self) -> &'t str {
        self.text.trim()
    }

    /// The column of what follows the `- ` of a list item.
    pub(super) fn item_column(self) -> Option<usize> {
        let rest = self.content().strip_prefix("- ")?;
        Some(self.indentation() + 2 + (rest.len() - rest.trim_start().len()))
    }

    /// The text before its first colon, if white space follows the colon.
    pub(super) fn key(self) -> Option<&'t str> {
        let content = self.content();
        match content.split_once(": ") {
            Some((key, _)) => Some(key),
            None => content.strip_suffix(':'),
        }
    }

    /// A key and a value with a colon between them but no space, such as `a:b`: the offset of the colon in the line, the
    /// key and the value. A URL is none.
    pub(super) fn joined_pair(self) -> Option<(usize, &'t str, &'t str)> {
        let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
        let item = self.item_column().unwrap_or_else(|| self.indentation());
        let content = self.text.get(item..)?.trim_end();
        let (key, value) = content.split_once(':')?;
        let is_pair = !key.is_empty() && key.chars().all(is_key) && !value.is_empty();
        let is_joined = !value.starts_with([' ', '/']) && self.key().is_none();
        (is_pair && is_joined).then_some((item + key.len(), key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::TextLine;

    #[test]
    fn pairs_without_a_space() {
        for (text, want) in [
            ("a:b", Some((1, "a", "b"))),
            ("  - name:main", Some((8, "name", "main"))),
            ("a: b", None),
            ("a:", None),
            ("https://a", None),
            ("a b:c", None),
            ("a:b: c", None),
        ] {
            assert_eq!(TextLine::at(text, 0).joined_pair(), want, "{text}");
        }
    }

    #[test]
    fn lines_before() {
        let text = "a:\n\n# x\n  b\n\n c";
        let lines: Vec<&str> = TextLine::at(text, text.len()).before(text).map(|line| line.text).collect();
        assert_eq!(lines, ["  b", "a:"]);
    }
}
