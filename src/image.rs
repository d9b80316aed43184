//! References to container images: their parts and their syntax.
//!
//! Nothing here connects to a registry. The fields that contain images are defined elsewhere.

use crate::diagnostic::{Code, Diagnostic};
use smol_str::SmolStr;
use std::fmt;

/// The parts of a reference as it is written, valid or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ImageParts<'a> {
    /// Registry and repository.
    pub(crate) name: &'a str,
    /// The part after the colon.
    pub(crate) tag: Option<&'a str>,
    /// The part after the `@`.
    pub(crate) digest: Option<&'a str>,
}

impl<'a> ImageParts<'a> {
    /// Splits a reference. A colon before a slash starts the port of the registry.
    pub(crate) fn of(reference: &'a str) -> Self {
        let (rest, digest) = reference.split_once('@').map_or((reference, None), |(rest, digest)| (rest, Some(digest)));
        let colon = rest.rfind(':').filter(|at| !rest[*at..].contains('/'));
        let (name, tag) = colon.map_or((rest, None), |at| (&rest[..at], Some(&rest[at + 1..])));
        ImageParts { name, tag, digest }
    }

    /// Splits a reference like kustomize, which splits at the first colon after the first slash. The result differs only for
    /// invalid references.
    pub(crate) fn of_kustomize(reference: &'a str) -> Self {
        let path = reference.find('/').filter(|at| *at > 0).unwrap_or(0);
        let find = |mark: char| reference[path..].find(mark).map(|at| path + at);
        let (name, tag, digest) = match (find(':'), find('@')) {
            (None, None) => (reference, None, None),
            (Some(colon), None) => (&reference[..colon], Some(&reference[colon + 1..]), None),
            (Some(colon), Some(at)) if colon < at => {
                (&reference[..colon], Some(&reference[colon + 1..at]), Some(&reference[at + 1..]))
            }
            (_, Some(at)) => (&reference[..at], None, Some(&reference[at + 1..])),
        };
        ImageParts { name, tag, digest }
    }

    /// The registry host, if the name starts with one, and the repository path.
    pub(crate) fn location(&self) -> (Option<&'a str>, &'a str) {
        match self.name.split_once('/') {
            Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), path),
            _ => (None, self.name),
        }
    }
}

/// The fields of a pod that are lists whose items have an image, and the path of the image in an item.
const POD_LISTS: [(&str, &[&str]); 4] = [
    ("containers", &["image"]),
    ("ephemeralContainers", &["image"]),
    ("initContainers", &["image"]),
    ("volumes", &["image", "reference"]),
];

/// The path of the image in an item of a list of a pod, such as `containers`; `None` for other lists.
pub(crate) fn path_in_pod_list(key: &str) -> Option<&'static [&'static str]> {
    POD_LISTS.iter().find(|(name, _)| *name == key).map(|(_, path)| *path)
}

/// An image in the spec: at least one of name, tag and digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImageReference {
    /// Registry and repository. `None` keeps the name in the manifests.
    pub(crate) name: Option<SmolStr>,
    /// The tag.
    pub(crate) tag: Option<SmolStr>,
    /// The digest, with its algorithm.
    pub(crate) digest: Option<SmolStr>,
}

impl ImageReference {
    /// Reads `name`, `name:tag`, `name@digest`, `name:tag@digest`, `:tag` or `@digest`.
    pub(crate) fn parse(text: &str) -> Result<Self, Diagnostic> {
        let invalid = |why: String, help: Option<String>| {
            let error = Diagnostic::new(Code::Spec, format!("`{text}` is not a valid image: {why}"));
            help.into_iter()
                .fold(error, Diagnostic::help)
                .help("use `name:tag` or `name@sha256:…`; to keep the name, use only `:tag` or `@sha256:…`")
        };
        if text.is_empty() {
            return Err(invalid("it is empty".to_owned(), None));
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            let why = format!("`{scheme}://` is not part of an image name");
            return Err(invalid(why, Some(format!("write `{rest}`"))));
        }
        let parts = ImageParts::of(text);
        let ImageParts { name, tag, digest } = parts;
        let location = parts.location();
        if let Some(why) = (!name.is_empty()).then(|| name_error(location)).flatten() {
            return Err(invalid(why, lower_case_help(location)));
        }
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(invalid(format!("`{tag}` is not a valid tag"), Some(TAG_HELP.to_owned())));
        }
        if let Some(digest) = digest.filter(|digest| !is_digest(digest)) {
            return Err(invalid(format!("`{digest}` is not a valid digest"), Some(DIGEST_HELP.to_owned())));
        }
        let part = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(Into::into);
        Ok(ImageReference { name: part(Some(name)), tag: part(tag), digest: part(digest) })
    }

    /// Reads a reference that replaces an image. A word alone is refused: it is usually a tag without its colon.
    pub(crate) fn parse_replacement(text: &str) -> Result<Self, Diagnostic> {
        let reference = Self::parse(text)?;
        if text.contains(['/', ':', '@']) {
            return Ok(reference);
        }
        let message = format!("`{text}` is neither a full reference nor `:TAG` nor `@DIGEST`");
        let help = format!("for a tag, write `:{text}`; for an image of Docker Hub, write `docker.io/library/{text}`");
        Err(Diagnostic::new(Code::Spec, message).help(help))
    }

    /// The full reference of the image that is `name` in the manifests.
    pub(crate) fn of(&self, name: &str) -> String {
        let name = if self.name.is_some() { "" } else { name };
        format!("{name}{self}")
    }

    /// The full reference of an image after this reference replaces its parts. A new tag or digest replaces both.
    pub(crate) fn replacing(&self, old: ImageParts) -> String {
        let part = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(SmolStr::from);
        let old = ImageReference { name: part(Some(old.name)), tag: part(old.tag), digest: part(old.digest) };
        self.over(&old).to_string()
    }

    /// This reference, completed from `default`. Tag and digest are taken together: with one of them, this reference takes
    /// neither from `default`.
    #[must_use]
    pub(crate) fn over(&self, default: &ImageReference) -> Self {
        let version = if self.tag.is_some() || self.digest.is_some() { self } else { default };
        let name = self.name.as_ref().or(default.name.as_ref());
        ImageReference { name: name.cloned(), tag: version.tag.clone(), digest: version.digest.clone() }
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_deref().unwrap_or_default())?;
        self.tag.iter().try_for_each(|tag| write!(f, ":{tag}"))?;
        self.digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
    }
}

/// The error in the registry or repository, if there is one.
fn name_error((registry, path): (Option<&str>, &str)) -> Option<String> {
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
        return Some(format!("`{registry}` is not a valid registry"));
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
        "a name component is empty".to_owned()
    } else {
        format!("`{part}` is not a valid name component")
    })
}

/// The help for a path with upper-case letters.
fn lower_case_help((registry, path): (Option<&str>, &str)) -> Option<String> {
    let lower = path.to_lowercase();
    let registry = registry.map_or(String::new(), |registry| format!("{registry}/"));
    (lower != path).then(|| format!("the name of an image is lower case, such as `{registry}{lower}`"))
}

const TAG_HELP: &str =
    "a tag is at most 128 letters, digits, `_`, `.` and `-`, and begins with a letter, a digit or `_`";
const DIGEST_HELP: &str = "a digest is `sha256:` and 64 digits of 0-9 and a-f, or `sha512:` and 128 of them";

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

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row has the parts of pleach, then the parts of kustomize.
    #[test]
    fn references_are_split() {
        let (none, some) = (None, Some);
        for (text, own, kustomize) in [
            ("nginx", ("nginx", none, none), ("nginx", none, none)),
            ("nginx:1", ("nginx", some("1"), none), ("nginx", some("1"), none)),
            ("nginx@d", ("nginx", none, some("d")), ("nginx", none, some("d"))),
            ("nginx:1@d:e", ("nginx", some("1"), some("d:e")), ("nginx", some("1"), some("d:e"))),
            ("r:5000/a", ("r:5000/a", none, none), ("r:5000/a", none, none)),
            ("r:5000/a:1@d", ("r:5000/a", some("1"), some("d")), ("r:5000/a", some("1"), some("d"))),
            (":1", ("", some("1"), none), ("", some("1"), none)),
            ("a@d:2", ("a", none, some("d:2")), ("a", none, some("d:2"))),
            ("/a:1", ("/a", some("1"), none), ("/a", some("1"), none)),
            ("a:", ("a", some(""), none), ("a", some(""), none)),
            ("a/b:c/d", ("a/b:c/d", none, none), ("a/b", some("c/d"), none)),
            ("a:b:c", ("a:b", some("c"), none), ("a", some("b:c"), none)),
            ("a@b/c", ("a", none, some("b/c")), ("a@b/c", none, none)),
            ("", ("", none, none), ("", none, none)),
        ] {
            let parts = |parts: ImageParts<'static>| (parts.name, parts.tag, parts.digest);
            assert_eq!(parts(ImageParts::of(text)), own, "{text}");
            assert_eq!(parts(ImageParts::of_kustomize(text)), kustomize, "{text} in kustomize");
        }
    }

    #[test]
    fn valid_references_are_parsed_and_others_are_refused() {
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
            let reference = ImageReference::parse(text).unwrap();
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
            assert!(ImageReference::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_reference_is_completed_from_the_default() {
        let digest = format!("sha256:{}", "0".repeat(64));
        for (own, default, want) in [
            (":b", "r.example.com/x:a", "r.example.com/x:b".to_owned()),
            ("y", "r.example.com/x:a", "y:a".to_owned()),
            ("y:b", "x:a", "y:b".to_owned()),
            (&*format!("@{digest}"), "x:a", format!("x@{digest}")),
            (":b", &*format!("x@{digest}"), "x:b".to_owned()),
        ] {
            let (own, default) = (ImageReference::parse(own).unwrap(), ImageReference::parse(default).unwrap());
            assert_eq!(own.over(&default).to_string(), want);
        }
    }
}
