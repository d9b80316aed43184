//! Finds, creates and changes the fields of an object that a field spec selects.
//!
//! An object is read first and changed afterwards, and only where a value really changes, because its parts are shared
//! with other branches: [`change`] calls a function for the new value of every field at the end of a path, then sets
//! those values. All items of the lists on a path are included.

mod by_kind;
pub(crate) mod configuration;
pub(crate) mod crd;
pub(crate) mod folded;
pub(crate) mod linked;
pub(crate) mod path;

pub(crate) use by_kind::SpecsByKind;

use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Map, MapEntry, MapKey, Node, Scalar, Style, Tag, Value};
use crate::resource::PathStep;
use crate::schema::Gvk;
use crate::schema::fieldspec::FieldSpec;
use crate::source::Location;
use crate::work::WorkCounter;
use crate::yaml::{self, Dialect};
use std::borrow::Cow;

/// What replaces a field that is missing or null, if its spec has `create: true`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Make {
    /// Nothing, regardless of the field spec.
    Nothing,
    /// An empty mapping.
    Map,
    /// A string.
    Str,
    /// A scalar whose type its text decides.
    Plain,
}

/// A way down into an object.
#[derive(Debug, Default)]
pub(crate) struct Trail<'a>(Vec<BorrowedStep<'a>>);

#[derive(Clone, Copy, Debug)]
enum BorrowedStep<'a> {
    Key(&'a str),
    Index(usize),
}

impl From<BorrowedStep<'_>> for PathStep {
    fn from(step: BorrowedStep) -> Self {
        match step {
            BorrowedStep::Key(key) => PathStep::Key(key.into()),
            BorrowedStep::Index(index) => PathStep::Index(index),
        }
    }
}

/// New values and where they go.
#[derive(Debug, Default)]
pub(crate) struct Edits(Vec<(Vec<PathStep>, Node)>);

impl<'a> Trail<'a> {
    /// Calls `there` for the value of `key`.
    pub(crate) fn key<T>(&mut self, key: &'a str, there: impl FnOnce(&mut Self) -> T) -> T {
        self.step(BorrowedStep::Key(key), there)
    }

    /// Calls `there` for an item of a list.
    pub(crate) fn index<T>(&mut self, index: usize, there: impl FnOnce(&mut Self) -> T) -> T {
        self.step(BorrowedStep::Index(index), there)
    }

    /// The steps, to be kept.
    pub(crate) fn steps(&self) -> impl Iterator<Item = PathStep> {
        self.0.iter().map(|step| PathStep::from(*step))
    }

    fn step<T>(&mut self, step: BorrowedStep<'a>, there: impl FnOnce(&mut Self) -> T) -> T {
        self.0.push(step);
        let result = there(self);
        self.0.pop();
        result
    }
}

impl Edits {
    /// Adds a value and its path.
    pub(crate) fn push(&mut self, trail: &Trail, value: Node) {
        self.0.push((trail.steps().collect(), value));
    }

    /// Whether nothing changes.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets every value.
    pub(crate) fn apply(self, object: &mut Node) {
        for (trail, value) in self.0 {
            put(object, &trail, value);
        }
    }
}

fn put(node: &mut Node, trail: &[PathStep], value: Node) {
    match trail {
        [] => *node = value,
        [PathStep::Index(i), rest @ ..] => {
            if let Some(item) = node.as_seq_mut().and_then(|items| items.get_mut(*i)) {
                put(item, rest, value);
            }
        }
        [PathStep::Key(name), rest @ ..] => {
            let Some(map) = node.as_map_mut() else { return };
            match map.get_mut(name) {
                Some(child) => put(child, rest, value),
                None => drop(map.insert(key(name, value.at), value)),
            }
        }
    }
}

/// Computes the new value of a field from the old one; `None` leaves it unchanged.
pub(crate) type NewValue<'f> = dyn FnMut(&Node, &Trail) -> Result<Option<Node>, Diagnostic> + 'f;

/// Gives the fields that `spec` names the values that `value` makes of the old ones; `None` leaves them as they are.
/// Whether any changed.
pub(crate) fn change(
    object: &mut Node,
    spec: &FieldSpec,
    make: Make,
    work: &WorkCounter,
    value: &mut NewValue,
) -> Result<bool, Diagnostic> {
    let first =
        spec.path.strip_prefix('/').unwrap_or(&spec.path).split('/').next().unwrap_or_default().trim_end_matches("[]");
    let missing = !first.is_empty() && !first.ends_with('\\') && object.get(first).is_none();
    if (make == Make::Nothing || !spec.create) && (missing || is_missing(object, &spec.path)) {
        return Ok(false);
    }
    let parts = spec.parts();
    let make = if spec.create { make } else { Make::Nothing };
    let mut walk = FieldWalk { spec, make, value, edits: Edits::default(), visited: 0, moved: 0 };
    walk.down(object, &parts, &mut Trail::default())?;
    work.found(walk.visited).and_then(|()| work.moved(walk.moved))?;
    let edits = walk.edits;
    let changes = !edits.is_empty();
    edits.apply(object);
    Ok(changes)
}

/// Whether a key on the way down a path is not there, as far as that shows without taking the path apart.
fn is_missing(object: &Node, path: &str) -> bool {
    let mut node = object;
    for part in path.strip_prefix('/').unwrap_or(path).split('/') {
        let name = part.strip_suffix("[]").unwrap_or(part);
        let plain =
            name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(|b| b.is_ascii_alphanumeric());
        match node.as_map().filter(|_| plain).map(|map| map.get(name)) {
            Some(Some(child)) => node = child,
            Some(None) => return true,
            None => return false,
        }
    }
    false
}

struct FieldWalk<'w> {
    spec: &'w FieldSpec,
    make: Make,
    value: &'w mut NewValue<'w>,
    edits: Edits,
    /// The number of values on the way.
    visited: usize,
    /// The number of entries of mappings that move, because others are added before them.
    moved: usize,
}

impl FieldWalk<'_> {
    fn down<'t>(&mut self, node: &'t Node, path: &'t [Cow<str>], trail: &mut Trail<'t>) -> Result<(), Diagnostic> {
        self.visited += 1;
        let Some((part, rest)) = path.split_first() else {
            if let Some(new) = (self.value)(node, trail)? {
                self.edits.push(trail, new);
            }
            return Ok(());
        };
        let map = match &node.value {
            Value::Map(map) => map,
            Value::Seq(items) => {
                return items.iter().enumerate().try_for_each(|(i, item)| trail.index(i, |t| self.down(item, path, t)));
            }
            Value::Scalar(_) if node.is_null() => return Ok(()),
            Value::Scalar(_) => return Err(self.in_the_way(node, part)),
        };
        let (name, list) = self.name(part, node.at)?;
        let made = match (map.get(name), self.make) {
            (Some(child), _) if !child.is_null() => return trail.key(name, |t| self.down(child, rest, t)),
            (Some(null), _) if list => Node::seq([]).placed(null.at),
            (Some(null), Make::Nothing) => return trail.key(name, |t| self.down(null, rest, t)),
            (None, Make::Nothing) => return Ok(()),
            (None, _) if list => return Ok(()),
            (Some(null), _) => self.blank(rest, null.as_scalar().map_or("", |scalar| &scalar.text)),
            (None, _) => self.blank(rest, ""),
        };
        if !map.has(name) {
            self.moved += map.count_from(name);
        }
        trail.key(name, |trail| {
            let made = self.grow(made, rest, trail)?;
            self.edits.push(trail, made);
            Ok(())
        })
    }

    /// The new value before `rest`, which replaces a null with that text.
    fn blank(&self, rest: &[Cow<str>], text: &str) -> Node {
        match self.make {
            _ if !rest.is_empty() => Node::map(),
            Make::Nothing | Make::Map => Node::map(),
            Make::Str => Node::plain(text, Tag::Str),
            Make::Plain => plain(text, Location::NONE),
        }
    }

    /// `made` with the rest of the path in it.
    fn grow<'t>(&mut self, made: Node, path: &'t [Cow<str>], trail: &mut Trail<'t>) -> Result<Node, Diagnostic> {
        let Some((part, rest)) = path.split_first() else {
            return Ok((self.value)(&made, trail)?.unwrap_or(made));
        };
        let (name, list) = self.name(part, made.at)?;
        if list || made.as_map().is_none() {
            return Ok(made);
        }
        let child = trail.key(name, |trail| self.grow(self.blank(rest, ""), rest, trail))?;
        Ok(Map::from_entries(vec![MapEntry { key: key(name, child.at), value: child }])
            .expect("one key differs from two keys")
            .into())
    }

    /// The key that a part of the path names, and whether its value must be a list.
    fn name<'p>(&self, part: &'p str, at: Location) -> Result<(&'p str, bool), Diagnostic> {
        let (name, list) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
        let name = name.trim();
        let position = name == "-" || name.starts_with('[') || name.parse::<i64>().is_ok();
        if name.is_empty() || position {
            let what = if name.is_empty() { "has an empty part" } else { "names a position in a list" };
            let message = format!("the field spec `{}` {what}", self.spec.path);
            return Err(Diagnostic::new(Code::Overlay, message)
                .note(at, "for this object")
                .help("use keys only; all items of a list are included"));
        }
        Ok((name, list))
    }

    fn in_the_way(&self, node: &Node, part: &str) -> Diagnostic {
        let message = format!("`{part}` of `{}` cannot be set in {}", self.spec.path, node.kind_name());
        Diagnostic::new(Code::Resource, message).at(node.at)
    }
}

/// A key as kustomize makes it: written plain, so that a reader may take it for something else than a string.
pub(crate) fn key(text: &str, at: Location) -> MapKey {
    MapKey { text: text.into(), tag: yaml::resolve(text, Dialect::Kubernetes), style: Style::Plain, at }
}

/// A scalar as kustomize creates it without a type: the text determines the type.
pub(crate) fn plain(text: &str, at: Location) -> Node {
    Node::plain(text, yaml::resolve(text, Dialect::Kubernetes)).placed(at)
}

/// The scalar `old` with another text, as kustomize writes one: quotes stay, and without them the text decides the type.
pub(crate) fn rewritten(old: &Node, text: &str, at: Location) -> Node {
    match old.as_scalar().map(|scalar| scalar.style) {
        None | Some(Style::Plain) => plain(text, at),
        Some(style) => Node::new(Value::Scalar(Scalar { text: text.into(), tag: Tag::Str, style }), at),
    }
}

/// The scalar that a field must be; `field` is how the diagnostic calls it.
pub(crate) fn scalar<'n>(node: &'n Node, field: &str) -> Result<&'n Scalar, Diagnostic> {
    node.as_scalar().ok_or_else(|| {
        Diagnostic::new(Code::Resource, format!("`{field}` must be a string, got {}", node.kind_name())).at(node.at)
    })
}

/// Changes the fields of an object that `specs` name, as [`change`] does. Whether any changed.
pub(crate) fn change_all(
    object: &mut Node,
    specs: &mut SpecsByKind,
    make: Make,
    work: &WorkCounter,
    mut value: impl FnMut(&Node, &Trail, &FieldSpec) -> Result<Option<Node>, Diagnostic>,
) -> Result<bool, Diagnostic> {
    let mut changed = false;
    for spec in specs.of(&Gvk::of(object), work)? {
        changed |= change(object, spec, make, work, &mut |node, trail| value(node, trail, spec))?;
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::{Make, change, plain};
    use crate::node::Node;
    use crate::schema::fieldspec::FieldSpec;
    use crate::source::Location;
    use crate::work::WorkCounter;
    use crate::yaml::{self, Dialect, Quoting};

    fn parse(text: &str) -> Node {
        yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap().remove(0)
    }

    fn set(object: &str, path: &str, make: Make) -> Result<String, String> {
        let mut node = parse(object);
        let spec = FieldSpec { path: path.into(), create: true, ..FieldSpec::default() };
        let mut value = |old: &Node, _: &super::Trail| match old.as_map() {
            Some(map) => {
                let mut map = map.clone();
                map.insert("k", "v".into());
                Ok(Some(map.into()))
            }
            None => Ok(Some(plain(&format!("<{}>", old.as_scalar().map_or("", |s| &s.text)), Location::NONE))),
        };
        change(&mut node, &spec, make, &WorkCounter::default(), &mut value).map_err(|error| error.to_string())?;
        let mut out = String::new();
        yaml::write(&mut out, &node, Quoting::Kustomize).unwrap();
        Ok(out.replace('\n', ";"))
    }

    #[test]
    fn paths() {
        for (object, path, make, want) in [
            ("{a: {b: c}}", "a/b", Make::Nothing, "a:;  b: <c>;"),
            ("{a: {b: c}}", "a/x/y", Make::Nothing, "a:;  b: c;"),
            ("{a: {b: c}}", "a/x/y", Make::Map, "a:;  b: c;  x:;    \"y\":;      k: v;"),
            ("{a: [{b: 1}, {}, [{b: 2}]]}", "a/b", Make::Nothing, "a:;- b: <1>;- {};- - b: <2>;"),
            ("{a: [{b: ~}, null, {}]}", "a/b", Make::Str, "a:;- b: <~>;- null;- b: <>;"),
            ("{a: null}", "a/b", Make::Plain, "a:;  b: <>;"),
            ("{a: null}", "a/b", Make::Nothing, "a: null;"),
            ("{a: null}", "a", Make::Map, "a:;  k: v;"),
            ("{a: null}", "a[]/b", Make::Nothing, "a: [];"),
            ("{a: {}}", "a/b[]/c", Make::Map, "a: {};"),
            ("{}", "a/b[]/c", Make::Map, "a: {};"),
            (r"{a: {x/y: 1}}", r"a/x\/y", Make::Nothing, "a:;  x/y: <1>;"),
        ] {
            assert_eq!(set(object, path, make).as_deref(), Ok(want), "{object} {path} {make:?}");
        }
    }

    #[test]
    fn what_is_in_the_way() {
        for (object, path, want) in [
            ("{a: 5}", "a/b", "`b` of `a/b` cannot be set in an integer"),
            ("{a: [x]}", "a/b", "`b` of `a/b` cannot be set in a string"),
            ("{a: {}}", "a//b", "the field spec `a//b` has an empty part"),
            ("{a: {}}", "a/0", "the field spec `a/0` names a position in a list"),
        ] {
            assert_eq!(set(object, path, Make::Map), Err(want.to_owned()), "{object} {path}");
        }
    }

    #[test]
    fn what_does_not_change_stays_shared() {
        let node = parse("{a: {b: c}}");
        let mut copy = node.clone();
        let spec = FieldSpec { path: "a/b".into(), ..FieldSpec::default() };
        assert!(!change(&mut copy, &spec, Make::Str, &WorkCounter::default(), &mut |_, _| Ok(None)).unwrap());
        let entries = |node: &Node| node.as_map().unwrap().iter().as_slice().as_ptr();
        assert_eq!(entries(&node), entries(&copy));
    }
}
