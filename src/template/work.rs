//! The work of templates, counted in steps of the engine.
//!
//! The engine counts instructions, text and the lists that an expression creates. It does not count what a list or mapping
//! contains, and a template can make values of any size with a few instructions: `[x, x]`, `x + x`. So a value is counted with
//! everything in it where it is written, and where it is an operand that can be large
//! ([`COUNT_FILTER`](super::operands::COUNT_FILTER)).

use super::context::NodeObject;
use super::placeholder;
use super::value::PlaceholderValues;
use crate::limits::{TEMPLATE_BYTES, TEMPLATE_SOUGHT_BYTES, TEMPLATE_STEPS};
use crate::node::{Node, Value as Data};
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, State, Value};

/// The number of bytes of text in one step, as in the engine.
const STEP_BYTES: usize = 64;
/// The number of values in one step, as in the engine.
const STEP_VALUES: usize = 2;
/// The bytes of text that are as much work as one value.
const VALUE_BYTES: usize = 32;
/// The number of bytes of text that the steps of a template allow.
#[expect(clippy::cast_possible_truncation, reason = "the limit is a small constant")]
const MAX_BYTES: usize = TEMPLATE_STEPS as usize * STEP_BYTES;
/// The size of a value that a template can compute with, in bytes.
const MAX_OPERAND_BYTES: usize = MAX_BYTES / 8;
/// A value that is nested more deeply contains itself, or has no use: it cannot be written.
const MAX_NESTING: usize = 10_000;
/// Converting a value costs more than writing it, by this factor.
const CONVERSION: usize = 4;
/// Writing captured text costs more than writing other text, by this factor.
const REWRITING: usize = 4;
/// Comparing two values costs more than writing one, by this factor.
const COMPARISON: usize = 4;

/// Counts a value that is written or converted to text, with everything in it.
pub(super) fn written(state: &State, value: &Value) -> Result<(), Error> {
    text(state, size(value, PlaceholderValues::none(), MAX_BYTES))
}

/// Counts captured text that is written, in addition to what the engine counts. A `set` block that writes it captures it again, and
/// the engine keeps both.
pub(super) fn rewritten(state: &State, captured: &str) -> Result<(), Error> {
    text(state, captured.len().saturating_mul(REWRITING - 1))
}

/// Counts a value that is converted to YAML or JSON.
pub(super) fn converted(state: &State, value: &Value) -> Result<(), Error> {
    text(state, size(value, PlaceholderValues::none(), MAX_BYTES).saturating_mul(CONVERSION))
}

/// Counts a list that is sorted: each item is compared with some others, and mappings are slow to compare.
/// `attributes` are those by which it is sorted.
pub(super) fn sorted(state: &State, list: &Value, attributes: usize) -> Result<(), Error> {
    let comparisons = list.len().unwrap_or_default().max(1).ilog2() as usize;
    let bytes = size(list, PlaceholderValues::none(), MAX_BYTES);
    text(state, bytes.saturating_mul(comparisons).saturating_mul(COMPARISON).saturating_mul(attributes))
}

/// Counts a list of which each item is compared or called with these options.
pub(super) fn each_item(state: &State, list: &Value, options: &[Value]) -> Result<(), Error> {
    let sizes = options.iter().map(|option| size(option, PlaceholderValues::none(), MAX_BYTES));
    let of_options = sizes.fold(0, usize::saturating_add).saturating_mul(list.len().unwrap_or_default());
    text(state, size(list, PlaceholderValues::none(), MAX_BYTES).saturating_add(of_options))
}

/// Counts the sum of a list. A sum of lists or texts is computed anew for each item.
pub(super) fn summed(state: &State, list: &Value) -> Result<(), Error> {
    visited(state, list.len().unwrap_or_default())?;
    let mut bytes: usize = 0;
    for item in list.try_iter()? {
        if item.kind() != ValueKind::Number {
            bytes = bytes.saturating_add(size(&item, PlaceholderValues::none(), MAX_BYTES));
            text(state, bytes)?;
        }
    }
    Ok(())
}

/// The filter of what `in` looks up. It is compared with each item, and only the items are counted.
pub(super) fn sought(state: &State, value: Value) -> Result<Value, Error> {
    let bytes = size(&value, PlaceholderValues::none(), TEMPLATE_SOUGHT_BYTES);
    if bytes > TEMPLATE_SOUGHT_BYTES {
        let message = format!("`in` looks up a value of more than {TEMPLATE_SOUGHT_BYTES} bytes");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    text(state, bytes).map(|()| value)
}

/// Counts text of `bytes` that is written.
pub(super) fn text(state: &State, bytes: usize) -> Result<(), Error> {
    state.consume_fuel((bytes / STEP_BYTES) as u64)
}

/// The filter that counts an operand.
pub(super) fn counted(state: &State, value: Value) -> Result<Value, Error> {
    let bytes = size(&value, PlaceholderValues::none(), MAX_OPERAND_BYTES);
    if bytes > MAX_OPERAND_BYTES {
        return Err(Error::from(ErrorKind::OutOfFuel));
    }
    text(state, bytes).map(|()| value)
}

/// The filter that counts an operand of arithmetic or a comparison.
pub(super) fn counted_operand(state: &State, value: Value) -> Result<Value, Error> {
    let value = counted(state, value)?;
    if value.kind() == ValueKind::Iterable { Ok(value.try_iter()?.collect()) } else { Ok(value) }
}

/// The filter that counts a text, and nothing else.
pub(super) fn counted_text(state: &State, value: &Value) -> Result<Value, Error> {
    text(state, value.as_str().map_or(0, str::len)).map(|()| value.clone())
}

/// Counts values that are visited.
pub(super) fn visited(state: &State, values: usize) -> Result<(), Error> {
    state.consume_fuel((values / STEP_VALUES) as u64)
}

/// The filter that counts what a slice is taken from. The engine visits it when the slice is used.
pub(super) fn counted_sliced(state: &State, value: &Value) -> Result<Value, Error> {
    visited(state, value.len().unwrap_or_default())?;
    counted_text(state, value)
}

/// The filter that makes a list of what the engine would compute anew for each use: a slice, or several lists in a chain.
pub(super) fn collected(state: &State, value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Iterable => {
            let mut items = Vec::new();
            for item in value.try_iter()? {
                state.consume_fuel(1)?;
                items.push(item);
            }
            Ok(Value::from(items))
        }
        _ => Ok(value),
    }
}

/// The size of a value with everything in it, as if nothing was shared, in bytes. It stops at a size above `limit`. Captured
/// text in the value has the size of its `values`.
fn size(value: &Value, values: PlaceholderValues, limit: usize) -> usize {
    let own = |value: &Value| {
        VALUE_BYTES.saturating_add(own_bytes(value, limit)).saturating_add(captured_bytes(value, values))
    };
    let mut bytes = own(value);
    let mut open: Vec<_> = content(value).into_iter().collect();
    while let Some(siblings) = open.last_mut() {
        let Some(value) = siblings.next() else {
            open.pop();
            continue;
        };
        bytes = bytes.saturating_add(own(&value));
        if bytes > limit {
            break;
        }
        open.extend(content(&value));
        if open.len() > MAX_NESTING {
            return usize::MAX;
        }
    }
    bytes
}

/// The bytes of a value without its content. A list that is too long is not visited, only counted.
fn own_bytes(value: &Value, limit: usize) -> usize {
    if let Some(node) = value.downcast_object_ref::<NodeObject>() {
        return node_bytes(node.node());
    }
    match value.kind() {
        ValueKind::String => value.as_str().map_or(0, str::len),
        ValueKind::Seq | ValueKind::Iterable => {
            let len = value.len().unwrap_or(0);
            if len > limit / VALUE_BYTES { limit } else { 0 }
        }
        _ => 0,
    }
}

/// The bytes of the values in captured text.
fn captured_bytes(value: &Value, values: PlaceholderValues) -> usize {
    let text = value.as_str().filter(|text| placeholder::is_captured(text));
    let numbers = text.into_iter().flat_map(placeholder::positions);
    // The value of a placeholder has no captured text that another one expands.
    let sizes = numbers.filter_map(|(_, number)| Some(size(values.get(number)?, PlaceholderValues::none(), MAX_BYTES)));
    sizes.fold(0, usize::saturating_add)
}

/// The values in a list or mapping that a template has made.
fn content(value: &Value) -> Option<Box<dyn Iterator<Item = Value>>> {
    if value.downcast_object_ref::<NodeObject>().is_some() {
        return None;
    }
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => Some(Box::new(value.try_iter().ok()?)),
        ValueKind::Map => {
            let map = value.clone();
            let keys = value.try_iter().ok()?;
            Some(Box::new(keys.flat_map(move |key| {
                let item = map.get_item(&key).unwrap_or_default();
                [key, item]
            })))
        }
        _ => None,
    }
}

fn node_bytes(node: &Node) -> usize {
    VALUE_BYTES
        + match &node.value {
            Data::Scalar(scalar) => scalar.text.len(),
            Data::Seq(items) => items.iter().map(node_bytes).sum(),
            Data::Map(map) => map.iter().map(|entry| entry.key.text.len() + node_bytes(&entry.value)).sum(),
        }
}

/// The offset in `text` of the first placeholder whose value makes the text larger than a template can write. Captured text
/// can be written many times, but its values were counted once.
pub(super) fn first_excess(text: &str, values: PlaceholderValues) -> Option<usize> {
    let mut bytes = text.len();
    placeholder::positions(text).find_map(|(at, number)| {
        bytes = bytes.saturating_add(size(values.get(number)?, values, TEMPLATE_BYTES));
        (bytes > TEMPLATE_BYTES).then_some(at)
    })
}
