//! Patterns of branch names: `*` matches any text, slashes included, and `?` matches any character.

/// Whether `pattern` matches `text`.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // The position of the last `*`, and the end of the text that it matches.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match &mut star {
                Some((at, end)) => {
                    *end += 1;
                    (p, t) = (*at + 1, *end);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
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
