//! The `id:` of a spec, which `pleach init` draws.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A new id: a letter and 11 letters or digits. No secret depends on it, it must only differ from those of other repositories.
pub(crate) fn draw() -> String {
    const SYMBOLS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut rest = RandomState::new().build_hasher().finish();
    let mut symbol = |of: u64| {
        let symbol = SYMBOLS[usize::try_from(rest % of).expect("it is below 36")];
        rest /= of;
        char::from(symbol)
    };
    // What begins with a letter and has 12 characters is a string in YAML.
    let first = symbol(26);
    std::iter::once(first).chain((0..11).map(|_| symbol(36))).collect()
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn ids_differ_and_are_strings() {
        let (one, other) = (draw(), draw());
        assert_ne!(one, other);
        for id in [one, other] {
            assert_eq!(id.len(), 12, "{id}");
            assert!(id.starts_with(|c: char| c.is_ascii_lowercase()), "{id}");
            assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()), "{id}");
        }
    }
}
