//! Secret values, which no diagnostic shows: those of a `Secret`, and those under keys that the spec names as secret.
//!
//! An error may be about text that cannot be parsed, so secret values are found by lines, in the files as they are written. A line that
//! may have one has no excerpt, and its values are replaced in the texts of all diagnostics. Patches of Secrets and templates that
//! the files with such lines include are secret as a whole.

use super::secret_replacement::SecretReplacement;
pub(crate) use super::secret_replacement::{DISTINCT, REDACTED};
use super::secret_text::{self, DATA, SecretPatches, indent, key, pieces, unquoted, value};
use super::{Code, Diagnostic};
use crate::glob;
use crate::source::{File, FileId, Location, Project, RelPath};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The fields of a Secret that have none.
const PUBLIC: [&str; 9] = ["---", "apiVersion", "kind", "metadata", "name", "namespace", "type", "immutable", "target"];

/// The secret values of the files of a project.
#[derive(Debug, Default)]
pub(crate) struct SecretValues {
    /// The lines that may have one, from 1.
    lines: BTreeMap<FileId, BTreeSet<usize>>,
    values: SecretReplacement,
}

impl SecretValues {
    /// The values in all files that the project has read, with those under keys that match a pattern of `keys`.
    pub(crate) fn of(project: &Project, keys: &[SmolStr]) -> Self {
        let files = SecretFiles::of(project, keys);
        let mut lines: BTreeMap<FileId, BTreeSet<usize>> = BTreeMap::new();
        let mut values = BTreeSet::new();
        for (id, found) in files.found {
            values.extend(found.values);
            lines.insert(id, found.lines);
        }
        SecretValues { lines, values: SecretReplacement::of(values) }
    }

    /// The diagnostic without these values.
    pub(crate) fn redact(&self, diagnostic: &Diagnostic, project: &Project) -> Diagnostic {
        let shown = diagnostic.clone();
        // An overlay may make a Secret of an object that is not one in its file.
        let is_hidden = diagnostic.parts().code == Code::Secret || self.hides(diagnostic.parts().at);
        let shown = if is_hidden { shown.without_excerpt() } else { shown };
        if self.values.is_empty() {
            return shown;
        }
        let line = shown_line(&shown, project).unwrap_or_default();
        shown.map_texts(|text| self.values.replace(text, &line))
    }

    fn hides(&self, at: Location) -> bool {
        let lines = at.file().and_then(|file| self.lines.get(&file));
        lines.is_some_and(|lines| lines.contains(&(at.line as usize)))
    }
}

/// The source line that a diagnostic shows.
fn shown_line(diagnostic: &Diagnostic, project: &Project) -> Option<String> {
    let at = diagnostic.parts().at;
    let file = project.file_at(at).filter(|_| diagnostic.parts().has_excerpt)?;
    let index = at.line.checked_sub(1)? as usize;
    String::from_utf8_lossy(&file.bytes).lines().nth(index).map(str::to_owned)
}

/// What the files of a project have, and which files are secret because of others.
struct SecretFiles {
    texts: Vec<(Arc<File>, String)>,
    by_path: BTreeMap<String, FileId>,
    found: BTreeMap<FileId, SecretLines>,
}

impl SecretFiles {
    fn of(project: &Project, keys: &[SmolStr]) -> Self {
        let text = |file: Arc<File>| (file.clone(), String::from_utf8_lossy(&file.bytes).into_owned());
        let texts: Vec<_> = project.files_read().into_iter().map(text).collect();
        let changes_kinds = texts.iter().any(|(_, text)| text.contains("Secret"))
            && texts.iter().any(|(_, text)| secret_text::changes_kinds(text));
        let by_path = texts.iter().map(|(file, _)| (file.path.to_string(), file.id)).collect();
        let mut files = SecretFiles { texts, by_path, found: BTreeMap::new() };
        let parts: BTreeMap<FileId, Vec<FileId>> =
            files.texts.iter().map(|(file, text)| (file.id, files.included(file, text))).collect();
        let mut wholes: BTreeMap<FileId, Vec<FileId>> = BTreeMap::new();
        for (whole, parts) in &parts {
            for part in parts {
                wholes.entry(*part).or_default().push(*whole);
            }
        }
        let including = |id: FileId| wholes.get(&id).cloned().unwrap_or_default();
        let with_kind = files.texts.iter().filter(|(_, text)| text.contains("kind:")).map(|(file, _)| file.id);
        let includes_kind = closure(with_kind.flat_map(including).collect(), including);
        let rules = |file: &File| Rules {
            keys,
            changes_kinds,
            is_template: file.path.name().strip_suffix(".j2").is_some(),
            is_without_kind: wholes.contains_key(&file.id)
                || file.path.name().starts_with("kustomization")
                || includes_kind.contains(&file.id),
        };
        let has_secret = |(file, text): &&(Arc<File>, String)| {
            let lines: Vec<&str> = text.lines().collect();
            let rules = rules(file);
            rules.is_template && documents(&lines).iter().any(|(_, document)| rules.may_be_secret(document))
        };
        let secret: Vec<FileId> = files.texts.iter().filter(has_secret).map(|(file, _)| file.id).collect();
        // What includes the kind of a Secret is one.
        let secret = closure(secret, including);
        for (file, text) in &files.texts {
            files.found.insert(file.id, SecretLines::of(text, &rules(file), secret.contains(&file.id)));
        }
        files.follow(&parts);
        files
    }

    /// Adds the files that others name: what generators and patches read, and what templates with secret lines include.
    fn follow(&mut self, parts: &BTreeMap<FileId, Vec<FileId>>) {
        let mut whole = BTreeSet::new();
        let sources: BTreeSet<&str> =
            self.found.values().flat_map(|found| &found.sources).map(String::as_str).collect();
        for (file, _) in &self.texts {
            whole.extend(sources.contains(file.path.name()).then_some(file.id));
            whole.extend(self.found[&file.id].patches.iter().flat_map(|path| self.at(file, path)));
        }
        let with_lines = self.found.iter().filter(|(_, found)| !found.lines.is_empty()).map(|(id, _)| *id);
        let roots = with_lines.chain(whole.iter().copied()).flat_map(|id| parts[&id].iter().copied());
        whole.extend(closure(roots.collect(), |id| parts[&id].clone()));
        for (file, text) in self.texts.iter().filter(|(file, _)| whole.contains(&file.id)) {
            self.found.insert(file.id, SecretLines::whole(text));
        }
    }

    /// The files that a template includes. Any file without a kind may have a name that is not written in it.
    fn included(&self, file: &File, text: &str) -> Vec<FileId> {
        let without_kind = || {
            let has_none = |(_, text): &&(Arc<File>, String)| !text.contains("kind");
            self.texts.iter().filter(has_none).map(|(file, _)| file.id).collect()
        };
        let names = secret_text::included(text).into_iter();
        names.flat_map(|name| name.map_or_else(without_kind, |name| self.at(file, name))).collect()
    }

    /// The files that a path names, from the folder of `file` or from the workspace. A path may be a template itself.
    fn at(&self, file: &File, path: &str) -> Vec<FileId> {
        let paths = [file.path.parent().join(path), RelPath::new(path)];
        let names = paths.iter().flatten().flat_map(|path| [path.to_string(), format!("{path}.j2")]);
        names.filter_map(|name| self.by_path.get(&name).copied()).collect()
    }
}

/// What decides which lines of a file are secret.
#[derive(Default)]
struct Rules<'k> {
    /// The patterns of secret keys.
    keys: &'k [SmolStr],
    /// Whether the kind in a file may not be the one in the output.
    changes_kinds: bool,
    /// Whether the file is a template.
    is_template: bool,
    /// Whether the file may be without a kind, because it is no object, or another file has it.
    is_without_kind: bool,
}

impl Rules<'_> {
    /// Whether a document may be a Secret, or a template with a kind that its text does not show.
    fn may_be_secret(&self, document: &[&str]) -> bool {
        secret_text::may_be_secret(document)
            || secret_text::has_data(document, self.changes_kinds)
            || self.is_template && !self.is_without_kind && !secret_text::has_own_kind(document)
    }
}

/// The lines of a file that may have secret values, from 1, and what they have.
#[derive(Debug, Default)]
struct SecretLines {
    lines: BTreeSet<usize>,
    values: BTreeSet<String>,
    /// The names of the files that a generator of Secrets reads.
    sources: BTreeSet<String>,
    /// The paths of the files that are patches of Secrets.
    patches: BTreeSet<String>,
}

impl SecretLines {
    fn of(text: &str, rules: &Rules, is_secret: bool) -> Self {
        let mut found = SecretLines::default();
        let is_about_secrets =
            ["Secret", "secretGenerator", "stringData", "target"].iter().any(|word| text.contains(word));
        if rules.keys.is_empty() && !rules.changes_kinds && !rules.is_template && !is_about_secrets {
            return found;
        }
        let lines: Vec<&str> = text.lines().collect();
        for (start, document) in documents(&lines) {
            // A template may use in one document what it sets in another.
            if is_secret || rules.may_be_secret(document) {
                found.add_secret(document, start);
            } else {
                found.add_generators(document, start);
            }
            found.add_keys(document, start, rules.keys);
            let patches = SecretPatches::of(document, rules.changes_kinds);
            patches.inline.into_iter().for_each(|item| found.add_secret(&document[item.clone()], start + item.start));
            found.patches.extend(patches.files.into_iter().map(str::to_owned));
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

    /// Adds the literals of `secretGenerator` in a kustomization, also those that are in the wrong field, and the names of the files
    /// that it reads.
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
                let signs = piece.matches('=').count();
                if ["files", "envs", "env"].contains(&field) && signs <= usize::from(field == "files") {
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
            let is_made = !keys.is_empty() && secret_text::has_made_key(line);
            is_named |= is_made && key == Some("name");
            let has_secret = key.is_some_and(is_secret)
                || is_made
                || secret_text::literal_keys(line).any(is_secret)
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
        // A JSON pointer in a patch says where a value belongs.
        let is_pointer = |piece: &&str| {
            key(piece).is_some_and(|key| ["path", "from"].contains(&key)) && unquoted(value(piece)).starts_with('/')
        };
        let pieces = pieces(line).into_iter().filter(has_value).chain([line]).filter(|piece| !is_pointer(piece));
        let texts = pieces.flat_map(|piece| {
            let after_sign = piece.split_once('=').map(|(_, value)| value);
            [Some(value(piece)), after_sign].into_iter().flatten()
        });
        // An error names an anchor, alias or tag without its sign.
        let texts = texts.map(|text| unquoted(text).trim_start_matches(['*', '&', '!', '=']));
        let texts = texts.filter(|text| !text.is_empty() && !text.contains("{{"));
        self.values.extend(texts.filter(|text| !matches!(*text, "|" | "|-" | ">" | ">-")).map(str::to_owned));
    }
}

/// Some files and all that `next` gives for them and for its results.
fn closure(mut open: Vec<FileId>, next: impl Fn(FileId) -> Vec<FileId>) -> BTreeSet<FileId> {
    let mut all = BTreeSet::new();
    while let Some(id) = open.pop() {
        if all.insert(id) {
            open.extend(next(id));
        }
    }
    all
}

/// The documents of a text, each with the number of lines before it.
fn documents<'d, 't>(lines: &'d [&'t str]) -> Vec<(usize, &'d [&'t str])> {
    let mut documents = Vec::new();
    let mut start = 0;
    while start < lines.len() {
        let rest = &lines[start..];
        let length = rest.iter().skip(1).position(|line| line.starts_with("---")).map_or(rest.len(), |next| next + 1);
        documents.push((start, &rest[..length]));
        start += length;
    }
    documents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    fn lines(text: &str, keys: &[&str]) -> Vec<usize> {
        let keys: Vec<SmolStr> = keys.iter().copied().map(SmolStr::from).collect();
        SecretLines::of(text, &Rules { keys: &keys, ..Rules::default() }, false).lines.into_iter().collect()
    }

    #[test]
    fn lines_with_secret_values_are_found() {
        let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  name: hunter22\n  key: |\n    line\ntype: Opaque\n";
        assert_eq!(lines(secret, &[]), [5, 6, 7, 8]);
        let two = format!("kind: ConfigMap\ndata: {{a: b}}\n---\n{secret}");
        assert_eq!(lines(&two, &[]), [8, 9, 10, 11]);
        assert_eq!(lines("{\"kind\": \"Secret\", \"data\": {\"a\": \"aGk=\"}}\n", &[]), [1]);
        assert!(lines(&secret.replace("Secret", "SecretStore").replace("stringData", "spec"), &[]).is_empty());
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
        let wrong = "secretGenerator:\n- name: db\n  files: [a=b, 'c=d=hunter22']\n  envs:\n  - password=hunter22\n";
        assert_eq!(lines(wrong, &[]), [3, 5]);
        for literal in
            ["literals: [\"dbPassword=x\"], foo: bar", "literals: dbPassword=x", "- 'dbPassword = x", "dbPassword=x"]
        {
            assert_eq!(lines(literal, &["*Password"]), [1], "{literal}");
            assert!(lines(literal, &["password"]).is_empty(), "{literal}");
        }
    }

    #[test]
    fn values_are_replaced_in_all_texts() {
        let text = "kind: Secret\nstringData:\n  password: hunter22\n  pin: '42'\n";
        let project = Project::in_memory([("secret.yaml", text)]);
        let file = project.file(&RelPath::new("secret.yaml").unwrap()).unwrap();
        let secrets = SecretValues::of(&project, &[]);
        let error = Diagnostic::new(Code::Yaml, "`hunter22!` has 42 characters").help("not `42` but hunter22");
        let shown = secrets.redact(&error.at(Location::new(file.id, 3, 1, 2)), &project);
        assert_eq!(shown.parts().message, "`(secret)!` has 42 characters");
        assert_eq!(shown.parts().help, ["not `(secret)` but (secret)"]);
        let public = Project::in_memory([("secret.yaml", text), ("a.yaml", "a: 42\nb: 2\n")]);
        let file = public.file(&RelPath::new("a.yaml").unwrap()).unwrap();
        for (line, want) in [(1, "`42` is too large"), (2, "`(secret)` is too large")] {
            let error = Diagnostic::new(Code::Yaml, "`42` is too large").at(Location::new(file.id, line, 4, 2));
            assert_eq!(secrets.redact(&error, &public).parts().message, want);
        }
        let human = crate::diagnostic::human::render(crate::diagnostic::Severity::Error, &shown, &project);
        assert!(human.contains("secret.yaml:3:1") && !human.contains("hunter"), "{human}");
    }
}
