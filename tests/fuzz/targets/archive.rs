//! Several texts in one input.

use crate::source::RelPath;

/// The line before each file is this and its path.
const HEADER: &str = "=== ";

/// The files of an input: each begins with a line `=== PATH`.
pub(super) fn files(data: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let text = std::str::from_utf8(data).ok()?;
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix(HEADER) {
            Some(path) => files.push((path.trim_end().to_owned(), Vec::new())),
            None => files.last_mut()?.1.extend(line.as_bytes()),
        }
    }
    files.iter().all(|(path, _)| RelPath::new(path).is_some()).then_some(files)
}

/// The parts of a text between lines of `===`.
pub(super) fn parts<const N: usize>(data: &[u8]) -> Option<[&str; N]> {
    let text = std::str::from_utf8(data).ok()?;
    text.splitn(N, "\n===\n").collect::<Vec<_>>().try_into().ok()
}
