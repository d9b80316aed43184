//! Images: references to them, and the short names that a spec gives them.

use super::section::{Section, text};
use super::{Placed, spec_error};
use crate::diagnostic::Diagnostic;
use crate::node::Map;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::fmt;

/// What an image is to become: a name, a tag or a digest, at least one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Registry and repository; without it, the name in the manifests stays.
    pub name: Option<SmolStr>,
    /// The tag.
    pub tag: Option<SmolStr>,
    /// The digest, with its algorithm.
    pub digest: Option<SmolStr>,
}

/// What the spec says of an image.
pub type Image = Placed<Reference>;

impl Reference {
    /// Reads `name`, `name:tag`, `name@digest`, `name:tag@digest`, `:tag` or `@digest`.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        let wrong = |why: String| {
            spec_error(format!("`{text}` is no image: {why}"))
                .help("an image is `name:tag`, `name@sha256:…`, or only `:tag` or `@sha256:…` to keep its name")
        };
        if text.is_empty() {
            return Err(wrong("it is empty".to_owned()));
        }
        let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
        // A colon before a slash belongs to the registry's port.
        let colon = rest.rfind(':').filter(|at| !rest[*at..].contains('/'));
        let (name, tag) = colon.map_or((rest, None), |at| (&rest[..at], Some(&rest[at + 1..])));
        if let Some(why) = (!name.is_empty()).then(|| name_fault(name)).flatten() {
            return Err(wrong(why));
        }
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(wrong(format!("`{tag}` is no tag")));
        }
        if let Some(digest) = digest.filter(|digest| !is_digest(digest)) {
            return Err(wrong(format!("`{digest}` is no digest")));
        }
        let part = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(Into::into);
        Ok(Reference { name: part(Some(name)), tag: part(tag), digest: part(digest) })
    }

    /// The full reference of the image that the manifests call `name`.
    pub fn of(&self, name: &str) -> String {
        let name = if self.name.is_some() { "" } else { name };
        format!("{name}{self}")
    }

    /// This reference with what it leaves open taken from `default`: a tag or digest stands for both.
    #[must_use]
    pub fn over(&self, default: &Reference) -> Self {
        let version = if self.tag.is_some() || self.digest.is_some() { self } else { default };
        let name = self.name.as_ref().or(default.name.as_ref());
        Reference { name: name.cloned(), tag: version.tag.clone(), digest: version.digest.clone() }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_deref().unwrap_or_default())?;
        self.tag.iter().try_for_each(|tag| write!(f, ":{tag}"))?;
        self.digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
    }
}

/// What is wrong with registry and repository.
fn name_fault(name: &str) -> Option<String> {
    let (registry, path) = match name.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), rest),
        _ => (None, name),
    };
    let is_registry = |registry: &str| {
        let (host, port) = registry.rsplit_once(':').unwrap_or((registry, "0"));
        let label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
        };
        host.split('.').all(label) && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
    };
    if let Some(registry) = registry.filter(|registry| !is_registry(registry)) {
        return Some(format!("`{registry}` is no registry"));
    }
    let is_component = |part: &str| {
        let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let bytes = part.as_bytes();
        edge(bytes.first())
            && edge(bytes.last())
            && bytes.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
    };
    let part = path.split('/').find(|part| !is_component(part))?;
    Some(if part.is_empty() {
        "a part of its name is empty".to_owned()
    } else {
        format!("`{part}` is no part of a name")
    })
}

fn is_tag(tag: &str) -> bool {
    tag.len() <= 128
        && tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

fn is_digest(digest: &str) -> bool {
    digest.split_once(':').is_some_and(|(algorithm, hex)| {
        let len = match algorithm {
            "sha256" => 64,
            "sha512" => 128,
            _ => return false,
        };
        hex.len() == len && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Reads the aliases. No image has two, since a manifest could not tell which one is meant.
pub(super) fn aliases(top: &Section, faults: &mut Vec<Diagnostic>) -> BTreeMap<SmolStr, Placed<SmolStr>> {
    let mut aliases: BTreeMap<SmolStr, Placed<SmolStr>> = BTreeMap::new();
    for entry in top.map("imageAliases").into_iter().flatten() {
        let (alias, at) = (&entry.key.text, entry.value.at);
        let Some(name) = text(&entry.value).filter(|name| !name.is_empty()) else { continue };
        let bare = match Reference::parse(&name) {
            Ok(Reference { name: Some(_), tag: None, digest: None }) => Ok(()),
            Ok(_) => Err(spec_error(format!("the alias `{alias}` stands for `{name}`, which is more than a name"))
                .help("an alias is for a name without tag or digest; these belong to `images:`")),
            Err(error) => Err(error),
        };
        let twin = aliases.iter().find(|(_, other)| other.value == name);
        if let Err(error) = bare {
            faults.push(error.at(at));
        } else if let Some((other, place)) = twin {
            let error = spec_error(format!("`{name}` has two aliases, `{other}` and `{alias}`"));
            faults.push(error.at(at).note(place.at, "the other one"));
        } else {
            aliases.insert(alias.clone(), Placed { value: name, at });
        }
    }
    aliases
}

/// Reads images by their names in the manifests; `None` stands for a default that is taken out.
pub(super) fn images(
    map: Option<&Map>,
    aliases: &BTreeMap<SmolStr, Placed<SmolStr>>,
    faults: &mut Vec<Diagnostic>,
) -> BTreeMap<SmolStr, Option<Image>> {
    let mut images = BTreeMap::new();
    let mut keys: BTreeMap<SmolStr, &SmolStr> = BTreeMap::new();
    for entry in map.into_iter().flatten() {
        let key = &entry.key.text;
        let name = aliases.get(key).map_or(key, |name| &name.value);
        if let Some(other) = keys.insert(name.clone(), key) {
            faults.push(spec_error(format!("`{other}` and `{key}` are the same image")).at(entry.key.at));
        }
        let image = match text(&entry.value).map(|text| Reference::parse(&text)) {
            None if entry.value.is_null() => None,
            None => continue,
            Some(Ok(value)) => Some(Placed { value, at: entry.value.at }),
            Some(Err(error)) => {
                faults.push(error.at(entry.value.at));
                continue;
            }
        };
        images.insert(name.clone(), image);
    }
    images
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for (text, name, tag, has_digest) in [
            ("nginx", Some("nginx"), None, false),
            ("nginx:1.27", Some("nginx"), Some("1.27"), false),
            (
                "registry.example.com/shop/backend:3f2c1a9",
                Some("registry.example.com/shop/backend"),
                Some("3f2c1a9"),
                false,
            ),
            ("localhost:5000/a/b", Some("localhost:5000/a/b"), None, false),
            ("registry:5000/a:b", Some("registry:5000/a"), Some("b"), false),
            (":main", None, Some("main"), false),
            (&format!("@{digest}"), None, None, true),
            (&format!(":main@{digest}"), None, Some("main"), true),
            (&format!("a/b__c:x@{digest}"), Some("a/b__c"), Some("x"), true),
        ] {
            let reference = Reference::parse(text).unwrap();
            assert_eq!((reference.name.as_deref(), reference.tag.as_deref()), (name, tag), "{text}");
            assert_eq!(reference.digest.is_some(), has_digest, "{text}");
            assert_eq!(reference.to_string(), text);
        }
        let long = format!("a:{}", "t".repeat(129));
        for bad in [
            "",
            ":",
            "@",
            "a:",
            "a@",
            "A/b",
            "a//b",
            "/a",
            "a/",
            "a b",
            "a:b c",
            "a:-b",
            &long,
            "a@sha256:12",
            "a@md5:00",
            "re_gistry.example.com:x/a",
            "https://registry.example.com/a",
            "a/-b",
            "a:b:c",
        ] {
            assert!(Reference::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_branch_says_only_what_differs() {
        let digest = format!("sha256:{}", "0".repeat(64));
        for (own, default, want) in [
            (":b", "r.example.com/x:a", "r.example.com/x:b".to_owned()),
            ("y", "r.example.com/x:a", "y:a".to_owned()),
            ("y:b", "x:a", "y:b".to_owned()),
            (&*format!("@{digest}"), "x:a", format!("x@{digest}")),
            (":b", &*format!("x@{digest}"), "x:b".to_owned()),
        ] {
            let (own, default) = (Reference::parse(own).unwrap(), Reference::parse(default).unwrap());
            assert_eq!(own.over(&default).to_string(), want);
        }
    }
}
