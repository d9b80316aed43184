//! `sync.images`, the images that `pleach branch sync` gives to branches: references with variables for a branch and its commit.

use super::section::text;
use super::spec_error;
use crate::diagnostic::{Code, Diagnostic};
use crate::image::ImageReference;
use crate::node::Node;
use crate::source::Location;
use crate::tag::TagStyle;
use smol_str::SmolStr;

/// An image of `sync.images`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyncImage {
    /// The text in the spec.
    pub(crate) text: SmolStr,
    parts: Vec<ImagePart>,
    /// Where it is written.
    pub(crate) at: Location,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ImagePart {
    Text(SmolStr),
    Variable(ImageVariable),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ImageVariable {
    Project,
    BranchName,
    BranchTag,
    CommitSha,
    CommitShort,
}

impl ImageVariable {
    const ALL: [(&'static str, ImageVariable); 5] = [
        ("project", ImageVariable::Project),
        ("branch.name", ImageVariable::BranchName),
        ("branch.tag", ImageVariable::BranchTag),
        ("commit.sha", ImageVariable::CommitSha),
        ("commit.short", ImageVariable::CommitShort),
    ];
}

/// The values of the variables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SyncImageValues<'a> {
    /// The name of the project.
    pub(crate) project: &'a str,
    /// The name of the branch.
    pub(crate) branch: &'a str,
    /// Its commit, if the list of branches has it.
    pub(crate) commit: Option<&'a str>,
    /// How a tag is derived from the name of the branch.
    pub(crate) tags: TagStyle,
}

/// Values with which every valid image is a reference.
const SAMPLE: SyncImageValues = SyncImageValues {
    project: "shop",
    branch: "main",
    commit: Some("3f2c1a9d5b7e4f60813c2a4b6d8e0f1a2b3c4d5e"),
    tags: TagStyle::Pleach,
};

impl SyncImage {
    /// Reads a value of `sync.images`. The schema reports one that is no string or empty.
    pub(super) fn read(node: &Node) -> Option<Result<Self, Diagnostic>> {
        let text = text(node).filter(|text| !text.is_empty())?;
        Some(SyncImage::parse(text, node.at).map_err(|error| error.at(node.at)))
    }

    /// The image of a text that is written there.
    pub(crate) fn parse(text: SmolStr, at: Location) -> Result<Self, Diagnostic> {
        let image = SyncImage { parts: parts(&text)?, text, at };
        ImageReference::parse_replacement(&image.reference(&SAMPLE)?)?;
        Ok(image)
    }

    /// Whether `sync.tags` affects it.
    pub(super) fn has_tag_style(&self) -> bool {
        let depends = [ImageVariable::BranchTag, ImageVariable::CommitShort];
        self.parts.iter().any(|part| depends.iter().any(|variable| *part == ImagePart::Variable(*variable)))
    }

    /// The reference for a branch. It is an error if the commit is needed and not known.
    pub(crate) fn reference(&self, values: &SyncImageValues) -> Result<String, Diagnostic> {
        let commit = |name: &str| {
            values.commit.ok_or_else(|| {
                let branch = values.branch;
                let message = format!("`{name}` requires a commit, but the list has none for branch `{branch}`");
                let error = Diagnostic::new(Code::Usage, message).at(self.at);
                error.help("list branches with their commits, as `git ls-remote --heads` does")
            })
        };
        self.parts
            .iter()
            .map(|part| {
                Ok(match part {
                    ImagePart::Text(text) => text.to_string(),
                    ImagePart::Variable(ImageVariable::Project) => values.project.to_owned(),
                    ImagePart::Variable(ImageVariable::BranchName) => values.branch.to_owned(),
                    ImagePart::Variable(ImageVariable::BranchTag) => values.tags.tag(values.branch),
                    ImagePart::Variable(ImageVariable::CommitSha) => commit("commit.sha")?.to_owned(),
                    ImagePart::Variable(ImageVariable::CommitShort) => {
                        commit("commit.short")?.chars().take(values.tags.short_commit()).collect()
                    }
                })
            })
            .collect()
    }
}

/// The parts of a reference with variables.
fn parts(text: &str) -> Result<Vec<ImagePart>, Diagnostic> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once("{{") {
        let Some((name, after)) = inside.split_once("}}") else {
            return Err(spec_error("`{{` without `}}`".to_owned()));
        };
        let name = name.trim();
        let Some((_, variable)) = ImageVariable::ALL.iter().find(|(known, _)| *known == name) else {
            let [first @ .., last] = ImageVariable::ALL.map(|(known, _)| format!("`{{{{ {known} }}}}`"));
            let error = spec_error(format!("unknown variable `{name}` in an image of `sync.images`"));
            let error = error.suggest(name, ImageVariable::ALL.iter().map(|(known, _)| *known));
            return Err(error.help(format!("an image can contain {} and {last}", first.join(", "))));
        };
        parts.extend([ImagePart::Text(before.into()), ImagePart::Variable(*variable)]);
        rest = after;
    }
    if rest.contains("}}") {
        return Err(spec_error("`}}` without `{{`".to_owned()));
    }
    parts.push(ImagePart::Text(rest.into()));
    Ok(parts)
}

/// The name in an image of `sync.images`: empty if only the tag is set, `None` if the name depends on the branch.
pub(crate) fn image_name(text: &str, project: &str) -> Option<SmolStr> {
    let text = text.replace("{{ project }}", project);
    let (name, _) = text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((&text, ""));
    (!name.contains("{{")).then(|| name.into())
}
