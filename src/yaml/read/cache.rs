//! A cache of parsed files that all threads share.

use super::super::Dialect;
use super::{MANIFEST, documents_with};
use crate::diagnostic::Result;
use crate::node::Node;
use crate::source::{File, FileId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, RwLock};

type CachedDocuments = Result<Arc<Vec<Node>>>;

const LOCK: &str = "no thread panics while it has the lock";

/// The documents of the manifests and kustomizations parsed so far, or their errors.
#[derive(Debug, Default)]
pub(crate) struct DocumentCache(RwLock<BTreeMap<(FileId, Dialect), CachedDocuments>>);

impl DocumentCache {
    /// The files parsed so far.
    pub(crate) fn files(&self) -> BTreeSet<FileId> {
        self.0.read().expect(LOCK).keys().map(|(file, _)| *file).collect()
    }

    /// The documents of `file` that are not empty.
    pub(crate) fn documents(&self, file: &Arc<File>, dialect: Dialect) -> CachedDocuments {
        let key = (file.id, dialect);
        if let Some(parsed) = self.0.read().expect(LOCK).get(&key) {
            return parsed.clone();
        }
        let parsed = documents_with(file, dialect, &MANIFEST).map(Arc::new);
        self.0.write().expect(LOCK).entry(key).or_insert(parsed).clone()
    }
}
