//! Plans for programs: the help of `pleach teardown` says what they can rely on.

use super::listed::Listed;
use super::plan_file::TeardownPlan;
use serde_json::{Value, json};

/// A list of the plans, each with its slug.
pub fn render(plans: &[Listed]) -> String {
    let list: Vec<Value> = plans.iter().map(entry).collect();
    serde_json::to_string_pretty(&list).expect("strings make JSON") + "\n"
}

fn entry(Listed { slug, is_live, plan: TeardownPlan { branch, left, .. } }: &Listed) -> Value {
    let all = |texts: &std::collections::BTreeSet<smol_str::SmolStr>| {
        texts.iter().map(|t| json!(t.as_str())).collect::<Vec<_>>()
    };
    let objects = left.objects.iter().map(
        |object| json!({"apiVersion": object.gvk.api_version(), "kind": object.gvk.kind.as_str(), "name": object.name.as_str()}),
    );
    let names = left.names.iter().map(|(zone, name)| json!({"name": name.as_str(), "zone": zone.as_str()}));
    let databases = left
        .databases
        .iter()
        .map(|d| json!({"kind": d.kind.as_str(), "instance": d.instance.as_str(), "name": d.name.as_str()}));
    json!({
        "branch": branch.as_str(),
        "slug": slug,
        "live": is_live,
        "namespaces": all(&left.namespaces),
        "clusterObjects": objects.collect::<Vec<_>>(),
        "dns": names.collect::<Vec<_>>(),
        "databases": databases.collect::<Vec<_>>(),
        "images": all(&left.images),
    })
}
