//! Reading what a kustomization names: paths, load restrictions, documents.

use super::{Input, LoadRestrictor, Scope, Text};
use crate::error::{Error, Kind, Result};
use crate::node::Node;
use crate::source::{File, Found};
use crate::yaml::Dialect;
use std::sync::Arc;

/// What was read of kustomizations, shared by the builds of one project.
#[derive(Debug, Default)]
pub struct Memo {}

impl Scope<'_> {
    /// The file that `path` names as seen from this folder, if the load restrictions allow it. The complaint stands at
    /// `path`.
    pub(crate) fn file(&self, path: &Text) -> Result<Arc<File>, Error> {
        let complaint = |message: String| Error::new(Kind::Overlay, message).at(path.at);
        let Some(full) = self.folder.join(path) else {
            return Err(complaint(format!("`{path}` leads out of the project")));
        };
        let file = match self.input.project.look(&full) {
            Found::File(file) => file,
            Found::Folder(_) => return Err(complaint(format!("`{path}` is a folder, not a file"))),
            Found::Nothing => return Err(complaint(format!("there is no file `{path}`"))),
            Found::Unreadable(why) => return Err(complaint(format!("`{path}` cannot be read: {why}"))),
        };
        if self.rules.load == LoadRestrictor::RootOnly {
            let project = self.input.project;
            let (real, root) = (project.real(&full), project.real(&self.folder));
            if real.zip(root).is_none_or(|(real, root)| !real.is_within(&root)) {
                return Err(complaint(format!("`{path}` stands outside of the folder of its kustomization")).help(
                    "move it into the folder, or make it part of a kustomization that is listed in `resources`",
                ));
            }
        }
        Ok(file)
    }

    /// The documents of a file: a template (`*.j2`) rendered, any other parsed once for all builds.
    pub(crate) fn documents(&self, file: &Arc<File>, dialect: Dialect) -> Result<Arc<Vec<Node>>> {
        self.input.documents(file, dialect)
    }

    /// The bytes of a file, a template rendered.
    pub(crate) fn bytes(&self, file: &Arc<File>) -> Result<Vec<u8>> {
        match self.input.templates {
            Some(templates) if file.path.as_str().ends_with(".j2") => Ok(templates.text(file)?.into_bytes()),
            _ => Ok(file.bytes.clone()),
        }
    }

    /// The documents of YAML text that stands in a scalar of a file, such as an inline patch; parsed once for all builds
    /// as long as the text at that place is the same.
    pub(crate) fn inline(&self, _scalar: &Node, _dialect: Dialect) -> Result<Arc<Vec<Node>>> {
        todo!("waits for yaml::inset")
    }
}

impl Input<'_> {
    fn documents(&self, file: &Arc<File>, dialect: Dialect) -> Result<Arc<Vec<Node>>> {
        match self.templates {
            Some(templates) if file.path.as_str().ends_with(".j2") => Ok(Arc::new(templates.documents(file, dialect)?)),
            _ => self.cache.documents(file, dialect),
        }
    }
}
