//! The file of a zone change, `out/dns/<zone>/<slug>.yaml`.

use super::ZoneChange;
use crate::branch_name;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::dns::ownership::Owner;
use crate::dns::{ADDRESS_KINDS, AddressObject, PresentName};
use crate::limits::ZONE_CHANGE_NAMES;
use crate::name::DnsName;
use crate::node::{Map, Node};
use crate::record::{RecordData, RecordSets, RecordType};
use crate::source::{File, FileId, Location};
use crate::spec::MAX_TTL;
use crate::yaml::{self, Dialect, FieldErrors, Fields};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

const API_VERSION: &str = "pleach/v1";
const KIND: &str = "ZoneChange";

impl ZoneChange {
    /// The file as pleach writes it.
    pub(crate) fn write(&self) -> Result<String> {
        let present = self.present.iter().map(|(name, present)| present.node(name));
        let absent = self.absent.iter().map(|name| Node::str(name.as_str()));
        let id = self.owner.id.clone().map(|id| ("ownerId", Node::str(id)));
        let file: Map = [
            ("apiVersion", Node::str(API_VERSION)),
            ("kind", Node::str(KIND)),
            ("zone", Node::str(self.zone.as_str())),
            ("owner", Node::str(self.owner.project.clone())),
            ("branch", Node::str(self.branch.clone())),
            ("present", Node::seq(present)),
            ("absent", Node::seq(absent)),
        ]
        .into_iter()
        .chain(id)
        .collect();
        Ok(yaml::document(&file.into())?)
    }

    /// Reads a file. Each error has its source location. Order and spelling may differ from what pleach writes.
    pub(crate) fn read(file: &File) -> Result<Self> {
        of(&yaml::documents(file, Dialect::Kubernetes)?, file.location(), &|_| Ok(()))
    }

    /// Reads a text that is not a file of the project, with any names.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        ZoneChange::parse_checked(text, &|_| Ok(()))
    }

    /// Reads a text whose entries `check` accepts. The locations of its errors are in [`FileId::UNNUMBERED`].
    pub(super) fn parse_checked(text: &str, check: &ZoneChangeCheck) -> Result<Self> {
        let at = |line, column, len| Location::new(FileId::UNNUMBERED, line, column, len);
        of(&yaml::parse(text, Dialect::Kubernetes, &at)?, Location::NONE, check)
    }
}

impl PresentName {
    fn node(&self, name: &DnsName) -> Node {
        let mut map: Map =
            [("name", Node::str(name.as_str())), ("ttl", Node::int(self.ttl.into()))].into_iter().collect();
        if let Some(object) = &self.address_from {
            let fields = [("kind", &object.kind), ("namespace", &object.namespace), ("name", &object.name)];
            let object: Map = fields.map(|(key, value)| (key, Node::str(value.clone()))).into_iter().collect();
            map.insert("addressFrom", object.into());
        }
        if let Some(proxied) = self.proxied {
            map.insert("proxied", Node::bool(proxied));
        }
        for (kind, set) in self.records.sets() {
            map.insert(kind.name(), Node::seq(set.iter().map(|data| Node::str(data.value(kind)))));
        }
        map.into()
    }
}

/// What is checked in a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum ZoneChangeEntry<'a> {
    /// The zone.
    Zone(&'a DnsName),
    /// The branch.
    Branch(&'a str),
    /// A name that must be present or absent.
    Name {
        /// The zone of the file.
        zone: &'a DnsName,
        /// The project that owns the name.
        owner: &'a str,
        /// The name.
        name: &'a DnsName,
    },
}

/// Whether a file may have an entry; the error has no source location.
pub(super) type ZoneChangeCheck<'a> = dyn Fn(ZoneChangeEntry) -> Result<(), Diagnostic> + 'a;

fn of(documents: &[Node], at: Location, check: &ZoneChangeCheck) -> Result<ZoneChange> {
    Fields::only(documents, "a zone change file", Code::Dns, at, |fields| self::fields(fields, check))
}

fn fields(fields: &mut Fields, check: &ZoneChangeCheck) -> Option<ZoneChange> {
    fields.header(API_VERSION, KIND);
    let zone = fields.required("zone", Fields::text);
    let at = fields.at("zone");
    let zone = zone.and_then(|node| name(node, fields.errors())).filter(|zone| {
        let checked = check(ZoneChangeEntry::Zone(zone));
        checked.map_err(|error| fields.errors().push(error.at(at))).is_ok()
    });
    let owner = fields.required("owner", Fields::text);
    let owner = owner.and_then(|node| label(node, fields.errors()));
    let id = fields.text("ownerId").and_then(|node| label(node, fields.errors()));
    let at = fields.at("branch");
    let branch = branch(fields).filter(|branch| {
        let checked = check(ZoneChangeEntry::Branch(branch));
        checked.map_err(|error| fields.errors().push(error.at(at))).is_ok()
    });
    let check_name = |name: &DnsName, at: Location, errors: &mut FieldErrors| {
        let (Some(zone), Some(owner)) = (&zone, &owner) else { return };
        if let Err(error) = check(ZoneChangeEntry::Name { zone, owner, name }) {
            errors.push(error.at(at));
        }
    };
    if let Some(at) = first_excess(fields) {
        fields.errors().push(too_many_names().at(at));
        return None;
    }
    let mut present = BTreeMap::new();
    for (at, name, entry) in fields.list("present", entry) {
        check_name(&name, at, fields.errors());
        if present.insert(name.clone(), entry).is_some() {
            fields.errors().report(at, format!("duplicate name `{name}` in `present`"));
        }
    }
    let mut absent = BTreeSet::new();
    for node in fields.strs("absent") {
        let Some(name) = name(node, fields.errors()) else { continue };
        if present.contains_key(&name) {
            fields.errors().report(node.at, format!("`{name}` is both present and absent"));
        }
        check_name(&name, node.at, fields.errors());
        absent.insert(name);
    }
    let owner = Owner { project: owner?, id };
    Some(ZoneChange { zone: zone?, owner, branch: branch?, present, absent })
}

/// The source location of the first name above the limit.
fn first_excess(fields: &mut Fields) -> Option<Location> {
    let lists = ["present", "absent"].map(|key| fields.node(key).and_then(Node::as_seq).unwrap_or_default());
    lists.into_iter().flatten().nth(ZONE_CHANGE_NAMES).map(|name| name.at)
}

/// The error about a file with too many names.
pub(super) fn too_many_names() -> Diagnostic {
    Diagnostic::new(Code::Dns, format!("a zone change file has more than {ZONE_CHANGE_NAMES} names"))
}

/// The name of the branch.
fn branch(fields: &mut Fields) -> Option<SmolStr> {
    let name = SmolStr::from(fields.required("branch", Fields::str)?);
    let Some(why) = branch_name::invalid(&name) else { return Some(name) };
    let at = fields.at("branch");
    fields.errors().report(at, format!("`{}` is not the name of a branch: {why}", name.escape_debug()));
    None
}

fn entry(node: &Node, errors: &mut FieldErrors) -> Option<(Location, DnsName, PresentName)> {
    Fields::read(node, "a name", errors, |fields| {
        let at = fields.at("name");
        let host = fields.required("name", Fields::text);
        let host = host.and_then(|node| name(node, fields.errors()));
        let ttl = fields.required("ttl", |fields, name| fields.int(name, 1..=i64::from(MAX_TTL)));
        let ttl = ttl.and_then(|ttl| u32::try_from(ttl).ok());
        let records = records(fields);
        let source = fields.map("addressFrom").and_then(|node| object(node, fields.errors()));
        if source.is_some() {
            let known = [RecordType::A, RecordType::Aaaa, RecordType::Cname]
                .into_iter()
                .find(|kind| records.get(*kind).is_some());
            if let Some(kind) = known {
                fields.errors().report(at, format!("a name cannot have both `addressFrom` and {kind}"));
            }
        } else if !RecordType::ALL.into_iter().any(|kind| fields.node(kind.name()).is_some_and(|node| !is_empty(node)))
        {
            let name = host.as_ref().map(|host| format!(" `{host}`")).unwrap_or_default();
            fields.errors().report(at, format!("the name{name} in `present` needs records or `addressFrom`"));
        }
        let proxied = fields.bool("proxied");
        if proxied.is_some() && source.is_none() && !records.has_address() {
            fields.errors().report(at, "a name without an address cannot be proxied");
        }
        Some((at, host?, PresentName { ttl: ttl?, records, proxied, address_from: source }))
    })
}

fn is_empty(node: &Node) -> bool {
    node.as_seq().is_some_and(<[Node]>::is_empty)
}

fn records(fields: &mut Fields) -> RecordSets {
    let mut records = RecordSets::default();
    for kind in RecordType::ALL {
        for node in fields.strs(kind.name()) {
            match RecordData::parse(kind, node.as_str().unwrap_or_default()) {
                Ok(data) => {
                    if !records.insert(kind, data) {
                        fields.errors().report(node.at, format!("duplicate {kind} record"));
                    }
                }
                Err(error) => fields.errors().push(error.at(node.at)),
            }
        }
    }
    if let Err(error) = records.check() {
        let at = fields.at("name");
        fields.errors().push(error.at(at));
    }
    records
}

fn object(node: &Node, errors: &mut FieldErrors) -> Option<AddressObject> {
    Fields::read(node, "`addressFrom`", errors, |fields| {
        let kind = fields.required("kind", Fields::str)?;
        if !ADDRESS_KINDS.contains(&kind) {
            let at = fields.at("kind");
            let error = Diagnostic::new(Code::Dns, format!("`{kind}` objects have no address")).at(at);
            fields.errors().push(error.help(format!("use one of {}", ADDRESS_KINDS.join(", "))));
        }
        let namespace = fields.required("namespace", Fields::str)?;
        let name = fields.required("name", Fields::str)?;
        Some(AddressObject { kind: kind.into(), namespace: namespace.into(), name: name.into() })
    })
}

fn name(node: &Node, errors: &mut FieldErrors) -> Option<DnsName> {
    let name = DnsName::host(node.as_str()?);
    name.map_err(|error| errors.push(error.at(node.at))).ok()
}

fn label(node: &Node, errors: &mut FieldErrors) -> Option<SmolStr> {
    let text = node.as_str()?;
    match DnsName::host(text) {
        Ok(name) if name.as_str() == text && name.labels().count() == 1 => Some(text.into()),
        _ => {
            errors.report(node.at, format!("`{text}` is not a label of lower-case letters, digits and hyphens"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Project;
    use crate::source::RelPath;
    use proptest::prelude::*;

    const FILE: &str = "\
absent:
- old.shop.dev.example.com
apiVersion: pleach/v1
branch: feature/search
kind: ZoneChange
owner: shop
ownerId: k3x9f0qz7m
present:
- CAA:
  - 0 issue \"letsencrypt.org\"
  addressFrom:
    kind: Service
    name: web
    namespace: shop-feature-search
  name: api.search.shop.dev.example.com
  ttl: 60
- CNAME:
  - ingress.dev.example.com
  name: feature-search.shop.dev.example.com
  ttl: 60
zone: dev.example.com
";

    fn read(text: &str) -> Result<ZoneChange> {
        let project = Project::in_memory([("f.yaml", text)]);
        ZoneChange::read(&project.file(&RelPath::new("f.yaml").unwrap()).unwrap())
    }

    #[test]
    fn writes_the_documented_file() {
        let change = read(FILE).unwrap();
        assert_eq!(change.write().unwrap(), FILE);
    }

    #[test]
    fn errors_have_source_locations() {
        let faulty = "\
apiVersion: pleach/v2
kind: ZoneChange
zone: Dev_.example.com
owner: My Shop
ownerId: K3
branch: x
presnt: []
present:
- {name: a.dev.example.com, ttl: 0, A: [127.0.0.1]}
- {name: b.dev.example.com, ttl: 60}
- {name: c.dev.example.com, ttl: 60, CNAME: [x.net], CAA: ['0 issue \";\"']}
- {name: d.dev.example.com, ttl: 60, A: [192.0.2.1, 192.0.2.1], MX: [m.net]}
- {name: d.dev.example.com, ttl: 60, A: [192.0.2.1]}
- {name: e.dev.example.com, ttl: 60, A: [192.0.2.1], addressFrom: {kind: Pod, namespace: n, name: x}}
absent: [d.dev.example.com, 1]
";
        let errors: Vec<_> = read(faulty).unwrap_err().iter().map(|e| format!("{}: {e}", e.parts().at.line)).collect();
        for want in [
            "1: `apiVersion` must be `pleach/v1`, got `pleach/v2`",
            "3: invalid DNS name `Dev_.example.com`: the label `dev_` may have letters, digits and hyphens only",
            "4: `My Shop` is not a label of lower-case letters, digits and hyphens",
            "5: `K3` is not a label of lower-case letters, digits and hyphens",
            "7: unknown field `presnt`",
            "9: `ttl` must be between 1 and 2147483647, got 0",
            "9: invalid A record `127.0.0.1`: other hosts cannot reach this address",
            "10: the name `b.dev.example.com` in `present` needs records or `addressFrom`",
            "11: a name cannot have both CNAME and CAA records",
            "12: duplicate A record",
            "12: unknown field `MX`",
            "13: duplicate name `d.dev.example.com` in `present`",
            "14: `Pod` objects have no address",
            "14: a name cannot have both `addressFrom` and A",
            "15: `d.dev.example.com` is both present and absent",
            "15: `absent` must be a list of strings, got an integer",
        ] {
            assert!(errors.iter().any(|error| error == want), "{want}\n{errors:#?}");
        }
        assert_eq!(errors.len(), 16, "{errors:#?}");
        assert!(read("").is_err() && read("[]").is_err() && read("a: 1\n---\nb: 1\n").is_err());
    }

    fn name() -> impl Strategy<Value = DnsName> {
        "(\\*\\.)?[a-z0-9]{1,8}(\\.[a-z0-9]{1,3}){0,2}"
            .prop_map(|front| DnsName::host(&format!("{front}.dev.example.com")).unwrap())
    }

    fn present() -> impl Strategy<Value = PresentName> {
        let address = any::<[u8; 4]>().prop_filter_map("reachable", |[a, b, c, d]| {
            RecordData::parse(RecordType::A, &format!("{a}.{b}.{c}.{d}")).ok()
        });
        let text = "[ -~é-ÿ]{0,300}".prop_map(|text| RecordData::parse(RecordType::Txt, &text).unwrap());
        let many = (proptest::collection::btree_set(address, 0..3), proptest::collection::btree_set(text, 1..3));
        let many = many.prop_map(|(addresses, texts)| {
            let mut records = RecordSets::default();
            for data in addresses {
                assert!(records.insert(RecordType::A, data));
            }
            for data in texts {
                assert!(records.insert(RecordType::Txt, data));
            }
            records
        });
        let one = name().prop_filter("no wildcard", |name| !name.is_wildcard());
        let one = one.prop_map(|name| {
            RecordSets::one(RecordType::Cname, RecordData::parse(RecordType::Cname, name.as_str()).unwrap())
        });
        (1..=MAX_TTL, prop_oneof![many, one]).prop_map(|(ttl, records)| PresentName {
            ttl,
            proxied: records.get(RecordType::Txt).is_none().then_some(ttl % 2 == 0),
            records,
            address_from: None,
        })
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(
            branch in "[a-zé日/]{0,20}[a-z]".prop_filter("a branch", |name| branch_name::invalid(name).is_none()),
            present in proptest::collection::btree_map(name(), present(), 0..5),
            absent in proptest::collection::btree_set(name(), 0..5),
        ) {
            let absent = absent.into_iter().filter(|name| !present.contains_key(name)).collect();
            let zone = DnsName::host("dev.example.com").unwrap();
            let change = ZoneChange { zone, owner: "shop".into(), branch: branch.into(), present, absent };
            let text = change.write().unwrap();
            prop_assert_eq!(read(&text).unwrap(), change.clone());
            prop_assert_eq!(change.write().unwrap(), text);
        }
    }
}
