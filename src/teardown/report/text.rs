//! Teardown plans as text.

use super::ListedPlan;
use crate::visible::visible;
use std::fmt::Write;

/// For each plan a heading and one line per entry; a sentence if there are no plans.
pub(crate) fn render(plans: &[ListedPlan]) -> String {
    if plans.is_empty() {
        return "nothing to tear down\n".to_owned();
    }
    let mut text = String::new();
    for listed in plans {
        let footprint = &listed.plan.footprint;
        let objects = footprint.objects.iter().map(|object| match object.namespace.as_str() {
            "" => format!("{} {}", object.gvk.kind, object.name),
            namespace => format!("{} {namespace}/{}", object.gvk.kind, object.name),
        });
        let databases = footprint.databases.iter().map(|d| format!("{} {} in {}", d.kind, d.name, d.instance));
        let rows = footprint.namespaces.iter().map(|name| ("namespace", name.to_string()));
        let rows = rows.chain(objects.map(|object| ("object", object)));
        let rows = rows.chain(footprint.names.iter().map(|(_, name)| ("dns", name.to_string())));
        let rows = rows.chain(databases.map(|database| ("database", database)));
        let rows = rows.chain(footprint.images.iter().map(|image| ("image", image.to_string())));
        let _ = writeln!(text, "{listed}");
        for (kind, name) in rows {
            let _ = writeln!(text, "  {kind:<9}  {}", visible(&name));
        }
    }
    text
}
