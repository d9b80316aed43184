//! JSON pointers (RFC 6901): paths to values in a document.
//!
//! The code that applies a pointer interprets its indices, such as `-` and negative numbers.

use smol_str::SmolStr;
use std::fmt;

/// The keys and indices from the root of a document to a value. Empty for the root.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pointer(Vec<SmolStr>);

impl Pointer {
    /// Reads a pointer such as `/spec/containers/0`, with `~1` for a slash and `~0` for a tilde. `None` if the text is not
    /// empty and does not begin with a slash.
    pub(crate) fn new(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Pointer::default());
        }
        Some(Pointer(text.strip_prefix('/')?.split('/').map(unescape).collect()))
    }

    /// The keys and indices.
    pub(crate) fn parts(&self) -> &[SmolStr] {
        &self.0
    }

    /// The pointer that has the first `count` parts.
    #[must_use]
    pub(crate) fn first(&self, count: usize) -> Self {
        Pointer(self.0.iter().take(count).cloned().collect())
    }
}

fn unescape(part: &str) -> SmolStr {
    if part.contains('~') { part.replace("~1", "/").replace("~0", "~").into() } else { part.into() }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| write!(f, "/{}", part.replace('~', "~0").replace('/', "~1")))
    }
}

#[cfg(test)]
mod tests {
    use super::Pointer;

    #[test]
    fn pointers_are_read_and_written() {
        for (text, parts) in [
            ("", &[][..]),
            ("/", &[""]),
            ("/a/0/-", &["a", "0", "-"]),
            ("/a~1b/m~0n/~01", &["a/b", "m~n", "~1"]),
            ("//", &["", ""]),
        ] {
            let pointer = Pointer::new(text).unwrap();
            assert_eq!(pointer.parts(), parts, "{text}");
            assert_eq!(pointer.to_string(), text);
        }
        assert_eq!(Pointer::new("a/b"), None);
        assert_eq!(Pointer::new("/a/b~1c/d").unwrap().first(2).to_string(), "/a/b~1c");
    }
}
