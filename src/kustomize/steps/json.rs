//! JSON as Go's `encoding/json` writes it.

use crate::node::{Node, Style, Tag, Value};
use crate::yaml::{self, number};
use std::fmt::Write;

/// A value on one line, keys in byte order.
pub(super) fn write(json: &mut String, node: &Node) {
    match &node.value {
        Value::Map(map) => {
            json.push('{');
            for (i, entry) in map.iter().enumerate() {
                if i > 0 {
                    json.push(',');
                }
                string(json, &entry.key.text);
                json.push(':');
                write(json, &entry.value);
            }
            json.push('}');
        }
        Value::Seq(items) => {
            json.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    json.push(',');
                }
                write(json, item);
            }
            json.push(']');
        }
        Value::Scalar(scalar) => match scalar.tag {
            // go-yaml writes nothing within brackets as `''`, and reads that again.
            Tag::Null => json.push_str(if scalar.style == Style::Quoted { "\"\"" } else { "null" }),
            Tag::Bool => json.push_str(if node.as_bool() == Some(true) { "true" } else { "false" }),
            Tag::Int | Tag::Float => {
                let mut canonical = String::new();
                match (number::write_canonical(&mut canonical, &scalar.text), canonical.parse::<f64>()) {
                    (Err(_), _) => json.push_str("null"),
                    (Ok(()), Ok(value)) if canonical.contains(['.', 'e']) => float(json, value),
                    (Ok(()), _) => json.push_str(&canonical),
                }
            }
            // go-yaml puts a text with a colon in quotes within brackets, and reads that again.
            Tag::Timestamp if !scalar.text.contains(':') => {
                string(json, yaml::date_text(&scalar.text).as_ref().unwrap_or(&scalar.text.to_string()));
            }
            Tag::Timestamp | Tag::Str => string(json, &scalar.text),
        },
    }
}

/// A number with a point or an exponent. Go writes an exponent outside of a range only.
fn float(json: &mut String, value: f64) {
    if value == 0.0 || (1e-6..1e21).contains(&value.abs()) {
        let _ = write!(json, "{value}");
    } else {
        json.push_str(&format!("{value:e}").replace('e', if value.abs() < 1.0 { "e" } else { "e+" }));
    }
}

/// A string as Go's `encoding/json` writes it, which is fit for HTML.
pub(super) fn string(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            _ => json.push(c),
        }
    }
    json.push('"');
}

/// The same on several lines, indented by two spaces.
pub(super) fn indented(json: &str) -> String {
    let mut out = String::with_capacity(2 * json.len());
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut chars = json.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        (0..depth).for_each(|_| out.push_str("  "));
    };
    while let Some(c) = chars.next() {
        match c {
            _ if in_string => {
                out.push(c);
                in_string = escaped || c != '"';
                escaped = !escaped && c == '\\';
            }
            '{' | '[' => {
                out.push(c);
                if let Some(end) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c => {
                in_string = c == '"';
                out.push(c);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn strings_are_written_as_go_writes_them() {
        let mut json = String::new();
        super::string(&mut json, "<a href=\"x\">\u{2028}\u{8}\u{1}\u{7f}é\n\\");
        assert_eq!(json, r#""\u003ca href=\"x\"\u003e\u2028\b\u0001\u{7f}é\n\\""#.replace(r"\u{7f}", "\u{7f}"));
    }

    #[test]
    fn lines() {
        let json = r#"{"a":[],"b":{},"c":[1,{"d,\":":"{\\"}]}"#;
        let want =
            "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    {\n      \"d,\\\":\": \"{\\\\\"\n    }\n  ]\n}";
        assert_eq!(super::indented(json), want);
    }
}
