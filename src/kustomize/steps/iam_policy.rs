//! The built-in plugin `IAMPolicyGenerator`.

use super::plugin;
use crate::diagnostic::Result;
use crate::kustomize::input::StepContext;
use crate::kustomize::input::resources::GeneratedObject;
use crate::kustomize::model::Behavior;
use crate::node::{Map, Node};
use crate::resource::Resource;

/// A service account of GKE that acts as one of Google Cloud.
pub(crate) fn configured(plugin: &Resource, _: &StepContext) -> Result<GeneratedObject> {
    let text = |path: &[&str]| plugin.node.str_at(path).unwrap_or("");
    if text(&["cloud"]) != "gke" {
        return Err(
            plugin::error(plugin, format!("the cloud `{}` is not supported, only `gke`", text(&["cloud"]))).into()
        );
    }
    let account = text(&["serviceAccount", "name"]);
    let project = text(&["serviceAccount", "projectId"]);
    let account = format!("{account}@{project}.iam.gserviceaccount.com");
    let annotations: Map = [("iam.gke.io/gcp-service-account", Node::str(account))].into_iter().collect();
    let mut metadata: Map =
        [("annotations", annotations.into()), ("name", text(&["kubernetesService", "name"]).into())]
            .into_iter()
            .collect();
    match text(&["kubernetesService", "namespace"]) {
        "" => {}
        namespace => drop(metadata.insert("namespace", namespace.into())),
    }
    let object: Map = [("apiVersion", "v1".into()), ("kind", "ServiceAccount".into()), ("metadata", metadata.into())]
        .into_iter()
        .collect();
    let resource = Resource::new(Node::from(object).placed(plugin.origin));
    Ok(GeneratedObject { resource, behavior: Behavior::Unspecified })
}
