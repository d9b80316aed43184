//! A branch of the spec, as written.

use super::database::{self, SharedDatabase};
use super::names::{self, NameList};
use super::section::{Section, text};
use super::settings::{BranchSettings, SettingsReader};
use super::{Date, Pattern, Placed, PullRequest, SlotsEntry, spec_error};
use crate::branch_name;
use crate::database::DatabaseMode;
use crate::diagnostic::{Code, Diagnostic};
use crate::name::DnsName;
use crate::slug::Slug;
use crate::source::Location;
use smol_str::SmolStr;

/// An entry of `branches:` or a file of `branches.d/`.
#[derive(Clone, Debug)]
pub(crate) struct BranchEntry {
    /// The name in Git.
    pub(crate) name: SmolStr,
    /// Where the name is written.
    pub(crate) at: Location,
    /// The slug that replaces the derived one.
    pub(crate) slug: Option<Placed<Slug>>,
    /// The settings that override the defaults.
    pub(crate) settings: BranchSettings,
    /// The pattern of its namespace, if it is not that of the spec.
    pub(crate) namespace: Option<Pattern>,
    /// Whether it uses a namespace that others own, which pleach neither writes nor deletes.
    pub(crate) adopt_namespace: Option<Placed<bool>>,
    /// The services that it runs; `None` means all.
    pub(crate) services: Option<NameList>,
    /// The database mode, if it is not that of the spec.
    pub(crate) database: Option<Placed<DatabaseMode>>,
    /// The versions that it runs at once.
    pub(crate) slots: Option<SlotsEntry>,
    /// Why `expire` and `sync` keep it.
    pub(crate) pin: Option<Pin>,
    /// The day on which it was added.
    pub(crate) added: Option<Placed<Date>>,
    /// The last day of the branch, as written.
    pub(crate) expires: Option<Placed<Date>>,
    /// The person or team that owns it.
    pub(crate) owner: Option<Placed<SmolStr>>,
    /// A link, such as to its pull request.
    pub(crate) link: Option<Placed<SmolStr>>,
    /// Its pull request.
    pub(crate) pull_request: Option<PullRequest>,
    /// Set for a branch that runs on App Engine.
    pub(crate) app_engine: Option<AppEngine>,
}

/// A pin, which keeps a branch from `expire` and `sync`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pin {
    /// The reason.
    pub(crate) reason: SmolStr,
}

/// Where a branch runs on App Engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppEngine {
    /// The id of the Google Cloud project.
    pub(crate) project: SmolStr,
    /// The service.
    pub(crate) service: Pattern,
    /// The version.
    pub(crate) version: Pattern,
    /// The domain of the versions, if the hosts point to it.
    pub(crate) domain: Option<Placed<DnsName>>,
    /// Where it is written.
    pub(crate) at: Location,
}

/// Fields without effect for a branch on App Engine, because it has no namespace.
#[rustfmt::skip]
const NAMESPACE_FIELDS: [&str; 12] = [
    "namespace", "overlays", "images", "replicas", "patches", "labels", "annotations", "services", "database", "uses",
    "slots", "adoptNamespace",
];

impl BranchEntry {
    pub(super) fn of(section: &Section, reader: &mut SettingsReader, faults: &mut Vec<Diagnostic>) -> Self {
        let name = section.text("name").unwrap_or_default();
        if let Err(error) = check_name(&name) {
            faults.push(error.at(section.place("name")));
        }
        let app_engine = section.section("appEngine").map(|section| AppEngine::of(&section, faults));
        if app_engine.is_some() {
            let help = "remove it: such a branch has hosts, but no namespace and no objects";
            faults.extend(section.without_effect(Code::Spec, &NAMESPACE_FIELDS, "for a branch on App Engine", help));
        }
        BranchEntry {
            name,
            at: section.node("name").map_or(section.at, |node| node.at),
            slug: section.placed("slug").and_then(|slug| checked(&slug, Slug::forced, faults)),
            settings: reader.of_branch(section, faults),
            namespace: Pattern::of(section, "namespace", faults),
            adopt_namespace: section
                .node("adoptNamespace")
                .and_then(|node| Some(Placed { value: node.as_bool()?, at: node.at })),
            services: section.list("services").map(|list| names::read(list, "service", faults)),
            database: section
                .section("database")
                .and_then(|section| Some(Placed { value: database::mode(&section)?, at: section.at })),
            slots: SlotsEntry::of(section, reader.aliases(), faults),
            pin: section.section("pin").and_then(|pin| Some(Pin { reason: pin.text("reason")? })),
            added: section.placed("added").and_then(|date| checked(&date, Date::parse, faults)),
            expires: section.placed("expires").and_then(|date| checked(&date, Date::parse, faults)),
            owner: section.placed("owner"),
            link: section.placed("link"),
            pull_request: PullRequest::of(section),
            app_engine,
        }
    }
}

impl BranchEntry {
    /// Whether it runs a service itself: all services unless it lists some.
    pub(crate) fn runs(&self, service: &str) -> bool {
        self.services.as_ref().is_none_or(|listed| listed.iter().any(|name| name.value == service))
    }

    /// Whether it uses a namespace that others own.
    pub(crate) fn adopts_namespace(&self) -> bool {
        self.adopt_namespace.as_ref().is_some_and(|adopts| adopts.value)
    }

    /// Whether it is known by its pull request only.
    pub(crate) fn is_pull_request_environment(&self) -> bool {
        self.pull_request.as_ref().is_some_and(|pull_request| pull_request.is_environment(&self.name))
    }

    /// The mode of its database: its own, or that of the spec.
    pub(crate) fn database_mode(&self, shared: &SharedDatabase) -> DatabaseMode {
        self.database.as_ref().map_or(shared.mode, |mode| mode.value)
    }
}

fn checked<T>(
    text: &Placed<SmolStr>,
    parse: impl Fn(&str) -> Result<T, Diagnostic>,
    faults: &mut Vec<Diagnostic>,
) -> Option<Placed<T>> {
    match parse(&text.value) {
        Ok(value) => Some(Placed { value, at: text.at }),
        Err(error) => {
            faults.push(error.at(text.at));
            None
        }
    }
}

/// The name is that of a branch in Git. The schema reports an empty one.
fn check_name(name: &str) -> Result<(), Diagnostic> {
    if name.is_empty() {
        return Ok(());
    }
    let allowed = "use a name that `git check-ref-format --branch` accepts";
    let refused = branch_name::invalid(name).map(|why| (why, allowed.to_owned()));
    let refused = refused.or_else(|| branch_name::other_ref(name).map(|why| (why, branch_name::instead(name))));
    let Some((why, help)) = refused else { return Ok(()) };
    Err(spec_error(format!("invalid branch name `{name}`: {why}")).help(help))
}

impl AppEngine {
    fn of(section: &Section, faults: &mut Vec<Diagnostic>) -> Self {
        if section.node("domain").is_none() {
            let help = "set `domain`, or remove it: without a domain, the hosts are CNAMEs of `ghs.googlehosted.com`";
            faults.extend(section.without_effect(Code::Spec, &["service", "version"], "without `domain`", help));
        }
        AppEngine {
            project: section.text("project").unwrap_or_default(),
            service: Pattern::of(section, "service", faults).unwrap_or_else(|| Pattern::literal("default")),
            version: Pattern::of(section, "version", faults).unwrap_or_else(Pattern::slug),
            domain: section.node("domain").and_then(|node| {
                let text = Placed { value: text(node).filter(|text| !text.is_empty())?, at: node.at };
                checked(&text, DnsName::host, faults)
            }),
            at: section.at,
        }
    }
}
