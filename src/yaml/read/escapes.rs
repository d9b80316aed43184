//! Escapes of JSON that the YAML readers of Kubernetes do not accept: `\/`, and surrogate pairs.
//!
//! The parser accepts them, because JSON is a subset of YAML 1.2. kubectl refuses a file that has them.

use crate::diagnostic::{Code, Diagnostic};

/// Refuses such an escape in `quoted`, a double-quoted scalar with its quotes. The error has the number of characters
/// before the escape, or `None` if a line break precedes it.
pub(super) fn check(quoted: &str) -> Result<(), (Option<usize>, Diagnostic)> {
    let mut rest = quoted;
    while let Some(at) = rest.find('\\') {
        let (escape, position) = (&rest[at + 1..], quoted.len() - rest.len() + at);
        let error = if escape.starts_with('/') {
            Diagnostic::new(Code::Yaml, "`\\/` is an escape of JSON that YAML readers of Kubernetes do not accept")
                .help("write `/`")
        } else if is_surrogate(escape) {
            let code = escape.get(..5).unwrap_or_default();
            Diagnostic::new(
                Code::Yaml,
                format!("`\\{code}` is one half of a surrogate pair, which YAML does not allow"),
            )
            .help("write the character itself, or one escape such as `\\U0001F600`")
        } else {
            // The escaped character may itself be a backslash.
            rest = escape.get(escape.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
            continue;
        };
        let before = &quoted[..position];
        return Err(((!before.contains('\n')).then(|| before.chars().count()), error));
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
    fn escapes_that_kubernetes_readers_do_not_accept_are_refused() {
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
