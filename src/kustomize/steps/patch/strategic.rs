//! Strategic merge: a patch that has the shape of the object.
//!
//! Mappings merge, scalars and unknown lists are replaced, lists with merge keys in the schema merge by the keys of their
//! elements ([`super::list`]). A patch passes over the whole object, not only over what it names: an empty value
//! (`key:`) is removed, and odd lists lose elements; [`Merge::settle`] does that to what the patch does not name.

use super::directive::{self, Directive};
use super::list::Keyed;
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Map, MapEntry, MapKey, Node, Scalar, Style, Tag, Value};
use crate::schema::merge::{MergeSchema, MergeShape};
use crate::yaml::{self, Dialect};

/// One patch on its way through one object.
pub(super) struct Merge<'a> {
    pub(super) schema: &'a MergeSchema,
    /// What kustomize loses or mangles on the way.
    pub(super) losses: Vec<Diagnostic>,
}

/// What becomes of a value.
#[derive(Debug)]
pub(super) enum Merged {
    /// It stays as it is.
    Same,
    /// It changes.
    New(Node),
    /// It is removed.
    Gone,
}

impl Merged {
    pub(super) fn or(self, node: &Node) -> Option<Node> {
        match self {
            Merged::Same => Some(node.clone()),
            Merged::New(new) => Some(new),
            Merged::Gone => None,
        }
    }
}

impl From<Option<Node>> for Merged {
    fn from(node: Option<Node>) -> Self {
        node.map_or(Merged::Gone, Merged::New)
    }
}

impl<'a> Merge<'a> {
    pub(super) fn new(schema: &'a MergeSchema) -> Self {
        Merge { schema, losses: Vec::new() }
    }

    /// An object with a patch; `None` if the patch deletes it.
    pub(super) fn object(&mut self, object: &Node, patch: &Node) -> Result<Option<Node>, Diagnostic> {
        if let Some(Directive::Replace) = patch.as_map().map(Directive::of_map).transpose()? {
            let loss =
                Diagnostic::new(Code::Overlay, "kustomize does not replace a whole object, but leaves it as it is");
            self.lose(loss.at(patch.get(directive::KEY).map_or(patch.at, |node| node.at)));
            return Ok(Some(object.clone()));
        }
        self.both("the object", object, patch, None)
    }

    /// The shape of a value, which a nested object defines itself.
    fn shape(&self, known: Option<MergeShape>, node: &Node) -> Option<MergeShape> {
        known.or_else(|| {
            let text = |key| node.get(key).and_then(Node::as_text);
            self.schema.kind(text("apiVersion")?, text("kind")?)
        })
    }

    /// How a list merges, if it does.
    fn keyed<'n>(&self, name: &'n str, shape: Option<MergeShape>) -> Option<Keyed<'n>>
    where
        'a: 'n,
    {
        let shape = shape?;
        Some(Keyed { name, keys: self.schema.keys(shape)?, items: self.schema.items(shape) })
    }

    fn field(&self, shape: Option<MergeShape>, name: &str) -> Option<MergeShape> {
        self.schema.field(shape?, name)
    }

    /// A value of the object that the patch has too. `name` is that of the field, for messages.
    pub(super) fn both(
        &mut self,
        name: &str,
        target: &Node,
        patch: &Node,
        shape: Option<MergeShape>,
    ) -> Result<Option<Node>, Diagnostic> {
        if patch.is_null() {
            return Ok(None);
        }
        if target.is_null() {
            return Ok(self.added(name, patch, shape)?.map(|added| styled(added, target)));
        }
        match (&target.value, &patch.value) {
            (Value::Map(fields), Value::Map(changes)) => {
                let shape = self.shape(self.shape(shape, target), patch);
                match Directive::of_map(changes)? {
                    Directive::Delete => Ok(None),
                    Directive::Replace => {
                        self.own_fields(patch, changes, DirectiveUse::Elided, shape).map(|own| own.or(patch))
                    }
                    Directive::Merge => self.merged(target, fields, changes, shape).map(Some),
                }
            }
            (Value::Seq(_), Value::Seq(_)) => match self.keyed(name, shape) {
                Some(keyed) => Ok(self.list(target, patch, keyed)?.or(target)),
                None => Ok(Some(patch.clone())),
            },
            (Value::Scalar(_), Value::Scalar(_)) => Ok(Some(styled(patch.clone(), target))),
            _ => {
                let message =
                    format!("`{name}` is {} in the object and {} in the patch", target.kind_name(), patch.kind_name());
                Err(Diagnostic::new(Code::Overlay, message).at(patch.at).note(target.at, "in the object"))
            }
        }
    }

    fn merged(
        &mut self,
        target: &Node,
        fields: &Map,
        changes: &Map,
        shape: Option<MergeShape>,
    ) -> Result<Node, Diagnostic> {
        let settled = each_field(fields, |MapKey { text, .. }, value| {
            if changes.has(text) { Ok(Merged::Same) } else { self.settle(text, value, self.field(shape, text)) }
        })?;
        let mut result = settled.unwrap_or_else(|| fields.clone());
        named(changes)?;
        for MapEntry { key, value: change } in changes.iter().filter(|entry| entry.key.text != directive::KEY) {
            self.losses.extend(directive::leak(key));
            let shape = self.field(shape, &key.text);
            let value = match fields.get(&key.text) {
                Some(value) => self.both(&key.text, value, change, shape)?,
                None => self.added(&key.text, change, shape)?,
            };
            match value {
                Some(value) => _ = result.insert(key.clone(), value),
                None => _ = result.remove(&key.text),
            }
        }
        Ok(Node::new(Value::Map(result), target.at))
    }

    /// A value that only the patch has. A wrong directive at its top stays in it, as kustomize has it.
    pub(super) fn added(
        &mut self,
        name: &str,
        patch: &Node,
        shape: Option<MergeShape>,
    ) -> Result<Option<Node>, Diagnostic> {
        match &patch.value {
            Value::Map(fields) => match Directive::of_map(fields) {
                Ok(Directive::Delete) => Ok(None),
                Ok(_) => Ok(self.own_fields(patch, fields, DirectiveUse::Elided, self.shape(shape, patch))?.or(patch)),
                Err(error) => {
                    self.lose(error.help("kustomize leaves it in the object"));
                    Ok(self.own_fields(patch, fields, DirectiveUse::Kept, self.shape(shape, patch))?.or(patch))
                }
            },
            Value::Seq(_) => match self.keyed(name, shape) {
                Some(keyed) => Ok(self.own_list(patch, keyed)?.or(patch)),
                None => Ok(Some(patch.clone())),
            },
            Value::Scalar(scalar) => Ok(passed(scalar, patch).or(patch)),
        }
    }

    /// A value within what only the patch has.
    pub(super) fn own(&mut self, name: &str, patch: &Node, shape: Option<MergeShape>) -> Result<Merged, Diagnostic> {
        match &patch.value {
            Value::Map(fields) => match Directive::of_map(fields)? {
                Directive::Delete => Ok(Merged::Gone),
                _ => self.own_fields(patch, fields, DirectiveUse::Elided, self.shape(shape, patch)),
            },
            Value::Seq(items) => {
                let Some(keyed) = self.keyed(name, shape) else { return Ok(Merged::Same) };
                match Directive::of_list(items)? {
                    Some((Directive::Delete, _)) => Ok(Merged::Gone),
                    Some((_, items)) => {
                        let patch = with_items(patch, items);
                        Ok(self.own_list(&patch, keyed)?.or(&patch).into())
                    }
                    None => self.own_list(patch, keyed),
                }
            }
            Value::Scalar(scalar) => Ok(passed(scalar, patch)),
        }
    }

    fn own_fields(
        &mut self,
        patch: &Node,
        fields: &Map,
        known: DirectiveUse,
        shape: Option<MergeShape>,
    ) -> Result<Merged, Diagnostic> {
        let own = each_field(fields, |key, value| {
            self.losses.extend(directive::leak(key));
            match known {
                DirectiveUse::Elided if key.text == directive::KEY => Ok(Merged::Gone),
                _ => self.own(&key.text, value, self.field(shape, &key.text)),
            }
        })?;
        Ok(own.map_or(Merged::Same, |map| Merged::New(Node::new(Value::Map(map), patch.at))))
    }

    /// A value of the object that the patch does not have.
    pub(super) fn settle(
        &mut self,
        name: &str,
        target: &Node,
        shape: Option<MergeShape>,
    ) -> Result<Merged, Diagnostic> {
        match &target.value {
            Value::Scalar(Scalar { text, tag: Tag::Null, .. }) if !text.is_empty() => Ok(Merged::Same),
            Value::Scalar(scalar) => Ok(passed(scalar, target)),
            Value::Map(fields) => {
                let shape = self.shape(shape, target);
                let settled =
                    each_field(fields, |MapKey { text, .. }, value| self.settle(text, value, self.field(shape, text)))?;
                Ok(settled.map_or(Merged::Same, |map| Merged::New(Node::new(Value::Map(map), target.at))))
            }
            Value::Seq(_) => match self.keyed(name, shape) {
                Some(keyed) => self.settled_list(target, keyed),
                None => Ok(Merged::Same),
            },
        }
    }

    pub(super) fn lose(&mut self, loss: Diagnostic) {
        self.losses.push(loss);
    }
}

/// Whether the directive of a mapping was understood, and so does not stay in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DirectiveUse {
    Elided,
    Kept,
}

/// Refuses a key that is empty: kustomize takes it for the mapping itself.
fn named(fields: &Map) -> Result<(), Diagnostic> {
    let empty = fields.iter().find(|entry| entry.key.text.is_empty());
    let diagnostic = |entry: &MapEntry| {
        Diagnostic::new(Code::Overlay, "a mapping with an empty key cannot be patched").at(entry.key.at)
    };
    empty.map_or(Ok(()), |entry| Err(diagnostic(entry)))
}

/// The mapping that `each` makes of every field; `None` if all stay the same.
fn each_field(
    fields: &Map,
    mut each: impl FnMut(&MapKey, &Node) -> Result<Merged, Diagnostic>,
) -> Result<Option<Map>, Diagnostic> {
    named(fields)?;
    let mut result: Option<Map> = None;
    for MapEntry { key, value } in fields {
        match each(key, value)? {
            Merged::Same => {}
            Merged::New(new) => _ = result.get_or_insert_with(|| fields.clone()).insert(key.clone(), new),
            Merged::Gone => _ = result.get_or_insert_with(|| fields.clone()).remove(&key.text),
        }
    }
    Ok(result)
}

/// A list with other elements.
pub(super) fn with_items(list: &Node, items: Vec<Node>) -> Node {
    Node::new(Value::Seq(items.into()), list.at)
}

/// What becomes of a scalar that a patch passes over: null is removed, and a text such as `no` is quoted from then on.
fn passed(scalar: &Scalar, node: &Node) -> Merged {
    match (scalar.tag, scalar.style) {
        (Tag::Null, _) => Merged::Gone,
        (Tag::Str, Style::Plain) if yaml::resolve(&scalar.text, Dialect::Yaml11) == Tag::Bool => {
            Merged::New(Node::new(Value::Scalar(Scalar { style: Style::Quoted, ..scalar.clone() }), node.at))
        }
        _ => Merged::Same,
    }
}

/// A scalar keeps the style of the replaced one: a number that replaces a quoted text becomes a text.
fn styled(mut patch: Node, target: &Node) -> Node {
    if let (Value::Scalar(new), Value::Scalar(old)) = (&mut patch.value, &target.value) {
        new.style = if old.tag == Tag::Null { Style::Plain } else { old.style };
        if new.style != Style::Plain {
            new.tag = Tag::Str;
        }
    }
    patch
}

#[cfg(test)]
mod tests {
    use super::super::tests::{merged, node};
    use super::Merge;
    use crate::schema::merge::MergeSchema;

    /// Objects of a kind without lists that merge, patches and what comes of both, in flow style.
    #[test]
    fn mappings_and_scalars() {
        for (object, patch, want) in [
            ("{a: 1, b: 2}", "{a: 3}", "{a: 3, b: 2}"),
            ("{a: {b: 1, c: 2}}", "{a: {b: 3, d: 4}}", "{a: {b: 3, c: 2, d: 4}}"),
            ("{a: 1}", "{a: null}", "{}"),
            ("{a: {b: 1}}", "{a: {b: null}}", "{a: {}}"),
            ("{a: [1, 2]}", "{a: [3]}", "{a: [3]}"),
            ("{a: [1]}", "{a: null}", "{}"),
            ("{a: [{name: x, b: 1}]}", "{a: [{name: x}]}", "{a: [{name: x}]}"),
            // Null in the object, written out or not, and in what the patch adds.
            ("{a: ~, b: null, c: }", "{d: 1}", "{a: ~, b: null, d: 1}"),
            ("{a: null}", "{a: {b: 1}}", "{a: {b: 1}}"),
            ("{}", "{a: {b: null, c: {d: null}}, e: [{f: null}]}", "{a: {c: {}}, e: [{f: null}]}"),
            ("{}", "{a: null}", "{}"),
            // A quoted text stays a text.
            ("{a: \"80\"}", "{a: 90}", "{a: \"90\"}"),
            ("{a: 'x'}", "{a: true}", "{a: \"true\"}"),
            ("{a: 80}", "{a: \"90\"}", "{a: \"90\"}"),
            ("{a: ~}", "{a: 5}", "{a: 5}"),
            // Directives.
            ("{a: {b: 1}}", "{a: {$patch: replace, c: 2}}", "{a: {c: 2}}"),
            ("{a: {b: 1}}", "{a: {$patch: delete}}", "{}"),
            ("{a: {b: 1}}", "{a: {$patch: merge, c: 2}}", "{a: {b: 1, c: 2}}"),
            ("{}", "{a: {$patch: delete, b: 1}}", "{}"),
            ("{}", "{a: {$patch: replace, b: {$patch: delete}, c: 1}}", "{a: {c: 1}}"),
            ("{a: 1}", "{$patch: replace, b: 2}", "{a: 1}"),
            ("{$patch: keep}", "{b: 2}", "{$patch: keep, b: 2}"),
        ] {
            assert_eq!(merged(object, patch), Ok(Some(node(want))), "{object} {patch}");
        }
        assert_eq!(merged("{a: 1}", "{$patch: delete}"), Ok(None));
    }

    #[test]
    fn refusals() {
        for (object, patch, want) in [
            ("{a: {b: 1}}", "{a: [1]}", "`a` is a mapping in the object and a list in the patch"),
            ("{a: 1}", "{a: {b: 1}}", "`a` is an integer in the object and a mapping in the patch"),
            ("{a: [1]}", "{a: x}", "`a` is a list in the object and a string in the patch"),
            ("{a: {b: 1}}", "{a: {$patch: remove}}", "unknown `$patch` directive `remove`"),
            ("{a: {\"\": 1}}", "{b: 2}", "a mapping with an empty key cannot be patched"),
            ("{}", "{a: {b: {\"\": 1}}}", "a mapping with an empty key cannot be patched"),
            ("{}", "{a: {b: {$patch: remove}}}", "unknown `$patch` directive `remove`"),
        ] {
            assert_eq!(merged(object, patch), Err(want.to_owned()), "{object} {patch}");
        }
    }

    #[test]
    fn an_object_within_an_object_knows_its_kind() {
        let pod =
            |containers: &str| format!("{{pod: {{apiVersion: v1, kind: Pod, spec: {{containers: {containers}}}}}}}");
        let object = merged(&pod("[{name: a}]"), &pod("[{name: b}]"));
        assert_eq!(object, Ok(Some(node(&pod("[{name: b}, {name: a}]")))));
    }

    #[test]
    fn directives_of_kubectl_are_told() {
        let mut merge = Merge::new(MergeSchema::builtin());
        let patch =
            node("{$retainKeys: [a], b: {$setElementOrder/c: [], $deleteFromPrimitiveList/d: []}, e: {$patch: x}}");
        merge.object(&node("{a: 1}"), &patch).unwrap();
        let losses: Vec<String> = merge.losses.iter().map(ToString::to_string).collect();
        let leak = |key: &str| format!("kustomize treats `{key}` as a field of the object");
        let keys = ["$retainKeys", "$deleteFromPrimitiveList/d", "$setElementOrder/c"].map(leak);
        assert_eq!(losses, [&keys[..], &["unknown `$patch` directive `x`".to_owned()]].concat());
    }
}
