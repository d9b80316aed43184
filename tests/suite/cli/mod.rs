//! The commands, run as a user runs them.

mod branch;
mod branch_effect;
mod branch_errors;
mod branch_files;
mod branch_lists;
mod branch_whole;
mod check;
mod check_formats;
mod commands;
mod diff_formats;
#[cfg(feature = "apply")]
mod dns;
#[cfg(feature = "apply")]
mod dns_http;
#[cfg(feature = "apply")]
mod dns_zones;
mod escaping;
mod expiry;
mod guards;
mod output_folder;
mod pull_requests;
mod reports;
mod secrets;

use crate::tests::kit::Workspace;

const HEAD: &str = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\n";

/// A workspace with this end of the spec, and a pod with the image `backend:1`.
fn workspace_with_pod(spec: &str) -> Workspace {
    let workspace = Workspace::small();
    workspace.write("branches.yaml", format!("{HEAD}{spec}"));
    // The images of the tests.
    workspace.write(
        "base/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: app\nspec:\n  containers:\n  - name: app\n    image: backend:1\n",
    );
    workspace
}
