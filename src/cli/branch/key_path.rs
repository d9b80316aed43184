//! The paths of keys that `--value`, `--value-json` and `--unset` take.

/// A path of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyPath {
    /// The path as typed.
    pub(super) text: String,
    /// The keys.
    pub(super) keys: Vec<String>,
}

impl KeyPath {
    /// Reads a path: keys with dots between them; `\.` is a dot in a key.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut keys = vec![String::new()];
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match (c, keys.last_mut()) {
                ('.', _) => keys.push(String::new()),
                ('\\', Some(last)) => {
                    let escaped = chars.next().filter(|c| matches!(c, '.' | '\\'));
                    last.push(
                        escaped.ok_or_else(|| format!("in the path `{text}`, `\\` needs a dot or `\\` after it"))?,
                    );
                }
                (c, Some(last)) => last.push(c),
                (_, None) => unreachable!("there is always a last key"),
            }
        }
        if keys.iter().any(String::is_empty) {
            return Err(format!("the path `{text}` has an empty key; a dot in a key is written `\\.`"));
        }
        Ok(KeyPath { text: text.to_owned(), keys })
    }
}

#[cfg(test)]
mod tests {
    use super::KeyPath;

    #[test]
    fn paths() {
        for (path, keys) in [("a", &["a"][..]), ("a.b.c", &["a", "b", "c"]), (r"a.b\.c\\d", &["a", r"b.c\d"])] {
            assert_eq!(KeyPath::parse(path).unwrap().keys, keys, "{path}");
        }
        for path in ["", ".a", "a.", "a..b", "a\\", r"a\b"] {
            assert!(KeyPath::parse(path).is_err(), "{path}");
        }
    }
}
