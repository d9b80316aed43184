//! Change batches for `aws route53 change-resource-record-sets`, one per line, within the limits of the service. The action is
//! `CREATE`, so the service refuses a batch if a record set exists already.

use crate::dns::zone_change::ZoneChangeFile;
use crate::record::{RecordData, RecordType};
use serde_json::{Value, json};
use std::fmt::Write;

/// The maximum of records and of characters in one batch.
const RECORDS: usize = 1000;
const CHARACTERS: usize = 32_000;

pub(super) fn write(files: &[ZoneChangeFile]) -> String {
    let mut text = String::new();
    let mut batch: Vec<Value> = Vec::new();
    let (mut records, mut characters) = (0, 0);
    let mut end = |batch: &mut Vec<Value>| {
        if !batch.is_empty() {
            writeln!(text, "{}", json!({"Changes": std::mem::take(batch)})).expect("writing to a string succeeds");
        }
    };
    for (name, present) in super::names(files) {
        // The record sets of one name are in the same batch.
        let written =
            |(kind, set): (RecordType, &[RecordData])| (kind, set.iter().map(|data| octal(kind, data)).collect());
        let values: Vec<(RecordType, Vec<String>)> = present.records.sets().map(written).collect();
        let count = values.iter().map(|(_, values)| values.len()).sum::<usize>();
        let length = values.iter().flat_map(|(_, values)| values).map(String::len).sum::<usize>();
        if records + count > RECORDS || characters + length > CHARACTERS {
            end(&mut batch);
            (records, characters) = (0, 0);
        }
        records += count;
        characters += length;
        for (kind, values) in values {
            let values: Vec<Value> = values.into_iter().map(|value| json!({"Value": value})).collect();
            batch.push(json!({"Action": "CREATE", "ResourceRecordSet": {
                "Name": format!("{name}."), "Type": kind.name(), "TTL": present.ttl, "ResourceRecords": values,
            }}));
        }
    }
    end(&mut batch);
    text
}

/// The rdata in the format of Route 53: as in a zone file, but with octal escapes.
pub(crate) fn octal(kind: RecordType, data: &RecordData) -> String {
    let quoted = |string: &&[u8]| {
        let mut text = String::from("\"");
        for &byte in *string {
            match byte {
                b'"' | b'\\' => write!(text, "\\{}", char::from(byte)),
                b' '..=b'~' => write!(text, "{}", char::from(byte)),
                _ => write!(text, "\\{byte:03o}"),
            }
            .expect("writing to a string succeeds");
        }
        text + "\""
    };
    match kind {
        RecordType::Txt => data.strings().iter().map(quoted).collect::<Vec<_>>().join(" "),
        _ => data.presentation(kind),
    }
}
