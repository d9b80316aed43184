//! The rules between the zone change files of one output.
//!
//! Builds and `apply` both check them, so that an output that was merged by hand is refused before a zone changes.

use super::ZoneChangeFile;
use super::file::too_many_names;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::dns::ownership;
use crate::limits::ZONE_CHANGE_NAMES;
use crate::name::DnsName;
use std::collections::{BTreeMap, BTreeSet};

/// Reports names in two files, names in the wrong zone, names too long for an ownership record, circles of CNAMEs, and files of
/// several projects.
pub(crate) fn check(files: &[ZoneChangeFile]) -> Result<()> {
    let mut found = Vec::new();
    let mut present: BTreeMap<&DnsName, &ZoneChangeFile> = BTreeMap::new();
    for file in files {
        for name in file.change.present.keys() {
            if let Some(other) = present.insert(name, file) {
                let (one, two) = (&other.change.branch, &file.change.branch);
                let message = format!("the branches `{one}` and `{two}` both have the DNS name `{name}`");
                found.push(Diagnostic::new(Code::Dns, message).at(file.at).note(other.at, "also here"));
            }
        }
    }
    let zones: BTreeSet<&DnsName> = files.iter().map(|file| &file.change.zone).collect();
    for file in files {
        if file.change.present.len() + file.change.absent.len() > ZONE_CHANGE_NAMES {
            found.push(too_many_names().at(file.at));
            continue;
        }
        found.extend(placement(file, &zones));
        for name in &file.change.absent {
            if let Some(other) = present.get(name).filter(|other| other.change.branch != file.change.branch) {
                let message = format!("`{name}` must be absent, but the branch `{}` has it", other.change.branch);
                let error = Diagnostic::new(Code::Dns, message).at(file.at).note(other.at, "present here");
                found.push(error.help("run `pleach build`, which removes the name from the list"));
            }
        }
    }
    if let Some(other) = files.iter().find(|file| file.change.owner != files[0].change.owner) {
        let (here, there) = (&other.change.owner, &files[0].change.owner);
        let message = format!("the owner is {here} in this file and {there} in another file");
        let error = Diagnostic::new(Code::Dns, message).at(other.at).note(files[0].at, "the other file");
        let is_stale = here.project == there.project;
        found.push(if is_stale { error.help("run `pleach build` for all branches") } else { error });
    }
    found.extend(circles(&present));
    Diagnostics::check(found, ())
}

/// Reports names that are not below the zone of the file, that are in a smaller zone, or that are too long for an ownership
/// record.
fn placement(file: &ZoneChangeFile, zones: &BTreeSet<&DnsName>) -> Vec<Diagnostic> {
    let zone = &file.change.zone;
    let error = |name: &DnsName| {
        let is_nearer = |other: &DnsName| other.below(zone).is_some() && (name == other || name.below(other).is_some());
        let other = zones.iter().find(|other| is_nearer(other));
        match other {
            Some(other) => Some(Diagnostic::new(Code::Dns, format!("`{name}` is in the zone `{other}`"))),
            None => ownership::record_name(name, zone).err(),
        }
    };
    file.change.present.keys().chain(&file.change.absent).filter_map(error).map(|error| error.at(file.at)).collect()
}

/// Reports each circle of CNAMEs once, from its first name. Each name is visited once.
fn circles(present: &BTreeMap<&DnsName, &ZoneChangeFile>) -> Vec<Diagnostic> {
    let next = |name: &DnsName| present.get(name)?.change.present[name].records.cname();
    let (mut visited, mut found) = (BTreeSet::new(), BTreeMap::new());
    for start in present.keys() {
        let (mut path, mut step) = (Vec::new(), Some((*start).clone()));
        while let Some(name) = step.take_if(|name| visited.insert(name.clone())) {
            step = next(&name);
            path.push(name);
        }
        // A name that is on this path already closes a circle.
        let Some(from) = step.and_then(|name| path.iter().position(|other| *other == name)) else { continue };
        let circle = &mut path[from..];
        let first = (0..circle.len()).min_by_key(|&at| &circle[at]).unwrap_or_default();
        circle.rotate_left(first);
        let names: Vec<_> = circle.iter().chain([&circle[0]]).map(|name| format!("`{name}`")).collect();
        let error = Diagnostic::new(Code::Dns, format!("CNAME records form a circle: {}", names.join(" -> ")));
        found.insert(circle[0].clone(), error.at(present[&circle[0]].at));
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::PresentName;
    use crate::dns::zone_change::ZoneChange;
    use crate::record::{RecordData, RecordSets, RecordType};
    use crate::source::Location;

    fn n(text: &str) -> DnsName {
        DnsName::host(text).unwrap()
    }

    fn file(zone: &str, owner: &str, branch: &str, present: &[(&str, &str)], absent: &[&str]) -> ZoneChangeFile {
        let cname = |target| RecordSets::one(RecordType::Cname, RecordData::parse(RecordType::Cname, target).unwrap());
        let records_of = |target| PresentName { ttl: 60, records: cname(target), proxied: None, address_from: None };
        let present = present.iter().map(|(name, target)| (n(name), records_of(target))).collect();
        let absent = absent.iter().map(|name| n(name)).collect();
        let change = ZoneChange { zone: n(zone), owner: owner.into(), branch: branch.into(), present, absent };
        ZoneChangeFile { slug: branch.into(), change, at: Location::NONE }
    }

    /// The errors of files contain the texts of `want`, in this order.
    #[track_caller]
    fn has_errors(files: &[ZoneChangeFile], want: &[&str]) {
        let got: Vec<String> = check(files).err().iter().flatten().map(ToString::to_string).collect();
        assert_eq!(got.len(), want.len(), "{got:#?}");
        for (got, want) in got.iter().zip(want) {
            assert!(got.contains(want), "{got} / {want}");
        }
    }

    const ZONE: &str = "dev.example.com";

    #[test]
    fn a_name_is_in_one_file() {
        let x = "x.dev.example.com";
        let present = |branch| file(ZONE, "shop", branch, &[(x, "x.net")], &[]);
        let absent = |branch| file(ZONE, "shop", branch, &[], &[x]);
        has_errors(&[], &[]);
        has_errors(&[file(ZONE, "shop", "a", &[("a.dev.example.com", "x.net")], &[x])], &[]);
        has_errors(
            &[present("a"), present("b")],
            &["the branches `a` and `b` both have the DNS name `x.dev.example.com`"],
        );
        has_errors(&[absent("a"), present("b")], &["`x.dev.example.com` must be absent, but the branch `b` has it"]);
        has_errors(&[absent("a"), absent("b")], &[]);
    }

    #[test]
    fn a_file_has_a_limit_on_its_names() {
        let names: Vec<String> = (0..ZONE_CHANGE_NAMES).map(|i| format!("h{i}.dev.example.com")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        has_errors(&[file(ZONE, "shop", "a", &[], &names)], &[]);
        let x = [("x.dev.example.com", "x.net")];
        let full = file(ZONE, "shop", "a", &x, &names);
        let want = "a zone change file has more than 50000 names";
        has_errors(std::slice::from_ref(&full), &[want]);
        let text = full.change.write().unwrap();
        let error = ZoneChange::parse(&text).unwrap_err();
        let [error] = &error.iter().collect::<Vec<_>>()[..] else { panic!("{error:?}") };
        assert_eq!((error.to_string().as_str(), error.parts().at.line), (want, 50_001));
    }

    #[test]
    fn all_files_have_one_owner() {
        let files = [file(ZONE, "shop", "a", &[], &[]), file(ZONE, "blog", "b", &[], &[])];
        has_errors(&files, &["the owner is `blog` in this file and `shop` in another file"]);
    }

    #[test]
    fn names_are_in_the_zone_of_their_file() {
        let outer = [("x.dev.example.com", "x.net"), ("dev.example.com", "x.net")];
        let files = [
            file("example.com", "shop", "a", &outer, &[]),
            file(ZONE, "shop", "a", &[("y.dev.example.com", "x.net")], &["example.com"]),
        ];
        let want = [
            "`dev.example.com` is in the zone `dev.example.com`",
            "`x.dev.example.com` is in the zone `dev.example.com`",
            "`example.com` is not below the zone `dev.example.com`",
        ];
        has_errors(&files, &want);
        has_errors(&[file(ZONE, "shop", "a", &[(ZONE, "x.net")], &[])], &["`dev.example.com` is not below the zone"]);
        let labels = ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(51)].join(".");
        let long = format!("{labels}.dev.example.com");
        has_errors(&[file(ZONE, "shop", "a", &[(&long, "x.net")], &[])], &["is too long: the name of its ownership"]);
    }

    #[test]
    fn cname_records_form_no_circle() {
        let [a, b, c, d] = ["a.dev.example.com", "b.dev.example.com", "c.dev.example.com", "d.dev.example.com"];
        let files = [file(ZONE, "shop", "a", &[(a, b), (d, a)], &[]), file(ZONE, "shop", "b", &[(b, a), (c, c)], &[])];
        let want = [
            "CNAME records form a circle: `a.dev.example.com` -> `b.dev.example.com` -> `a.dev.example.com`",
            "CNAME records form a circle: `c.dev.example.com` -> `c.dev.example.com`",
        ];
        has_errors(&files, &want);
        // A long chain takes linear time.
        let names: Vec<String> = (0..20_000).map(|i| format!("h{i}.dev.example.com")).collect();
        let chain: Vec<(&str, &str)> = names.windows(2).map(|pair| (&*pair[0], &*pair[1])).collect();
        has_errors(&[file(ZONE, "shop", "a", &chain, &[])], &[]);
    }
}
