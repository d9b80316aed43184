//! Field paths with dots, as `replacements` and `vars` have them: `spec.containers.[name=web].ports.0`.
//!
//! A source path and a target path are not read alike: `[name=a]` is an exact text in the one and an unanchored regular
//! expression in the other, `-` is the last item in the one and a key in the other, and only the other knows `*`.

mod source;
mod syntax;
mod target;

pub(crate) use source::SourcePath;
pub(crate) use syntax::split;
pub(crate) use target::{Create, NodeForm, Reached, TargetPath};

/// Nodes from and to text, for the tests of both kinds of paths.
#[cfg(test)]
mod texts {
    use crate::node::Node;
    use crate::yaml::{self, Quoting};

    pub(super) fn parse(text: &str) -> Node {
        yaml::objects(text).unwrap().remove(0)
    }

    pub(super) fn write(node: &Node) -> String {
        let mut out = String::new();
        yaml::write(&mut out, node, Quoting::Kustomize).unwrap();
        out.trim_end().replace('\n', ";")
    }
}
