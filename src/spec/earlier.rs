//! What the text of an earlier spec says about its branches and its output.
//!
//! It is read without the rules of a spec: an earlier version of pleach may have accepted it, or its overlays may not exist any more.

use crate::node::Node;
use crate::slug::Slug;
use crate::source::FolderPath;
use crate::yaml;
use smol_str::SmolStr;

/// The content of an earlier `branches.yaml`, or of a file of `branches.d/`.
#[derive(Debug, Default)]
pub(crate) struct EarlierSpec {
    /// The folder of the output, if it is named.
    output: Option<FolderPath>,
    /// The branches.
    pub(crate) branches: Vec<EarlierBranch>,
}

/// A branch of an earlier spec.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EarlierBranch {
    /// The name.
    pub(crate) name: SmolStr,
    /// The slug that the entry sets, or the longest one that derives from the name.
    pub(crate) slug: SmolStr,
}

impl EarlierSpec {
    /// What a text says. A text that is not YAML says nothing.
    pub(crate) fn read(text: &str) -> Self {
        let mut spec = EarlierSpec::default();
        for document in yaml::objects(text).unwrap_or_default() {
            let output = document.get("output").and_then(Node::as_text).and_then(FolderPath::new);
            spec.output = spec.output.or(output);
            let entries = document.get("branches").and_then(Node::as_seq).unwrap_or_default();
            spec.branches.extend(entries.iter().chain([&document]).filter_map(EarlierBranch::of));
        }
        spec
    }

    /// The folder of the output.
    pub(crate) fn output_folder(&self) -> FolderPath {
        self.output.clone().unwrap_or_else(|| super::path(super::OUTPUT).into())
    }
}

impl EarlierBranch {
    fn of(entry: &Node) -> Option<Self> {
        let name = entry.get("name").and_then(Node::as_text)?;
        let slug = entry.get("slug").and_then(Node::as_text);
        let slug = slug.map_or_else(|| Slug::of(name, Slug::MAX_LENGTH).as_str().into(), SmolStr::from);
        Some(EarlierBranch { name: name.into(), slug })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_without_the_rules_of_a_spec() {
        let slugs = |text: &str| -> Vec<String> {
            EarlierSpec::read(text).branches.iter().map(|branch| branch.slug.to_string()).collect()
        };
        assert_eq!(
            slugs("unknown: 1\nbranches:\n- name: main\n- {name: a, slug: b, overlays: [none]}\n- 1\n"),
            ["main", "b"]
        );
        assert_eq!(slugs("name: feature/login\n"), ["feature-login-df7c7aeb"]);
        assert_eq!(slugs("<<<<<<< HEAD\nbranches: [{name: a}]\n"), [""; 0]);
        let output = |text: &str| EarlierSpec::read(text).output_folder().to_string();
        assert_eq!(output("output: ../rendered/\n"), "../rendered");
        assert_eq!(output("output: [1]\n"), "out");
    }
}
