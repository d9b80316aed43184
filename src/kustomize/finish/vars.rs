//! `vars`: `$(NAME)` in the objects, once at the root after the name references.
//!
//! The field specs select where a name may be used. An unknown name stays as it is, because the kubelet may resolve it.

use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::kustomize::field;
use crate::kustomize::field::path::SourcePath;
use crate::kustomize::field::{Make, SpecsByKind, Trail};
use crate::kustomize::input::{Resources, StepContext};
use crate::kustomize::model::Var;
use crate::node::{Node, Scalar, Style, Tag, Value};
use crate::resource::Resource;
use crate::schema::fieldspec::FieldSpec;
use crate::source::Location;
use crate::work::WorkCounter;
use std::cell::Cell;
use std::collections::BTreeMap;

/// The value of a var and whether it is used.
struct VarValue {
    /// Replaces a text that is only `$(NAME)`.
    whole: Scalar,
    /// Replaces `$(NAME)` in a longer text.
    part: String,
    at: Location,
    used: Cell<bool>,
}

/// The vars of a build by name; `None` is the value of those that are no scalars and that nothing takes.
type VarValues<'v> = BTreeMap<&'v str, Option<VarValue>>;

/// Sets the values of all `vars` of the build in the fields of `context.specs.var_reference`.
pub(crate) fn resolve(resources: &mut Resources, vars: &[Var], context: &StepContext) -> Result<()> {
    if vars.is_empty() {
        return Ok(());
    }
    let mut holders = BTreeMap::new();
    for resource in resources.iter() {
        resource.vars.iter().for_each(|name| _ = holders.entry(name.as_str()).or_insert(resource));
    }
    let values = gather(vars, |var| value(var, holders.get(&*var.name).copied(), resources, context))?;
    let values: VarValues = values.into_iter().collect();
    let (mut specs, work) = (SpecsByKind::new(&context.specs.var_reference), context.input.work);
    gather(resources.iter_mut(), |resource| {
        let value = &mut |old: &Node, _: &Trail, spec: &FieldSpec| expanded(old, (&values, work), spec);
        field::change_all(&mut resource.node, &mut specs, Make::Nothing, work, value)
            .map_err(|error| resource.blame(error.limit_at(vars[0].at)))
    })?;
    for var in vars {
        if values.get(&*var.name).is_some_and(|known| known.as_ref().is_none_or(|known| !known.used.get())) {
            context.warn(Diagnostic::new(Code::Overlay, format!("the var `{}` is not used", var.name)).at(var.at));
        }
    }
    Ok(())
}

/// The value of one var, from the object that the var selects.
fn value<'v>(
    var: &'v Var,
    holder: Option<&Resource>,
    resources: &Resources,
    context: &StepContext,
) -> Result<(&'v str, Option<VarValue>), Diagnostic> {
    let new_error = |message: String| Diagnostic::new(Code::Overlay, message).at(var.at);
    let Some(holder) = holder else {
        let (kind, name) = (var.object.kind.as_deref().unwrap_or("object"), var.object.name.as_deref().unwrap_or(""));
        let names = resources.iter().flat_map(|r| [r.name()]);
        let error = new_error(format!("the var `{}` takes its value from the unknown {kind} `{name}`", var.name));
        return Err(context.input.work.suggest(error, name, names));
    };
    let path = var.field_path.as_deref().unwrap_or("metadata.name");
    let found = SourcePath::indexed(path).and_then(|path| path.find(&holder.node)).map_err(|error| error.at(var.at))?;
    let Some(node) = found else {
        return Err(new_error(format!("`{path}`, the value of the var `{}`, does not exist", var.name))
            .note(holder.origin, "in this object"));
    };
    let Some(scalar) = node.as_scalar() else {
        let message = format!(
            "`{path}`, the value of the var `{}`, must be a string, a number or a boolean, got {}",
            var.name,
            node.kind_name()
        );
        context.warn(new_error(message).help("only strings, numbers and booleans can replace `$(NAME)`"));
        return Ok((&var.name, None));
    };
    let known = VarValue::new(scalar, node.at).ok_or_else(|| {
        let message = format!(
            "kustomize cannot read `{}`, the value of the var `{}`, as {}",
            scalar.text,
            var.name,
            node.kind_name()
        );
        new_error(message).note(node.at, "the value").help("write it in decimal digits, or in quotes")
    })?;
    Ok((&var.name, Some(known)))
}

impl VarValue {
    /// A value as kustomize keeps it meanwhile: a number in decimal, whatever is no number or boolean a string.
    fn new(scalar: &Scalar, at: Location) -> Option<Self> {
        let (whole, part) = match scalar.tag {
            // Digits behind a zero are decimal here, although the object that has them means them to be octal.
            Tag::Int => both(scalar.text.parse::<i64>().ok()?.to_string()),
            Tag::Float => {
                let number = scalar.text.parse::<f64>().ok().filter(|number| number.is_finite())?;
                (number.to_string(), general(number))
            }
            Tag::Bool => both(scalar.text.to_lowercase()),
            Tag::Str | Tag::Null | Tag::Timestamp => both(scalar.text.to_string()),
        };
        let tag = if matches!(scalar.tag, Tag::Null | Tag::Timestamp) { Tag::Str } else { scalar.tag };
        Some(VarValue {
            whole: Scalar { text: whole.into(), tag, style: Style::Plain },
            part,
            at,
            used: Cell::new(false),
        })
    }
}

fn both(text: String) -> (String, String) {
    (text.clone(), text)
}

/// A number within a text, as Go writes it there: `1.5`, but `1e+06`.
fn general(number: f64) -> String {
    let text = format!("{number:e}");
    match text.split_once('e').and_then(|(digits, exponent)| Some((digits, exponent.parse::<i32>().ok()?))) {
        Some((digits, exponent)) if !(-4..6).contains(&exponent) => {
            format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
        }
        _ => number.to_string(),
    }
}

/// A field with its vars replaced, or `None` if it does not change.
fn expanded(
    old: &Node,
    (values, work): (&VarValues, &WorkCounter),
    spec: &FieldSpec,
) -> Result<Option<Node>, Diagnostic> {
    let expanded_scalar = |old: &Node, scalar: &Scalar| {
        work.text(expanded_len(&scalar.text, values)).map_err(|error| error.at(old.at))?;
        Ok::<_, Diagnostic>(expanded_scalar(old, scalar, values))
    };
    match &old.value {
        Value::Scalar(scalar) => expanded_scalar(old, scalar),
        Value::Map(map) => {
            let mut new = map.clone();
            for entry in map {
                let scalar = entry.value.as_scalar();
                let value = scalar.map(|scalar| expanded_scalar(&entry.value, scalar)).transpose()?.flatten();
                if let Some(value) = value {
                    new.insert(entry.key.clone(), value);
                }
            }
            Ok((new != *map).then(|| Node::new(Value::Map(new), old.at)))
        }
        Value::Seq(items) => {
            let mut new = Vec::with_capacity(items.len());
            for item in items.iter() {
                let Some(scalar) = item.as_scalar().filter(|scalar| scalar.tag == Tag::Str) else {
                    let message = format!("`{}` must contain strings, got {}", spec.path, item.kind_name());
                    let help = "kustomize requires this if the kustomization has `vars`";
                    return Err(Diagnostic::new(Code::Resource, message).at(item.at).help(help));
                };
                new.push(expanded_scalar(item, scalar)?.unwrap_or_else(|| item.clone()));
            }
            Ok((new != **items).then(|| Node::seq(new).placed(old.at)))
        }
    }
}

fn expanded_scalar(old: &Node, scalar: &Scalar, values: &VarValues) -> Option<Node> {
    if scalar.tag != Tag::Str || !scalar.text.contains('$') {
        return None;
    }
    if let Some(known) = whole(&scalar.text).and_then(|name| values.get(name)?.as_ref()) {
        known.used.set(true);
        return Some(Node::new(Value::Scalar(known.whole.clone()), known.at.or(old.at)));
    }
    let text = expand(&scalar.text, values);
    (text != scalar.text).then(|| Node::str(text).placed(old.at))
}

/// At least the length of a text with its vars replaced.
fn expanded_len(text: &str, values: &VarValues) -> usize {
    let names = text.split("$(").skip(1).filter_map(|rest| rest.split_once(')'));
    let parts = names.filter_map(|(name, _)| values.get(name)?.as_ref());
    parts.fold(text.len(), |len, known| len.saturating_add(known.part.len()))
}

/// The name, if a text is nothing but `$(NAME)`.
fn whole(text: &str) -> Option<&str> {
    text.strip_prefix("$(")?.strip_suffix(')').filter(|name| !name.contains(')'))
}

/// Replaces `$(NAME)` in a text by values, and `$$` by `$`.
fn expand(text: &str, values: &VarValues) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Behind it, no name ends.
    let last = text.rfind(')').unwrap_or_default();
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        rest = match after.as_bytes().first() {
            Some(b'$') => {
                out.push('$');
                &after[1..]
            }
            Some(b'(') if text.len() - after.len() < last => {
                let end = after.find(')').unwrap_or_default();
                if let Some(Some(known)) = values.get(&after[1..end]) {
                    known.used.set(true);
                    out.push_str(&known.part);
                } else {
                    out.push_str(&rest[at..at + end + 2]);
                }
                &after[end + 1..]
            }
            _ => {
                out.push('$');
                after
            }
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::{VarValue, VarValues, expand, general, whole};
    use crate::node::Scalar;
    use crate::source::Location;

    #[test]
    fn numbers_within_texts() {
        for (number, want) in [(1.5, "1.5"), (12_345_678.5, "1.23456785e+07"), (0.00001, "1e-05"), (0.0, "0")] {
            assert_eq!(general(number), want);
        }
    }

    #[test]
    fn expansion() {
        let known = |text: &str| VarValue::new(&Scalar::str(text), Location::NONE);
        let values: VarValues = [("A", known("1")), ("B C", known("2")), ("M", None)].into_iter().collect();
        for (text, want) in [
            ("x$(A)y", "x1y"),
            ("$(A)$(B C)", "12"),
            ("$(X)", "$(X)"),
            ("$(M)", "$(M)"),
            ("$$(A)", "$(A)"),
            ("$$$(A)", "$1"),
            ("$A $ ", "$A $ "),
            ("a$", "a$"),
            ("$(A", "$(A"),
            ("$(A$(B C)", "$(A$(B C)"),
            ("$é$(A)", "$é1"),
        ] {
            assert_eq!(expand(text, &values), want, "{text}");
        }
        assert_eq!(whole("$(A)"), Some("A"));
        assert_eq!(whole("$(A)$(B C)"), None);
    }
}
