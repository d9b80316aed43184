//! The fuzz targets. In a fuzz build they are a module of the library, because it has no public types.
//!
//! A target panics if a property does not hold. Input that pleach refuses is not interesting, only how: without a panic.

mod archive;
mod dns;
mod edit;
mod project;
mod records;
mod slug;
mod template;
mod yaml;

/// A value as an independent YAML reader understands it.
#[derive(Debug, PartialEq, Eq)]
pub enum YamlData {
    /// A string.
    Text(String),
    /// A number, a boolean or null.
    Other,
    /// A list.
    List(Vec<YamlData>),
    /// A mapping; keys that are not strings have no text.
    Mapping(Vec<(Option<String>, YamlData)>),
}

/// An independent reader of the documents of a text.
pub type Reader = fn(&str) -> Result<Vec<YamlData>, String>;

/// A target: what it does with an input.
pub type Target = fn(&[u8], Reader);

/// All targets by name.
pub const TARGETS: [(&str, Target); 13] = [
    ("build", project::build),
    ("dns-message", dns::answer),
    ("dns-name", dns::name),
    ("edit", edit::edit),
    ("json6902", project::json6902),
    ("kustomize", project::kustomize),
    ("lock", records::lock),
    ("slug", slug::slug),
    ("strategic-merge", project::strategic_merge),
    ("teardown-plan", records::teardown_plan),
    ("template", template::fill),
    ("yaml", yaml::round_trip),
    ("zone-change", records::zone_change),
];

/// The target with a name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, target)| *target)
}
