//! What builds of one project share: kustomizations, manifests and whole folders, each read once.

use super::accumulated::Accumulated;
use crate::diagnostic::Result;
use crate::kustomize::model::Kustomization;
use crate::node::Node;
use crate::source::{File, Location, RelPath};
use crate::yaml::Dialect;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, RwLock};

/// What was read of kustomizations, shared by the builds of one project.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    pub(super) kustomizations: MemoTable<RelPath, Arc<Kustomization>>,
    pub(super) manifests: MemoTable<RelPath, Arc<Vec<Node>>>,
    pub(super) inline: MemoTable<(Location, Dialect), InlineText>,
    pub(super) folders: MemoTable<RelPath, Arc<Vec<Arc<File>>>>,
    /// The comments of files that define how lists merge, by line.
    comments: MemoTable<RelPath, Arc<BTreeMap<u32, Node>>>,
    /// The objects of folders of `resources`. Few are listed twice, so they are kept from the second time on.
    wholes: MemoTable<RelPath, Option<Arc<Accumulated>>>,
}

impl Memo {
    /// The objects of `folder`, built by `build` unless they are known.
    pub(crate) fn whole(&self, folder: &RelPath, build: impl FnOnce() -> Result<Accumulated>) -> Result<Accumulated> {
        let known = self.wholes.read().expect(LOCK).get(folder).cloned();
        if let Some(Some(whole)) = known {
            return Ok(Accumulated::clone(&whole));
        }
        let whole = build()?;
        let kept = known.map(|_| Arc::new(whole.clone()));
        self.wholes.write().expect(LOCK).insert(folder.clone(), kept);
        Ok(whole)
    }

    /// The comments of a file that define how lists merge, found by `find` unless they are known.
    pub(crate) fn comments(
        &self,
        file: &RelPath,
        find: impl FnOnce() -> BTreeMap<u32, Node>,
    ) -> Arc<BTreeMap<u32, Node>> {
        let Ok(found) = once::<_, _, Infallible>(&self.comments, file, || Ok(Arc::new(find())));
        found
    }
}

/// The text of a scalar, and its documents.
type InlineText = (SmolStr, Arc<Vec<Node>>);

/// Values made once each.
type MemoTable<K, V> = RwLock<BTreeMap<K, V>>;

const LOCK: &str = "no thread panics while it locks a table";

/// The value of `key`, made by `make` if there is none. Two threads may both make it; they make the same.
pub(super) fn once<K: Ord + Clone, V: Clone, E>(
    table: &MemoTable<K, V>,
    key: &K,
    make: impl FnOnce() -> Result<V, E>,
) -> Result<V, E> {
    if let Some(value) = table.read().expect(LOCK).get(key) {
        return Ok(value.clone());
    }
    let value = make()?;
    table.write().expect(LOCK).insert(key.clone(), value.clone());
    Ok(value)
}
