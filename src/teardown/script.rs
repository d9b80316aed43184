//! Plans as a script for a POSIX shell: the databases and images of each branch, handed to commands of the user's.
//!
//! pleach knows neither clients nor credentials, so the script names no program but those it is given.

use super::image::bare;
use super::listed::Listed;
use std::collections::BTreeSet;
use std::fmt::Write;

const HEAD: &str = "\
#!/bin/sh
# What branches left outside of the cluster. Written by `pleach teardown --format script`.
set -eu
";
const DATABASES: &str = "\
: \"${DROP_DATABASE:?a command that takes the kind, the instance and the name of a database, and drops it}\"
";
const IMAGES: &str = "\
: \"${DELETE_IMAGE:?a command that takes the reference of an image, and deletes it}\"
";

/// The script. Whatever is in two plans is in it once.
pub fn render(plans: &[Listed]) -> String {
    let mut script = HEAD.to_owned();
    if plans.iter().any(|listed| !listed.plan.left.databases.is_empty()) {
        script.push_str(DATABASES);
    }
    if plans.iter().any(|listed| !listed.plan.left.images.is_empty()) {
        script.push_str(IMAGES);
    }
    let mut said = BTreeSet::new();
    for listed in plans {
        let left = &listed.plan.left;
        let databases = left.databases.iter().map(|database| {
            let arguments = [&database.kind, &database.instance, &database.name].map(|text| quoted(text));
            format!("$DROP_DATABASE {}", arguments.join(" "))
        });
        let images = left.images.iter().map(|image| format!("$DELETE_IMAGE {}", quoted(&bare(image))));
        let commands: Vec<String> = databases.chain(images).filter(|command| said.insert(command.clone())).collect();
        if !commands.is_empty() {
            let _ = writeln!(script, "\n# {listed}");
            for command in commands {
                let _ = writeln!(script, "{command}");
            }
        }
    }
    script
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
