//! Patterns of branch names: `*` matches any text, slashes included, and `?` matches any character.

use std::str::Chars;

/// Whether `pattern` matches `text`.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // What follows the last `*`, and the text from which it is compared.
    let mut star: Option<(Chars, Chars)> = None;
    loop {
        let from = text.clone();
        match (pattern.next(), text.next()) {
            (Some('*'), _) => {
                star = Some((pattern.clone(), from.clone()));
                text = from;
            }
            (None, None) => return true,
            (Some(_), None) => return false,
            (Some('?'), Some(_)) => {}
            (Some(c), Some(other)) if c == other => {}
            (_, Some(_)) => match &mut star {
                Some((after, from)) => {
                    from.next();
                    (pattern, text) = (after.clone(), from.clone());
                }
                None => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, good, bad) in [
            ("main", &["main"][..], &["main2", "amain", ""][..]),
            ("feature/*", &["feature/", "feature/a", "feature/a/b"], &["feature", "a/feature/b"]),
            ("*", &["", "a", "日本語"], &[]),
            ("*a*b", &["ab", "xaxbxb", "aab"], &["ba", "abx"]),
            ("??", &["ab", "日本"], &["a", "abc"]),
            ("a**b?", &["abc", "axxbc"], &["ab"]),
            ("", &[""], &["a"]),
        ] {
            for text in good {
                assert!(matches(pattern, text), "{pattern} {text}");
            }
            for text in bad {
                assert!(!matches(pattern, text), "{pattern} {text}");
            }
        }
    }
}
