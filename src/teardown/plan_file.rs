//! The file of a teardown plan, `out/teardown/<slug>.yaml`.
//!
//! It contains no dates or versions, so it changes only if its entries change.

use super::footprint::{ClusterObject, Footprint};
use crate::argument::is_argument;
use crate::database::Database;
use crate::diagnostic::{Code, Result};
use crate::name::DnsName;
use crate::node::{Map, Node};
use crate::schema::Gvk;
use crate::source::{File, Location};
use crate::yaml::{self, Dialect, FieldErrors, Fields};
use smol_str::SmolStr;
use std::collections::BTreeSet;

const API_VERSION: &str = "pleach/v1";
const KIND: &str = "TeardownPlan";
/// The key of images that an existing branch may use.
const IMAGES_IN_USE: &str = "imagesInUse";

/// The content of a teardown plan.
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// Reads a file. Each error has its source location.
    pub(crate) fn read(file: &File) -> Result<Self> {
        of(&yaml::documents(file, Dialect::Kubernetes)?, file.location())
    }

    /// Reads a text that is not a file of the project.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        of(&yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE)?, Location::NONE)
    }
}

fn map(pairs: impl IntoIterator<Item = (&'static str, SmolStr)>) -> Node {
    pairs.into_iter().map(|(key, value)| (key, Node::str(value))).collect::<Map>().into()
}

fn of(documents: &[Node], at: Location) -> Result<TeardownPlan> {
    Fields::only(documents, "a teardown plan", Code::Output, at, fields)
}

fn fields(fields: &mut Fields) -> Option<TeardownPlan> {
    fields.header(API_VERSION, KIND);
    let project = line_at(fields, "project");
    let branch = line_at(fields, "branch");
    let footprint = Footprint {
        namespaces: lines(fields, "namespaces", line),
        objects: fields
            .list("clusterObjects", |node, errors| read(node, "an object", errors, object))
            .into_iter()
            .collect(),
        names: fields.list("dns", |node, errors| read(node, "a name", errors, name)).into_iter().collect(),
        databases: fields
            .list("databases", |node, errors| read(node, "a database", errors, database))
            .into_iter()
            .collect(),
        images: lines(fields, "images", argument),
        images_in_use: lines(fields, IMAGES_IN_USE, argument),
    };
    Some(TeardownPlan { project: project?, branch: branch?, footprint })
}

fn read<T>(
    node: &Node,
    what: &str,
    errors: &mut FieldErrors,
    read: impl FnOnce(&mut Fields<'_, '_>) -> Option<T>,
) -> Option<T> {
    Fields::read(node, what, errors, |fields| read(fields))
}

fn object(fields: &mut Fields) -> Option<ClusterObject> {
    let (version, kind, name) = (line_at(fields, "apiVersion"), line_at(fields, "kind"), line_at(fields, "name"));
    let namespace = if fields.str("namespace").is_some() { line_at(fields, "namespace")? } else { SmolStr::default() };
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
    let [kind, instance, name] = ["kind", "instance", "name"].map(|key| {
        let node = fields.required(key, Fields::text)?;
        argument(node, fields.errors())
    });
    Some(Database { kind: kind?, instance: instance?, name: name? })
}

/// A string without line breaks.
fn line_at(fields: &mut Fields, key: &'static str) -> Option<SmolStr> {
    let node = fields.required(key, Fields::text)?;
    line(node, fields.errors())
}

fn lines(
    fields: &mut Fields,
    key: &'static str,
    read: fn(&Node, &mut FieldErrors) -> Option<SmolStr>,
) -> BTreeSet<SmolStr> {
    let nodes = fields.strs(key);
    nodes.into_iter().filter_map(|node| read(node, fields.errors())).collect()
}

fn line(node: &Node, errors: &mut FieldErrors) -> Option<SmolStr> {
    checked(node, errors, |text| !text.is_empty() && !text.contains(char::is_control))
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
