//! `images`: names, tags and digests of container images.
//!
//! kustomize goes over an object twice: over every list called `containers` or `initContainers`, however deep and in
//! whatever kind, and then over its field specs. What the first pass made is what the second one finds.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::image::ImageParts;
use crate::kustomize::field;
use crate::kustomize::field::{Edits, Make, Trail};
use crate::kustomize::input::{Resources, Scope, cause};
use crate::kustomize::model::{Image, Kustomization, expression};
use crate::node::{Node, Value};
use crate::schema::fieldspec::FieldSpec;
use crate::source::Location;
use regex::Regex;

/// The step `images`.
pub(crate) fn step(resources: &mut Resources, kustomization: &Kustomization, scope: &Scope) -> Result<()> {
    kustomization.images.iter().try_for_each(|image| {
        apply(resources, image, &scope.specs.images, scope).map_err(cause::entry(image.at, "images"))
    })
}

/// Changes one image in all containers and in the fields that `specs` name.
pub(crate) fn apply(resources: &mut Resources, image: &Image, specs: &[FieldSpec], scope: &Scope) -> Result<()> {
    let name = Name::new(image)?;
    for resource in resources.iter_mut() {
        if resource.node.get("kind").and_then(Node::as_text) == Some("CustomResourceDefinition") {
            continue;
        }
        let mut pass = Pass { image, name: &name, changed: 0 };
        let mut edits = Edits::default();
        pass.containers(&resource.node, &mut Trail::default(), &mut edits).map_err(|error| resource.within(error))?;
        edits.apply(&mut resource.node);
        let first = pass.changed;
        let value = |old: &Node, _: &Trail, _: &FieldSpec| pass.value(old);
        field::change_all(&mut resource.node, specs, Make::Nothing, value).map_err(|error| resource.within(error))?;
        if first > 0 && pass.changed > first && image.appends() {
            let message = format!("the `tagSuffix` of `{}` is put behind the tag twice", image.name);
            let help = "kustomize changes containers in two passes; write `newTag` instead";
            scope.lossy(resource.within(Diagnostic::new(Code::Overlay, message).at(image.at).help(help)))?;
        }
    }
    Ok(())
}

impl Image {
    /// Whether the outcome depends on what the tag was.
    fn appends(&self) -> bool {
        self.new_tag.is_none() && self.digest.is_none() && self.tag_suffix.is_some()
    }
}

/// One image on its way over an object.
struct Pass<'a> {
    image: &'a Image,
    name: &'a Name<'a>,
    /// How many fields it changed so far.
    changed: usize,
}

impl Pass<'_> {
    /// The images of all containers in `node`.
    fn containers<'n>(&mut self, node: &'n Node, trail: &mut Trail<'n>, edits: &mut Edits) -> Result<(), Diagnostic> {
        match &node.value {
            Value::Scalar(_) => Ok(()),
            Value::Seq(items) => {
                items.iter().enumerate().try_for_each(|(i, item)| trail.index(i, |t| self.containers(item, t, edits)))
            }
            Value::Map(map) => map.iter().try_for_each(|entry| {
                let key = entry.key.text.as_str();
                trail.key(key, |trail| {
                    self.containers(&entry.value, trail, edits)?;
                    match entry.value.as_seq() {
                        Some(items) if key == "containers" || key == "initContainers" => items
                            .iter()
                            .enumerate()
                            .try_for_each(|(i, item)| trail.index(i, |trail| self.container(item, trail, edits))),
                        _ => Ok(()),
                    }
                })
            }),
        }
    }

    fn container<'n>(&mut self, node: &'n Node, trail: &mut Trail<'n>, edits: &mut Edits) -> Result<(), Diagnostic> {
        if node.is_null() {
            return Ok(());
        }
        let map = node.as_map().ok_or_else(|| {
            Diagnostic::new(Code::Resource, format!("a container must be a mapping, but this is {}", node.kind_name()))
                .at(node.at)
        })?;
        let Some(old) = map.get("image") else { return Ok(()) };
        if let Some(new) = self.value(old)? {
            trail.key("image", |trail| edits.push(trail, new));
        }
        Ok(())
    }

    /// The image reference in the place of `old`, if it is about that image and changes.
    fn value(&mut self, old: &Node) -> Result<Option<Node>, Diagnostic> {
        let text = &field::scalar(old, "image")?.text;
        if !self.name.matches(text) || self.image.kept.contains(text.as_str()) {
            return Ok(None);
        }
        let new = self.image.applied(text);
        if new == *text {
            return Ok(None);
        }
        self.changed += 1;
        Ok(Some(field::rewritten(old, &new, self.at())))
    }

    fn at(&self) -> Location {
        let image = self.image;
        let parts = [&image.new_tag, &image.digest, &image.new_name, &image.tag_suffix];
        parts.into_iter().flatten().next().map_or(image.at, |text| text.at)
    }
}

impl Image {
    /// An image reference with what is new in it.
    fn applied(&self, reference: &str) -> String {
        let ImageParts { name, tag, digest } = ImageParts::of_kustomize(reference);
        let (tag, digest) = (tag.unwrap_or_default(), digest.unwrap_or_default());
        let name = self.new_name.as_deref().unwrap_or(name);
        let suffixed;
        let (tag, digest) = match (self.new_tag.as_deref(), self.digest.as_deref(), self.tag_suffix.as_deref()) {
            (Some(tag), digest, _) => (tag, digest.unwrap_or("")),
            (None, Some(digest), _) => ("", digest),
            (None, None, Some(suffix)) => {
                suffixed = format!("{tag}{suffix}");
                (suffixed.as_str(), "")
            }
            (None, None, None) => (tag, digest),
        };
        let mut new = name.to_owned();
        for (mark, part) in [(':', tag), ('@', digest)] {
            if !part.is_empty() {
                new.push(mark);
                new.push_str(part);
            }
        }
        new
    }
}

/// The name of an entry of `images`, which kustomize takes for a regular expression.
enum Name<'a> {
    /// Letters that stand for themselves, and dots that stand for any character.
    Simple(&'a str),
    /// Anything else.
    Pattern(Box<Regex>),
}

impl<'a> Name<'a> {
    fn new(image: &'a Image) -> Result<Self, Diagnostic> {
        let name = &*image.name;
        if !name.contains(|c| "\\+*?()|[]{}^$".contains(c)) {
            return Ok(Name::Simple(name));
        }
        let pattern = expression::compile(&format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$"));
        pattern.map(|pattern| Name::Pattern(Box::new(pattern))).map_err(|why| {
            Diagnostic::new(Code::Overlay, format!("the image name `{name}` is no regular expression: {why}"))
                .at(image.name.at.or(image.at))
                .help("kustomize takes the names of images for regular expressions")
        })
    }

    /// Whether a reference is about this image, with or without a tag and digest.
    fn matches(&self, reference: &str) -> bool {
        let name = match self {
            Name::Pattern(pattern) => return pattern.is_match(reference),
            Name::Simple(name) => name,
        };
        let mut rest = reference.chars();
        for wanted in name.chars() {
            match rest.next() {
                Some(c) if c == wanted || wanted == '.' && c != '\n' => {}
                _ => return false,
            }
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_.{}-".contains(c);
        let mut rest = rest.as_str();
        if let Some(tag) = rest.strip_prefix(':') {
            rest = tag.trim_start_matches(allowed);
        }
        if let Some(digest) = rest.strip_prefix("@sha256:") {
            rest = digest.trim_start_matches(allowed);
        }
        rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Name;
    use crate::kustomize::Image;

    fn matches(name: &str, reference: &str) -> bool {
        let image = Image { name: name.into(), ..Image::default() };
        Name::new(&image).unwrap().matches(reference)
    }

    #[test]
    fn names() {
        for (name, reference, want) in [
            ("nginx", "nginx", true),
            ("nginx", "nginx:1.2", true),
            ("nginx", "nginx:1@sha256:ab", true),
            ("nginx", "nginx@sha256:ab", true),
            ("nginx", "nginx@sha512:ab", false),
            ("nginx", "nginx:1:2", false),
            ("nginx", "nginx:{v}", true),
            ("nginx", "my/nginx", false),
            ("nginx", "nginx2", false),
            ("a.b/c", "axb/c:1", true),
            ("a.b", "a\nb", false),
            ("", ":1", true),
            ("a+", "aaa:1", true),
            ("a|b", "ab", true),
            ("a|b", "a:1 x", true),
            ("(a|b)", "ab", false),
            ("reg:5000/x", "reg:5000/x:y", true),
        ] {
            assert_eq!(matches(name, reference), want, "{name} {reference}");
        }
        let image = Image { name: "(".into(), ..Image::default() };
        assert!(Name::new(&image).is_err());
    }
}
