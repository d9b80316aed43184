//! CAA records (RFC 8659).

/// The property tags that certificate authorities use (RFC 8659, 8657, 9495 and the baseline requirements).
const CAA_TAGS: [&str; 7] = ["issue", "issuewild", "issuemail", "issuevmc", "iodef", "contactemail", "contactphone"];

/// The rdata of `FLAGS TAG "VALUE"`.
pub(super) fn wire(value: &str) -> Result<Vec<u8>, String> {
    let format_error = || "expected a value like `0 issue \"ca.example.net\"`".to_owned();
    let mut words = value.splitn(3, ' ');
    let (Some(flags), Some(tag), Some(text)) = (words.next(), words.next(), words.next()) else {
        return Err(format_error());
    };
    let flags: u8 = flags.parse().map_err(|_| format_error())?;
    let tag = tag.to_ascii_lowercase();
    if !CAA_TAGS.contains(&tag.as_str()) {
        return Err(format!("unknown tag `{tag}`, expected one of {}", CAA_TAGS.join(", ")));
    }
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).ok_or_else(format_error)?;
    if text.contains(['"', '\\']) || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(
            "the value in quotes may have printable ASCII characters only, without quotes and backslashes".into()
        );
    }
    let len = u8::try_from(tag.len()).expect("the tags are short");
    Ok([&[flags, len], tag.as_bytes(), text.as_bytes()].concat())
}
