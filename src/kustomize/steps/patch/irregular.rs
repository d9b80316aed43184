//! Lists that merge although an element has no key, or two elements have the same key.
//!
//! Such lists lose elements in kustomize. The same is done here, step by step as kyaml does it, so that the bytes agree;
//! losses are reported. The regular way to merge lists is [`super::list`].

use super::directive::{self, Directive};
use super::list::{Keyed, is_something, text};
use super::strategic::{Merge, Merged, with_items};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Node, Value};
use crate::yaml::{self, Dialect};
use smol_str::SmolStr;

/// Where a list comes from.
#[derive(Clone, Copy)]
pub(super) enum Sides<'n> {
    /// The object and the patch.
    Both(&'n [Node], &'n [Node]),
    /// The object alone.
    Target(&'n [Node]),
    /// The patch alone.
    Patch(&'n [Node]),
}

impl<'n> Sides<'n> {
    fn target(self) -> &'n [Node] {
        match self {
            Sides::Both(items, _) | Sides::Target(items) => items,
            Sides::Patch(_) => &[],
        }
    }

    fn patch(self) -> &'n [Node] {
        match self {
            Sides::Both(_, items) | Sides::Patch(items) => items,
            Sides::Target(_) => &[],
        }
    }
}

impl Merge<'_> {
    /// The list that kustomize makes of its sides; `list` describes it.
    pub(super) fn irregular_list(&mut self, list: &Node, sides: Sides, keyed: Keyed) -> Result<Merged, Diagnostic> {
        let scalar = [SmolStr::default()];
        let all_keys = if keyed.keys.is_empty() { &scalar } else { keyed.keys };
        let mut values = values(sides, all_keys);
        if all_keys.len() > 1 {
            join(&mut values);
        }
        let is_used = |i: &usize| values.iter().any(|values| !values[*i].is_empty());
        let mut used: Vec<usize> = (0..all_keys.len()).filter(is_used).collect();
        if used.is_empty() {
            used.extend(0..all_keys.len());
        }
        let keys: Vec<&str> = used.iter().map(|&i| all_keys[i].as_str()).collect();
        let mut lists = Lists::of(sides);
        for values in &values {
            let values: Vec<&str> = used.iter().map(|&i| values[i].as_str()).collect();
            self.merge_pair(&mut lists, sides, keyed, &keys, &values)?;
        }
        lists.append_target(&keys)?;
        let result: Vec<Node> = lists.result.iter().map(|&i| lists.elements[i].clone()).collect();
        self.report_losses(sides, &result, keyed, &keys);
        Ok(Merged::New(with_items(list, result)))
    }

    /// Merges the elements with these values and adds the outcome to the result.
    fn merge_pair(
        &mut self,
        lists: &mut Lists,
        sides: Sides,
        keyed: Keyed,
        keys: &[&str],
        values: &[&str],
    ) -> Result<(), Diagnostic> {
        let pairs = || keys.iter().copied().zip(values.iter().copied());
        let mut wanted: Vec<(&str, &str)> = pairs().filter(|(_, value)| !value.is_empty()).collect();
        if wanted.is_empty() {
            wanted.extend(pairs());
        }
        let target = lists.find(&lists.target, &wanted);
        let patch = lists.find(&lists.patch, &wanted);
        let merged = self.merge_found(&mut lists.elements, sides, keyed, target, patch)?;
        let Some(merged) = merged.filter(|&i| is_something(&lists.elements[i])) else {
            lists.target = lists.set(&lists.target, keys, values, None)?;
            return Ok(());
        };
        for (key, value) in pairs().filter(|(key, value)| !key.is_empty() && !value.is_empty()) {
            let Some(fields) = lists.elements[merged].as_map_mut() else { continue };
            if !fields.has(key) {
                fields.insert(key, Node::plain(value, yaml::resolve(value, Dialect::Kubernetes)));
            }
        }
        lists.result = lists.set(&lists.result, keys, values, Some(merged))?;
        Ok(())
    }

    /// Merges two elements and returns which of the two is now the outcome.
    fn merge_found(
        &mut self,
        elements: &mut [Node],
        sides: Sides,
        keyed: Keyed,
        target: Option<ElementIndex>,
        patch: Option<ElementIndex>,
    ) -> Result<Option<ElementIndex>, Diagnostic> {
        let Keyed { name, items, .. } = keyed;
        let (change, index, outcome) = match (sides, target, patch) {
            (_, None, None) => return Ok(None),
            (Sides::Patch(_), Some(i), _) => (Some(i), i, self.own(name, &elements[i], items)?),
            (_, Some(i), None) => (None, i, self.settle(name, &elements[i], items)?),
            (_, None, Some(i)) => (Some(i), i, self.added(name, &elements[i], items)?.into()),
            (_, Some(i), Some(change)) => {
                let outcome = self.both(name, &elements[i], &elements[change], items)?.into();
                let merges = directive_of(&elements[change]).is_some_and(|directive| directive != Directive::Replace);
                (Some(change), if merges { i } else { change }, outcome)
            }
        };
        // A directive is removed once it is applied.
        if let Some(change) = change.filter(|&i| directive_of(&elements[i]).is_some()) {
            elements[change].as_map_mut().map(|fields| fields.remove(directive::KEY));
        }
        match outcome {
            Merged::Same => {}
            Merged::New(new) => elements[index] = new,
            Merged::Gone => return Ok(None),
        }
        Ok(Some(index))
    }

    /// Reports elements that are not in the result.
    fn report_losses(&mut self, sides: Sides, result: &[Node], keyed: Keyed, keys: &[&str]) {
        let is_deleted = |element: &Node| directive_of(element) == Some(Directive::Delete);
        let deleted = |item: &Node| sides.patch().iter().any(|change| is_deleted(change) && same(item, change, keys));
        let kept = |item: &Node| result.iter().any(|other| same(item, other, keys));
        let lost_of_patch = sides.patch().iter().filter(|change| !is_deleted(change));
        let lost_of_patch = lost_of_patch.filter(|change| !result.iter().any(|other| covers(other, change)));
        let lost_of_target = sides.target().iter().filter(|item| !kept(item) && !deleted(item));
        for lost in lost_of_patch.chain(lost_of_target) {
            let loss =
                Diagnostic::new(Code::Overlay, format!("kustomize drops this element of `{}`", keyed.name)).at(lost.at);
            let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            let help = "in the object and in the patch, give each element of the list its own";
            self.lose(if keyed.keys.is_empty() { loss } else { loss.help(format!("{help} {}", keys.join(" and "))) });
        }
    }
}

/// The directive of an element that is a mapping, if it is a right one.
fn directive_of(element: &Node) -> Option<Directive> {
    Directive::of_map(element.as_map()?).ok()
}

/// Whether two elements have the same keys, as far as the first has them; without any, whether they are the same.
fn same(a: &Node, b: &Node, keys: &[&str]) -> bool {
    let mut set = keys.iter().filter(|key| !text(a, key).is_empty()).peekable();
    if set.peek().is_none() { covers(b, a) } else { set.all(|key| text(a, key) == text(b, key)) }
}

/// Whether all data of `part` is in `whole`.
fn covers(whole: &Node, part: &Node) -> bool {
    match (&whole.value, &part.value) {
        (Value::Map(whole), Value::Map(part)) => part.iter().all(|entry| {
            entry.value.is_null()
                || entry.key.text == directive::KEY
                || whole.get(&entry.key.text).is_some_and(|value| covers(value, &entry.value))
        }),
        (Value::Seq(whole), Value::Seq(part)) => part.iter().all(|part| whole.iter().any(|whole| covers(whole, part))),
        (Value::Scalar(whole), Value::Scalar(part)) => whole.text == part.text,
        _ => part.is_null(),
    }
}

/// The texts of all keys of each element, those of the patch first, each combination once.
fn values(sides: Sides, keys: &[SmolStr]) -> Vec<Vec<SmolStr>> {
    let mut all: Vec<Vec<SmolStr>> = Vec::new();
    for element in sides.patch().iter().chain(sides.target()) {
        let is_null = |key: &str| element.get(key).is_some_and(Node::is_null);
        let value = |key: &SmolStr| if is_null(key) { SmolStr::default() } else { text(element, key).into() };
        let values: Vec<SmolStr> = keys.iter().map(value).collect();
        if !all.contains(&values) {
            all.push(values);
        }
    }
    all
}

/// Makes combinations the same that differ only in what one of them lacks.
fn join(all: &mut [Vec<SmolStr>]) {
    for i in 0..all.len() {
        let values = all[i].clone();
        for j in 0..all.len() {
            let pairs = || values.iter().zip(&all[j]);
            let fit = pairs().any(|(a, b)| a == b) && pairs().all(|(a, b)| a == b || a.is_empty() || b.is_empty());
            if fit {
                let joined: Vec<_> = pairs().map(|(a, b)| if a.is_empty() { b.clone() } else { a.clone() }).collect();
                all[i].clone_from(&joined);
                all[j] = joined;
            }
        }
    }
}

/// The number of an element.
type ElementIndex = usize;

/// The lists on the way. They contain numbers, because kyaml's lists share elements: what changes in one changes in all.
struct Lists {
    elements: Vec<Node>,
    target: Vec<ElementIndex>,
    patch: Vec<ElementIndex>,
    result: Vec<ElementIndex>,
}

impl Lists {
    fn of(sides: Sides) -> Self {
        let elements: Vec<Node> = sides.target().iter().chain(sides.patch()).cloned().collect();
        let split = sides.target().len();
        let (target, patch) = match sides {
            // What only the patch has is taken for the object's too.
            Sides::Patch(_) => ((0..elements.len()).collect(), Vec::new()),
            _ => ((0..split).collect(), (split..elements.len()).collect()),
        };
        Lists { elements, target, patch, result: Vec::new() }
    }

    /// The first element with these keys and values.
    fn find(&self, list: &[ElementIndex], wanted: &[(&str, &str)]) -> Option<ElementIndex> {
        let fits = |element: &Node, (key, value): &(&str, &str)| {
            (key.is_empty() || element.get(key).is_some()) && text(element, key) == *value
        };
        list.iter().copied().find(|&i| wanted.iter().all(|pair| fits(&self.elements[i], pair)))
    }

    /// The list with `element` in place of those that have these keys and values, or at its end, or without them. An
    /// empty value matches any; a key without a value counts as found if the one before it was.
    fn set(
        &self,
        list: &[ElementIndex],
        keys: &[&str],
        values: &[&str],
        element: Option<ElementIndex>,
    ) -> Result<Vec<ElementIndex>, Diagnostic> {
        let wants_mapping = !keys[0].is_empty() && values.first().is_some_and(|value| !value.is_empty());
        let mut result = Vec::with_capacity(list.len() + 1);
        let mut found = false;
        for &i in list.iter().filter(|&&i| is_something(&self.elements[i])) {
            let node = &self.elements[i];
            if wants_mapping && node.as_map().is_none() {
                result.push(i);
                continue;
            }
            let mut fits = !values.is_empty();
            for (key, value) in keys.iter().zip(values) {
                fits = fits && has(node, key, value)?;
            }
            if fits {
                found = true;
                result.extend(element);
            } else if !values.is_empty() {
                result.push(i);
            }
        }
        if !found {
            result.extend(element.filter(|&i| !self.elements[i].is_null()));
        }
        Ok(result)
    }

    /// Appends the rest of the object's list to the result, replacing what has the same keys there.
    fn append_target(&mut self, keys: &[&str]) -> Result<(), Diagnostic> {
        for &i in &self.target.clone() {
            let node = &self.elements[i];
            let mut values = Vec::with_capacity(keys.len());
            for key in keys {
                if key.is_empty() {
                    values.push(text(node, key));
                } else if node.as_map().is_none() && !node.is_null() {
                    return Err(no_mapping(node));
                } else if node.get(key).is_some() {
                    values.push(text(node, key));
                } else {
                    self.result.push(i);
                }
            }
            if keys.len() > 1 {
                self.result = self.set(&self.result, keys, &values, None)?;
            }
            self.result = self.set(&self.result, keys, &values, Some(i))?;
        }
        Ok(())
    }
}

/// Whether an element has a key with a value, or with any if that is empty.
fn has(element: &Node, key: &str, value: &str) -> Result<bool, Diagnostic> {
    if key.is_empty() {
        let scalar = element.as_scalar().ok_or_else(|| {
            let message = format!("an item of a list of scalars must be a scalar, got {}", element.kind_name());
            Diagnostic::new(Code::Resource, message).at(element.at)
        })?;
        return Ok(scalar.text == value);
    }
    let fields = element.as_map().ok_or_else(|| no_mapping(element))?;
    Ok(fields.has(key) && (value.is_empty() || text(element, key) == value))
}

fn no_mapping(element: &Node) -> Diagnostic {
    let message = format!("an item of a list of mappings must be a mapping, got {}", element.kind_name());
    Diagnostic::new(Code::Resource, message).at(element.at)
}
