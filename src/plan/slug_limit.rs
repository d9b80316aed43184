//! The longest slug for which all names of a branch fit.

use crate::diagnostic::{Code, Diagnostic};
use crate::name::{LONGEST_LABEL, LONGEST_NAME};
use crate::slug::Slug;
use crate::source::Location;

/// Replaces the slug in an expanded pattern while its length is not known. A spec cannot contain it.
pub(super) const SLUG_MARKER: &str = "\0";

/// The maximum length of a slug, and the name that requires it.
#[derive(Debug)]
pub(super) struct SlugLimit {
    /// The maximum length in characters.
    pub(super) len: usize,
    longest_name: Option<(String, Location)>,
}

impl SlugLimit {
    /// The limit without any names: a DNS label.
    pub(super) fn label() -> Self {
        SlugLimit { len: Slug::MAX_LENGTH, longest_name: None }
    }

    /// Lowers the limit so that a name fits in which [`SLUG_MARKER`] replaces the slug.
    pub(super) fn add_name(&mut self, name: &str, at: Location) {
        let labels = name.split('.').map(|label| (label, LONGEST_LABEL));
        for (part, limit) in labels.chain([(name, LONGEST_NAME)]) {
            let slugs = part.matches(SLUG_MARKER).count();
            let Some(len) = limit.saturating_sub(part.len() - slugs).checked_div(slugs) else { continue };
            if len < self.len {
                *self = SlugLimit { len, longest_name: Some((name.replace(SLUG_MARKER, "…"), at)) };
            }
        }
    }

    /// An error if a slug is longer than the limit.
    pub(super) fn check(&self, slug: &Slug) -> Result<(), Diagnostic> {
        let len = slug.as_str().len();
        let Some((name, at)) = self.longest_name.as_ref().filter(|_| len > self.len) else { return Ok(()) };
        let message = format!("the slug `{slug}` has {len} characters, but `{name}` allows {}", self.len);
        let help = format!("a DNS label has at most {LONGEST_LABEL} characters: shorten the text around the slug");
        Err(Diagnostic::new(Code::Name, message).at(*at).help(help))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_limits_the_slug() {
        for (names, want) in [
            (&["plain.example.com"][..], 63),
            (&["\0"], 63),
            (&["shop-\0"], 58),
            (&["shop-\0", "\0.example.com", "api-and-more-\0-x.example.com"], 48),
            (&["\0-\0"], 31),
            (&["\0.a.\0.b"], 63),
            (&[&format!("{}\0", "a".repeat(70))], 0),
            (&[&format!("\0{}", ".abcdefghi".repeat(24))], 13),
        ] {
            let mut limit = SlugLimit::label();
            for name in names {
                limit.add_name(name, Location::NONE);
            }
            assert_eq!(limit.len, want, "{names:?}");
        }
    }
}
