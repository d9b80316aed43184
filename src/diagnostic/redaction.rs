//! Secret values, which no diagnostic shows: those of a `Secret`, and those under keys that the spec names as secret.
//!
//! An error may be about text that cannot be parsed, so secret values are found by lines, in the files as they are written. A line that
//! may have one has no excerpt, and its values are replaced in the texts of all diagnostics.

use super::{Code, Diagnostic};
use crate::glob;
use crate::source::{FileId, Location, Project};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// What is shown instead of a value.
pub(crate) const REDACTED: &str = "(secret)";

/// Shorter values are replaced only where they are a whole name in backticks. They may be part of other words.
pub(crate) const DISTINCT: usize = 8;

/// The fields of a Secret that have values.
const DATA: [&str; 2] = ["data", "stringData"];

/// The fields of a Secret that have none.
const PUBLIC: [&str; 9] = ["---", "apiVersion", "kind", "metadata", "name", "namespace", "type", "immutable", "target"];

/// The secret values of the files of a project.
#[derive(Debug, Default)]
pub(crate) struct SecretValues {
    /// The lines that may have one, from 1.
    lines: BTreeMap<FileId, BTreeSet<usize>>,
    /// The values, the longest first.
    values: Vec<String>,
}

impl SecretValues {
    /// The values in all files that the project has read, with those under keys that match a pattern of `keys`.
    pub(crate) fn of(project: &Project, keys: &[SmolStr]) -> Self {
        let files = project.files_read();
        let (mut lines, mut values, mut sources) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        for file in &files {
            let found = SecretLines::of(&String::from_utf8_lossy(&file.bytes), keys);
            values.extend(found.values);
            sources.extend(found.sources);
            lines.insert(file.id, found.lines);
        }
        for file in files.iter().filter(|file| sources.contains(file.path.name())) {
            let found = SecretLines::whole(&String::from_utf8_lossy(&file.bytes));
            values.extend(found.values);
            lines.insert(file.id, found.lines);
        }
        let mut values: Vec<String> = values.into_iter().collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        SecretValues { lines, values }
    }

    /// The diagnostic without these values.
    pub(crate) fn redact(&self, diagnostic: &Diagnostic) -> Diagnostic {
        let shown = diagnostic.clone();
        // An overlay may make a Secret of an object that is not one in its file.
        let is_hidden = diagnostic.parts().code == Code::Secret || self.hides(diagnostic.parts().at);
        let shown = if is_hidden { shown.without_excerpt() } else { shown };
        if self.values.is_empty() { shown } else { shown.map_texts(|text| self.redact_text(text)) }
    }

    fn hides(&self, at: Location) -> bool {
        let lines = at.file().and_then(|file| self.lines.get(&file));
        lines.is_some_and(|lines| lines.contains(&(at.line as usize)))
    }

    fn redact_text(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, value| {
            if value.len() >= DISTINCT {
                text.replace(value.as_str(), REDACTED)
            } else {
                text.replace(&format!("`{value}`"), &format!("`{REDACTED}`"))
            }
        })
    }
}

/// The lines of a file that may have secret values, from 1, and what they have.
#[derive(Debug, Default)]
struct SecretLines {
    lines: BTreeSet<usize>,
    values: BTreeSet<String>,
    /// The names of the files that a generator of Secrets reads.
    sources: BTreeSet<String>,
}

impl SecretLines {
    fn of(text: &str, keys: &[SmolStr]) -> Self {
        let mut found = SecretLines::default();
        if keys.is_empty() && !text.contains("Secret") && !text.contains("secretGenerator") {
            return found;
        }
        let lines: Vec<&str> = text.lines().collect();
        let mut start = 0;
        while start < lines.len() {
            let rest = &lines[start..];
            let length =
                rest.iter().skip(1).position(|line| line.starts_with("---")).map_or(rest.len(), |next| next + 1);
            let document = &rest[..length];
            if document.iter().any(|line| has_kind_secret(line)) {
                found.add_secret(document, start);
            } else {
                found.add_generators(document, start);
            }
            found.add_keys(document, start, keys);
            start += length;
        }
        found
    }

    /// All lines of a file that is the value of a secret, or has `key=value` lines.
    fn whole(text: &str) -> Self {
        let mut found = SecretLines::default();
        text.lines().enumerate().for_each(|(index, line)| found.add(line, index + 1));
        found
    }

    /// Adds the lines of a document about a Secret, without those that only have its name and type.
    fn add_secret(&mut self, document: &[&str], before: usize) {
        let mut data: Option<usize> = None;
        for (index, line) in document.iter().enumerate() {
            let indent = indent(line);
            if data.is_some_and(|data| indent <= data && !line.trim().is_empty() && !line.trim().starts_with('-')) {
                data = None;
            }
            let has_data = pieces(line).iter().any(|piece| key(piece).is_some_and(|key| DATA.contains(&key)));
            if has_data {
                data = Some(indent);
            } else if data.is_none() && key(line).is_some_and(|key| PUBLIC.contains(&key)) {
                continue;
            }
            self.add(line, before + index + 1);
        }
    }

    /// Adds the literals of `secretGenerator` in a kustomization, and the names of the files that it reads.
    fn add_generators(&mut self, document: &[&str], before: usize) {
        const OTHERS: [&str; 7] = ["secretGenerator", "name", "namespace", "type", "behavior", "options", "immutable"];
        let (mut is_within, mut field) = (false, "");
        for (index, line) in document.iter().enumerate() {
            if line.starts_with(|c: char| c.is_alphabetic() || matches!(c, '{' | '"' | '\'')) {
                is_within = line.contains("secretGenerator");
            }
            if !is_within {
                continue;
            }
            for piece in pieces(line) {
                field = key(piece).unwrap_or(field);
                if ["files", "envs", "env"].contains(&field) {
                    let path = value(piece).rsplit(['=', '/']).next().unwrap_or_default();
                    self.sources.insert(unquoted(path.trim_start_matches("- ")).to_owned());
                } else if !OTHERS.contains(&field) {
                    self.add(piece, before + index + 1);
                }
            }
        }
    }

    /// Adds the values under secret keys, and `value` beside a `name` that is one.
    fn add_keys(&mut self, document: &[&str], before: usize, keys: &[SmolStr]) {
        let is_secret = |key: &str| keys.iter().any(|pattern| glob::matches(pattern, key));
        // The indentation of the key whose value goes on, and whether the next `value` is secret.
        let (mut inside, mut is_named): (Option<usize>, bool) = (None, false);
        for (index, line) in document.iter().enumerate() {
            let indent = indent(line);
            if inside.is_some_and(|inside| indent <= inside && !line.trim().is_empty()) {
                inside = None;
            }
            let key = key(line);
            let named = (key == Some("name")).then(|| unquoted(value(line)));
            if let Some(name) = named {
                is_named = is_secret(name);
            }
            let pairs = if line.contains(['{', ',']) { pieces(line) } else { Vec::new() };
            let has_secret = key.is_some_and(is_secret)
                || key == Some("value") && is_named
                || pairs.iter().filter_map(|pair| self::key(pair)).any(is_secret);
            if has_secret {
                inside = Some(indent);
            }
            if has_secret || inside.is_some() {
                self.add(line, before + index + 1);
            }
        }
    }

    /// Adds a line and the values in it. A template expression is not a value.
    fn add(&mut self, line: &str, number: usize) {
        self.lines.insert(number);
        let line = line.trim().trim_start_matches("- ");
        let has_value = |piece: &&str| key(piece).is_none_or(|key| !PUBLIC.contains(&key));
        let texts = pieces(line).into_iter().filter(has_value).chain([line]).flat_map(|piece| {
            let after_sign = piece.split_once('=').map(|(_, value)| value);
            [Some(value(piece)), after_sign].into_iter().flatten()
        });
        // An error names an anchor, alias or tag without its sign.
        let texts = texts.map(|text| unquoted(text).trim_start_matches(['*', '&', '!', '=']));
        let texts = texts.filter(|text| !text.is_empty() && !text.contains("{{"));
        self.values.extend(texts.filter(|text| !matches!(*text, "|" | "|-" | ">" | ">-")).map(str::to_owned));
    }
}

/// Whether a line has `kind: Secret`, also as JSON.
fn has_kind_secret(line: &str) -> bool {
    let line = line.replace(['"', '\''], "");
    line.match_indices("kind").any(|(at, word)| {
        let rest = line[at + word.len()..].trim_start().strip_prefix(':').map(str::trim_start);
        rest.and_then(|rest| rest.strip_prefix("Secret")).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    })
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The parts of a line in flow style.
fn pieces(line: &str) -> Vec<&str> {
    line.split([',', '{', '}', '[', ']']).map(str::trim).collect()
}

/// The key of a line `key: value`.
fn key(line: &str) -> Option<&str> {
    let line = line.trim().trim_start_matches("- ");
    if line.starts_with("---") {
        return Some("---");
    }
    line.split_once(':').map(|(key, _)| unquoted(key))
}

/// The value of a line `key: value`, or the whole line.
fn value(line: &str) -> &str {
    line.split_once(": ").map_or(line, |(_, value)| value)
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\'']).trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::source::RelPath;

    fn lines(text: &str, keys: &[&str]) -> Vec<usize> {
        let keys: Vec<SmolStr> = keys.iter().copied().map(SmolStr::from).collect();
        SecretLines::of(text, &keys).lines.into_iter().collect()
    }

    #[test]
    fn lines_with_secret_values_are_found() {
        let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  name: hunter22\n  key: |\n    line\ntype: Opaque\n";
        assert_eq!(lines(secret, &[]), [5, 6, 7, 8]);
        let two = format!("kind: ConfigMap\ndata: {{a: b}}\n---\n{secret}");
        assert_eq!(lines(&two, &[]), [8, 9, 10, 11]);
        assert_eq!(lines("{\"kind\": \"Secret\", \"data\": {\"a\": \"aGk=\"}}\n", &[]), [1]);
        assert!(lines(&secret.replace("Secret", "SecretStore"), &[]).is_empty());
        let generator =
            "resources: [a]\nsecretGenerator:\n- name: db\n  literals:\n  - password=hunter22\nnamePrefix: x-\n";
        assert_eq!(lines(generator, &[]), [4, 5]);
        let patch =
            "patches:\n- target: {kind: Secret}\n  patch: |-\n    - op: add\n      path: /data/a\n      value: aGk=\n";
        assert_eq!(lines(patch, &[]), [1, 3, 4, 5, 6]);
        let values =
            "values:\n  dbPassword: hunter22\n  other: 1\n  apiPassword:\n    a: b\n  c: {x: 1, myPassword: y}\n";
        assert_eq!(lines(values, &["*Password"]), [2, 4, 5, 6]);
        let env = "env:\n- name: DB_PASSWORD\n  value: hunter22\n- name: A\n  value: b\n";
        assert_eq!(lines(env, &["*_PASSWORD"]), [3]);
    }

    #[test]
    fn values_are_replaced_in_all_texts() {
        let text = "kind: Secret\nstringData:\n  password: hunter22\n  pin: '42'\n";
        let project = Project::in_memory([("secret.yaml", text)]);
        let file = project.file(&RelPath::new("secret.yaml").unwrap()).unwrap();
        let secrets = SecretValues::of(&project, &[]);
        let error = Diagnostic::new(Code::Yaml, "`hunter22!` has 42 characters").help("not `42` but hunter22");
        let shown = secrets.redact(&error.at(Location::new(file.id, 3, 1, 2)));
        assert_eq!(shown.parts().message, "`(secret)!` has 42 characters");
        assert_eq!(shown.parts().help, ["not `(secret)` but (secret)"]);
        let human = crate::diagnostic::human::render(crate::diagnostic::Severity::Error, &shown, &project);
        assert!(human.contains("secret.yaml:3:1") && !human.contains("hunter"), "{human}");
    }
}
