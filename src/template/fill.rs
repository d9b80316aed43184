//! Puts values in place of the placeholders of a parsed template.
//!
//! A value is inserted as data after the text was parsed, so it cannot change the structure around it. Only the path to
//! a placeholder is copied. All other nodes stay shared by all branches.

use super::parsed::{FillPlan, ParsedTemplate};
use super::placeholder::{Placeholder, TextPart};
use super::value::{PlaceholderValues, ValueError};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::node::{Map, MapEntry, Node, Scalar, Style, Tag, Value as Data};
use crate::source::Location;
use crate::yaml;
use minijinja::Value;
use std::sync::Arc;

/// The documents of a parsed template with `values` in place of its placeholders.
pub(super) fn documents(parsed: &ParsedTemplate, values: &[Value]) -> Result<Vec<Node>> {
    let values = PlaceholderValues::of(values);
    let mut filler = PlaceholderFiller { placeholders: &parsed.placeholders, values, errors: Vec::new() };
    let documents = parsed.documents.iter().map(|(node, plan)| match plan {
        Some(plan) => filler.node(node, plan),
        None => node.clone(),
    });
    let documents = documents.filter(|node| !node.is_null()).collect();
    Diagnostics::check(filler.errors, documents)
}

struct PlaceholderFiller<'s> {
    placeholders: &'s [Placeholder],
    values: PlaceholderValues<'s>,
    errors: Vec<Diagnostic>,
}

impl PlaceholderFiller<'_> {
    fn node(&mut self, node: &Node, plan: &FillPlan) -> Node {
        match (plan, &node.value) {
            (FillPlan::Value(number), _) => self.value(*number, node.at),
            (FillPlan::Text(parts), Data::Scalar(scalar)) => {
                // A plain text with values in it is a string, even if the result looks like another type.
                let style = if scalar.style == Style::Plain { Style::Quoted } else { scalar.style };
                let text = self.text(parts, node.at).into();
                Node::new(Data::Scalar(Scalar { text, tag: Tag::Str, style }), node.at)
            }
            (FillPlan::Seq(plans), Data::Seq(items)) => {
                let mut items = Vec::clone(items);
                for (i, plan) in plans {
                    items[*i] = self.node(&items[*i], plan);
                }
                Node::new(Data::Seq(Arc::new(items)), node.at)
            }
            (FillPlan::Map { entries, keys, merge }, Data::Map(map)) => {
                let mut map = map.clone();
                let mut plans = entries.iter().peekable();
                for (i, (_, value)) in map.iter_mut().enumerate() {
                    if let Some((_, plan)) = plans.next_if(|(at, _)| *at == i) {
                        *value = self.node(value, plan);
                    }
                }
                if !keys.is_empty() {
                    map = self.keys(&map, keys);
                }
                if *merge {
                    self.merge(&mut map);
                }
                Node::new(Data::Map(map), node.at)
            }
            _ => unreachable!("a plan has the shape of its node"),
        }
    }

    fn report(&mut self, error: &ValueError, number: usize, at: Location) {
        let placeholder = self.placeholders.get(number).cloned().unwrap_or_default();
        self.errors.push(error.diagnostic(&format!("`{}`", placeholder.expression)).at(placeholder.at).at(at));
    }

    fn value(&mut self, number: usize, at: Location) -> Node {
        self.values.numbered_node(number, at).unwrap_or_else(|error| {
            self.report(&error, number, at);
            Node::null()
        })
    }

    fn text(&mut self, parts: &[TextPart], at: Location) -> String {
        let mut text = String::new();
        for part in parts {
            match part {
                TextPart::Text(part) => text.push_str(part),
                TextPart::Placeholder(number) => {
                    if let Err(error) = self.values.write_text(&mut text, *number) {
                        self.report(&error, *number, at);
                    }
                }
            }
        }
        text
    }

    fn keys(&mut self, map: &Map, keys: &[(usize, Vec<TextPart>)]) -> Map {
        let mut entries: Vec<MapEntry> = map.iter().cloned().collect();
        for (i, parts) in keys {
            let key = &mut entries[*i].key;
            key.text = self.text(parts, key.at).into();
            key.style = Style::Quoted;
        }
        Map::from_entries(entries).unwrap_or_else(|(first, second)| {
            let (first, second) = if first.at <= second.at { (first, second) } else { (second, first) };
            let message = format!("duplicate key `{}`", first.text);
            self.errors.push(Diagnostic::new(Code::Template, message).at(second.at).note(first.at, "first key here"));
            Map::default()
        })
    }

    fn merge(&mut self, map: &mut Map) {
        let Some(key) = map.entry("<<").map(|entry| entry.key.clone()) else { return };
        let Some(value) = map.remove("<<") else { return };
        if let Err(error) = yaml::apply_merge_key(map, key.at, &value) {
            let help = "to merge nothing, use an empty mapping: `| default({}, true)`";
            self.errors.push(if value.is_null() { error.help(help) } else { error });
        }
    }
}
