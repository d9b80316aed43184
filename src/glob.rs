//! Patterns of branch names: `*` matches any text, slashes included, and `?` matches any character.

/// Whether `pattern` matches `text`.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut done) = (0, 0);
    // What follows the last `*`, and the text from which it is compared.
    let mut star: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(at), text.get(done)) {
            (Some(b'*'), _) => {
                at += 1;
                star = Some((at, done));
            }
            (None, None) => return true,
            (Some(_), None) => return false,
            (Some(b'?'), Some(_)) => (at, done) = (at + 1, next_character(text, done)),
            (Some(byte), Some(other)) if byte == other => (at, done) = (at + 1, done + 1),
            (_, Some(_)) => match &mut star {
                Some((after, from)) => {
                    *from = next_character(text, *from);
                    (at, done) = (*after, *from);
                }
                None => return false,
            },
        }
    }
}

/// The offset of the character after the one at `at`.
fn next_character(text: &[u8], at: usize) -> usize {
    let rest = text[at + 1..].iter().take_while(|byte| **byte & 0xc0 == 0x80);
    at + 1 + rest.count()
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
            ("??", &["ab", "日本"], &["a", "abc", "日"]),
            ("*?日", &["日日", "本a日"], &["日", "a本"]),
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
