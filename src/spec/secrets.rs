//! `secrets:`, what a build does with secret values, and which values no report shows.

use super::section::{Section, text};
use super::{FILE, Placed, names, path, spec_error};
use crate::diagnostic::Diagnostic;
use crate::node::Node;
use crate::source::{File, Project, RelPath};
use crate::yaml::{self, Dialect};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// The content of `secrets:`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SecretRules {
    /// What a build does with a Secret that contains values.
    pub(crate) mode: SecretsMode,
    /// The names of the Secrets that may contain values.
    pub(crate) allow: Vec<Placed<SmolStr>>,
    /// Patterns of keys, in the spec and in objects, whose values are secret.
    pub(crate) keys: Vec<Placed<SmolStr>>,
}

/// What a build does with a Secret that contains values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SecretsMode {
    /// It is an error.
    Refuse,
    /// It is a warning.
    #[default]
    Warn,
    /// It is accepted.
    Allow,
}

impl SecretRules {
    pub(super) fn of(top: &Section, faults: &mut Vec<Diagnostic>) -> Self {
        let Some(section) = top.section("secrets") else {
            let mode = top.node("secrets").map(|node| SecretsMode::of("secrets", node, faults));
            return SecretRules { mode: mode.unwrap_or_default(), ..SecretRules::default() };
        };
        let mode = section.node("mode").map(|node| SecretsMode::of("mode", node, faults)).unwrap_or_default();
        if let Some(at) = section.key_place("allow").filter(|_| mode == SecretsMode::Allow) {
            let error =
                spec_error("`allow` has no effect, because `mode: allow` accepts every Secret".to_owned()).at(at);
            faults.push(error.help("remove it, or set `mode: refuse`"));
        }
        let mut list = |key, what| section.list(key).map(|list| names::read(list, what, faults)).unwrap_or_default();
        SecretRules { mode, allow: list("allow", "Secret"), keys: list("keys", "pattern") }
    }

    /// Whether a Secret of this name may contain values.
    pub(crate) fn allows(&self, name: &str) -> bool {
        self.allow.iter().any(|allowed| allowed.value == name)
    }
}

impl SecretsMode {
    fn of(field: &str, node: &Node, faults: &mut Vec<Diagnostic>) -> Self {
        match text(node).as_deref() {
            Some("refuse") => SecretsMode::Refuse,
            Some("allow") => SecretsMode::Allow,
            Some(other) if other != "warn" => {
                let message = format!("`{field}` must be `refuse`, `warn` or `allow`, got `{other}`");
                faults.push(spec_error(message).at(node.at).suggest(other, MODES));
                SecretsMode::Warn
            }
            // The schema reports another type.
            _ => SecretsMode::Warn,
        }
    }
}

const MODES: [&str; 3] = ["refuse", "warn", "allow"];

/// The patterns of `secrets.keys`, also of a spec with errors. Where the project is not a workspace, those of all workspaces with
/// files that it has read.
pub(crate) fn secret_keys(project: &Project) -> Vec<SmolStr> {
    if let Some(spec) = project.file(&path(FILE)) {
        return keys_of(&spec);
    }
    let mut folders = BTreeSet::new();
    for file in project.files_read() {
        let mut folder = file.path.parent();
        while folder != RelPath::root() && folders.insert(folder.clone()) {
            folder = folder.parent();
        }
    }
    let specs = folders.iter().filter_map(|folder| project.file(&folder.join(FILE)?));
    specs.flat_map(|spec| keys_of(&spec)).collect()
}

fn keys_of(spec: &File) -> Vec<SmolStr> {
    // Reading a long spec again takes time.
    if !String::from_utf8_lossy(&spec.bytes).contains("secrets") {
        return Vec::new();
    }
    match yaml::documents(spec, Dialect::Kubernetes) {
        Ok(documents) => {
            let keys = documents.iter().filter_map(|document| document.get("secrets")?.get("keys")?.as_seq());
            keys.flatten().filter_map(text).collect()
        }
        Err(_) => written_keys(&String::from_utf8_lossy(&spec.bytes)),
    }
}

/// The words after `keys` in the entry `secrets` of a text that is not YAML.
fn written_keys(text: &str) -> Vec<SmolStr> {
    let lines = text.lines().skip_while(|line| !line.trim_matches(['"', '\'', '{', ' ']).starts_with("secrets"));
    let goes_on = |line: &&str| line.starts_with([' ', '-', '\t', '#']) || line.trim().is_empty();
    let entry: String = lines.clone().take(1).chain(lines.skip(1).take_while(goes_on)).collect::<Vec<_>>().join("\n");
    let Some((_, keys)) = entry.split_once("keys") else { return Vec::new() };
    let words = keys.split(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}' | '"' | '\'' | ':'));
    words.filter(|word| !matches!(*word, "" | "-" | "mode" | "allow")).map(SmolStr::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_a_text_that_is_not_yaml() {
        for text in [
            "project: x\nsecrets:\n  mode: warn\n  keys: [\"*Password\", token]\nbranches: [\n",
            "secrets:\n  keys:\n  - '*Password'\n  - token\nbranches: [\n",
            "secrets: {keys: ['*Password', token]}\nbranches: [\n",
        ] {
            let project = Project::in_memory([(FILE, text)]);
            assert_eq!(secret_keys(&project), ["*Password", "token"], "{text}");
            let valid = Project::in_memory([(FILE, text.replace("branches: [", "branches: []"))]);
            assert_eq!(secret_keys(&valid), ["*Password", "token"], "{text}");
        }
    }
}
