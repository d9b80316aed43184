//! What a name gets in DNS: its records, or the object of a cluster that has its address.

use crate::record::RecordSets;
use smol_str::SmolStr;

/// The records of a name that must be present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PresentName {
    /// The TTL of its records in seconds.
    pub(crate) ttl: u32,
    /// The records that are known without a cluster.
    pub(crate) records: RecordSets,
    /// Whether the provider's proxy has the address in DNS. `None` keeps what is set at the provider.
    pub(crate) proxied: Option<bool>,
    /// The object that has the address, if only the cluster knows it.
    pub(crate) address_from: Option<AddressObject>,
}

/// An object of a cluster that has an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AddressObject {
    /// One of [`ADDRESS_KINDS`].
    pub(crate) kind: SmolStr,
    /// Its namespace.
    pub(crate) namespace: SmolStr,
    /// Its name.
    pub(crate) name: SmolStr,
}

/// The kinds of objects that have an address.
pub(crate) const ADDRESS_KINDS: [&str; 3] = ["Gateway", "Ingress", "Service"];
