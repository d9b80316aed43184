//! Teardown plans as a POSIX shell script that passes the databases and images of each branch to the user's commands.
//!
//! pleach has no clients or credentials for them, so the script runs only these commands.

use super::ListedPlan;
use crate::argument::shell_quoted;
use crate::teardown::image::deletable;
use std::collections::BTreeSet;
use std::fmt::Write;

const HEAD: &str = "\
#!/bin/sh
# Databases and images of teardown plans. Written by `pleach teardown --format script`.
set -eu
";
const DATABASES: &str = "\
: \"${DROP_DATABASE:?a command that takes the kind, the instance and the name of a database, and drops it}\"
";
const IMAGES: &str = "\
: \"${DELETE_IMAGE:?a command that takes the reference of an image, and deletes it}\"
";

/// The script, without duplicate commands.
pub(crate) fn render(plans: &[ListedPlan]) -> String {
    let mut script = HEAD.to_owned();
    if plans.iter().any(|listed| !listed.plan.footprint.databases.is_empty()) {
        script.push_str(DATABASES);
    }
    if plans.iter().any(|listed| !listed.plan.footprint.images.is_empty()) {
        script.push_str(IMAGES);
    }
    let mut printed = BTreeSet::new();
    for listed in plans {
        let footprint = &listed.plan.footprint;
        let databases = footprint.databases.iter().map(|database| {
            let arguments = [&database.kind, &database.instance, &database.name].map(|text| shell_quoted(text));
            format!("$DROP_DATABASE {}", arguments.join(" "))
        });
        let images = footprint.images.iter().map(|image| format!("$DELETE_IMAGE {}", shell_quoted(&deletable(image))));
        let commands: Vec<String> = databases.chain(images).filter(|command| printed.insert(command.clone())).collect();
        if !commands.is_empty() {
            let _ = writeln!(script, "\n# {listed}");
            for command in commands {
                let _ = writeln!(script, "{command}");
            }
        }
    }
    script
}
