//! Filters of the engine whose work the engine does not count, or that it does before it counts it.

use super::work;
use crate::limits::TEMPLATE_FORMAT_WIDTH;
use minijinja::value::{Kwargs, Rest, StringInput, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters};
use std::borrow::Cow;

/// Replaces the filters.
pub(super) fn add(env: &mut Environment<'static>) {
    for (name, filter) in [
        ("dictsort", Value::from_function(filters::dictsort)),
        ("groupby", Value::from_function(filters::groupby)),
        ("sort", Value::from_function(filters::sort)),
        ("unique", Value::from_function(filters::unique)),
    ] {
        env.add_filter(name, move |state: &mut State, args: Rest<ValueOrKwargs>| {
            let args = args.into_values();
            args.first().map_or(Ok(()), |list| work::sorted(state, list, attributes(&args)))?;
            filter.call(state, &args)
        });
    }
    for (name, filter) in [
        ("map", Value::from_function(filters::map)),
        ("max", Value::from_function(filters::max)),
        ("min", Value::from_function(filters::min)),
        ("reject", Value::from_function(filters::reject)),
        ("rejectattr", Value::from_function(filters::rejectattr)),
        ("select", Value::from_function(filters::select)),
        ("selectattr", Value::from_function(filters::selectattr)),
    ] {
        env.add_filter(name, move |state: &mut State, args: Rest<ValueOrKwargs>| {
            let args = args.into_values();
            args.split_first().map_or(Ok(()), |(list, options)| work::each_item(state, list, options))?;
            filter.call(state, &args)
        });
    }
    let sum = Value::from_function(filters::sum);
    env.add_filter("sum", move |state: &mut State, args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        args.first().map_or(Ok(()), |list| work::summed(state, list))?;
        sum.call(state, &args)
    });
    add_filters_of_texts(env);
    let chain = Value::from_function(filters::chain);
    env.add_filter("chain", move |state: &mut State, args: Rest<Value>| {
        let keys: usize = args.iter().filter_map(Value::len).sum();
        work::visited(state, keys.saturating_mul(args.len()))?;
        let chained = chain.call(state, &args)?;
        // A key of the last mapping that has it counts, and the keys are sorted like those of any mapping.
        let entry = |key: Value| chained.get_item(&key).map(|value| (key, value));
        match chained.kind() {
            ValueKind::Map => chained.try_iter()?.map(entry).collect::<Result<Value, _>>(),
            ValueKind::Seq => Ok(chained.try_iter()?.collect()),
            _ => work::collected(state, chained),
        }
    });
}

fn add_filters_of_texts(env: &mut Environment<'static>) {
    env.add_filter("trim", |state: &mut State, text: StringInput, characters: Option<Cow<str>>| {
        let pairs = text.as_str().len().saturating_mul(characters.as_ref().map_or(0, |characters| characters.len()));
        work::text(state, pairs).map(|()| filters::trim(text, characters))
    });
    let format = Value::from_function(filters::format);
    env.add_filter("format", move |state: &mut State, args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        if widths(&args).into_iter().any(|width| width > TEMPLATE_FORMAT_WIDTH) {
            let message = format!("a width or precision of `format` is more than {TEMPLATE_FORMAT_WIDTH}");
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        format.call(state, &args)
    });
}

/// The number of attributes by which a list is sorted, which are in one text: `a,b`.
fn attributes(args: &[Value]) -> usize {
    let options = args.last().filter(|last| last.is_kwargs()).and_then(|last| Kwargs::try_from(last.clone()).ok());
    let option = options.and_then(|options| options.peek::<Value>("attribute").ok());
    let texts = args.iter().skip(1).chain(&option).filter_map(Value::as_str);
    1 + texts.map(|text| text.matches(',').count()).sum::<usize>()
}

/// The widths and precisions in the first argument of `format`, and those that `*` takes from the others.
fn widths(args: &[Value]) -> Vec<usize> {
    let is_in_spec = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | ' ' | '#' | '.' | '*');
    let mut rest = args.first().and_then(Value::as_str).unwrap_or_default();
    let (mut widths, mut has_star) = (Vec::new(), false);
    while let Some((_, from)) = rest.split_once('%') {
        // `%(name)5d` takes the value with a name.
        let name = from.strip_prefix('(').and_then(|name| name.split_once(')'));
        let spec = name.map_or(from, |(_, spec)| spec);
        let end = spec.find(|c| !is_in_spec(c)).unwrap_or(spec.len());
        let numbers = spec[..end].split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
        widths.extend(numbers.map(|number| number.parse().unwrap_or(usize::MAX)));
        has_star |= spec[..end].contains('*');
        // A second `%` is a sign of its own.
        rest = spec[end..].strip_prefix('%').unwrap_or(&spec[end..]);
    }
    let given =
        args.iter().skip(1).filter(|_| has_star).filter_map(|arg| usize::try_from(arg.as_i64()?.unsigned_abs()).ok());
    widths.extend(given);
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_and_precisions() {
        for (text, want) in [
            ("100%", &[][..]),
            ("%5d %-3s%.2f 70000", &[5, 3, 2]),
            ("%%70000d", &[]),
            ("%%%70000d", &[70_000]),
            ("%(a%b)+.65536e", &[65_536]),
            ("%99999999999999999999d", &[usize::MAX]),
            ("%*d", &[7, 8]),
        ] {
            let args = [Value::from(text), Value::from(7), Value::from("x"), Value::from(8)];
            assert_eq!(widths(&args), want, "{text}");
        }
    }
}
