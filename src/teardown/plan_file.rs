//! The file of a teardown plan, `out/teardown/<slug>.yaml`.
//!
//! It contains no dates or versions, so it changes only if its entries change.

use super::footprint::{ClusterObject, Footprint};
use super::footprint_entry::FootprintEntry;
use crate::argument::is_argument;
use crate::database::{Database, is_database_kind};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::limits::{PLAN_BYTES, PLAN_ENTRIES};
use crate::name::DnsName;
use crate::node::{Map, Node};
use crate::schema::Gvk;
use crate::schema::name::{has_path_segments, is_api_version, is_kind, is_label, is_path_segment, is_subdomain};
use crate::source::{File, FileId, Location};
use crate::yaml::{self, Dialect, FieldErrors, Fields};
use smol_str::SmolStr;
use std::collections::BTreeSet;

const API_VERSION: &str = "pleach/v1";
const KIND: &str = "TeardownPlan";
/// The key of images that an existing branch may use.
const IMAGES_IN_USE: &str = "imagesInUse";

/// How a file begins that has the content of another one in Git LFS.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// The content of a teardown plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TeardownPlan {
    /// The project.
    pub(crate) project: SmolStr,
    /// The name of the branch.
    pub(crate) branch: SmolStr,
    /// Everything that can be torn down.
    pub(crate) footprint: Footprint,
}

impl TeardownPlan {
    /// The text of the file.
    pub(crate) fn write(&self) -> Result<String> {
        let Footprint { namespaces, objects, names, databases, images, images_in_use } = &self.footprint;
        let lists = [namespaces.len(), objects.len(), names.len(), databases.len(), images.len(), images_in_use.len()];
        if lists.iter().sum::<usize>() > PLAN_ENTRIES {
            let message = format!("`{}` leaves more than {PLAN_ENTRIES} entries for its teardown plan", self.branch);
            return Err(Diagnostic::new(Code::Output, message).into());
        }
        let text = |text: &SmolStr| Node::str(text.clone());
        let object = |object: &ClusterObject| {
            let gvk = &object.gvk;
            let identity =
                [("apiVersion", gvk.api_version().into()), ("kind", gvk.kind.clone()), ("name", object.name.clone())];
            let namespace = Some(("namespace", object.namespace.clone())).filter(|(_, name)| !name.is_empty());
            map(identity.into_iter().chain(namespace))
        };
        let name =
            |(zone, name): &(DnsName, DnsName)| map([("name", name.as_str().into()), ("zone", zone.as_str().into())]);
        let database =
            |d: &Database| map([("kind", d.kind.clone()), ("instance", d.instance.clone()), ("name", d.name.clone())]);
        let mut file: Map = [
            ("apiVersion", Node::str(API_VERSION)),
            ("kind", Node::str(KIND)),
            ("project", text(&self.project)),
            ("branch", text(&self.branch)),
            ("namespaces", Node::seq(namespaces.iter().map(text))),
            ("clusterObjects", Node::seq(objects.iter().map(object))),
            ("dns", Node::seq(names.iter().map(name))),
            ("databases", Node::seq(databases.iter().map(database))),
            ("images", Node::seq(images.iter().map(text))),
        ]
        .into_iter()
        .collect();
        if !images_in_use.is_empty() {
            file.insert(IMAGES_IN_USE, Node::seq(images_in_use.iter().map(text)));
        }
        Ok(yaml::document(&file.into())?)
    }

    /// Reads a file whose entries `check` accepts. Each error has its source location.
    pub(crate) fn read(file: &File, check: &EntryCheck) -> Result<Self> {
        check_size(&file.bytes, file.location())?;
        of(&yaml::documents(file, Dialect::Kubernetes)?, file.location(), check)
    }

    /// Reads a text that is not a file of the project, with any entries.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        TeardownPlan::parse_checked(text, &|_, _| Ok(()))
    }

    /// Reads a text whose entries `check` accepts. The locations of its errors are in [`FileId::UNNUMBERED`].
    pub(super) fn parse_checked(text: &str, check: &EntryCheck) -> Result<Self> {
        let at = |line, column, len| Location::new(FileId::UNNUMBERED, line, column, len);
        check_size(text.as_bytes(), at(1, 1, 1))?;
        of(&yaml::parse(text, Dialect::Kubernetes, &at)?, at(1, 1, 1), check)
    }
}

fn map(pairs: impl IntoIterator<Item = (&'static str, SmolStr)>) -> Node {
    pairs.into_iter().map(|(key, value)| (key, Node::str(value))).collect::<Map>().into()
}

/// Whether an entry may be in the plan of a branch with this name; the error has no source location.
pub(crate) type EntryCheck<'a> = dyn Fn(&str, FootprintEntry) -> Result<(), Diagnostic> + 'a;

/// Refuses a text that no build writes before it is parsed: a plan of a stranger may be long, and a pointer has no plan.
fn check_size(text: &[u8], at: Location) -> Result<()> {
    if text.starts_with(LFS_POINTER) {
        let error = Diagnostic::new(Code::Output, "a teardown plan must not be a pointer of Git LFS").at(at);
        return Err(error.help("exclude the output from Git LFS: pleach compares texts").into());
    }
    if text.len() > PLAN_BYTES {
        return Err(too_large(&format!("{} MiB", PLAN_BYTES >> 20)).at(at).into());
    }
    Ok(())
}

fn too_large(limit: &str) -> Diagnostic {
    Diagnostic::new(Code::Output, format!("a teardown plan has at most {limit}"))
        .help("no build writes a larger one; restore the file from the commit that added it")
}

fn of(documents: &[Node], at: Location, check: &EntryCheck) -> Result<TeardownPlan> {
    let lists = documents.iter().filter_map(Node::as_map).flatten().filter_map(|entry| entry.value.as_seq());
    if lists.map(<[Node]>::len).sum::<usize>() > PLAN_ENTRIES {
        return Err(too_large(&format!("{PLAN_ENTRIES} entries")).at(at).into());
    }
    Fields::only(documents, "a teardown plan", Code::Output, at, |fields| self::fields(fields, check))
}

fn fields(fields: &mut Fields, check: &EntryCheck) -> Option<TeardownPlan> {
    fields.header(API_VERSION, KIND);
    let branch = line_at(fields, "branch");
    let check = |entry: FootprintEntry| check(branch.as_deref().unwrap_or_default(), entry);
    let at = fields.at("branch");
    let checked = branch.as_ref().filter(|name| is_accepted(check(FootprintEntry::Branch(name)), at, fields.errors()));
    let project = line_at(fields, "project");
    let at = fields.at("project");
    let project = project.filter(|project| is_accepted(check(FootprintEntry::Project(project)), at, fields.errors()));
    let text = |key, fields: &mut Fields, read: TextReader, entry: for<'t> fn(&'t str) -> FootprintEntry<'t>| {
        fields
            .strs(key)
            .into_iter()
            .filter_map(|node| {
                read(node, fields.errors()).filter(|text| is_accepted(check(entry(text)), node.at, fields.errors()))
            })
            .collect()
    };
    let footprint = Footprint {
        namespaces: text("namespaces", fields, namespace, |name| FootprintEntry::Namespace(name)),
        objects: entries(fields, ("clusterObjects", "an object"), object, |object| {
            check(FootprintEntry::Object(object))
        }),
        names: entries(fields, ("dns", "a name"), name, |(zone, name)| check(FootprintEntry::Name(zone, name))),
        databases: entries(fields, ("databases", "a database"), database, |database| {
            check(FootprintEntry::Database(database))
        }),
        images: text("images", fields, argument, |image| FootprintEntry::Image(image)),
        images_in_use: text(IMAGES_IN_USE, fields, argument, |image| FootprintEntry::Image(image)),
    };
    Some(TeardownPlan { project: project?, branch: checked?.clone(), footprint })
}

/// Whether an entry is accepted. Reports the error with its source location.
fn is_accepted(checked: Result<(), Diagnostic>, at: Location, errors: &mut FieldErrors) -> bool {
    checked.map_err(|error| errors.push(error.at(at))).is_ok()
}

/// The items of a list of mappings, without those that `check` refuses.
fn entries<T: Ord>(
    fields: &mut Fields,
    (key, what): (&'static str, &str),
    read: fn(&mut Fields) -> Option<T>,
    check: impl Fn(&T) -> Result<(), Diagnostic>,
) -> BTreeSet<T> {
    let entries = fields.list(key, |node, errors| {
        let entry = Fields::read(node, what, errors, |fields| read(fields))?;
        is_accepted(check(&entry), node.at, errors).then_some(entry)
    });
    entries.into_iter().collect()
}

fn object(fields: &mut Fields) -> Option<ClusterObject> {
    let version = checked_at(fields, "apiVersion", is_api_version);
    let kind = checked_at(fields, "kind", is_kind);
    let group = version.as_deref().and_then(|version| version.split_once('/')).map_or("", |(group, _)| group);
    let is_name = if has_path_segments(group) { is_path_segment } else { is_subdomain };
    let name = checked_at(fields, "name", is_name);
    let has_namespace = fields.str("namespace").is_some();
    let namespace = if has_namespace { checked_at(fields, "namespace", is_label)? } else { SmolStr::default() };
    Some(ClusterObject { gvk: Gvk::new(&version?, &kind?), name: name?, namespace })
}

fn name(fields: &mut Fields) -> Option<(DnsName, DnsName)> {
    let mut name = |key| {
        let text = line_at(fields, key)?;
        let at = fields.at(key);
        DnsName::host(&text).map_err(|error| fields.errors().push(error.at(at))).ok()
    };
    let (zone, name) = (name("zone"), name("name"));
    Some((zone?, name?))
}

fn database(fields: &mut Fields) -> Option<Database> {
    let kind = checked_at(fields, "kind", is_database_kind);
    let [instance, name] = ["instance", "name"].map(|key| checked_at(fields, key, is_argument));
    Some(Database { kind: kind?, instance: instance?, name: name? })
}

/// A string without line breaks.
fn line_at(fields: &mut Fields, key: &'static str) -> Option<SmolStr> {
    checked_at(fields, key, |text| !text.is_empty() && !text.contains(char::is_control))
}

fn checked_at(fields: &mut Fields, key: &'static str, fits: impl Fn(&str) -> bool) -> Option<SmolStr> {
    let node = fields.required(key, Fields::text)?;
    checked(node, fields.errors(), fits)
}

/// Reads a string.
type TextReader = fn(&Node, &mut FieldErrors) -> Option<SmolStr>;

fn namespace(node: &Node, errors: &mut FieldErrors) -> Option<SmolStr> {
    checked(node, errors, is_label)
}

/// A string that can be passed to a command.
fn argument(node: &Node, errors: &mut FieldErrors) -> Option<SmolStr> {
    checked(node, errors, is_argument)
}

fn checked(node: &Node, errors: &mut FieldErrors, fits: impl Fn(&str) -> bool) -> Option<SmolStr> {
    let text = node.as_str()?;
    if !fits(text) {
        errors.report(node.at, format!("`{}` is not a valid entry of a teardown plan", text.escape_debug()));
        return None;
    }
    Some(text.into())
}
