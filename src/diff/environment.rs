//! The environments that differ: the files of one slug before and after, and the changes of their objects.
//!
//! A lock file changes with every file beside it, so it counts only where nothing else of its environment did.

use super::change::{Change, ObjectName, ValueChange, value_text};
use super::derived::{self, DerivedName, DerivedNames, HashSide};
use super::fact::{self, Fact, Requests};
use super::object::{self, DiffObject, ObjectPair};
use super::secrets::Secrets;
use super::{ChangeKind, Comparing, DiffScope, EnvironmentDiff, FileDiff, FileLines};
use super::{field, lines};
use crate::node::{Map, Node};
use crate::output::{OutputKind, OutputPath, SHARED_SLUG, Tree};
use crate::schema::merge::MergeSchema;
use crate::yaml;
use rayon::prelude::*;
use smol_str::SmolStr;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The `apiVersion` of the files that are no objects of Kubernetes.
const API_VERSION: &str = "pleach/v1";

/// What is known of a branch by its slug.
#[derive(Clone, Debug)]
pub(crate) struct KnownBranch {
    /// The name in Git.
    pub(crate) name: String,
    /// Whether it is among the branches, or only left something behind.
    pub(crate) exists: bool,
    /// The secret values that the spec has for it.
    pub(crate) secret_values: BTreeSet<SmolStr>,
    /// Its derived names, except those of generated objects.
    pub(crate) derived_names: Vec<(DerivedName, SmolStr)>,
}

type FilePair<'a> = (&'a OutputPath, Option<&'a Arc<str>>, Option<&'a Arc<str>>);

/// The environments that differ, in the order of their slugs. The parameters are those of [`super::compare`].
pub(super) fn compare(
    (before, after): (&Tree, &Tree),
    comparing: &Comparing,
    known: impl Fn(&str) -> KnownBranch,
) -> Vec<EnvironmentDiff> {
    let mut pairs: BTreeMap<&OutputPath, FilePair> =
        before.iter().map(|(path, text)| (path, (path, Some(text), None))).collect();
    for (path, text) in after {
        pairs.entry(path).or_insert((path, None, None)).2 = Some(text);
    }
    let schema = schema(pairs.values());
    let mut environments: BTreeMap<&str, Vec<FilePair>> = BTreeMap::new();
    for (path, pair) in pairs {
        environments.entry(path.slug()).or_default().push(pair);
    }
    let differing: Vec<Differing> =
        environments.into_iter().filter_map(|(slug, files)| Differing::of(slug, &known, files)).collect();
    differing.par_iter().map(|environment| environment.compared(comparing, &schema)).collect()
}

/// The keys of lists, also those of the `CustomResourceDefinition`s in the outputs.
fn schema<'a>(files: impl Iterator<Item = &'a FilePair<'a>>) -> Cow<'static, MergeSchema> {
    let definitions = files.filter(|(path, ..)| path.name().contains("customresourcedefinition"));
    let texts = definitions.flat_map(|(_, before, after)| before.iter().chain(after));
    let definitions: Vec<_> = texts.filter_map(|text| yaml::objects(text).ok()).flatten().collect();
    match &definitions[..] {
        [] => Cow::Borrowed(MergeSchema::lists()),
        definitions => Cow::Owned(MergeSchema::lists().with_custom_kinds(definitions)),
    }
}

/// An environment of which a file differs.
struct Differing<'a> {
    slug: &'a str,
    branch: KnownBranch,
    change: ChangeKind,
    /// All its files.
    files: Vec<FilePair<'a>>,
}

impl<'a> Differing<'a> {
    fn of(slug: &'a str, known: impl Fn(&str) -> KnownBranch, files: Vec<FilePair<'a>>) -> Option<Self> {
        if files.iter().all(|(_, before, after)| before == after) {
            return None;
        }
        let branch = known(slug);
        let change = ChangeKind::of(files.iter().any(|file| file.1.is_some()), branch.exists);
        Some(Differing { slug, branch, change, files })
    }

    fn compared(&self, comparing: &Comparing, schema: &MergeSchema) -> EnvironmentDiff {
        let &Comparing { output, secret_keys, .. } = comparing;
        let changed = self.files.iter().filter(|(_, before, after)| before != after);
        let (locks, others): (Vec<&FilePair>, Vec<&FilePair>) =
            changed.partition(|file| file.0.kind() == OutputKind::Lock);
        let shown = if others.is_empty() { locks } else { others };
        let texts = self.files.iter().flat_map(|(_, before, after)| before.iter().chain(after)).map(|text| &***text);
        let secrets = Secrets::of(secret_keys, &self.branch.secret_values, texts);
        let found = ObjectChanges::of(&shown, output, &secrets, schema);
        let file = |pair: &&FilePair| FileDiff {
            has_changes: found.paths.contains(pair.0),
            ..file(**pair, comparing, &secrets)
        };
        EnvironmentDiff {
            slug: self.slug.to_owned(),
            name: self.branch.name.clone(),
            change: self.change,
            scope: if self.slug == SHARED_SLUG || self.slug.contains('/') {
                DiffScope::Project
            } else {
                DiffScope::Branch
            },
            files: shown.iter().map(file).collect(),
            changes: found.changes,
            facts: found.facts,
            requests: found.requests,
            objects: found.objects.into_iter().map(|(name, path)| (name, format!("{output}/{path}"))).collect(),
            names: DerivedNames::new(self.branch.derived_names.iter().cloned().chain(self.generated_names())),
        }
    }

    /// The generated names of the objects, by the names of their files: `30-configmap-nginx-5tkd7552bh.yaml`.
    fn generated_names(&self) -> Vec<(DerivedName, SmolStr)> {
        let mut sides: BTreeMap<&str, (&str, bool, bool)> = BTreeMap::new();
        for (path, before, after) in &self.files {
            let parts = path.name().strip_suffix(".yaml").and_then(|name| name.split_once('-')?.1.split_once('-'));
            let Some((kind, name)) = parts else { continue };
            if let Some(stem) = derived::stem(kind, name) {
                let sides = sides.entry(name).or_insert((stem, false, false));
                *sides = (stem, sides.1 | before.is_some(), sides.2 | after.is_some());
            }
        }
        let name = |(name, (stem, before, after)): (&str, (&str, bool, bool))| {
            let side = match (before, after) {
                (true, true) => HashSide::Both,
                (true, false) => HashSide::Before,
                (false, _) => HashSide::After,
            };
            (DerivedName::Generated(stem.into(), side), SmolStr::from(name))
        };
        sides.into_iter().map(name).collect()
    }
}

/// What the objects of files have become.
#[derive(Default)]
struct ObjectChanges<'a> {
    /// In order.
    changes: Vec<Change<SmolStr>>,
    facts: BTreeSet<Fact>,
    requests: Requests,
    /// The files with changes.
    paths: BTreeSet<&'a OutputPath>,
    /// The files of objects that changed.
    objects: BTreeMap<ObjectName<SmolStr>, &'a OutputPath>,
}

impl<'a> ObjectChanges<'a> {
    fn of(files: &[&FilePair<'a>], output: &str, secrets: &Secrets, schema: &MergeSchema) -> Self {
        let mut found = ObjectChanges::default();
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut may_be_secret = false;
        for (path, old, new) in files {
            let texts = (text(*old), text(*new));
            may_be_secret |= secrets.may_be_in(texts.0) || secrets.may_be_in(texts.1);
            if let (Some(old), Some(new)) = (objects(path, *old), objects(path, *new)) {
                before.extend(old);
                after.extend(new);
            } else {
                found.paths.insert(path);
                found.changes.push(file_change(path, output, &secrets.redacted(texts)));
            }
        }
        for mut pair in object::pairs(before, after) {
            if may_be_secret {
                let (old, new) = &mut pair;
                secrets.hide(old.as_mut().map(|object| &mut object.node), new.as_mut().map(|object| &mut object.node));
            }
            found.add(&pair, schema);
        }
        found.changes.sort();
        found
    }

    fn add(&mut self, pair: &ObjectPair<'a>, schema: &MergeSchema) {
        let changes = object_changes(pair, schema);
        if changes.is_empty() {
            return;
        }
        let (facts, requests) = fact::of(pair);
        self.facts.extend(facts);
        self.requests += requests;
        let object = pair.1.as_ref().or(pair.0.as_ref());
        self.objects.extend(object.map(|object| (object.name.clone(), object.path)));
        self.paths.extend([&pair.0, &pair.1].into_iter().flatten().map(|object| object.path));
        self.changes.extend(changes);
    }
}

/// The objects of a file; `None` if it is not YAML.
fn objects<'a>(path: &'a OutputPath, text: Option<&Arc<str>>) -> Option<Vec<DiffObject<'a>>> {
    let Some(text) = text else { return Some(Vec::new()) };
    let is_yaml = path.name().rsplit_once('.').is_some_and(|(_, extension)| extension == "yaml")
        || path.kind() == OutputKind::Lock;
    let nodes = if is_yaml { yaml::objects(text).ok()? } else { return None };
    Some(nodes.into_iter().map(|node| DiffObject::new(node, path)).collect())
}

/// The change of a file that has no objects.
fn file_change(path: &OutputPath, output: &str, (before, after): &(Cow<str>, Cow<str>)) -> Change<SmolStr> {
    let object = ObjectName {
        kind: "File".into(),
        name: format!("{output}/{path}").into(),
        namespace: None,
        api_version: SmolStr::default(),
    };
    Change { object, path: SmolStr::default(), value: ValueChange::Lines(lines::hunks(before, after)) }
}

fn object_changes((before, after): &ObjectPair, schema: &MergeSchema) -> Vec<Change<SmolStr>> {
    let fields = |object: &DiffObject, before: &Node, after: &Node| -> Vec<Change<SmolStr>> {
        let change = |(path, value)| Change { object: object.name.clone(), path, value };
        field::compare(schema, before, after).into_iter().map(change).collect()
    };
    let (object, value) = match (before, after) {
        (Some(before), Some(after)) => return fields(after, &before.node, &after.node),
        (Some(before), None) => (before, ValueChange::Removed(value_text(&before.node))),
        (None, Some(after)) => (after, ValueChange::Added(value_text(&after.node))),
        (None, None) => return Vec::new(),
    };
    // Of a file of pleach itself, only the entries count.
    let entries = match (before, after, object.name.api_version.as_str()) {
        (Some(before), None, API_VERSION) => fields(before, &before.node, &without_entries(&before.node)),
        (None, Some(after), API_VERSION) => fields(after, &without_entries(&after.node), &after.node),
        _ => Vec::new(),
    };
    match &entries[..] {
        [] => vec![Change { object: object.name.clone(), path: SmolStr::default(), value }],
        _ => entries,
    }
}

/// A file of pleach without the entries of its lists.
fn without_entries(node: &Node) -> Node {
    let mut empty = node.clone();
    for (_, value) in
        empty.as_map_mut().into_iter().flat_map(Map::iter_mut).filter(|(_, value)| value.as_seq().is_some())
    {
        *value = Node::seq([]);
    }
    empty
}

fn text(side: Option<&Arc<str>>) -> &str {
    side.map_or("", |text| text)
}

fn file((path, before, after): FilePair, comparing: &Comparing, secrets: &Secrets) -> FileDiff {
    let change = ChangeKind::of(before.is_some(), after.is_some());
    let mut file = FileDiff { path: format!("{}/{path}", comparing.output), change, ..FileDiff::default() };
    if comparing.lines == FileLines::Ignored {
        return file;
    }
    let is_yaml = path.name().rsplit_once('.').is_some_and(|(_, extension)| extension == "yaml");
    let texts = (text(before), text(after));
    let (old, new) = if is_yaml { secrets.redacted(texts) } else { (texts.0.into(), texts.1.into()) };
    (file.added, file.removed) = lines::count(&old, &new);
    if comparing.lines == FileLines::Shown {
        file.patch = lines::unified(&old, &new);
    }
    file
}
