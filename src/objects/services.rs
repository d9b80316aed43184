//! The Services of a branch that point to hosts outside of its namespace: objects of `type: ExternalName`.

use super::{ContributorInput, mapping};
use crate::diagnostic::{Diagnostic, Result};
use crate::node::{Map, Node};
use crate::plan::ExternalService;
use crate::resource::Resource;

/// Adds the Services.
#[expect(clippy::unnecessary_wraps, reason = "an entry of a table of functions, some of which can fail")]
pub(super) fn contribute(
    input: &ContributorInput,
    resources: &mut Vec<Resource>,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    resources.extend(input.branch.externals.iter().map(|external| Resource::new(object(external, input.namespace))));
    Ok(Vec::new())
}

fn object(external: &ExternalService, namespace: &str) -> Node {
    let mut spec = vec![("externalName", Node::str(external.host.clone()))];
    spec.extend(external.ports.clone().map(|ports| ("ports", ports)));
    spec.push(("type", Node::str("ExternalName")));
    let metadata = [("name", Node::str(external.name.clone())), ("namespace", Node::str(namespace))];
    let object = mapping([
        ("apiVersion", Node::str("v1")),
        ("kind", Node::str("Service")),
        ("metadata", mapping(metadata)),
        ("spec", spec.into_iter().collect::<Map>().into()),
    ]);
    object.placed(external.at)
}
