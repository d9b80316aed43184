//! Which recorded zone changes belong to the project, and which of their names: only these become absent.
//!
//! A file of the base revision may have been edited, so it counts only if a spec had its zone and its branch, and a name only if the spec
//! gives it: by its patterns of hosts, by the names of the project and the slug, or by `cleanup.hosts`. A name that an earlier spec gave
//! counts too, as far as the history is known. `pleach dns apply` deletes none without an ownership record of the project.

use crate::diagnostic::{Code, Diagnostic};
use crate::glob;
use crate::name::DnsName;
use crate::plan::{EntryOwner, KnownBranches};
use crate::slug::has_words;
use crate::spec::{Pattern, Spec, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// The names that belong to a project.
pub(super) struct KnownHosts<'a> {
    project: &'a str,
    zones: &'a BTreeMap<DnsName, Zone>,
    /// The names that branches want now.
    wanted: BTreeSet<&'a DnsName>,
    /// Patterns of the names of branches and aliases, and those of `cleanup.hosts`, in lower case.
    patterns: BTreeSet<String>,
    branches: &'a KnownBranches<'a>,
}

impl<'a> KnownHosts<'a> {
    /// The names that a spec gives.
    pub(super) fn of(spec: &'a Spec, wanted: BTreeSet<&'a DnsName>, branches: &'a KnownBranches<'a>) -> Self {
        let settings = spec.branches.iter().map(|branch| &branch.settings).chain([&spec.defaults]);
        let hosts = settings.filter_map(|settings| settings.hosts.names.as_ref()).flatten();
        let expand = |pattern: &Pattern| -> Vec<String> {
            if pattern.has_slug() {
                spec.aliases.keys().map(|alias| pattern.glob(&spec.project, alias)).collect()
            } else {
                vec![pattern.glob(&spec.project, "")]
            }
        };
        let hosts = hosts.flat_map(|host| expand(&host.name)).map(|host| host.to_lowercase());
        // A value at the end may be any domain.
        let hosts = hosts.filter(|host| !host.ends_with('*'));
        // Services have hosts below them.
        let hosts = hosts.flat_map(|host| ["", "*.", "*-"].map(|prefix| format!("{prefix}{host}")));
        let listed = spec.cleanup.hosts.iter().map(ToString::to_string);
        KnownHosts {
            patterns: hosts.chain(listed).collect(),
            project: &spec.project,
            zones: &spec.zones,
            wanted,
            branches,
        }
    }

    /// The error if no spec had the zone or the branch of a file.
    pub(super) fn check_file(&self, zone: &DnsName, owner: EntryOwner) -> Result<(), Diagnostic> {
        self.check_zone(zone).and_then(|()| self.check_branch(owner))
    }

    /// The error if no spec declared a zone.
    pub(super) fn check_zone(&self, zone: &DnsName) -> Result<(), Diagnostic> {
        let KnownBranches { earlier, is_published, .. } = self.branches;
        if self.zones.contains_key(zone) || !is_published || earlier.have_zone(zone) {
            return Ok(());
        }
        let help = "if the project had it, declare it in the spec, and remove it again in a later change";
        Err(Diagnostic::new(Code::Dns, format!("no spec had the zone `{zone}`")).help(help))
    }

    /// The error if no spec had a branch.
    pub(super) fn check_branch(&self, owner: EntryOwner) -> Result<(), Diagnostic> {
        self.branches.check(owner, Code::Dns)
    }

    /// The error if a name in the file of a zone, an owner and a slug is not known to belong to the project.
    pub(super) fn check(&self, slug: &str, (zone, owner): (&DnsName, &str), name: &DnsName) -> Result<(), Diagnostic> {
        let error = |message| Err(Diagnostic::new(Code::Dns, message));
        let project = self.project;
        let Some(front) = name.below(zone) else { return error(format!("`{name}` is not below the zone `{zone}`")) };
        if self.wanted.contains(name) {
            return Ok(());
        }
        if owner != project {
            let message = format!("`{name}` belongs to the project `{owner}`, and `{project}` may not delete it");
            return error(message).map_err(|error| {
                error.help("restore the file; before a project is renamed, its DNS names must be deleted and pruned")
            });
        }
        // An output on the disk is the user's own. Its spec may never have been committed.
        let is_ours = !self.branches.is_published
            || has_words(front, project)
            || has_words(front, slug)
            || self.patterns.iter().any(|pattern| glob::matches(pattern, name.as_str()))
            || self.branches.earlier.have_host(name);
        if is_ours {
            return Ok(());
        }
        let message = format!(
            "the host `{name}` is not known to belong to the branch with the slug `{slug}` of the project `{project}`"
        );
        error(message).map_err(|error| error.help(format!("if it does, add `{name}` to `cleanup.hosts`")))
    }
}
