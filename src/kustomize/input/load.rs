//! Reading what a kustomization names: paths, load restrictions, documents.
//!
//! What does not depend on a branch is read once and kept in a [`super::memo::Memo`]. Nothing here reaches beyond the project or
//! follows a URL.

use super::memo::once;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::kustomize::input::{Input, LoadRestrictor, StepContext, manifest};
use crate::kustomize::model;
use crate::kustomize::model::{KUSTOMIZATION_NAMES, Kustomization, Text};
use crate::node::Node;
use crate::source::{File, Found, RelPath};
use crate::work::WorkCounter;
use crate::yaml::{self, Dialect};
use smol_str::SmolStr;
use std::sync::Arc;

/// The name of what a template makes, or `None` for a file that is no template.
pub(crate) fn without_j2(name: &str) -> Option<&str> {
    name.strip_suffix(".j2")
}

/// Whether a file of this name is a kustomization rather than a manifest.
pub(crate) fn is_kustomization(name: &str) -> bool {
    KUSTOMIZATION_NAMES.contains(&without_j2(name).unwrap_or(name))
}

/// The name that is probably meant by a `name` that does not exist: the same with or without `.j2`, or else a similar one.
fn similar_name<'n>(name: &str, names: &'n [String], work: &WorkCounter) -> Result<Option<&'n str>, Diagnostic> {
    let names = || names.iter().map(String::as_str);
    work.compared(names().len())?;
    let same = names().find(|other| without_j2(other) == Some(name) || without_j2(name) == Some(*other));
    if same.is_some() { Ok(same) } else { work.nearest(name, names()) }
}

/// What a path of `resources` points to.
pub(crate) enum NamedPath {
    /// A file of manifests.
    File(Arc<File>),
    /// A folder, with the path to it.
    Folder(RelPath),
}

impl Input<'_> {
    fn template(&self, file: &File) -> Option<&dyn super::TemplateRenderer> {
        self.templates.filter(|_| without_j2(file.path.as_str()).is_some())
    }

    /// The kustomization of a folder and its file, or `None` if the folder has none.
    pub(crate) fn kustomization(
        &self,
        folder: &RelPath,
        load: LoadRestrictor,
    ) -> Result<Option<(Arc<File>, Arc<Kustomization>)>> {
        let project = self.project;
        let unreadable = |path: &RelPath, why: &str| {
            Diagnostic::new(Code::Overlay, format!("`{}` cannot be read: {why}", project.show(path)))
        };
        let names = match project.look(folder) {
            Found::Folder(names) => names,
            Found::Unreadable(why) => return Err(unreadable(folder, &why).into()),
            Found::File(_) | Found::Nothing => return Ok(None),
        };
        let is_read =
            |name: &&String| is_kustomization(name) && (self.templates.is_some() || without_j2(name).is_none());
        let paths = names.iter().filter(is_read).filter_map(|name| folder.join(name));
        // Without its kustomization, the files of the folder would be plain manifests.
        let mut found: Vec<Arc<File>> = gather(paths, |path| match project.look(&path) {
            Found::File(file) if self.allows(load, &file.path, folder) => Ok(file),
            Found::File(_) => Err(unreadable(&path, "it is a link out of its folder")),
            Found::Unreadable(why) => Err(unreadable(&path, &why)),
            Found::Folder(_) => Err(unreadable(&path, "it is a folder")),
            Found::Nothing => Err(unreadable(&path, "it does not exist any more")),
        })?;
        let Some(file) = found.pop() else { return Ok(None) };
        if let Some(other) = found.pop() {
            let message = format!("`{}` has two kustomization files", project.show(folder));
            return Err(Diagnostic::new(Code::Overlay, message)
                .at(other.location())
                .note(file.location(), "the other one")
                .help("keep one of them")
                .into());
        }
        let read = |documents: &[Node]| model::read(documents, &file).map(Arc::new);
        let kustomization = match self.template(&file) {
            Some(templates) => read(&templates.documents(&file, Dialect::Yaml11)?)?,
            None => {
                once(&self.memo.kustomizations, &file.path, || read(&self.cache.documents(&file, Dialect::Yaml11)?))?
            }
        };
        Ok(Some((file, kustomization)))
    }

    /// Whether the kustomization of a folder may name a file, which can be a link.
    fn allows(&self, load: LoadRestrictor, file: &RelPath, folder: &RelPath) -> bool {
        let is_below = || Some(self.project.real(file)?.is_within(&self.project.real(folder)?));
        load == LoadRestrictor::None || is_below() == Some(true)
    }

    /// The documents of a file, whatever they are.
    fn documents(&self, file: &Arc<File>, dialect: Dialect) -> Result<Arc<Vec<Node>>> {
        match self.template(file) {
            Some(templates) => Ok(Arc::new(templates.documents(file, dialect)?)),
            None => self.cache.documents(file, dialect),
        }
    }

    /// The files of manifests in and below a folder, in path order.
    pub(crate) fn manifest_files(&self, folder: &RelPath) -> Result<Arc<Vec<Arc<File>>>> {
        once(&self.memo.folders, folder, || {
            let mut files = Vec::new();
            self.walk(folder, &mut Vec::new(), &mut files)?;
            files.sort_by(|a, b| a.path.cmp(&b.path));
            Ok(Arc::new(files))
        })
    }

    /// Adds the manifests below a folder; `above` has its parent folders, links resolved.
    fn walk(&self, folder: &RelPath, above: &mut Vec<RelPath>, files: &mut Vec<Arc<File>>) -> Result<()> {
        let diagnostic = |message: String| Diagnostic::new(Code::Overlay, message);
        let Found::Folder(names) = self.project.look(folder) else { return Ok(()) };
        let real = self.project.real(folder).unwrap_or_default();
        if above.contains(&real) {
            let [folder, real] = [folder, &real].map(|folder| self.project.show(folder));
            return Err(diagnostic(format!("`{folder}` is a link to `{real}`, which contains it")).into());
        }
        above.push(real);
        for name in names.iter().filter(|name| !is_kustomization(name)) {
            let Some(path) = folder.join(name) else { continue };
            let name = without_j2(name).filter(|_| self.templates.is_some()).unwrap_or(name);
            match self.project.look(&path) {
                Found::File(file) if [".yaml", ".yml"].iter().any(|end| name.ends_with(end)) => {
                    files.push(file);
                }
                Found::Folder(_) => self.walk(&path, above, files)?,
                Found::Unreadable(why) => {
                    let path = self.project.show(&path);
                    return Err(diagnostic(format!("`{path}` cannot be read: {why}")).into());
                }
                _ => {}
            }
        }
        above.pop();
        Ok(())
    }

    /// The objects of a file, lists taken apart.
    pub(crate) fn manifests(&self, file: &Arc<File>) -> Result<Arc<Vec<Node>>> {
        let read = || manifest::objects(&self.documents(file, Dialect::Kubernetes)?).map(Arc::new);
        match self.template(file) {
            Some(_) => read(),
            None => once(&self.memo.manifests, &file.path, read),
        }
    }
}

impl StepContext<'_> {
    /// The file at `path` relative to this folder, if the load restrictions allow it. The diagnostic is located at
    /// `path`.
    pub(crate) fn file(&self, path: &Text) -> Result<Arc<File>, Diagnostic> {
        match self.entry(path)? {
            NamedPath::File(file) => Ok(file),
            NamedPath::Folder(_) => Err(new_error(path, format!("`{path}` is a folder, not a file"))),
        }
    }

    /// The file or folder at `path` relative to this folder.
    pub(crate) fn entry(&self, path: &Text) -> Result<NamedPath, Diagnostic> {
        let project = self.input.project;
        if path.is_empty() {
            return Err(new_error(path, "the path is empty"));
        }
        let full = match path.strip_prefix('/') {
            Some(below) if self.rules.absolute => RelPath::new(below),
            _ => self.folder.join(path),
        };
        match full.as_ref().map(|full| project.look(full)) {
            Some(Found::File(file)) => self.allow(path, &file.path).map(|()| NamedPath::File(file)),
            Some(Found::Folder(_)) if path.starts_with('/') => Err(new_error(
                path,
                format!("`{path}` is absolute; the path of a folder must be relative to the kustomization"),
            )),
            Some(Found::Folder(_)) => Ok(NamedPath::Folder(full.unwrap_or_default())),
            Some(Found::Unreadable(why)) => Err(new_error(path, format!("`{path}` cannot be read: {why}"))),
            _ if is_remote(path) => {
                Err(new_error(path, format!("`{path}` is remote, but a build does not use the network"))
                    .help("copy it into the project and use the path of the copy"))
            }
            Some(Found::Nothing) => {
                let full = full.unwrap_or_default();
                let error = new_error(path, format!("no file or folder `{path}` exists"));
                Err(match project.look(&full.parent()) {
                    Found::Folder(names) => match similar_name(full.name(), &names, self.input.work) {
                        Ok(Some(similar)) => {
                            let similar = full.parent().join(similar).unwrap_or_default().relative_to(&self.folder);
                            error.help(format!("did you mean `{similar}`?"))
                        }
                        Ok(None) => error,
                        Err(limit) => limit.at(path.at),
                    },
                    _ => error,
                })
            }
            None => Err(new_error(path, format!("`{path}` is outside of the project"))),
        }
    }

    fn allow(&self, path: &Text, full: &RelPath) -> Result<(), Diagnostic> {
        if self.input.allows(self.rules.load, full, &self.folder) {
            return Ok(());
        }
        Err(new_error(path, format!("`{path}` is outside of the folder of its kustomization")).help(
            "move it into the folder, or add it to another kustomization and list the folder of that in `resources`",
        ))
    }

    /// The documents of a file: a template (`*.j2`) rendered, any other parsed once for all builds.
    pub(crate) fn documents(&self, file: &Arc<File>, dialect: Dialect) -> Result<Arc<Vec<Node>>> {
        self.input.documents(file, dialect)
    }

    /// The bytes of a file, a template rendered.
    pub(crate) fn bytes(&self, file: &Arc<File>) -> Result<Vec<u8>> {
        match self.input.template(file) {
            Some(templates) => Ok(templates.text(file)?.into_bytes()),
            None => Ok(file.bytes.clone()),
        }
    }

    /// The documents of YAML text in a scalar of a file, such as an inline patch; parsed once for all builds
    /// as long as the text at that location is the same.
    pub(crate) fn inline(&self, scalar: &Node, dialect: Dialect) -> Result<Arc<Vec<Node>>> {
        let text = scalar.as_scalar().map_or("", |scalar| scalar.text.as_str());
        let parse = || {
            let place = yaml::scalar_locator(self.input.project, scalar);
            Ok::<_, Diagnostics>((SmolStr::new(text), Arc::new(yaml::parse(text, dialect, &place)?)))
        };
        if !scalar.at.is_some() {
            return Ok(parse()?.1);
        }
        let (known, documents) = once(&self.input.memo.inline, &(scalar.at, dialect), parse)?;
        // A template may produce another text at the same location.
        if known == text { Ok(documents) } else { Ok(parse()?.1) }
    }
}

fn new_error(path: &Text, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Overlay, message).at(path.at)
}

/// Whether kustomize would fetch this path.
fn is_remote(path: &str) -> bool {
    path.contains("://")
        || path.contains("?ref=")
        || ["git@", "git::", "github.com/", "github.com:"].iter().any(|start| path.starts_with(start))
}
