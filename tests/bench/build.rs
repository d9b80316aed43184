//! What a build costs, as ratios within one run: `cargo bench --bench build`.
//!
//! Everything happens on a tmpfs where there is one, so that a disk's noise hides nothing. Each figure is the best of
//! several runs. The arguments are the numbers of branches, 1,000 and 10,000 if none are given.

#![expect(
    clippy::disallowed_methods,
    clippy::format_collect,
    clippy::print_stdout,
    reason = "a bench reads the clock and prints"
)]

mod workspace;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PLEACH: &str = env!("CARGO_BIN_EXE_pleach");

fn main() {
    let mut sizes: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![1_000, 10_000];
    }
    let shm = Path::new("/dev/shm");
    let folder = tempfile::tempdir_in(if shm.is_dir() { shm } else { Path::new("/tmp") }).unwrap();
    let colds: Vec<(usize, f64)> = sizes.iter().map(|size| (*size, measure(*size, folder.path()))).collect();
    for pair in colds.windows(2) {
        let [(fewer, first), (more, second)] = pair else { continue };
        println!("{more} branches take {:.1} times as long as {fewer}", second / first);
    }
}

/// Measures one size, prints its ratios and returns the seconds of a cold build.
fn measure(branches: usize, folder: &Path) -> f64 {
    let rounds = if branches > 2_000 { 3 } else { 7 };
    let root = folder.join(branches.to_string());
    workspace::write(&root, branches);
    let out = root.join("out");

    let mut cold = f64::INFINITY;
    for _ in 0..rounds {
        let _ = fs::remove_dir_all(&out);
        cold = cold.min(seconds(|| pleach(&root, "build")));
    }
    let peak = peak_memory(&root, &out);
    let again = (0..rounds).map(|_| seconds(|| pleach(&root, "build"))).fold(f64::INFINITY, f64::min);

    let files = read_all(&out);
    let copy = root.join("copy");
    let mut writing = f64::INFINITY;
    for _ in 0..rounds {
        let _ = fs::remove_dir_all(&copy);
        writing = writing.min(seconds(|| write_plainly(&copy, &files)));
    }
    let reading = (0..rounds).map(|_| seconds(|| compare_plainly(&out, &files))).fold(f64::INFINITY, f64::min);

    let bytes: usize = files.values().map(Vec::len).sum();
    println!("{branches} branches, {} files, {:.1} MB", files.len(), megabytes(bytes));
    println!(
        "  cold build     {cold:.3} s, {:.2} x a plain program that writes the same files ({writing:.3} s)",
        cold / writing
    );
    println!(
        "  nothing to do  {again:.3} s, {:.2} x a plain program that reads and compares them ({reading:.3} s)",
        again / reading
    );
    println!("  peak memory    {peak} MB");
    if let Some(each) = kubectl(&root, branches) {
        let all = each * f64::from(u32::try_from(branches).unwrap());
        println!("  kubectl        {each:.3} s a branch; a cold build is {:.0} times as fast", all / cold);
    }
    let _ = fs::remove_dir_all(&root);
    cold
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "a figure with one decimal")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn pleach(root: &Path, command: &str) {
    let done = Command::new(PLEACH).arg(command).current_dir(root).stdout(Stdio::null()).status().unwrap();
    assert!(done.success(), "pleach {command}");
}

/// The most memory that a cold build held at once, in MB, as the kernel counts it.
fn peak_memory(root: &Path, out: &Path) -> u64 {
    let _ = fs::remove_dir_all(out);
    let mut child = Command::new(PLEACH).arg("build").current_dir(root).stdout(Stdio::null()).spawn().unwrap();
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = peak.max(line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0));
        std::thread::sleep(Duration::from_micros(200));
    }
    peak / 1024
}

fn read_all(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(folder).unwrap().to_owned();
            files.insert(path, fs::read(entry.path()).unwrap());
        }
    }
    files
}

/// The plainest way to write files: mkdir, open, write, close, one after the other.
fn write_plainly(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    let mut made = PathBuf::new();
    for (path, content) in files {
        let path = folder.join(path);
        let parent = path.parent().unwrap();
        if parent != made {
            fs::create_dir_all(parent).unwrap();
            parent.clone_into(&mut made);
        }
        fs::write(path, content).unwrap();
    }
}

/// The plainest way to compare files with what is known.
fn compare_plainly(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    for (path, content) in files {
        assert!(fs::read(folder.join(path)).unwrap() == *content);
    }
}

/// Seconds that `kubectl kustomize` takes for one branch, where it is installed.
fn kubectl(root: &Path, branches: usize) -> Option<f64> {
    Command::new("kubectl").args(["version", "--client"]).output().ok().filter(|done| done.status.success())?;
    let sample = branches.min(12);
    workspace::write_kustomizations(root, sample);
    let each = (0..sample).map(|n| {
        seconds(|| {
            let folder = root.join(format!("kustomize/branch-{n}"));
            let done = Command::new("kubectl").arg("kustomize").arg(folder).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        })
    });
    Some(each.fold(f64::INFINITY, f64::min))
}
