//! What the files of one tree must agree on.
//!
//! One file is checked when it is read; here are the rules between files. The generator and `apply` both ask, so that
//! a tree that was merged by hand is refused before a zone sees it.

use super::ZoneChangeFile;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::dns::ownership;
use crate::name::DnsName;
use std::collections::{BTreeMap, BTreeSet};

/// Complains about names that two files claim, that are in the wrong zone, that have no room for a marker, that lead
/// around in a circle, and about a second owner.
pub fn check(files: &[ZoneChangeFile]) -> Result<()> {
    let mut found = Vec::new();
    let mut present: BTreeMap<&DnsName, &ZoneChangeFile> = BTreeMap::new();
    for file in files {
        for name in file.change.present.keys() {
            if let Some(other) = present.insert(name, file) {
                let (one, two) = (&other.change.branch, &file.change.branch);
                let message = format!("`{name}` is wanted by two branches, `{one}` and `{two}`");
                found.push(Diagnostic::new(Code::Dns, message).at(file.at).note(other.at, "also wanted here"));
            }
        }
    }
    let zones: BTreeSet<&DnsName> = files.iter().map(|file| &file.change.zone).collect();
    for file in files {
        found.extend(placement(file, &zones));
        for name in &file.change.absent {
            if let Some(other) = present.get(name).filter(|other| other.change.branch != file.change.branch) {
                let message = format!("`{name}` must be gone, and branch `{}` wants it", other.change.branch);
                let error = Diagnostic::new(Code::Dns, message).at(file.at).note(other.at, "wanted here");
                found.push(error.help("run `pleach build`, which knows what moved from branch to branch"));
            }
        }
    }
    if let Some(other) = files.iter().find(|file| file.change.owner != files[0].change.owner) {
        let message =
            format!("the names belong to `{}` here and to `{}` elsewhere", other.change.owner, files[0].change.owner);
        found.push(Diagnostic::new(Code::Dns, message).at(other.at).note(files[0].at, "elsewhere"));
    }
    found.extend(circles(&present));
    Diagnostics::check(found, ())
}

/// Names that are not below the file's zone, that belong to a smaller zone, or that have no room for a marker.
fn placement(file: &ZoneChangeFile, zones: &BTreeSet<&DnsName>) -> Vec<Diagnostic> {
    let zone = &file.change.zone;
    let one = |name: &DnsName| {
        let holds = |other: &DnsName| other.below(zone).is_some() && (name == other || name.below(other).is_some());
        let other = zones.iter().find(|other| holds(other));
        match other {
            Some(other) => Some(Diagnostic::new(Code::Dns, format!("`{name}` belongs to the zone `{other}`"))),
            None => ownership::record_name(name, zone).err(),
        }
    };
    file.change.present.keys().chain(&file.change.absent).filter_map(one).map(|error| error.at(file.at)).collect()
}

/// Names of ours that lead to each other in a circle, told once each.
fn circles(present: &BTreeMap<&DnsName, &ZoneChangeFile>) -> Vec<Diagnostic> {
    let next = |name: &DnsName| present.get(name)?.change.present[name].records.cname();
    let circle = |start: &DnsName| {
        let mut way = vec![start.clone()];
        while let Some(step) = next(way.last().expect("the way has a start")) {
            if step == *start {
                return Some(way);
            }
            if way.contains(&step) {
                return None;
            }
            way.push(step);
        }
        None
    };
    let told = |(name, file): (&&DnsName, &&ZoneChangeFile)| {
        let way = circle(name).filter(|way| way.iter().min() == Some(name))?;
        let way: Vec<_> = way.iter().chain([*name]).map(|name| format!("`{name}`")).collect();
        Some(Diagnostic::new(Code::Dns, format!("CNAMEs lead in a circle: {}", way.join(" to "))).at(file.at))
    };
    present.iter().filter_map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::zone_change::{PresentName, ZoneChange};
    use crate::record::{RecordData, RecordSets, RecordType};
    use crate::source::Location;

    fn n(text: &str) -> DnsName {
        DnsName::host(text).unwrap()
    }

    fn file(zone: &str, owner: &str, branch: &str, present: &[(&str, &str)], absent: &[&str]) -> ZoneChangeFile {
        let cname = |target| RecordSets::one(RecordType::Cname, RecordData::parse(RecordType::Cname, target).unwrap());
        let held = |target| PresentName { ttl: 60, records: cname(target), address_from: None };
        let present = present.iter().map(|(name, target)| (n(name), held(target))).collect();
        let absent = absent.iter().map(|name| n(name)).collect();
        let change = ZoneChange { zone: n(zone), owner: owner.into(), branch: branch.into(), present, absent };
        ZoneChangeFile { slug: branch.into(), change, at: Location::NONE }
    }

    #[test]
    fn what_files_must_agree_on() {
        let zone = "dev.example.com";
        let long =
            format!("{}.dev.example.com", ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(51)].join("."));
        let cases: &[(&[ZoneChangeFile], &[&str])] = &[
            (&[], &[]),
            (&[file(zone, "shop", "a", &[("a.dev.example.com", "x.net")], &["b.dev.example.com"])], &[]),
            (
                &[
                    file(zone, "shop", "a", &[("x.dev.example.com", "x.net")], &[]),
                    file(zone, "shop", "b", &[("x.dev.example.com", "x.net")], &[]),
                ],
                &["`x.dev.example.com` is wanted by two branches, `a` and `b`"],
            ),
            (
                &[
                    file(zone, "shop", "a", &[], &["x.dev.example.com"]),
                    file(zone, "shop", "b", &[("x.dev.example.com", "x.net")], &[]),
                ],
                &["`x.dev.example.com` must be gone, and branch `b` wants it"],
            ),
            (
                &[
                    file(zone, "shop", "a", &[], &["x.dev.example.com"]),
                    file(zone, "shop", "b", &[], &["x.dev.example.com"]),
                ],
                &[],
            ),
            (
                &[file(zone, "shop", "a", &[], &[]), file(zone, "blog", "b", &[], &[])],
                &["the names belong to `blog` here and to `shop` elsewhere"],
            ),
            (
                &[
                    file(
                        "example.com",
                        "shop",
                        "a",
                        &[("x.dev.example.com", "x.net"), ("dev.example.com", "x.net")],
                        &[],
                    ),
                    file(zone, "shop", "a", &[("y.dev.example.com", "x.net")], &["example.com"]),
                ],
                &[
                    "`dev.example.com` belongs to the zone `dev.example.com`",
                    "`x.dev.example.com` belongs to the zone `dev.example.com`",
                    "`example.com` is not below the zone `dev.example.com`",
                ],
            ),
            (&[file(zone, "shop", "a", &[(zone, "x.net")], &[])], &["`dev.example.com` is not below the zone"]),
            (&[file(zone, "shop", "a", &[(&long, "x.net")], &[])], &["is too long for a marker"]),
            (
                &[
                    file(
                        zone,
                        "shop",
                        "a",
                        &[("a.dev.example.com", "b.dev.example.com"), ("d.dev.example.com", "a.dev.example.com")],
                        &[],
                    ),
                    file(
                        zone,
                        "shop",
                        "b",
                        &[("b.dev.example.com", "a.dev.example.com"), ("c.dev.example.com", "c.dev.example.com")],
                        &[],
                    ),
                ],
                &[
                    "CNAMEs lead in a circle: `a.dev.example.com` to `b.dev.example.com` to `a.dev.example.com`",
                    "CNAMEs lead in a circle: `c.dev.example.com` to `c.dev.example.com`",
                ],
            ),
        ];
        for (files, want) in cases {
            let got: Vec<String> = check(files).err().iter().flatten().map(ToString::to_string).collect();
            assert_eq!(got.len(), want.len(), "{got:#?}");
            for (got, want) in got.iter().zip(*want) {
                assert!(got.contains(want), "{got} / {want}");
            }
        }
    }
}
