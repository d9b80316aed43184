//! Every branch name has a slug.

use super::Reader;
use crate::name::is_label_with_letter;
use crate::slug::Slug;

/// The slug of any text is a label of at most the asked length, and its own slug if it has no hash.
pub(super) fn slug(data: &[u8], _: Reader) {
    let Some((length, name)) = data.split_first() else { return };
    let Ok(name) = std::str::from_utf8(name) else { return };
    let length = usize::from(*length).clamp(Slug::MIN_LENGTH, Slug::MAX_LENGTH);
    let slug = Slug::of(name, length);
    assert!(slug.as_str().len() <= length && is_label_with_letter(slug.as_str()), "{slug}");
    assert!(Slug::forced(slug.as_str()).is_ok(), "{slug} is not reserved");
    assert!(slug.as_str() == name || Slug::is_hashed(slug.as_str(), name), "{slug}");
}
