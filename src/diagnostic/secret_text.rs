//! Where the values of a text end up, found by lines: in objects of which kinds, in patches of which targets, in which templates.
//!
//! What the text does not show counts as secret.

use std::ops::Range;

/// The kinds whose objects have secret values.
const SECRETS: [&str; 2] = ["Secret", "SecretGenerator"];

/// The fields of a Secret that have values.
pub(super) const DATA: [&str; 3] = ["data", "stringData", "binaryData"];

/// Whether some lines have `kind: Secret`, also as JSON, or a kind that is not written as one word.
pub(super) fn may_be_secret(lines: &[&str]) -> bool {
    kinds(lines).into_iter().any(|kind| {
        let (word, rest) = split_word(kind);
        match rest.chars().next() {
            // A mapping or a list is not the kind of an object.
            Some('{') if word.is_empty() => rest.starts_with("{{") || rest.starts_with("{%") || rest.starts_with("{#"),
            Some('{' | '\\') => true,
            Some('*' | '&' | '!' | '|' | '>') if word.is_empty() => true,
            _ => SECRETS.contains(&word),
        }
    })
}

/// Whether some lines have the key `stringData`, or, if `data` is enough, another field with the values of a Secret.
pub(super) fn has_data(lines: &[&str], is_data_enough: bool) -> bool {
    let is_data = |key: &str| key == "stringData" || is_data_enough && DATA.contains(&key);
    keys(lines).any(is_data)
}

/// Whether a document has a kind of its own, which its text shows, or is empty.
pub(super) fn has_own_kind(lines: &[&str]) -> bool {
    let is_content = |line: &&&str| {
        let line = line.trim();
        !line.is_empty()
            && !line.starts_with(['#', '}'])
            && !line.starts_with("{%")
            && !line.starts_with("{#")
            && line != "{"
    };
    let content: Vec<&str> = lines.iter().filter(is_content).copied().collect();
    if content.is_empty() {
        return true;
    }
    let least = content.iter().filter(|line| !line.starts_with("---")).map(|line| indent(line)).min();
    content.iter().any(|line| Some(indent(line)) == least && keys(&[*line]).any(|key| key == "kind"))
}

/// Whether a text changes the kind of objects, so that the kind in a file is not the one in the output.
pub(super) fn changes_kinds(text: &str) -> bool {
    let has_field_paths = text.contains("fieldPaths");
    text.contains("allowKindChange")
        || text.contains("kind")
            && text.lines().flat_map(pieces).any(|piece| {
                key(piece) == Some("path") && unquoted(value(piece)) == "/kind"
                    || has_field_paths && unquoted(value(piece.trim_start_matches("- "))) == "kind"
            })
}

/// The patches of a document whose target may be a Secret; with `any`, those of all targets.
#[derive(Debug, Default)]
pub(super) struct SecretPatches<'t> {
    /// The files.
    pub(super) files: Vec<&'t str>,
    /// The lines of those that the document has itself.
    pub(super) inline: Vec<Range<usize>>,
}

impl<'t> SecretPatches<'t> {
    pub(super) fn of(document: &[&'t str], any: bool) -> Self {
        let mut patches = SecretPatches::default();
        for (index, line) in document.iter().enumerate() {
            let targets = pieces(line).into_iter().filter(|piece| key(piece) == Some("target")).count();
            if targets == 0 || !(any || may_select_secret(&document[index..], targets)) {
                continue;
            }
            let item = item(document, index);
            let named =
                document[item.clone()].iter().flat_map(|line| pieces(line)).filter(|piece| key(piece) == Some("path"));
            patches.files.extend(named.map(|piece| unquoted(value(piece))));
            if keys(&document[item.clone()]).any(|key| key == "patch") {
                patches.inline.push(item);
            }
        }
        patches
    }
}

/// Whether one of the `targets` in the first of some lines may select a Secret: each needs a kind, without a pattern.
fn may_select_secret(lines: &[&str], targets: usize) -> bool {
    let Some(at) = lines[0].find("target") else { return true };
    let below = lines[1..].iter().take_while(|line| line.trim().is_empty() || indent(line) > at).copied();
    let target: Vec<&str> = std::iter::once(&lines[0][at..]).chain(below).collect();
    let kinds = kinds(&target);
    let is_other = |kind: &&str| {
        let (word, rest) = split_word(kind);
        let ends = rest.chars().next().is_none_or(|next| next.is_whitespace() || ",}]\"'".contains(next));
        !word.is_empty() && ends && !SECRETS.contains(&word)
    };
    kinds.len() < targets || !kinds.iter().all(is_other)
}

/// The item of a list in block style that has a line; the whole document if no item has it.
fn item(document: &[&str], index: usize) -> Range<usize> {
    let depth = indent(document[index]);
    let is_start = |at: &usize| {
        let line = document[*at];
        line.trim_start().starts_with('-') && !line.starts_with("---") && (*at == index || indent(line) < depth)
    };
    let Some(start) = (0..=index).rev().find(is_start) else { return 0..document.len() };
    let is_after = |line: &&str| !line.trim().is_empty() && indent(line) <= indent(document[start]);
    let length = document[start + 1..].iter().position(is_after).unwrap_or(document.len() - start - 1);
    start..start + 1 + length
}

/// The templates that a template includes, imports or extends. `None` for a name that is not written in it.
pub(super) fn included(text: &str) -> Vec<Option<&str>> {
    let tags = text.split("{%").skip(1).map(|tag| tag.split("%}").next().unwrap_or(tag));
    tags.flat_map(|tag| {
        let tag = tag.trim_start_matches(['-', '+']).trim();
        let (word, rest) = tag.split_once(|c: char| c.is_whitespace() || "\"'[(".contains(c)).unwrap_or((tag, ""));
        if !["include", "import", "from", "extends"].contains(&word) {
            return Vec::new();
        }
        let start = tag.len() - rest.len();
        let names = &tag[tag[..start].trim_end_matches(|c: char| !c.is_alphanumeric()).len()..];
        let quoted: Vec<_> = names.split(['"', '\'']).skip(1).step_by(2).map(Some).collect();
        let is_written = names.trim_start().starts_with(['"', '\'', '[']) && !names.contains('~');
        if is_written { quoted } else { vec![None] }
    })
    .collect()
}

/// Whether a template makes a key of a line, or the value of its key `name`.
pub(super) fn has_made_key(line: &str) -> bool {
    let is_key = |rest: &str| {
        let rest = rest.trim_start_matches(|c: char| c.is_alphanumeric() || "._-/\"' ".contains(c));
        rest.strip_prefix(':').is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let ends = ["}}", "%}"].iter().flat_map(|end| line.match_indices(end));
    ends.into_iter().any(|(at, end)| is_key(&line[at + end.len()..]))
        || key(line) == Some("name") && value(line).contains("{{")
}

/// The texts after `kind:`.
fn kinds<'t>(lines: &[&'t str]) -> Vec<&'t str> {
    let mut kinds = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        for (at, word) in line.match_indices("kind") {
            let rest = line[at + word.len()..].trim_start_matches(['"', '\'']).trim_start();
            let Some(kind) = rest.strip_prefix(':') else { continue };
            // The value may begin on the next line.
            let next = lines.get(index + 1).filter(|next| kind.trim().is_empty() && !next.contains(':'));
            kinds.push(next.unwrap_or(&kind).trim().trim_start_matches(['"', '\'']));
        }
    }
    kinds
}

/// The letters and digits at the start of a text, and the rest.
fn split_word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len()))
}

fn keys<'t>(lines: &[&'t str]) -> impl Iterator<Item = &'t str> {
    lines.iter().flat_map(|line| pieces(line)).filter_map(key)
}

pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The parts of a line in flow style.
pub(super) fn pieces(line: &str) -> Vec<&str> {
    line.split([',', '{', '}', '[', ']']).map(str::trim).collect()
}

/// The key of a line `key: value`.
pub(super) fn key(line: &str) -> Option<&str> {
    let line = line.trim().trim_start_matches("- ");
    if line.starts_with("---") {
        return Some("---");
    }
    line.split_once(':').map(|(key, _)| unquoted(key))
}

/// The value of a line `key: value`, or the whole line.
pub(super) fn value(line: &str) -> &str {
    line.split_once(": ").map_or(line, |(_, value)| value)
}

/// The keys of the literals `key=value` in a line.
pub(super) fn literal_keys(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices('=').filter_map(|(at, _)| {
        let before = line[..at].trim_end();
        before.rsplit(|c: char| c.is_whitespace() || "\"'[]{},:=".contains(c)).next()
    })
}

pub(super) fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\'']).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<&str> {
        text.lines().collect()
    }

    #[test]
    fn a_kind_that_is_not_one_word_may_be_a_secret() {
        for text in [
            "kind: Secret",
            "\"kind\": \"Secret\"",
            "kind: {{ \"Secret\" }}",
            "kind: 'Se{{ x }}'",
            "kind: *kind",
            "kind: !!str Secret",
            "kind:\n  Secret",
            "kind: {% if x %}Secret{% endif %}",
            "{kind: SecretGenerator}",
        ] {
            assert!(may_be_secret(&lines(text)), "{text}");
        }
        for text in
            ["kind: SecretStore", "kind: Deployment", "kind: {type: string}", "kind:\n  type: string", "kind: [x]"]
        {
            assert!(!may_be_secret(&lines(text)), "{text}");
        }
    }

    #[test]
    fn patches_of_secrets_are_found_by_their_targets() {
        let files = |text: &str| SecretPatches::of(&lines(text), false).files.join(" ");
        for (text, want) in [
            ("patches:\n- path: a\n  target: {kind: Secret}\n- path: b\n  target: {kind: Deployment}", "a"),
            (
                "patches:\n  - target:\n      kind: Deployment\n    path: a\n  - target:\n      name: x\n    path: b",
                "b",
            ),
            ("patches:\n- {path: a, target: {kind: 'S.*'}}\n- {path: b, target: {kind: Job, name: .*}}", "a"),
            ("patches: [{path: a, target: {kind: Job}}, {path: b, target: {name: x}}]", "a b"),
            ("kind: PatchTransformer\npath: a\ntarget:\n  kind: Secret", "a"),
            ("patches:\n- path: a\n- path: b\n", ""),
        ] {
            assert_eq!(files(text), want, "{text}");
        }
        let inline = SecretPatches::of(&lines("patches:\n- target: {name: x}\n  patch: a"), false).inline;
        assert!(matches!(&inline[..], [lines] if *lines == (1..3)), "{inline:?}");
    }

    #[test]
    fn included_templates_are_found() {
        let text = "{% include \"a.j2\" %}{%- from 'b.j2' import x -%}{% include [\"c\", \"d\"] %}{% extends e %}{% set f = 'f' %}";
        assert_eq!(included(text), [Some("a.j2"), Some("b.j2"), Some("c"), Some("d"), None]);
    }

    #[test]
    fn made_keys_and_changed_kinds_are_found() {
        for line in ["pass{{ x }}: y", "\"pass{{ \"word\" }}\": y", "{{ x }}word: y", "{a: {{ x }}, b{{ x }}: [y]}"] {
            assert!(has_made_key(line), "{line}");
        }
        for line in ["a: {{ x }}", "a: 'x {{ y }} z'", "a: {{ x }}:80", "a: b"] {
            assert!(!has_made_key(line), "{line}");
        }
        for text in [
            "- op: replace\n  path: /kind\n",
            "[{op: add, path: /kind}]",
            "fieldPaths: [kind]",
            "allowKindChange: true",
        ] {
            assert!(changes_kinds(text), "{text}");
        }
        assert!(!changes_kinds("required: [kind]\npath: /spec/kind\n"));
    }
}
