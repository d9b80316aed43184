//! CAA records (RFC 8659).

/// The property tags that certificate authorities know (RFC 8659, 8657, 9495 and the baseline requirements).
const CAA_TAGS: [&str; 7] = ["issue", "issuewild", "issuemail", "issuevmc", "iodef", "contactemail", "contactphone"];

/// The rdata of `FLAGS TAG "VALUE"`.
pub(super) fn wire(value: &str) -> Result<Vec<u8>, String> {
    let shape = || "it is not of the form `0 issue \"ca.example.net\"`".to_owned();
    let mut words = value.splitn(3, ' ');
    let (Some(flags), Some(tag), Some(text)) = (words.next(), words.next(), words.next()) else { return Err(shape()) };
    let flags: u8 = flags.parse().map_err(|_| shape())?;
    let tag = tag.to_ascii_lowercase();
    if !CAA_TAGS.contains(&tag.as_str()) {
        return Err(format!("the tag `{tag}` is none of {}", CAA_TAGS.join(", ")));
    }
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).ok_or_else(shape)?;
    if text.contains(['"', '\\']) || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err("between the quotes stand plain characters only".into());
    }
    let len = u8::try_from(tag.len()).expect("a known tag is short");
    Ok([&[flags, len], tag.as_bytes(), text.as_bytes()].concat())
}
