//! To be written.

use crate::error::Result;
use crate::node::Node;
use crate::source::File;
use std::sync::Arc;

/// As agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// Resources.
    Kubernetes,
    /// Kustomizations and JSON 6902 patches.
    Yaml11,
}

/// As agreed.
#[derive(Debug, Default)]
pub struct Cache {}

impl Cache {
    /// As agreed.
    pub fn documents(&self, _file: &Arc<File>, _dialect: Dialect) -> Result<Arc<Vec<Node>>> {
        todo!()
    }
}
