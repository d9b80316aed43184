//! Teardown plans as a POSIX shell script that passes the databases and images of each branch to the user's commands.
//!
//! pleach has no clients or credentials for them, so the script runs only these commands. `script.sh` has what is the same in all
//! scripts.

use super::ListedPlan;
use crate::argument::shell_quoted;
use crate::teardown::image::{deletable, repository};
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The functions of the script.
const FUNCTIONS: &str = include_str!("script.sh");
const DATABASES: &str = "\
: \"${DROP_DATABASE:?a command that takes the kind, the instance and the name of a database, and drops it if it exists}\"
";
const IMAGES: &str = "\
: \"${DELETE_IMAGE:?a command that takes the reference of an image with its digest, and deletes it}\"
: \"${RESOLVE_IMAGE:?a command that takes the reference of an image and prints its digest}\"
";

/// The script, without duplicate commands. `in_use` are the images that existing branches refer to.
pub(crate) fn render(plans: &[ListedPlan], in_use: &BTreeSet<SmolStr>) -> String {
    let mut script = FUNCTIONS.to_owned();
    let footprints = || plans.iter().map(|listed| &listed.plan.footprint);
    script.push_str("\nmain() {\n");
    if footprints().any(|footprint| !footprint.databases.is_empty()) {
        script.push_str(DATABASES);
    }
    let repositories: BTreeSet<String> =
        footprints().flat_map(|footprint| &footprint.images).map(|image| repository(image)).collect();
    if !repositories.is_empty() {
        script.push_str(IMAGES);
    }
    script.push_str("start\n");
    let kept = in_use.iter().filter(|image| repositories.contains(&repository(image)));
    for (at, image) in kept.enumerate() {
        if at == 0 {
            script.push_str("\n# What existing branches use.\n");
        }
        let _ = writeln!(script, "in_use {} {}", shell_quoted(&repository(image)), shell_quoted(image));
    }
    let mut printed = BTreeSet::new();
    for listed in plans {
        let footprint = &listed.plan.footprint;
        let databases = footprint.databases.iter().map(|database| {
            let arguments = [&database.kind, &database.instance, &database.name].map(|text| shell_quoted(text));
            format!("drop_database {}", arguments.join(" "))
        });
        let images = footprint.images.iter().map(|image| {
            format!("delete_image {} {}", shell_quoted(&repository(image)), shell_quoted(&deletable(image)))
        });
        let commands: Vec<String> = databases.chain(images).filter(|command| printed.insert(command.clone())).collect();
        if !commands.is_empty() {
            let _ = writeln!(script, "\n# {listed}");
            for command in commands {
                let _ = writeln!(script, "{command}");
            }
        }
    }
    script.push_str("\nfinish\n}\n\nmain\n");
    script
}
