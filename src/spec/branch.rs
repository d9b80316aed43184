//! A branch, as written.

use super::database;
use super::section::{Section, text};
use super::service::{self, ServiceNames};
use super::settings::{BranchSettings, SettingsReader};
use super::{ExpiryDate, Pattern, Placed, SlotsEntry, spec_error};
use crate::database::DatabaseMode;
use crate::diagnostic::Diagnostic;
use crate::name::DnsName;
use crate::slug::Slug;
use crate::source::Location;
use smol_str::SmolStr;

/// An entry of `branches:` or a file of `branches.d/`.
#[derive(Clone, Debug)]
pub struct BranchEntry {
    /// Its name in git.
    pub name: SmolStr,
    /// Where the name is written.
    pub at: Location,
    /// The slug that was written instead of the derived one.
    pub slug: Option<Placed<Slug>>,
    /// What it is made of, over the defaults.
    pub settings: BranchSettings,
    /// Its namespace.
    pub namespace: Option<Pattern>,
    /// The services that it runs; all of them if it does not say.
    pub services: Option<ServiceNames>,
    /// What database it has, if not what all have.
    pub database: Option<Placed<DatabaseMode>>,
    /// The versions that it runs side by side.
    pub slots: Option<SlotsEntry>,
    /// Why it stays when others go.
    pub pin: Option<Pin>,
    /// When it goes.
    pub expires: Option<Placed<ExpiryDate>>,
    /// Who answers for it.
    pub owner: Option<Placed<SmolStr>>,
    /// Where it is discussed.
    pub link: Option<Placed<SmolStr>>,
    /// Set for a branch that App Engine serves.
    pub app_engine: Option<AppEngine>,
}

/// Why a branch stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The reason.
    pub reason: SmolStr,
}

/// How App Engine serves a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppEngine {
    /// The id of the Google Cloud project.
    pub project: SmolStr,
    /// The service.
    pub service: Pattern,
    /// The version.
    pub version: Pattern,
    /// The domain below which App Engine serves versions, if the hosts lead there.
    pub domain: Option<Placed<DnsName>>,
    /// Where it is written.
    pub at: Location,
}

/// What means nothing where there is no namespace.
#[rustfmt::skip]
const OF_NAMESPACES: [&str; 11] = [
    "namespace", "overlays", "images", "replicas", "patches", "labels", "annotations", "services", "database", "uses",
    "slots",
];

impl BranchEntry {
    pub(super) fn of(section: &Section, reader: &mut SettingsReader, faults: &mut Vec<Diagnostic>) -> Self {
        let placed = |key| section.node(key).and_then(|node| Some(Placed { value: text(node)?, at: node.at }));
        let name = section.text("name").unwrap_or_default();
        if let Err(error) = check_name(&name) {
            faults.push(error.at(section.place("name")));
        }
        let app_engine = section.section("appEngine").map(|section| AppEngine::of(&section, faults));
        for key in OF_NAMESPACES.into_iter().filter(|_| app_engine.is_some()) {
            if let Some(at) = section.key_place(key) {
                let error = spec_error(format!("`{key}` means nothing for a branch that App Engine serves")).at(at);
                faults.push(error.help("such a branch has hosts only, no namespace and no objects"));
            }
        }
        BranchEntry {
            name,
            at: section.node("name").map_or(section.at, |node| node.at),
            slug: placed("slug").and_then(|slug| checked(&slug, Slug::forced, faults)),
            settings: reader.settings(section, faults),
            namespace: Pattern::of(section, "namespace", faults),
            services: section.list("services").map(|list| service::names(list, "service", faults)),
            database: section
                .section("database")
                .and_then(|section| Some(Placed { value: database::mode(&section)?, at: section.at })),
            slots: SlotsEntry::of(section, reader.aliases(), faults),
            pin: section.section("pin").and_then(|pin| Some(Pin { reason: pin.text("reason")? })),
            expires: placed("expires").and_then(|date| checked(&date, ExpiryDate::parse, faults)),
            owner: placed("owner"),
            link: placed("link"),
            app_engine,
        }
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

/// Whatever git takes is fine, and more; but a name is one line without blanks around it.
fn check_name(name: &str) -> Result<(), Diagnostic> {
    if name.contains(|c: char| c.is_control()) {
        return Err(spec_error(format!("the branch name `{}` has a control character", name.escape_debug())));
    }
    if name.trim() != name {
        return Err(spec_error(format!("the branch name `{name}` begins or ends with a blank")));
    }
    Ok(())
}

impl AppEngine {
    fn of(section: &Section, faults: &mut Vec<Diagnostic>) -> Self {
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
