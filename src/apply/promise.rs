//! What is asked of providers before anything is sent: whether they can hold what the files say, and whether they promise
//! what `apply` relies on.

use super::decide::Wish;
use super::run::Site;
use super::zone::Promise;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};

/// Refuses what a provider cannot hold.
pub fn hold(sites: &[Site]) -> Result<()> {
    let mut faults = Vec::new();
    for Site { work, zone } in sites {
        for entry in &work.entries {
            let Wish::Present(records, ttl) = &entry.wish else { continue };
            if let Some(reason) = zone.cannot_hold(records, *ttl) {
                let message = format!("`{}` of the branch `{}` cannot be held: {reason}", entry.host, entry.branch);
                faults.push(Diagnostic::new(Code::Dns, message));
            }
        }
    }
    Diagnostics::check(faults, ())
}

/// Refuses to write to a zone whose provider promises less than everything, unless that is allowed.
pub fn suffice(sites: &[Site], allowed: bool) -> Result<()> {
    let lacking = lacking(sites).filter(|_| !allowed);
    let fault = |text: String| {
        Diagnostic::new(Code::Guard, text)
            .help("if nobody else changes these names meanwhile, allow it with `--allow-no-cas`")
    };
    Diagnostics::check(lacking.map(fault).collect(), ())
}

/// What is not promised, a sentence for each zone where something is not.
pub fn lacking(sites: &[Site]) -> impl Iterator<Item = String> {
    sites.iter().filter_map(|Site { work, zone }| {
        let what = match zone.promise() {
            Promise { compares: true, atomic: true } => return None,
            Promise { compares: false, atomic: true } => "the provider does not compare before it sets",
            Promise { compares: true, atomic: false } => "the provider does not change a name and its marker together",
            Promise { compares: false, atomic: false } => {
                "the provider neither compares before it sets nor changes a name and its marker together"
            }
        };
        Some(format!("zone `{}`: {what}: what somebody else writes at the same moment is lost", work.zone))
    })
}
