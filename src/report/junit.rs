//! JUnit XML, which most CI systems show as test results.
//!
//! It has no standard. This is valid by the schema of the xUnit plugin of Jenkins (`junit-10.xsd`), and GitLab and Azure read the
//! same elements. A test case is a rule and a file, because GitLab ignores a second one with the same class and name. Warnings
//! and notes are the output of a test case that passes.

use super::{ItemLevel, Report, ReportItem, xml};
use crate::visible::visible;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The items of a rule and a file.
type Case<'r> = ((&'r str, &'r str), Vec<&'r ReportItem>);

/// One XML document.
pub(crate) fn render(report: &Report) -> String {
    let (items, more) = report.limited();
    let cases = cases(report, items);
    let failures = cases.iter().filter(|(_, items)| is_failure(items)).count();
    let passed = failures == 0;
    let suite = format!("pleach {}", report.command);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" \
         errors=\"0\" skipped=\"0\">\n",
        xml::attribute(&suite),
        cases.len() + usize::from(passed),
    );
    if passed {
        // Jenkins refuses a report without test cases.
        let name = xml::attribute(&visible(&report.subject));
        let _ = writeln!(text, "    <testcase classname=\"pleach.{}\" name=\"{name}\"/>", report.command);
    }
    for case in &cases {
        text += &test_case(report, case);
    }
    if let Some(more) = more {
        let _ = writeln!(text, "    <system-out>{}</system-out>", xml::text(&more));
    }
    text + "  </testsuite>\n</testsuites>\n"
}

/// The items by rule and file, in the order of the report.
fn cases<'r>(report: &'r Report, items: &'r [ReportItem]) -> Vec<Case<'r>> {
    let mut cases: Vec<Case> = Vec::new();
    let mut known: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for item in items {
        let key = (&*item.rule.id, report.path(item));
        let index = *known.entry(key).or_insert(cases.len());
        if index == cases.len() {
            cases.push((key, Vec::new()));
        }
        cases[index].1.push(item);
    }
    cases
}

fn is_failure(items: &[&ReportItem]) -> bool {
    items.iter().any(|item| item.level == ItemLevel::Error)
}

fn test_case(report: &Report, ((rule, path), items): &Case) -> String {
    let class = xml::attribute(&format!("pleach.{}.{rule}", report.command));
    let name = xml::attribute(&visible(path));
    let details: Vec<String> = items.iter().map(|item| details(item)).collect();
    let details = xml::text(&details.join("\n\n"));
    let result = if is_failure(items) {
        let message = xml::attribute(&match items.as_slice() {
            [item] => visible(&item.message).into_owned(),
            [first, others @ ..] => format!("{} (and {} more)", visible(&first.message), others.len()),
            [] => String::new(),
        });
        format!("<failure type=\"{}\" message=\"{message}\">{details}</failure>", xml::attribute(rule))
    } else {
        format!("<system-out>{details}</system-out>")
    };
    format!("    <testcase classname=\"{class}\" name=\"{name}\">\n      {result}\n    </testcase>\n")
}

/// The locations and the text of an item.
fn details(item: &ReportItem) -> String {
    let locations: String = item.locations.iter().map(|location| location.text() + ": ").take(1).collect();
    format!("{locations}{}: {}", item.level.word(), item.text())
}
