//! A spec in parts, so that the validation of a large one needs little memory.

use crate::limits::SPEC_PART_NODES;
use crate::node::Node;
use jsonschema::ValidationError;
use jsonschema::paths::LocationSegment;

const BRANCHES: &str = "branches";

/// A part of a spec, as a spec: the fields at the top with the first branches, or only further branches.
pub(super) struct SpecPart {
    pub(super) node: Node,
    has_top: bool,
}

impl SpecPart {
    /// The parts of a spec. All but the last have about [`SPEC_PART_NODES`] nodes.
    pub(super) fn all(spec: &Node) -> Vec<SpecPart> {
        let (mut parts, mut branches, mut size) = (Vec::new(), Vec::new(), 0);
        for branch in spec.get(BRANCHES).and_then(Node::as_seq).unwrap_or_default() {
            if size >= SPEC_PART_NODES {
                parts.push(std::mem::take(&mut branches));
                size = 0;
            }
            size += branch.node_count();
            branches.push(branch.clone());
        }
        if parts.is_empty() {
            return vec![SpecPart { node: spec.clone(), has_top: true }];
        }
        parts.push(branches);
        let mut spec = spec.clone();
        let with_branches = |(i, branches): (usize, Vec<Node>)| {
            let node = spec.get_mut(BRANCHES).expect("it has branches");
            *node = Node::seq(branches).placed(node.at);
            let branches = node.clone();
            let has_top = i == 0;
            let node = if has_top { spec.clone() } else { Node::from([(BRANCHES, branches)]).placed(spec.at) };
            SpecPart { node, has_top }
        };
        parts.into_iter().enumerate().map(with_branches).collect()
    }

    /// Whether an error of the validator is about this part: further branches have no fields beside them.
    pub(super) fn has(&self, fault: &ValidationError) -> bool {
        let is_branches = |segment| matches!(segment, LocationSegment::Property(name) if name == BRANCHES);
        self.has_top || fault.instance_path().segments().next().is_some_and(is_branches)
    }

    /// The spec with these parts.
    pub(super) fn joined(parts: Vec<SpecPart>) -> Node {
        let mut parts = parts.into_iter();
        let mut spec = parts.next().expect("a spec has a first part").node;
        for part in parts {
            let further = part.node.get(BRANCHES).and_then(Node::as_seq).unwrap_or_default().iter().cloned();
            if let Some(branches) = spec.get_mut(BRANCHES).and_then(Node::as_seq_mut) {
                branches.extend(further);
            }
        }
        spec
    }
}

#[cfg(test)]
mod tests {
    use super::SpecPart;
    use crate::limits::SPEC_PART_NODES;
    use crate::node::Node;
    use crate::schema::branches::validate;

    /// A spec whose branches have an unknown field.
    fn spec(branches: usize) -> Node {
        let branch = |i: usize| Node::from([("name", Node::str(format!("b{i}"))), ("unknown", Node::null())]);
        let branches = Node::seq((0..branches).map(branch));
        let header = [("apiVersion", "pleach/v1".into()), ("kind", "Branches".into()), ("project", "shop".into())];
        let mut spec = Node::from(header);
        spec.as_map_mut().unwrap().insert("branches", branches);
        spec
    }

    #[test]
    fn parts_are_the_whole_spec() {
        for branches in [0, 1, SPEC_PART_NODES / 2] {
            let spec = spec(branches);
            let parts = SpecPart::all(&spec);
            assert_eq!(parts.len(), 1 + branches / 50_000);
            assert_eq!(SpecPart::joined(parts), spec);
        }
    }

    #[test]
    fn further_parts_need_no_other_fields() {
        let errors = validate(spec(SPEC_PART_NODES / 4)).errors;
        assert!(errors.iter().all(|error| error.to_string() == "unknown field `unknown`"));
    }
}
