//! Size limits, fingerprints, and hostile texts in all formats.

use super::*;
use crate::limits::ITEM_LOCATIONS;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Everything that ends a text in one of the formats.
const HOSTILE: &str = "a\n::error::b]]>\"'<c>&\r%0A,:;[d](e){0}\u{1b}[31m\u{0}\u{202e}ö日";

fn rule(id: &'static str) -> Rule {
    Rule { id: id.into(), title: "a title".into(), help: "a page".into() }
}

fn stale(path: &str) -> ReportItem {
    let item = ReportItem::new(rule("stale-file"), ItemLevel::Error, format!("`{path}` is stale"));
    item.at([ItemLocation::file(path)])
}

fn report(items: Vec<ReportItem>) -> Report {
    Report::new("check", "the output", "branches.yaml", items)
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

fn fingerprints(report: &Report) -> Vec<&str> {
    report.items.iter().map(|item| item.fingerprint.as_str()).collect()
}

#[test]
fn fingerprints_have_no_lines_and_are_unique() {
    let item = |line, message: &str| {
        let at = ItemLocation { path: "a.yaml".to_owned(), line, column: 1 };
        ReportItem::new(rule("yaml"), ItemLevel::Error, message).at([at])
    };
    let one = report(vec![item(1, "x"), item(5, "x"), item(7, "line 3 of `b`"), item(7, "y")]);
    let other = report(vec![item(2, "x"), item(9, "x"), item(8, "line 4 of `b`"), item(8, "y")]);
    assert_eq!(fingerprints(&one), fingerprints(&other));
    assert_eq!(fingerprints(&one).into_iter().collect::<BTreeSet<_>>().len(), 4);
    // An item that is fixed does not change the others.
    assert_eq!(fingerprints(&report(vec![item(9, "y")])), [fingerprints(&one)[3]]);
}

#[test]
fn errors_are_first() {
    let item = |level| ReportItem::new(rule("x"), level, "x");
    let report = report(vec![item(ItemLevel::Note), item(ItemLevel::Warning), item(ItemLevel::Error)]);
    let levels: Vec<ItemLevel> = report.items.iter().map(|item| item.level).collect();
    assert_eq!(levels, [ItemLevel::Error, ItemLevel::Warning, ItemLevel::Note]);
    assert_eq!(report.counts(), ItemCounts { errors: 1, warnings: 1, notes: 1 });
}

#[test]
fn reports_for_ci_systems_have_a_limited_number_of_items() {
    let report = report((0..REPORT_ITEMS + 1_600).map(|i| stale(&format!("out/{i}.yaml"))).collect());
    let more = "and 1600 more, which are left out: `pleach check` lists all";

    let sarif = json(&sarif::render(&report));
    let run = &sarif["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), REPORT_ITEMS);
    assert_eq!(run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"], more);

    let entries = json(&gitlab_codequality::render(&report));
    let entries = entries.as_array().unwrap();
    assert_eq!(entries.len(), REPORT_ITEMS + 1);
    assert_eq!(entries.last().unwrap()["description"], more);
    let unique: BTreeSet<&str> = entries.iter().map(|entry| entry["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(unique.len(), entries.len());

    let junit = junit::render(&report);
    assert_eq!(junit.matches("<testcase ").count(), REPORT_ITEMS);
    assert!(junit.contains(&format!("tests=\"{REPORT_ITEMS}\" failures=\"{REPORT_ITEMS}\"")));
    assert!(junit.contains(&format!("<system-out>{more}</system-out>")));

    // For programs: all of them.
    let all = json(&json::render("Check", "differs", &report));
    assert_eq!(all["items"].as_array().unwrap().len(), REPORT_ITEMS + 1_600);
}

#[test]
fn github_gets_ten_annotations_of_each_kind() {
    let item = |level, i| ReportItem::new(rule("x"), level, format!("x{i}"));
    let levels = [ItemLevel::Note, ItemLevel::Error, ItemLevel::Warning];
    let items = |count| levels.iter().flat_map(move |level| (0..count).map(move |i| item(*level, i))).collect();
    let lines = |count, command: &str| -> Vec<String> {
        let text = github::render(&report(items(count)));
        text.lines().filter(|line| line.starts_with(command)).map(str::to_owned).collect()
    };
    for (command, word) in [("::error ", "error"), ("::warning ", "warning"), ("::notice ", "note")] {
        assert_eq!(lines(10, command).len(), 10);
        assert_eq!(lines(10, command)[9], format!("{command}title=pleach check%3A x::x9"));
        assert_eq!(lines(11, command).len(), 10);
        let last = format!("{command}title=pleach check::and 2 more {word}s: `pleach check` lists all");
        assert_eq!(lines(11, command)[9], last);
    }
}

#[test]
fn an_item_has_a_hundred_locations() {
    let at = |i: u32| ItemLocation { path: format!("out/{i}.yaml"), line: 1, column: 0 };
    let item = ReportItem::new(rule("change"), ItemLevel::Note, "changed").at((0..1_500).map(at));
    let report = report(vec![item]);
    let sarif = json(&sarif::render(&report));
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["locations"].as_array().unwrap().len(), ITEM_LOCATIONS);
    assert_eq!(result["message"]["text"], "changed\nat 1500 locations");
    let item = &json(&json::render("Diff", "differs", &report))["items"][0];
    assert_eq!((item["locations"].as_array().unwrap().len(), &item["locationCount"]), (ITEM_LOCATIONS, &1_500.into()));
}

/// A text from others ends neither a line nor an element nor a string, and has no control characters.
#[test]
fn hostile_texts_stay_texts() {
    let item = ReportItem::new(rule("x"), ItemLevel::Error, HOSTILE).help(HOSTILE).at([ItemLocation::file(HOSTILE)]);
    let report = report(vec![item]);

    let github = github::render(&report);
    assert_eq!(github.lines().count(), 1, "{github}");
    let (properties, text) = github.strip_prefix("::error ").unwrap().split_once("::").unwrap();
    assert_eq!(properties.matches(',').count(), 1, "{properties}");
    assert!(properties.starts_with("file=a\\n%3A%3Aerror%3A%3Ab]]>\"'<c>&\\r%250A%2C%3A;[d](e)"), "{properties}");
    assert!(text.starts_with("a\\n::error::b]]>\"'<c>&\\r%250A,:;[d](e){0}\\u{1b}[31m\\u{0}\\u{202e}ö日%0Ahelp: a\\n"));

    let junit = junit::render(&report);
    assert!(!junit.contains("]]>") && !junit.contains("<c>"), "{junit}");

    let results = json(&sarif::render(&report));
    let result = &results["runs"][0]["results"][0];
    let text = result["message"]["text"].as_str().unwrap();
    assert!(text.contains("[d\\](e)") && !text.contains("[d](e)"), "{text}");
    let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    let want =
        "a%0A%3A%3Aerror%3A%3Ab%5D%5D%3E%22'%3Cc%3E&%0D%250A,%3A;%5Bd%5D(e)%7B0%7D%1B%5B31m%00%E2%80%AE%C3%B6%E6%97%A5";
    assert_eq!(uri, want);

    // The path of a file is as it is.
    let entries = gitlab_codequality::render(&report);
    assert_eq!(json(&entries)[0]["location"]["path"], HOSTILE);
    assert_eq!(json(&json::render("Check", "differs", &report))["items"][0]["message"], HOSTILE);

    for text in [github, junit, entries, sarif::render(&report), json::render("Check", "differs", &report)] {
        assert!(!text.contains(['\u{1b}', '\u{0}', '\r', '\u{202e}']), "{text:?}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::error::")), "{text:?}");
    }
}
