//! Escapes that JSON has and the readers of Kubernetes do not know: `\/`, and two escapes for one character.
//!
//! The parser takes them, because YAML 1.2 holds JSON. kubectl refuses the file, so nothing that has them can be applied.

use crate::diagnostic::{Code, Diagnostic};

/// Refuses such an escape in `quoted`, a double-quoted scalar with its quotes. With it goes how many characters stand
/// before it, if no line break does.
pub(super) fn check(quoted: &str) -> Result<(), (Option<usize>, Diagnostic)> {
    let mut rest = quoted;
    while let Some(at) = rest.find('\\') {
        let (escape, behind) = (&rest[at + 1..], quoted.len() - rest.len() + at);
        let complaint = if escape.starts_with('/') {
            Diagnostic::new(Code::Yaml, "`\\/` is an escape of JSON that YAML readers do not know").help("write `/`")
        } else if is_surrogate(escape) {
            let code = escape.get(..5).unwrap_or_default();
            Diagnostic::new(Code::Yaml, format!("`\\{code}` is half of a character"))
                .help("write the character itself, or one escape such as `\\U0001F600`")
        } else {
            // What is escaped may be a backslash itself.
            rest = escape.get(escape.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
            continue;
        };
        let before = &quoted[..behind];
        return Err(((!before.contains('\n')).then(|| before.chars().count()), complaint));
    }
    Ok(())
}

/// `uD800` to `uDFFF`.
fn is_surrogate(escape: &str) -> bool {
    let [b'u', b'd' | b'D', third, ..] = escape.as_bytes() else { return false };
    matches!(third, b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F')
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn escapes() {
        for good in
            [r#""a""#, r#""\\/""#, r#""\\ud83d""#, r#""\u00e9\n\"/""#, r#""\ud7ff""#, r#""a\"#, r#""\U0001F600""#]
        {
            assert!(check(good).is_ok(), "{good}");
        }
        for (bad, column) in [(r#""é\/""#, 2), (r#""\\\/""#, 3), (r#""\ud83d\ude00""#, 1), (r#""a\uDFFF""#, 2)] {
            assert_eq!(check(bad).unwrap_err().0, Some(column), "{bad}");
        }
        assert_eq!(check("\"a\n\\/\"").unwrap_err().0, None);
    }
}
