//! `pleach branch list`: the branches with what is derived from their names.

use super::args::ListFormat;
use crate::cli::Outcome;
use crate::cli::screen::{Screen, report};
use crate::cli::workspace::Workspace;
use crate::diagnostic::Result;
use crate::plan::{self, Branch, BuildPlan, list};
use crate::spec;
use crate::visible::{visible, visible_json};

pub(super) fn run(format: ListFormat, workspace: &Workspace, screen: Screen) -> Result<Outcome> {
    let plan = plan::build_unlimited_plan(&spec::read(&workspace.project)?)?;
    report(&match format {
        ListFormat::Text => table(&plan),
        ListFormat::Json => {
            let json = serde_json::to_string_pretty(&list::document(&plan)).expect("strings and numbers make JSON");
            visible_json(&json) + "\n"
        }
    })?;
    screen.warn(&plan.warnings, &workspace.project);
    Ok(Outcome::Done)
}

/// Name, slug, namespace and hosts in columns.
fn table(plan: &BuildPlan) -> String {
    let row = |branch: &Branch| {
        let hosts: Vec<&str> = branch.hosts.iter().map(|host| host.name.as_str()).collect();
        let namespace = branch.namespace().unwrap_or("-").to_owned();
        [visible(&branch.name).into_owned(), branch.slug.to_string(), namespace, hosts.join(",")]
    };
    let head = ["BRANCH", "SLUG", "NAMESPACE", "HOSTS"].map(str::to_owned);
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(plan.branches.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths = [width(0), width(1), width(2)];
    let line = |[name, slug, namespace, hosts]: &[String; 4]| {
        let [a, b, c] = widths;
        format!("{name:a$}  {slug:b$}  {namespace:c$}  {hosts}").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}
