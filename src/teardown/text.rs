//! Plans for people.

use super::listed::Listed;
use std::fmt::Write;

/// A paragraph for each plan.
pub fn render(plans: &[Listed]) -> String {
    let mut text = String::new();
    for listed in plans {
        let left = &listed.plan.left;
        let objects = left.objects.iter().map(|object| format!("{} {}", object.gvk.kind, object.name));
        let databases = left.databases.iter().map(|d| format!("{} {} in {}", d.kind, d.name, d.instance));
        let rows = left.namespaces.iter().map(|name| ("namespace", name.to_string()));
        let rows = rows.chain(objects.map(|object| ("object", object)));
        let rows = rows.chain(left.names.iter().map(|(_, name)| ("dns", name.to_string())));
        let rows = rows.chain(databases.map(|database| ("database", database)));
        let rows = rows.chain(left.images.iter().map(|image| ("image", image.to_string())));
        let _ = writeln!(text, "{listed}");
        for (what, which) in rows {
            let _ = writeln!(text, "  {what:<9}  {which}");
        }
    }
    text
}
