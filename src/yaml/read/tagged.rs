//! Scalars with an explicit tag, such as `!!int`.

use super::super::scalar::resolve;
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Scalar, Style, Tag};
use smol_str::SmolStr;

/// A scalar with a tag. With a tag that YAML does not define it is a string.
pub(super) fn tagged(text: &str, tag: &str, style: Style) -> Result<Scalar, Diagnostic> {
    let scalar = |tag| Scalar { text: SmolStr::new(text), tag, style };
    let name = tag.strip_prefix("tag:yaml.org,2002:");
    let wanted = match name {
        Some("binary") => return binary(text, style),
        Some("null") if text.is_empty() => return Ok(Scalar { style: Style::Plain, ..scalar(Tag::Null) }),
        Some("null") => Tag::Null,
        Some("bool") => Tag::Bool,
        Some("int") => Tag::Int,
        Some("float") => Tag::Float,
        Some("timestamp") => Tag::Timestamp,
        Some("merge") if text == "<<" => Tag::Str,
        // The tag has the effect of quotes.
        _ if style == Style::Plain => return Ok(Scalar { style: Style::Quoted, ..scalar(Tag::Str) }),
        _ => return Ok(scalar(Tag::Str)),
    };
    match (wanted, resolve::core(text)) {
        (Tag::Float, Tag::Int) => Ok(scalar(Tag::Float)),
        (wanted, found) if wanted == found => Ok(scalar(wanted)),
        _ => Err(Diagnostic::new(
            Code::Yaml,
            // The text may be a secret, and a file that cannot be read does not say whether it is.
            format!("the value is not valid for the tag `!!{}`", name.unwrap_or(tag)),
        )),
    }
}

/// Decodes the base64 of a `!!binary` scalar to text.
fn binary(text: &str, style: Style) -> Result<Scalar, Diagnostic> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text.replace(['\n', '\r'], ""))
        .map_err(|_| Diagnostic::new(Code::Yaml, "the value of a `!!binary` tag must be base64"))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Diagnostic::new(Code::Yaml, "the decoded value of a `!!binary` tag is not UTF-8"))?;
    Ok(Scalar { text: text.into(), tag: Tag::Str, style })
}
