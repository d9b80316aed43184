//! SARIF 2.1.0, which GitHub code scanning, Azure and many editors read.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>. GitHub shows 5,000 results of a run with 100 locations each,
//! and refuses a result without a location or a line.

use super::{ItemLocation, Report, ReportItem};
use crate::visible::visible_json;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One JSON document.
pub(crate) fn render(report: &Report) -> String {
    let (items, more) = report.limited();
    let mut rules: Vec<Json> = Vec::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut results: Vec<Json> = Vec::new();
    for item in items {
        let index = *known.entry(&item.rule.id).or_insert(rules.len());
        if index == rules.len() {
            rules.push(rule(item));
        }
        results.push(result(report, item, index));
    }
    let notifications: Vec<Json> =
        more.iter().map(|text| json!({"level": "warning", "message": {"text": text}})).collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "pleach",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "automationDetails": {"id": format!("pleach/{}/", report.command)},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": notifications}],
            "results": results,
        }],
    });
    visible_json(&serde_json::to_string_pretty(&document).expect("strings and numbers make JSON")) + "\n"
}

fn rule(item: &ReportItem) -> Json {
    json!({
        "id": item.rule.id,
        "shortDescription": {"text": plain(&item.rule.title)},
        "help": {"text": plain(&item.rule.help)},
        "defaultConfiguration": {"level": item.level.word()},
    })
}

fn result(report: &Report, item: &ReportItem, rule: usize) -> Json {
    let whole_file = [ItemLocation::file(&report.main_file)];
    let locations = if item.locations.is_empty() { &whole_file[..] } else { &item.locations };
    json!({
        "ruleId": item.rule.id,
        "ruleIndex": rule,
        "level": item.level.word(),
        "message": {"text": plain(&item.text())},
        "locations": locations.iter().map(location).collect::<Vec<Json>>(),
        // The one that GitHub reads. Without it, GitHub computes one from the lines of the file, which may not exist.
        "partialFingerprints": {"primaryLocationLineHash": item.fingerprint},
    })
}

fn location(location: &ItemLocation) -> Json {
    let mut region = json!({"startLine": location.line.max(1)});
    if location.line > 0 && location.column > 0 {
        region["startColumn"] = location.column.into();
    }
    json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(&location.path), "uriBaseId": "%SRCROOT%"},
        "region": region,
    }})
}

/// A message without links: `[text](address)` is one in SARIF.
fn plain(text: &str) -> String {
    text.replace("](", "\\](")
}

/// A relative path as a URI reference (RFC 3986). A colon in its first part would end a scheme.
fn uri(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=@".contains(&byte);
    path.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_are_uri_references() {
        assert_eq!(uri("out/a b/Größe:x%.yaml"), "out/a%20b/Gr%C3%B6%C3%9Fe%3Ax%25.yaml");
    }
}
