//! What is told of a plan or a run: for people, for pull requests, for programs, and as input of `nsupdate`.

use super::decide::{self, Reason, Wish, Write};
use super::run::{Line, Tally};
use super::walk::Outcome;
use super::zone::{Edit, Held};
use crate::record::{RecordData, RecordSets, RecordType};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// One line for people; `None` for a name that is as wanted.
pub fn text(line: &Line) -> Option<String> {
    let (sign, word) = match &line.outcome {
        Outcome::Kept => return None,
        Outcome::Planned(write) | Outcome::Done(write) => (sign(*write), write.word()),
        Outcome::Refused(Reason::Pending) => ('?', "pending"),
        Outcome::Refused(Reason::Drift) => ('!', "drift"),
        Outcome::Refused(_) => ('!', "conflict"),
        Outcome::Failed(_) => ('!', "failed"),
        Outcome::Unsettled => ('!', "unsettled"),
        Outcome::Skipped => ('!', "not tried"),
    };
    Some(format!("{sign} {word:<9} {}  {}", line.entry.host, detail(line)).trim_end().to_owned())
}

fn sign(write: Write) -> char {
    match write {
        Write::Create | Write::Restore => '+',
        Write::Update | Write::Overwrite | Write::Mark | Write::Adopt => '~',
        Write::Delete | Write::Unmark => '-',
    }
}

/// What a name held and holds, or why it is left alone and what can be done about it.
fn detail(line: &Line) -> String {
    let host = &line.entry.host;
    let held = match &line.found.host {
        Held::Nothing => "nothing".to_owned(),
        Held::Others => "records of other types".to_owned(),
        Held::Records(records) => shown(records),
    };
    match &line.outcome {
        Outcome::Kept | Outcome::Skipped => String::new(),
        Outcome::Planned(write) | Outcome::Done(write) => match write {
            Write::Create | Write::Restore => shown(&line.after().unwrap_or_default()),
            Write::Update | Write::Overwrite => format!("{held} -> {}", shown(&line.after().unwrap_or_default())),
            Write::Mark | Write::Adopt | Write::Delete => held,
            Write::Unmark => "its records are gone already".to_owned(),
        },
        Outcome::Refused(reason) => match reason {
            Reason::Drift => {
                format!("holds {held}, which is not what we wrote; mend it by hand or `--overwrite {host}`")
            }
            Reason::InUse => format!("holds {held}, which is not ours; free it, or `--adopt {host}` if it is the same"),
            Reason::Owner(owner) => format!("belongs to the project `{owner}`"),
            Reason::Branch(branch) => format!("belongs to the branch `{branch}`, which still wants it"),
            Reason::Unreadable => format!("`{}` holds what no known version wrote", line.entry.marker),
            Reason::Pending => "its address is not known yet".to_owned(),
        },
        Outcome::Failed(reason) => reason.clone(),
        Outcome::Unsettled => "somebody else changes it at the same time".to_owned(),
    }
}

/// Records in a line.
fn shown(records: &RecordSets) -> String {
    let record = |(kind, data): (RecordType, &RecordData)| format!("{kind} {}", data.presentation(kind));
    records.iter().map(record).collect::<Vec<_>>().join(", ")
}

/// A row of a table for pull requests; `None` for a name that is as wanted.
pub fn row(line: &Line) -> Option<String> {
    let text = text(line)?;
    let word: String = text.chars().skip(2).take(9).collect();
    let cell = detail(line).replace('|', "\\|").replace('`', "");
    Some(format!("| {} | `{}` | {} | {} |", word.trim(), line.entry.host, line.entry.branch, cell))
}

/// The head of that table.
pub const HEAD: &str = "| | name | branch | records |\n|---|---|---|---|\n";

/// The line under a plan or a run.
pub fn summary(tally: &Tally, digest: &str) -> String {
    let mut text = String::new();
    let did = if tally.planned { "to write" } else { "written" };
    write!(text, "{} {did}", tally.written).expect("a string takes all");
    if tally.deleted > 0 {
        write!(text, " ({} of them deleted)", tally.deleted).expect("a string takes all");
    }
    for (count, what) in [
        (tally.conflicts, "left alone"),
        (tally.pending, "without an address yet"),
        (tally.undone, "not done"),
        (tally.kept, "as wanted"),
    ] {
        if count > 0 {
            write!(text, ", {count} {what}").expect("a string takes all");
        }
    }
    if tally.planned {
        write!(text, "; plan {digest}").expect("a string takes all");
    }
    text
}

/// One name as a JSON object in a line: `zone`, `name`, `branch`, `result`, and where they apply `action`, `reason`,
/// `before`, `after` and `ttl`.
pub fn json(line: &Line) -> String {
    let (result, action, reason) = match &line.outcome {
        Outcome::Kept => ("kept", None, None),
        Outcome::Planned(write) => ("planned", Some(write.word()), None),
        Outcome::Done(write) => ("done", Some(write.word()), None),
        Outcome::Refused(reason) => ("left", None, Some(word(reason).to_owned())),
        Outcome::Failed(reason) => ("failed", None, Some(reason.clone())),
        Outcome::Unsettled => ("unsettled", None, None),
        Outcome::Skipped => ("skipped", None, None),
    };
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("zone", line.zone.as_str().into());
    put("name", line.entry.host.as_str().into());
    put("branch", line.entry.branch.as_str().into());
    put("result", result.into());
    if let Some(action) = action {
        put("action", action.into());
    }
    if let Some(reason) = reason {
        put("reason", reason.into());
    }
    put("before", values(line.before()));
    if let Some(after) = line.after() {
        put("after", values(&after));
    }
    if let Wish::Present(_, ttl) = line.entry.wish {
        put("ttl", ttl.into());
    }
    Value::Object(object).to_string()
}

fn values(records: &RecordSets) -> Value {
    let set = |(kind, set): (RecordType, &BTreeSet<RecordData>)| {
        (kind.name().to_owned(), set.iter().map(|data| data.presentation(kind)).collect())
    };
    Value::Object(records.sets().map(set).collect())
}

fn word(reason: &Reason) -> &'static str {
    match reason {
        Reason::Drift => "drift",
        Reason::InUse => "in-use",
        Reason::Owner(_) => "other-owner",
        Reason::Branch(_) => "other-branch",
        Reason::Unreadable => "unreadable-marker",
        Reason::Pending => "pending",
    }
}

/// What a provider does not promise, a line each.
pub fn notes(front: &str, notes: &[String]) -> String {
    notes.iter().fold(String::new(), |text, note| text + front + "note: " + note + "\n")
}

/// The last line of a JSON report.
pub fn json_summary(tally: &Tally, digest: &str, notes: &[String]) -> String {
    json!({"summary": {
        "kept": tally.kept, "written": tally.written, "deleted": tally.deleted, "conflicts": tally.conflicts,
        "pending": tally.pending, "undone": tally.undone, "plan": digest, "notes": notes, "status": tally.status(),
    }})
    .to_string()
}

/// The change of one name as commands for `nsupdate`; nothing for a name that is not written.
pub fn nsupdate(line: &Line, fence: &Edit) -> String {
    let Outcome::Planned(write) = line.outcome else { return String::new() };
    let mut text = format!("zone {}.\n", line.zone);
    let change = decide::change(line.entry, line.found, write, fence);
    for edit in &change.0 {
        conditions(&mut text, edit);
    }
    for Edit { name, before, after } in &change.0 {
        let Some((after, ttl)) = after else { continue };
        for (kind, _) in before.records().sets() {
            writeln!(text, "update delete {name}. {kind}").expect("a string takes all");
        }
        for (kind, data) in after.iter() {
            let data = data.presentation(kind);
            writeln!(text, "update add {name}. {ttl} IN {kind} {data}").expect("a string takes all");
        }
    }
    text + "send\n"
}

fn conditions(text: &mut String, Edit { name, before, .. }: &Edit) {
    if *before == Held::Nothing {
        writeln!(text, "prereq nxdomain {name}.").expect("a string takes all");
        return;
    }
    for (kind, data) in before.records().iter() {
        let data = data.presentation(kind);
        writeln!(text, "prereq yxrrset {name}. IN {kind} {data}").expect("a string takes all");
    }
    for kind in RecordType::ALL {
        if before.records().get(kind).is_none() && before.records().get(RecordType::Cname).is_none() {
            writeln!(text, "prereq nxrrset {name}. {kind}").expect("a string takes all");
        }
    }
}
