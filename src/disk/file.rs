//! Reading a file whose content somebody else chose.
//!
//! The path must have no symbolic link in its last part. A pipe or a device is refused before it is read, because that may wait or
//! never end.

use crate::limits::FILE_BYTES;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// The start of a file of pleach that is enough to know it: Kubernetes allows at most 256 KiB of annotations before the labels of an object.
pub(super) const START_BYTES: u64 = 1 << 20;

/// Opens a regular file of at most [`FILE_BYTES`].
pub(super) fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Opening a pipe waits for a writer otherwise.
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    match metadata.len() {
        _ if metadata.is_dir() => Err(io::Error::other("it is a folder")),
        _ if !metadata.is_file() => Err(io::Error::other("it is neither a file nor a folder")),
        length if length > FILE_BYTES => Err(too_large()),
        _ => Ok((file, metadata)),
    }
}

/// The content of a regular file of at most [`FILE_BYTES`].
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let (file, metadata) = open(path)?;
    read_limited(file, usize::try_from(metadata.len()).unwrap_or_default())
}

/// The first [`START_BYTES`] of a regular file.
pub(super) fn read_start(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.0.take(START_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The content of a regular file. A file longer than [`START_BYTES`] is read only if its start `is_wanted`.
pub(super) fn read_if(path: &Path, is_wanted: impl Fn(&str) -> bool) -> io::Result<Option<Vec<u8>>> {
    let long = fs::symlink_metadata(path)?.len() > START_BYTES;
    if long && !is_wanted(&String::from_utf8_lossy(&read_start(path)?)) {
        return Ok(None);
    }
    read(path).map(Some)
}

/// The rest of a stream of at most [`FILE_BYTES`]; about `expected` bytes. A file may grow while it is read.
pub(super) fn read_limited(stream: impl Read, expected: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(expected);
    stream.take(FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES { Err(too_large()) } else { Ok(bytes) }
}

/// The metadata of a file if its content is `content`. `buffer` is for reuse.
pub(super) fn with_content(path: &Path, content: &str, buffer: &mut Vec<u8>) -> io::Result<Option<Metadata>> {
    let (mut file, metadata) = open(path)?;
    if metadata.len() != content.len() as u64 {
        return Ok(None);
    }
    buffer.resize(content.len(), 0);
    file.read_exact(buffer)?;
    Ok((buffer.as_slice() == content.as_bytes()).then_some(metadata))
}

fn too_large() -> io::Error {
    io::Error::other(format!("it has more than {} MiB", FILE_BYTES >> 20))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_regular_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "text").unwrap();
        assert_eq!(read(&at("file")).unwrap(), b"text");
        symlink("file", at("link")).unwrap();
        symlink("/dev/zero", at("endless")).unwrap();
        let large = File::create(at("large")).unwrap();
        large.set_len(FILE_BYTES + 1).unwrap();
        for (name, why) in [
            ("link", "symbolic link"),
            ("endless", "symbolic link"),
            ("large", "more than 128 MiB"),
            (".", "it is a folder"),
        ] {
            let error = read(&at(name)).unwrap_err().to_string();
            assert!(error.contains(why), "{name}: {error}");
        }
        assert!(read(Path::new("/dev/zero")).unwrap_err().to_string().contains("neither a file nor a folder"));
    }

    #[test]
    fn a_stream_ends_at_the_limit() {
        assert!(read_limited(io::repeat(0), 0).is_err());
        assert_eq!(read_limited(&b"text"[..], 0).unwrap(), b"text");
    }
}
