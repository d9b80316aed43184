//! Checks before anything is sent: whether the providers support the desired records, and whether they have the
//! guarantees that `apply` relies on.

use super::entry::DesiredState;
use super::run::OpenZone;
use super::zone::ProviderGuarantee;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};

/// Fails if a provider does not support a desired record.
pub(crate) fn check_supported(open_zones: &[OpenZone]) -> Result<()> {
    let mut faults = Vec::new();
    for OpenZone { desired, zone, .. } in open_zones {
        for entry in &desired.entries {
            let DesiredState::Present(records, ttl) = &entry.state else { continue };
            if let Some(reason) = zone.unsupported(records, *ttl) {
                let message = format!("`{}` of the branch `{}` is not supported: {reason}", entry.host, entry.branch);
                faults.push(Diagnostic::new(Code::Dns, message));
            }
        }
    }
    Diagnostics::check(faults, ())
}

/// Fails if a provider lacks a guarantee, unless that is allowed.
pub(crate) fn require_guarantees(open_zones: &[OpenZone], allowed: bool) -> Result<()> {
    let missing = missing_guarantees(open_zones).filter(|_| !allowed);
    let fault = |text: String| {
        Diagnostic::new(Code::Guard, text)
            .help("if nobody else changes these names at the same time, allow it with `--allow-no-cas`")
    };
    Diagnostics::check(missing.map(fault).collect(), ())
}

/// What a user should know about the zones before `apply`, a sentence each.
pub(crate) fn notes(open_zones: &[OpenZone]) -> Vec<String> {
    let warning =
        |OpenZone { desired, zone, .. }: &OpenZone| Some(format!("zone `{}`: {}", desired.zone, zone.warning()?));
    missing_guarantees(open_zones).chain(open_zones.iter().filter_map(warning)).collect()
}

/// A sentence for each zone whose provider lacks a guarantee.
fn missing_guarantees(open_zones: &[OpenZone]) -> impl Iterator<Item = String> {
    open_zones.iter().filter_map(|OpenZone { desired, zone, .. }| {
        let lacks = match zone.guarantee() {
            ProviderGuarantee { compare_and_set: true, atomic: true } => return None,
            ProviderGuarantee { compare_and_set: false, atomic: true } => "compare-and-set",
            ProviderGuarantee { compare_and_set: true, atomic: false } => {
                "atomic changes of a name and its ownership record"
            }
            ProviderGuarantee { compare_and_set: false, atomic: false } => {
                "compare-and-set and atomic changes of a name and its ownership record"
            }
        };
        Some(format!("zone `{}`: the provider lacks {lacks}: simultaneous changes by others are lost", desired.zone))
    })
}
