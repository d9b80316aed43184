//! The syntax that both kinds of paths have.

use crate::diagnostic::{Code, Diagnostic};
use crate::node::Node;

/// The parts of a path: split at dots that no backslash precedes. Dots in brackets do not split; brackets
/// without `=` have no other effect.
pub(crate) fn split(path: &str) -> Vec<String> {
    let mut plain: Vec<String> = Vec::new();
    for text in path.split('.') {
        match plain.last_mut().filter(|last| last.ends_with('\\')) {
            Some(last) => {
                last.pop();
                last.push('.');
                last.push_str(text);
            }
            None => plain.push(text.to_owned()),
        }
    }
    let mut parts = Vec::new();
    let mut plain = plain.into_iter();
    while let Some(mut part) = plain.next() {
        if part.starts_with('[') && !part.ends_with(']') {
            for more in plain.by_ref() {
                part.push('.');
                part.push_str(&more);
                if more.ends_with(']') {
                    break;
                }
            }
            if !part.contains('=') {
                parts.push(part.trim_matches(['[', ']']).to_owned());
                continue;
            }
        }
        parts.push(part);
    }
    parts
}

/// `key` and `text` of `[key=text]`.
pub(super) fn query(part: &str) -> Option<Result<(String, String), Diagnostic>> {
    let inner = part.strip_prefix('[').filter(|_| part.ends_with(']'))?;
    let inner = inner.strip_suffix(']').unwrap_or(inner);
    let missing = || {
        Diagnostic::new(Code::Overlay, format!("`{part}` does not select an item of the list"))
            .help("write it as in `[name=web]`, or `[=text]` for a list of strings")
    };
    Some(inner.split_once('=').map(|(key, text)| (key.to_owned(), text.to_owned())).ok_or_else(missing))
}

pub(super) fn wrong(node: &Node, part: &str, wanted: &str) -> Diagnostic {
    let message = format!("`{part}` must be in {wanted}, got {}", node.kind_name());
    Diagnostic::new(Code::Overlay, message).note(node.at, "this")
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn parts() {
        for (path, want) in [
            ("a.b", &["a", "b"][..]),
            (r"a\.b.c", &["a.b", "c"]),
            ("a.[b.c].d", &["a", "b.c", "d"]),
            ("a.[n=b.c].d", &["a", "[n=b.c]", "d"]),
            ("a.[b].c", &["a", "[b]", "c"]),
            ("a.[b.c", &["a", "b.c"]),
            ("", &[""]),
        ] {
            assert_eq!(split(path), want, "{path}");
        }
    }
}
