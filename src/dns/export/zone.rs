//! A zone file without SOA and NS, for `$INCLUDE`.

use crate::dns::zone_change::ZoneChangeFile;
use std::fmt::Write;

pub(super) fn write(files: &[ZoneChangeFile]) -> String {
    let mut text = String::new();
    if let Some(file) = files.first() {
        writeln!(text, "$ORIGIN {}.", file.change.zone).expect("writing to a string succeeds");
        for (name, present) in super::names(files) {
            let front = name.below(&file.change.zone).unwrap_or("@");
            for (kind, data) in present.records.iter() {
                let data = data.presentation(kind);
                writeln!(text, "{front} {} IN {kind} {data}", present.ttl).expect("writing to a string succeeds");
            }
        }
    }
    text
}
