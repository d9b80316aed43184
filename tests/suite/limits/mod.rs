//! Small input that is much work: it ends with an error that has a source location, with little memory. Large input that is
//! not: it builds, in linear time. Ordinary input does not come near a limit.

mod counted;
mod kustomizations;
mod linear;
mod ordinary;
mod output;
mod spec;
mod templates;
mod yaml;

use crate::tests::kit::Workspace;
use std::fs::{self, File};
use std::process::Stdio;
use std::time::Duration;

/// The memory that a run may use, in KiB. A debug build without work uses about 50 MiB.
const MAX_MEMORY: u64 = 300 << 10;

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n";

/// A workspace with one branch and these files in `base/`.
fn workspace(files: &[(&str, &str)]) -> Workspace {
    let workspace = Workspace::empty();
    let spec = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbranches:\n- name: main\n";
    workspace.write("branches.yaml", spec);
    for (path, text) in files {
        workspace.write(&format!("base/{path}"), text);
    }
    workspace
}

/// Builds a workspace that must be refused: the first lines of standard error, without the excerpts.
#[track_caller]
fn refused(workspace: &Workspace) -> String {
    let stderr = workspace.path().join("stderr.txt");
    let mut command = workspace.command();
    command.arg("build").stdout(Stdio::null()).stderr(File::create(&stderr).unwrap());
    let mut child = command.spawn().unwrap();
    let mut memory = 0;
    let status = loop {
        memory = memory.max(peak_memory(child.id()));
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let text = fs::read_to_string(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{text}");
    assert!(memory < MAX_MEMORY, "{memory} KiB");
    let lines: Vec<&str> = text.lines().take(2).map(str::trim).collect();
    lines.join(" ")
}

/// The most memory that a process has used so far, in KiB; 0 where the system does not say.
fn peak_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or_default()
}
