//! How much room the patterns of a branch leave for its slug.

use crate::diagnostic::{Code, Diagnostic};
use crate::name::{LONGEST_LABEL, LONGEST_NAME};
use crate::slug::Slug;
use crate::source::Location;

/// What stands for the slug in an expanded pattern while its length is not known. No text of a spec holds it.
pub(super) const SLUG: &str = "\0";

/// The room that is left, and what leaves so little.
#[derive(Debug)]
pub(super) struct LabelBudget {
    /// How many characters a slug may have.
    pub(super) len: usize,
    tightest: Option<(String, Location)>,
}

impl LabelBudget {
    /// A whole label.
    pub(super) fn most() -> Self {
        LabelBudget { len: Slug::MOST_ROOM, tightest: None }
    }

    /// Takes account of a name in which [`SLUG`] stands for the slug.
    pub(super) fn fit(&mut self, name: &str, at: Location) {
        let labels = name.split('.').map(|label| (label, LONGEST_LABEL));
        for (part, limit) in labels.chain([(name, LONGEST_NAME)]) {
            let slugs = part.matches(SLUG).count();
            let Some(len) = limit.saturating_sub(part.len() - slugs).checked_div(slugs) else { continue };
            if len < self.len {
                *self = LabelBudget { len, tightest: Some((name.replace(SLUG, "…"), at)) };
            }
        }
    }

    /// Complains if a slug does not fit.
    pub(super) fn check(&self, slug: &Slug) -> Result<(), Diagnostic> {
        let Some((name, at)) = self.tightest.as_ref().filter(|_| slug.as_str().len() > self.len) else { return Ok(()) };
        let message =
            format!("`{name}` leaves {} characters for a slug, `{slug}` has {}", self.len, slug.as_str().len());
        let help = format!("labels have at most {LONGEST_LABEL} characters: shorten what stands around the slug");
        Err(Diagnostic::new(Code::Name, message).at(*at).help(help))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tightest_name_counts() {
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
            let mut room = LabelBudget::most();
            for name in names {
                room.fit(name, Location::NONE);
            }
            assert_eq!(room.len, want, "{names:?}");
        }
    }
}
