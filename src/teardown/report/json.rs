//! Teardown plans as JSON. The help of `pleach teardown` documents the fields.

use super::ListedPlan;
use crate::teardown::TeardownPlan;
use crate::visible::visible_json;
use serde_json::{Value, json};

/// An object with one entry per plan.
pub(crate) fn render(plans: &[ListedPlan]) -> String {
    let list: Vec<Value> = plans.iter().map(entry).collect();
    let document = json!({"apiVersion": "pleach/v1", "kind": "TeardownPlanList", "plans": list});
    let json = serde_json::to_string_pretty(&document).expect("strings are valid JSON");
    visible_json(&json) + "\n"
}

fn entry(ListedPlan { slug, is_existing, plan: TeardownPlan { branch, footprint, .. } }: &ListedPlan) -> Value {
    let all = |texts: &std::collections::BTreeSet<smol_str::SmolStr>| {
        texts.iter().map(|t| json!(t.as_str())).collect::<Vec<_>>()
    };
    let objects = footprint.objects.iter().map(|object| {
        let (version, kind) = (object.gvk.api_version(), object.gvk.kind.as_str());
        let mut object_json = json!({"apiVersion": version, "kind": kind, "name": object.name.as_str()});
        if !object.namespace.is_empty() {
            object_json["namespace"] = json!(object.namespace.as_str());
        }
        object_json
    });
    let names = footprint.names.iter().map(|(zone, name)| json!({"name": name.as_str(), "zone": zone.as_str()}));
    let databases = footprint
        .databases
        .iter()
        .map(|d| json!({"kind": d.kind.as_str(), "instance": d.instance.as_str(), "name": d.name.as_str()}));
    json!({
        "branch": branch.as_str(),
        "slug": slug,
        "existing": is_existing,
        "namespaces": all(&footprint.namespaces),
        "clusterObjects": objects.collect::<Vec<_>>(),
        "dns": names.collect::<Vec<_>>(),
        "databases": databases.collect::<Vec<_>>(),
        "images": all(&footprint.images),
    })
}
