//! Which images of the spec have an effect: decided once all branches are built.
//!
//! An image has an effect in a branch if an image of its objects has the name, or if its templates read it. An entry of a branch
//! without effect is an error of the branch, unless another branch has the image. In `defaults`, it is a warning.

use super::branch::BuiltBranch;
use super::image_use::ImageUse;
use super::unselected::UnselectedBranches;
use super::{Inputs, Selection};
use crate::diagnostic::{Code, Diagnostic, Severity, named, nearest};
use crate::image::ImageParts;
use crate::plan::{Branch, BranchSlots, SlotVersion};
use crate::source::Location;
use crate::spec::{BranchImage, Spec};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// What the check has found.
#[derive(Debug, Default)]
pub(super) struct CheckedImages {
    /// The warnings.
    pub(super) warnings: Vec<Diagnostic>,
    /// Those of the warnings about images in the entry of a branch that only other branches have.
    pub(super) of_others: Vec<Diagnostic>,
}

/// Checks the images of all branches, and adds the errors to those of the branches.
pub(super) fn check(inputs: &Inputs, built: &mut [BuiltBranch], unselected: &UnselectedBranches) -> CheckedImages {
    let spec = inputs.spec;
    let unmatched: BTreeMap<usize, Vec<UnmatchedImage>> = (built.iter().enumerate())
        .map(|(i, branch)| (i, unmatched(spec, branch)))
        .filter(|(_, images)| !images.is_empty())
        .collect();
    let is_known = |i: usize, image: &UnmatchedImage| {
        let mut others = built.iter().enumerate().filter(|(other, _)| *other != i);
        image.is_of_unread_version(&built[i].images) || others.any(|(_, other)| image.is_in(&other.images))
    };
    let needs_others = unmatched.iter().any(|(i, images)| images.iter().any(|image| !is_known(*i, image)));
    // The images of a branch that cannot be built are not known.
    let others = if needs_others { unselected.built() } else { &[] };
    let all = || built.iter().chain(others.iter().flatten()).map(|built| (built.branch, &built.images));
    let mut checked = CheckedImages { warnings: defaults(inputs, built), of_others: Vec::new() };
    let mut errors: BTreeMap<usize, Vec<Diagnostic>> = BTreeMap::new();
    for (i, images) in unmatched {
        for image in images {
            let built = &built[i];
            let diagnostic = image.diagnostic(built);
            let is_other = |branch: &Branch| branch.name != built.branch.name;
            let mut others = all().filter(|_| !image.is_of_unread_version(&built.images));
            if let Some((other, _)) = others.find(|(branch, images)| is_other(branch) && image.is_in(images)) {
                checked.of_others.push(diagnostic.help(format!("the branch `{}` has this image", other.name)));
                continue;
            }
            let diagnostic = image.explained(diagnostic, spec, &built.images);
            match spec.compat.unmatched {
                Severity::Error => errors.entry(i).or_default().push(diagnostic),
                Severity::Warning => checked.warnings.push(diagnostic),
            }
        }
    }
    for (i, errors) in errors {
        built[i].errors.extend(errors);
    }
    checked.warnings.extend(checked.of_others.iter().cloned());
    checked
}

/// An image in the entry of a branch that has no effect in the branch.
struct UnmatchedImage<'a> {
    name: &'a str,
    image: &'a BranchImage,
    /// The version in `slots` that has it, which only templates use.
    version: Option<&'a SmolStr>,
}

/// The images in the entry of a branch that have no effect in it.
fn unmatched<'b>(spec: &Spec, built: &'b BuiltBranch) -> Vec<UnmatchedImage<'b>> {
    let branch = built.branch;
    let inherited: BTreeSet<Location> = spec.defaults.images.values().flatten().map(|image| image.at).collect();
    let own = branch.images.iter().filter(|(_, image)| !inherited.contains(&image.at));
    let own = own.map(|(name, image)| UnmatchedImage { name, image, version: None });
    let own = own.filter(|image| !image.is_in(&built.images));
    let of_branch: BTreeSet<Location> = branch.images.values().map(|image| image.at).collect();
    let is_unread =
        |image: &BranchImage| ![&inherited, &of_branch, &built.reads].iter().any(|known| known.contains(&image.at));
    let versions = branch.slots.iter().flat_map(|slots| slots.versions.iter().map(move |version| (slots, version)));
    let versions = versions.filter(|(slots, (_, version))| !is_off(built, slots, version));
    let of_versions = versions.flat_map(|(_, (version, content))| {
        content.images.iter().map(move |(name, image)| UnmatchedImage { name, image, version: Some(version) })
    });
    own.chain(of_versions.filter(|image| is_unread(image.image))).collect()
}

/// Whether the weight of a version is 0 and the templates read it, so that they may omit the version.
fn is_off(built: &BuiltBranch, slots: &BranchSlots, SlotVersion { weight, .. }: &SlotVersion) -> bool {
    weight.value == 0 && slots.weights.contains(&weight.at) && built.reads.contains(&weight.at)
}

impl UnmatchedImage<'_> {
    /// Whether the templates of its own branch, which has these images, read the image of another version, so that other branches do
    /// not matter.
    fn is_of_unread_version(&self, own: &ImageUse) -> bool {
        self.version.is_some() && own.in_templates.contains(self.name)
    }

    /// Whether a branch with these images uses it.
    fn is_in(&self, images: &ImageUse) -> bool {
        if self.version.is_some() { images.in_templates.contains(self.name) } else { images.has(self.name) }
    }

    /// Adds what to try.
    fn explained(&self, error: Diagnostic, spec: &Spec, images: &ImageUse) -> Diagnostic {
        if let Some(version) = self.version.filter(|_| images.has(self.name)) {
            let key = &self.image.key.value;
            return error.help(format!(
                "use it in a template, such as `{{{{ slots.versions[\"{version}\"].images[\"{key}\"] }}}}`, or remove it"
            ));
        }
        explained(error, spec, (self.name, self.image), &images.names().collect::<Vec<_>>())
    }

    fn diagnostic(&self, built: &BuiltBranch) -> Diagnostic {
        let message = if self.version.is_some() && built.images.has(self.name) {
            format!("no template of this branch reads the image `{}` of a version in `slots`", self.name)
        } else {
            format!("no image of this branch has the name `{}`", self.name)
        };
        Diagnostic::new(Code::Spec, message).at(self.image.key.at).in_branch(&built.branch.name)
    }
}

/// A warning for each image in `defaults` that no branch has, if all branches are built.
fn defaults(inputs: &Inputs, built: &[BuiltBranch]) -> Vec<Diagnostic> {
    let objects: Vec<&ImageUse> = built.iter().filter(|b| b.branch.namespace().is_some()).map(|b| &b.images).collect();
    let is_whole = matches!(inputs.selection, Selection::All) && built.len() == inputs.plan.branches.len();
    if objects.is_empty() || !is_whole {
        return Vec::new();
    }
    let names: BTreeSet<&str> = objects.iter().flat_map(|images| images.names()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let set = inputs.spec.defaults.images.iter().filter_map(|(name, image)| Some((name.as_str(), image.as_ref()?)));
    let unmatched = set.filter(|(name, _)| !objects.iter().any(|images| images.has(name)));
    let warning = |image: (&str, &BranchImage)| {
        let message = format!("no image of any branch has the name `{}`", image.0);
        explained(Diagnostic::new(Code::Spec, message).at(image.1.key.at), inputs.spec, image, &names)
    };
    unmatched.map(warning).collect()
}

/// Adds what may be meant instead of the name of an image.
fn explained(mut error: Diagnostic, spec: &Spec, (name, image): (&str, &BranchImage), names: &[&str]) -> Diagnostic {
    let key = &image.key;
    if let Some(alias) = spec.image_aliases.get(&key.value) {
        error = error.note(alias.at, format!("`{}` is an alias of this name", key.value));
    }
    if let Some(near) = similar(name, names) {
        error = error.help(format!("did you mean `{near}`?"));
    } else if name.contains(['*', '?', '[', '(', '|', '^', '$', '\\']) {
        error = error.help("a name is compared as it is written: it is not a pattern");
    }
    error.help(listed(names))
}

/// The name that is probably meant: without a tag or a digest, with a registry, or spelled correctly.
pub(super) fn similar<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    let name = ImageParts::of(name).name;
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let exact = names.iter().find(|other| **other == name);
    let same_last = || names.iter().find(|other| last(other) == last(name));
    let spelled = || {
        let lasts: Vec<String> = names.iter().map(|other| last(other)).collect();
        let near = nearest(&last(name), lasts.iter().map(String::as_str))?.to_owned();
        names.iter().find(|other| last(other) == near)
    };
    exact.or_else(same_last).or_else(spelled).copied()
}

/// The names of the images that exist.
fn listed(names: &[&str]) -> String {
    match names {
        [] => "no object has an image".to_owned(),
        names => format!("the names of images are {}", named(names)),
    }
}

#[cfg(test)]
mod tests {
    use super::{listed, similar};

    #[test]
    fn similar_names_are_found() {
        let names = ["docker.io/library/redis", "registry.example.com/shop/backend", "registry.example.com/shop/web"];
        for (name, want) in [
            ("web", Some("registry.example.com/shop/web")),
            ("wbe", Some("registry.example.com/shop/web")),
            ("registry.example.com/shop/web:1.0", Some("registry.example.com/shop/web")),
            ("registry.example.com/shop/bakcend", Some("registry.example.com/shop/backend")),
            ("other.example.com/team/backend", Some("registry.example.com/shop/backend")),
            ("redis@sha256:00", Some("docker.io/library/redis")),
            ("registry.example.com/shop/proxy", None),
            ("registry.*", None),
            ("mysql", None),
        ] {
            assert_eq!(similar(name, &names), want, "{name}");
        }
    }

    #[test]
    fn names_are_listed() {
        let names: Vec<String> = (0..12).map(|i| format!("n{i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(listed(&names[..2]), "the names of images are `n0`, `n1`");
        assert!(listed(&names).ends_with("`n9` and 2 more"));
        assert_eq!(listed(&[]), "no object has an image");
    }
}
