//! `pleach dns export`: the files in the format of another program.

use super::DnsRunner;
use super::args::DnsExportArgs;
use super::inputs::DnsInputs;
use crate::apply::desired;
use crate::apply::summary::NameCounts;
use crate::cli::screen::report;
use crate::diagnostic::{Code, Diagnostic, Result, Severity};
use crate::dns::export;
use crate::name::DnsName;
use std::collections::BTreeSet;

impl DnsRunner<'_> {
    pub(super) fn export(&self, args: &DnsExportArgs) -> Result<u8> {
        let DnsInputs { spec, mut files, addresses, .. } = self.read(&args.files)?;
        if let Some(text) = &args.zone {
            let zone = DnsName::host(text).map_err(|error| Diagnostic::new(Code::Usage, error.to_string()))?;
            files.retain(|file| file.change.zone == zone);
            if files.is_empty() {
                return Err(Diagnostic::new(Code::Usage, format!("no file has the zone `{zone}`")).into());
            }
        }
        let zones: BTreeSet<&DnsName> = files.iter().map(|file| &file.change.zone).collect();
        if args.format.is_of_one_zone() && zones.len() > 1 {
            let names: Vec<&str> = zones.iter().map(|zone| zone.as_str()).collect();
            let error = Diagnostic::new(Code::Usage, "this format can have one zone only, but the files have several");
            return Err(error.help(format!("select one with `--zone`: {}", names.join(", "))).into());
        }
        let unusable = desired::resolve_addresses(&mut files, &spec.zones, &addresses)?;
        report(&export::export(&files, args.format)?)?;
        self.screen.diagnostics(Severity::Warning, unusable.values(), &self.workspace.project);
        let present = files.iter().flat_map(|file| &file.change.present);
        let unknown = present.filter(|(name, held)| held.address_from.is_some() && !unusable.contains_key(*name));
        let unknown: Vec<&str> = unknown.map(|(name, _)| name.as_str()).collect();
        if !unknown.is_empty() {
            self.screen.info(&format!("left out because the address is not known yet: {}", unknown.join(", ")));
        }
        Ok(NameCounts { pending: unknown.len(), conflicts: unusable.len(), ..NameCounts::default() }.status())
    }
}
