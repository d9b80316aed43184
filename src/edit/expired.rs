//! Edits of `expired`, the records of branches that `pleach branch expire` removed.

use super::SpecFiles;
use crate::diagnostic::Result;
use crate::node::{Map, Node};
use crate::yaml::edit::{EditAction, TextEdit, YamlStep};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The key of the records.
const KEY: &str = "expired";

/// What happens to the record of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RecordEdit {
    /// It is written with these values. A value that is not known does not change.
    Write {
        /// The commit at which the branch expired.
        commit: Option<SmolStr>,
        /// The number of its pull request, if a pull request added it.
        pull_request: Option<u64>,
    },
    /// It is dropped.
    Drop,
}

impl SpecFiles {
    /// Writes and drops records of expired branches.
    pub(crate) fn edit_expired(&mut self, edits: &BTreeMap<SmolStr, RecordEdit>) -> Result<()> {
        let items = self.expired_items();
        let (mut changes, mut dropped, mut known) = (Vec::new(), 0, Vec::new());
        for (i, item) in items.iter().enumerate() {
            let Some((name, edit)) = item.str_at(&["name"]).and_then(|name| edits.get_key_value(name)) else {
                continue;
            };
            known.push(name.clone());
            let at = vec![YamlStep::from(KEY), YamlStep::from(i)];
            match edit {
                RecordEdit::Drop => {
                    dropped += 1;
                    changes.push(TextEdit { path: at, what: EditAction::Cut { keep: 0 } });
                }
                RecordEdit::Write { commit, .. } => changes.extend(commit.iter().map(|commit| {
                    let path = at.iter().cloned().chain([YamlStep::from("commit")]).collect();
                    TextEdit { path, what: EditAction::Set(Node::str(commit.as_str())) }
                })),
            }
        }
        let added: Vec<TextEdit> = edits
            .iter()
            .filter(|(name, _)| !known.contains(name))
            .filter_map(|(name, edit)| {
                Some(TextEdit { path: vec![KEY.into()], what: EditAction::Push(record(name, edit)?) })
            })
            .collect();
        if dropped > 0 && dropped == items.len() {
            // An empty list is not left behind.
            changes = vec![TextEdit { path: vec![KEY.into()], what: EditAction::Cut { keep: 0 } }];
        }
        let main = self.main.clone();
        self.edit_file(&main, &changes)?;
        self.edit_file(&main, &added)
    }

    fn expired_items(&self) -> Vec<Node> {
        let main = self.documents[&self.main].data();
        main.get(KEY).and_then(Node::as_seq).unwrap_or_default().to_vec()
    }
}

/// A new record.
fn record(name: &SmolStr, edit: &RecordEdit) -> Option<Node> {
    let RecordEdit::Write { commit, pull_request } = edit else { return None };
    let mut record: Map = [("name", Node::str(name.clone()))].into_iter().collect();
    if let Some(commit) = commit {
        record.insert("commit", Node::str(commit.clone()));
    }
    if let Some(number) = pull_request {
        record.insert("pullRequest", Node::int(i64::try_from(*number).ok()?));
    }
    Some(record.into())
}
