//! What a diagnostic of a step says besides what it found: the object it was about, and the entry that asked for it.

use crate::diagnostic::{Diagnostics, because};
use crate::resource::Resource;
use crate::source::Location;

/// Names the entry of a kustomization that led to diagnostics which stand in other files.
pub(crate) fn entry(at: Location, field: &'static str) -> impl Fn(Diagnostics) -> Diagnostics {
    move |errors| errors.map(|error| error.because(at, field))
}

/// Names the entry that asked for the plugin that diagnostics are about, and so for whatever the plugin asked for.
pub(crate) fn plugin(plugin: &Resource, field: &'static str) -> impl Fn(Diagnostics) -> Diagnostics {
    let (listed, origin) = (plugin.listed, plugin.origin);
    move |errors| {
        errors.map(|error| match error.parts().at.file() == listed.file() {
            _ if !listed.is_some() => error.because(origin, field),
            true => error,
            false => error.note(listed, because(field)),
        })
    }
}
