//! The configuration of a zone for octoDNS: names below the zone in natural order, which octoDNS requires, with their
//! records.

use crate::diagnostic::Result;
use crate::dns::PresentName;
use crate::dns::zone_change::ZoneChangeFile;
use crate::node::{Map, Node};
use crate::record::{RecordData, RecordType};
use crate::yaml::{self, Quoting};
use std::collections::BTreeMap;

pub(super) fn write(files: &[ZoneChangeFile]) -> Result<String> {
    let mut names: BTreeMap<Vec<NamePart>, (String, Node)> = BTreeMap::new();
    for (name, present) in super::names(files) {
        let front = files.first().and_then(|file| name.below(&file.change.zone)).unwrap_or_default();
        names.insert(natural(front), (front.to_owned(), records(present)));
    }
    let mut text = String::from("---\n");
    for (front, records) in names.into_values() {
        let map: Map = [(front, records)].into_iter().collect();
        yaml::write(&mut text, &map.into(), Quoting::Safe)?;
    }
    Ok(text)
}

fn records(present: &PresentName) -> Node {
    let record = |(kind, set): (RecordType, &[RecordData])| {
        let mut values: Vec<Node> = set.iter().map(|data| value(kind, data)).collect();
        let field = match values.len() {
            1 => ("value", values.remove(0)),
            _ => ("values", Node::seq(values)),
        };
        let mut map: Map =
            [("ttl", Node::int(present.ttl.into())), ("type", Node::str(kind.name())), field].into_iter().collect();
        if let Some(proxied) = present.proxied.filter(|_| kind.has_address()) {
            let cloudflare = Node::from([("proxied", Node::bool(proxied))]);
            map.insert("octodns", Node::from([("cloudflare", cloudflare)]));
        }
        Node::from(map)
    };
    let mut records: Vec<Node> = present.records.sets().map(record).collect();
    if records.len() == 1 { records.remove(0) } else { Node::seq(records) }
}

fn value(kind: RecordType, data: &RecordData) -> Node {
    match kind {
        RecordType::A | RecordType::Aaaa => Node::str(data.value(kind)),
        RecordType::Cname => Node::str(data.presentation(kind)),
        // octoDNS requires the escape of zone files, where a semicolon begins a comment.
        RecordType::Txt => Node::str(data.value(kind).replace(';', "\\;")),
        RecordType::Caa => {
            let text = data.value(kind);
            let mut words = text.splitn(3, ' ');
            let mut word = || words.next().unwrap_or_default().to_owned();
            let (flags, tag, value) = (word(), word(), word());
            let map: Map = [
                ("flags", Node::int(flags.parse().unwrap_or_default())),
                ("tag", Node::str(tag)),
                ("value", Node::str(value.trim_matches('"').to_owned())),
            ]
            .into_iter()
            .collect();
            map.into()
        }
    }
}

/// A part of a name: numbers have numerical order and come before letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum NamePart {
    Number(u128, String),
    Text(String),
}

fn natural(text: &str) -> Vec<NamePart> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (part, tail) = rest.split_at(end);
        parts.push(match part.parse() {
            Ok(number) if digits => NamePart::Number(number, part.to_owned()),
            _ => NamePart::Text(part.to_owned()),
        });
        rest = tail;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_numerical_order() {
        let ordered = ["", "*", "1", "2", "10", "a", "a1", "a01", "a9", "a10", "a10b", "a.b", "ab"];
        let mut sorted = ordered;
        sorted.sort_by_key(|text| natural(text));
        assert_eq!(sorted, ["", "1", "2", "10", "*", "a", "a01", "a1", "a9", "a10", "a10b", "a.b", "ab"]);
    }
}
