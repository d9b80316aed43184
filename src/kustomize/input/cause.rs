//! The cause of a diagnostic, added as a note: the entry of a kustomization or the plugin that it results from.

use crate::diagnostic::Diagnostics;
use crate::resource::Resource;
use crate::source::Location;

/// Adds the entry of a kustomization that caused diagnostics in other files.
pub(crate) fn entry(at: Location, field: &'static str) -> impl Fn(Diagnostics) -> Diagnostics {
    move |errors| errors.map(|error| error.caused_by(at, field))
}

/// Adds the entry that lists the plugin that caused diagnostics.
pub(crate) fn plugin(plugin: &Resource, field: &'static str) -> impl Fn(Diagnostics) -> Diagnostics {
    let (listed, origin) = (plugin.listed, plugin.origin);
    move |errors| {
        errors.map(|error| match error.parts().at.file() == listed.file() {
            _ if !listed.is_some() => error.caused_by(origin, field),
            true => error,
            false => error.also_caused_by(listed, field),
        })
    }
}
