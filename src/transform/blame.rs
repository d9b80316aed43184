//! What a complaint of a step says besides what it found: the object it was about, and the entry that asked for it.

use crate::error::{Error, Errors};
use crate::resource::Resource;
use crate::source::Place;

/// A complaint about an object, which is named and placed.
pub(super) fn object(complaint: Error, resource: &Resource) -> Error {
    complaint.at(resource.origin).note(resource.origin, format!("in `{}`", resource.id()))
}

const BECAUSE: &str = "because of";

/// Names the entry of a kustomization that led to complaints which stand in other files. The first one to do so knows
/// best.
pub(super) fn entry(at: Place, field: &'static str) -> impl Fn(Errors) -> Errors {
    move |errors| {
        errors.map(|error| {
            let parts = error.parts();
            let is_blamed = parts.notes.iter().any(|(_, note)| note.starts_with(BECAUSE));
            if !at.is_some() || parts.at.file() == at.file() || is_blamed {
                return error;
            }
            error.note(at, format!("{BECAUSE} `{field}`"))
        })
    }
}
