//! The layers of a branch, the base and its overlays, and the folders that name them.
//!
//! An overlay names its base in `resources`, as for kustomize, and may name another overlay. In a branch, the base is there already, so an
//! overlay that another one names is applied onto it, as if the branch listed both, and no folder is applied twice.

use crate::source::RelPath;
use std::collections::BTreeSet;
use std::sync::Mutex;

const LOCK: &str = "no thread panics while it has the lock";

/// The folders of the layers of a branch. Empty in a build of one kustomization.
#[derive(Default)]
pub(super) struct LayerFolders {
    /// The base and the overlays of the branch.
    layers: BTreeSet<RelPath>,
    /// Those that are applied, and overlays that they name. To name one of them again adds nothing.
    present: Mutex<BTreeSet<RelPath>>,
    /// Folders that name none of the layers.
    others: Mutex<BTreeSet<RelPath>>,
}

impl LayerFolders {
    /// The layers of a branch, none of them applied.
    pub(super) fn of(layers: impl IntoIterator<Item = RelPath>) -> Self {
        LayerFolders { layers: layers.into_iter().collect(), ..LayerFolders::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// Whether a folder is applied.
    pub(super) fn is_present(&self, folder: &RelPath) -> bool {
        self.present.lock().expect(LOCK).contains(folder)
    }

    /// Notes that a folder is applied.
    pub(super) fn add(&self, folder: &RelPath) {
        self.present.lock().expect(LOCK).insert(folder.clone());
    }

    /// Whether a folder is a layer, or names one, or names a folder that does. `named` returns the folders that a folder names.
    pub(super) fn is_on_layer(&self, folder: &RelPath, named: impl Fn(&RelPath) -> Vec<RelPath>) -> bool {
        if self.is_empty() {
            return false;
        }
        let mut others = self.others.lock().expect(LOCK);
        let (mut open, mut seen) = (vec![folder.clone()], BTreeSet::new());
        while let Some(folder) = open.pop() {
            if self.layers.contains(&folder) {
                return true;
            }
            if !others.contains(&folder) && seen.insert(folder.clone()) {
                open.extend(named(&folder));
            }
        }
        others.append(&mut seen);
        false
    }
}
