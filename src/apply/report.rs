//! The reports about a plan or a run: text, Markdown, JSON, and input of `nsupdate`.

use super::action::{RefusalReason, WriteKind};
use super::change;
use super::entry::DesiredState;
use super::fence::LastRevision;
use super::outcome::NameOutcome;
use super::run::NameReport;
use super::summary::{NameCounts, ZoneSummary};
use super::zone::{ForeignSet, NameChange, NameContent};
use crate::dns::ownership::Owner;
use crate::record::{RecordData, RecordSets, RecordType};
use crate::visible::{visible, visible_json};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// A line of text; `None` for a name that is as desired. Records and errors come from servers.
pub(crate) fn text_line(report: &NameReport) -> Option<String> {
    let (sign, word) = match &report.outcome {
        NameOutcome::Kept => return None,
        NameOutcome::Planned(kind) | NameOutcome::Done(kind) => (sign(*kind), kind.word()),
        NameOutcome::Refused(RefusalReason::Pending) => ('?', "pending"),
        NameOutcome::Refused(RefusalReason::Drift) => ('!', "drift"),
        NameOutcome::Refused(RefusalReason::Address(_)) => ('!', "address"),
        NameOutcome::Refused(RefusalReason::TooLarge(_)) => ('!', "too large"),
        NameOutcome::Refused(_) => ('!', "conflict"),
        NameOutcome::Failed(_) => ('!', "failed"),
        NameOutcome::Unsettled(_) => ('!', "unsettled"),
        NameOutcome::Skipped => ('!', "not tried"),
    };
    Some(format!("{sign} {word:<9} {}  {}", report.entry.host, visible(&detail(report))).trim_end().to_owned())
}

fn sign(kind: WriteKind) -> char {
    match kind {
        WriteKind::Create | WriteKind::Restore => '+',
        WriteKind::Update | WriteKind::Overwrite | WriteKind::Mark | WriteKind::Adopt => '~',
        WriteKind::Delete | WriteKind::Unmark => '-',
    }
}

/// The records before and after, or why the name is not changed and what to do.
fn detail(report: &NameReport) -> String {
    let current = shown_content(&report.found.host);
    match &report.outcome {
        NameOutcome::Kept | NameOutcome::Skipped => String::new(),
        NameOutcome::Planned(kind) | NameOutcome::Done(kind) => match kind {
            WriteKind::Create | WriteKind::Restore => shown_after(report),
            WriteKind::Update | WriteKind::Overwrite | WriteKind::Adopt => {
                let (ttl_before, ttl_after) = shown_ttls(report);
                format!("{current}{ttl_before} -> {}{ttl_after}", shown_after(report))
            }
            WriteKind::Mark | WriteKind::Delete => current,
            WriteKind::Unmark => "its records do not exist".to_owned(),
        },
        NameOutcome::Refused(reason) => match reason {
            RefusalReason::Drift => {
                format!("has {current}, which its ownership record does not have; {}", correct_drift(report))
            }
            RefusalReason::InUse => format!("has {current} and no ownership record; {}", correct_use(report)),
            RefusalReason::InTheWay(sets) => format!(
                "also has {}, which pleach never changes and which rule out this change; remove them first",
                shown_sets(sets)
            ),
            RefusalReason::BelowDelegation(delegation) => format!(
                "is below `{delegation}`, whose NS records delegate it to other name servers, so it would not resolve; choose another \
                 host, or remove the delegation"
            ),
            RefusalReason::OtherOwner(owner) => format!("belongs to {}", other_owner(owner, &report.entry.owner)),
            RefusalReason::OtherBranch(branch) => format!("belongs to the branch `{branch}`, which still uses it"),
            RefusalReason::NotOwned => format!("has {current} and no ownership record, so it is no orphan"),
            RefusalReason::Unreadable => format!("`{}` is not a known ownership record", report.entry.ownership),
            RefusalReason::Pending => "its address is not known yet".to_owned(),
            RefusalReason::TooLarge(reason) | RefusalReason::Address(reason) => reason.clone(),
        },
        NameOutcome::Failed(reason) => reason.clone(),
        NameOutcome::Unsettled(error) => format!("it changed repeatedly during the run: {error}"),
    }
}

/// Another project, or another repository with the same project.
fn other_owner(other: &Owner, own: &Owner) -> String {
    match &other.id {
        _ if other.project != own.project => format!("the project `{}`", other.project),
        Some(id) => format!(
            "another repository with the project `{}`, whose spec has `id: {id}`; choose another host, or rename one of the projects",
            other.project
        ),
        None => format!("the project `{}` without an id", other.project),
    }
}

/// What helps against drift: `--adopt` or `--overwrite` if they would work.
fn correct_drift(NameReport { entry, found, .. }: &NameReport) -> String {
    let host = &entry.host;
    match &entry.state {
        DesiredState::Present(records, _) if found.host.in_the_way(records).is_empty() => {
            let option = if found.host.records == *records { "--adopt" } else { "--overwrite" };
            format!("fix it manually or use `{option} {host}`")
        }
        _ => "fix it manually".to_owned(),
    }
}

/// What helps if a name is in use: `--adopt` if it would work.
fn correct_use(NameReport { entry, found, .. }: &NameReport) -> String {
    let is_possible = found.host.in_the_way(entry.records()).is_empty();
    if found.host.records == *entry.records() && is_possible {
        format!("they are the desired ones: take them over with `--adopt {}`", entry.host)
    } else {
        "remove the records, or choose another host".to_owned()
    }
}

/// All records of a name on one line.
fn shown_content(NameContent { records, foreign, proxied, .. }: &NameContent) -> String {
    match (records.is_empty(), foreign.is_empty()) {
        (true, true) => "nothing".to_owned(),
        (false, true) => shown(records, *proxied),
        (true, false) => shown_sets(foreign),
        (false, false) => format!("{} and {}", shown(records, *proxied), shown_sets(foreign)),
    }
}

/// The new records of a name on one line.
fn shown_after(report: &NameReport) -> String {
    shown(&report.after().unwrap_or_default(), report.proxied_after())
}

/// The TTLs before and after behind the records, as far as they are known; empty if the TTL stays as it is.
fn shown_ttls(report: &NameReport) -> (String, String) {
    let DesiredState::Present(_, after) = report.entry.state else { return Default::default() };
    let before = report.ttl_before();
    let shown = |ttl: Option<u32>| ttl.map(|ttl| format!(", TTL {ttl}")).unwrap_or_default();
    if before == Some(after) { Default::default() } else { (shown(before), shown(Some(after))) }
}

fn shown_sets<'s>(sets: impl IntoIterator<Item = &'s ForeignSet>) -> String {
    format!("{} records", sets.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

/// Records on one line, and whether they are proxied.
fn shown(records: &RecordSets, proxied: Option<bool>) -> String {
    let record = |(kind, data): (RecordType, &RecordData)| format!("{kind} {}", data.presentation(kind));
    let proxied = proxied.filter(|proxied| *proxied).map(|_| "proxied".to_owned());
    records.iter().map(record).chain(proxied).collect::<Vec<_>>().join(", ")
}

/// A row of a Markdown table; `None` for a name that is as desired.
pub(crate) fn markdown_row(report: &NameReport) -> Option<String> {
    let text = text_line(report)?;
    let word: String = text.chars().skip(2).take(9).collect();
    let cell = |text: &str| if text.is_empty() { String::new() } else { code(text).replace('|', "\\|") };
    let (host, branch, detail) = (cell(report.entry.host.as_str()), cell(&report.branch()), cell(&detail(report)));
    Some(format!("| {} | {host} | {branch} | {detail} |", word.trim()))
}

/// A text from a file or a server as a code span.
fn code(text: &str) -> String {
    format!("`{}`", visible(text).replace('`', "'"))
}

/// The head of that table.
pub(crate) const MARKDOWN_HEAD: &str = "| | name | branch | records |\n|---|---|---|---|\n";

/// What a report is about: a plan, or a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReportSubject {
    /// What would be written.
    Plan,
    /// What was written.
    Run,
}

/// A line for each zone.
pub(crate) fn zone_lines(zones: &[ZoneSummary], subject: ReportSubject) -> String {
    zones.iter().map(|zone| zone_line(zone, subject) + "\n").collect()
}

/// A list of the zones of a plan. The errors come from servers.
pub(crate) fn markdown_zones(zones: &[ZoneSummary]) -> String {
    let item = |zone: &ZoneSummary| {
        let (name, text) = (code(zone.zone.as_str()), zone_text(zone, ReportSubject::Plan, code));
        format!("- {name}: {text}")
    };
    zones.iter().map(|zone| item(zone) + "\n").collect()
}

/// A zone with its last revision, its names, and why it is not done.
pub(crate) fn zone_line(zone: &ZoneSummary, subject: ReportSubject) -> String {
    format!("{}: {}", zone.zone, zone_text(zone, subject, |error| visible(error).into_owned()))
}

/// What is known of a zone. `shown` writes the error.
fn zone_text(zone: &ZoneSummary, subject: ReportSubject, shown: impl Fn(&str) -> String) -> String {
    let revision = match zone.revision {
        None => "not read".to_owned(),
        Some(LastRevision::None) => "no run yet".to_owned(),
        Some(LastRevision::Known(rev)) => format!("run {rev}"),
        Some(LastRevision::Unreadable) => "an unreadable fence".to_owned(),
    };
    let counts = counts(&zone.names, subject);
    match &zone.failure {
        None => format!("{revision}, {counts}"),
        Some(failure) => format!("{revision}, {counts}; {}", shown(&failure.reason)),
    }
}

/// The last line of a text report.
pub(crate) fn last_line(zones: &[ZoneSummary], subject: ReportSubject, digest: &str) -> String {
    let all = NameCounts::total(zones);
    let digest = if all.planned > 0 { format!("; plan {digest}") } else { String::new() };
    counts(&all, subject) + &digest + "\n"
}

/// The number of names by result.
fn counts(names: &NameCounts, subject: ReportSubject) -> String {
    let verb = if subject == ReportSubject::Plan { "to write" } else { "written" };
    let mut text = format!("{} {verb}", names.planned + names.done);
    if names.deleted > 0 {
        write!(text, " ({} of them deleted)", names.deleted).expect("writing to a string succeeds");
    }
    for (count, what) in [
        (names.conflicts, "refused"),
        (names.pending, "without an address yet"),
        (names.undone, "not done"),
        (names.kept, "unchanged"),
    ] {
        if count > 0 {
            write!(text, ", {count} {what}").expect("writing to a string succeeds");
        }
    }
    text
}

/// A name as a JSON object on one line: `apiVersion`, `kind`, `zone`, `name`, `branch`, `result`, and if they apply `action`, `reason`,
/// `before`, `after`, `ttlBefore` and `ttl`.
pub(crate) fn json_line(report: &NameReport) -> String {
    let (result, action, reason) = match &report.outcome {
        NameOutcome::Kept => ("unchanged", None, None),
        NameOutcome::Planned(kind) => ("planned", Some(kind.word()), None),
        NameOutcome::Done(kind) => ("done", Some(kind.word()), None),
        NameOutcome::Refused(reason) => ("refused", None, Some(reason_code(reason).to_owned())),
        NameOutcome::Failed(reason) => ("failed", None, Some(reason.clone())),
        NameOutcome::Unsettled(error) => ("unsettled", None, Some(error.clone())),
        NameOutcome::Skipped => ("skipped", None, None),
    };
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("apiVersion", "pleach/v1".into());
    put("kind", "DnsName".into());
    put("zone", report.zone.as_str().into());
    put("name", report.entry.host.as_str().into());
    put("branch", report.branch().as_str().into());
    put("result", result.into());
    if let Some(action) = action {
        put("action", action.into());
    }
    if let Some(reason) = reason {
        put("reason", reason.into());
    }
    put("before", values(report.before()));
    if !report.found.host.foreign.is_empty() {
        put("otherRecords", report.found.host.foreign.iter().map(ToString::to_string).collect());
    }
    if let Some(proxied) = report.found.host.proxied {
        put("proxiedBefore", proxied.into());
    }
    if let Some(after) = report.after() {
        put("after", values(&after));
    }
    if let Some(proxied) = report.after().and(report.proxied_after()) {
        put("proxiedAfter", proxied.into());
    }
    if let Some(ttl) = report.ttl_before() {
        put("ttlBefore", ttl.into());
    }
    if let DesiredState::Present(_, ttl) = report.entry.state {
        put("ttl", ttl.into());
    }
    visible_json(&Value::Object(object).to_string())
}

fn values(records: &RecordSets) -> Value {
    let set = |(kind, set): (RecordType, &[RecordData])| {
        (kind.name().to_owned(), set.iter().map(|data| data.presentation(kind)).collect())
    };
    Value::Object(records.sets().map(set).collect())
}

/// The word for a reason in JSON.
pub(super) fn reason_code(reason: &RefusalReason) -> &'static str {
    match reason {
        RefusalReason::Drift => "drift",
        RefusalReason::InUse => "in-use",
        RefusalReason::InTheWay(_) => "other-records",
        RefusalReason::BelowDelegation(_) => "below-delegation",
        RefusalReason::TooLarge(_) => "too-large",
        RefusalReason::OtherOwner(_) => "other-owner",
        RefusalReason::OtherBranch(_) => "other-branch",
        RefusalReason::NotOwned => "not-owned",
        RefusalReason::Unreadable => "unknown-ownership-record",
        RefusalReason::Pending => "pending",
        RefusalReason::Address(_) => "address",
    }
}

/// Notes about missing provider guarantees, a line each.
pub(crate) fn notes(front: &str, notes: &[String]) -> String {
    notes.iter().fold(String::new(), |text, note| text + front + "note: " + note + "\n")
}

/// The last line of a JSON report. `rev` is the revision of the run.
pub(crate) fn json_summary(
    zones: &[ZoneSummary],
    rev: Option<u64>,
    digest: &str,
    notes: &[String],
    status: u8,
) -> String {
    let of_zone = |ZoneSummary { zone, revision, names, failure }: &ZoneSummary| {
        let mut object = json_counts(names);
        object.insert("zone".to_owned(), zone.as_str().into());
        let revision = match revision {
            Some(LastRevision::Known(rev)) => Some(*rev),
            Some(LastRevision::None | LastRevision::Unreadable) | None => None,
        };
        object.insert("revision".to_owned(), revision.into());
        if let Some(failure) = failure {
            object.insert("error".to_owned(), failure.reason.as_str().into());
        }
        Value::Object(object)
    };
    let mut summary = json_counts(&NameCounts::total(zones));
    summary.insert("revision".to_owned(), rev.into());
    summary.insert("zones".to_owned(), zones.iter().map(of_zone).collect());
    summary.insert("plan".to_owned(), digest.into());
    summary.insert("notes".to_owned(), notes.into());
    summary.insert("status".to_owned(), status.into());
    let line = json!({"apiVersion": "pleach/v1", "kind": "DnsSummary", "summary": summary}).to_string();
    visible_json(&line) + "\n"
}

fn json_counts(names: &NameCounts) -> Map<String, Value> {
    let counts = [
        ("unchanged", names.kept),
        ("written", names.planned + names.done),
        ("deleted", names.deleted),
        ("conflicts", names.conflicts),
        ("pending", names.pending),
        ("notDone", names.undone),
    ];
    counts.into_iter().map(|(key, count)| (key.to_owned(), count.into())).collect()
}

/// The change of a name as commands for `nsupdate`; empty for a name that is not written.
pub(crate) fn nsupdate(report: &NameReport, fence: &NameChange) -> String {
    let NameOutcome::Planned(kind) = report.outcome else { return String::new() };
    let mut text = format!("zone {}.\n", report.zone);
    let change = change::change(report.entry, report.found, kind, fence);
    for change in &change.0 {
        conditions(&mut text, change);
    }
    for NameChange { name, before, after, .. } in &change.0 {
        let Some((after, ttl)) = after else { continue };
        for (kind, _) in before.records.sets() {
            writeln!(text, "update delete {name}. {kind}").expect("writing to a string succeeds");
        }
        for (kind, data) in after.iter() {
            let data = data.presentation(kind);
            writeln!(text, "update add {name}. {ttl} IN {kind} {data}").expect("writing to a string succeeds");
        }
    }
    text + "send\n"
}

fn conditions(text: &mut String, NameChange { name, before, .. }: &NameChange) {
    if before.is_empty() {
        writeln!(text, "prereq nxdomain {name}.").expect("writing to a string succeeds");
        return;
    }
    for (kind, data) in before.records.iter() {
        let data = data.presentation(kind);
        writeln!(text, "prereq yxrrset {name}. IN {kind} {data}").expect("writing to a string succeeds");
    }
    for kind in RecordType::ALL {
        if before.records.get(kind).is_none() && before.records.get(RecordType::Cname).is_none() {
            writeln!(text, "prereq nxrrset {name}. {kind}").expect("writing to a string succeeds");
        }
    }
}
