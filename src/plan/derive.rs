//! One branch: its slug and everything that is derived from it.

use super::host::HostPatterns;
use super::slug_limit::{SLUG_MARKER, SlugLimit};
use super::{
    Branch, BranchDatabase, BranchHost, BranchSlots, Platform, database, external, labels, merge, namespace, variables,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::name::LONGEST_LABEL;
use crate::slug::Slug;
use crate::source::RelPath;
use crate::spec::{AppEngine, BranchEntry, GitOps, Pattern, PatternScope, Spec};

/// Derives a branch from the spec. It does not depend on other branches, except for the `baseline` branch.
pub(super) fn branch(spec: &Spec, entry: &BranchEntry, baseline: Option<&Branch>) -> Result<Branch> {
    let (settings, defaults) = (&entry.settings, &spec.defaults);
    let values = merge::values(&defaults.values, &settings.values);
    let BranchNames { slug, platform, hosts } =
        names(spec, entry, PatternScope { project: &spec.project, values: &values })?;
    let images = merge::images(&defaults.images, &settings.images);
    let database = BranchDatabase::of(spec, entry, &slug, baseline);
    let database_annotation = database.as_ref().and_then(|database| database::annotation(spec, database));
    let mut branch = Branch {
        name: entry.name.clone(),
        platform,
        hosts,
        overlays: overlays(spec, entry),
        missing: settings.missing.clone(),
        slots: entry.slots.as_ref().map(|slots| BranchSlots::of(slots, &images)),
        runs_all: spec.services.iter().all(|service| entry.runs(&service.name)),
        externals: external::externals(spec, entry, baseline),
        variables: values.clone(),
        images,
        replicas: merge::named(&defaults.replicas, &settings.replicas, |own, _| own.clone()),
        patches: settings.patches.as_deref().or(defaults.patches.as_deref()).unwrap_or_default().to_vec(),
        labels: labels::labels(spec, entry, &slug),
        annotations: labels::annotations(spec, entry),
        namespace_annotations: labels::namespace_annotations(spec, entry, database_annotation),
        slug,
        database,
        database_at: entry.database.as_ref().map(|mode| mode.at),
        owner: entry.owner.clone(),
        link: entry.link.clone().or_else(|| entry.pull_request.as_ref()?.url.clone()),
        pull_request: entry.pull_request.clone(),
        added: entry.added.clone(),
        expires: spec.last_day(entry),
        pin: entry.pin.clone(),
        at: entry.at,
    };
    if branch.namespace().is_none() {
        // The default settings of objects do not apply to a branch without objects.
        branch.overlays.clear();
        branch.externals.clear();
        branch.images.clear();
        branch.replicas.clear();
        branch.patches.clear();
    }
    let services = external::services(spec, entry, branch.namespace(), baseline);
    let database = branch.database.as_ref().zip(spec.database.as_ref());
    let database = database.map(|(database, shared)| database.variable(shared.at));
    let slots = branch.slots.as_ref().map(|slots| slots.variable(spec));
    let optional_variables = [("database", database), ("services", services), ("slots", slots)];
    branch.variables = variables::variables(spec, &branch, values, optional_variables);
    Ok(branch)
}

/// The names of a branch that its slug is part of.
struct BranchNames {
    slug: Slug,
    platform: Platform,
    hosts: Vec<BranchHost>,
}

fn names(spec: &Spec, entry: &BranchEntry, scope: PatternScope) -> Result<BranchNames> {
    let namespace = entry.namespace.as_ref().unwrap_or(&spec.namespace);
    let hosts = HostPatterns::of(entry, spec);
    hosts.check_number()?;
    let slug = slug(entry, namespace, hosts, &spec.gitops, scope)?;
    match (platform(spec, entry, namespace, scope, &slug), hosts.hosts(scope, slug.as_str())) {
        (Ok(platform), Ok(hosts)) => Ok(BranchNames { slug, platform, hosts }),
        (platform, hosts) => {
            let errors = [platform.err().map(Diagnostics::from), hosts.err()];
            Err(errors.into_iter().flatten().collect::<Vec<_>>().into())
        }
    }
}

/// The overlays of the services that a branch runs, then its own or the default overlays.
fn overlays(spec: &Spec, entry: &BranchEntry) -> Vec<RelPath> {
    let services = spec.services.iter().filter(|service| entry.runs(&service.name));
    let services = services.filter_map(|service| service.overlay.as_ref());
    let overlays = entry.settings.overlays.as_deref().or(spec.defaults.overlays.as_deref()).unwrap_or_default();
    services.chain(overlays).map(|overlay| overlay.value.clone()).collect()
}

/// The slug in the spec, or the derived slug with at most the length that all names allow.
fn slug(
    entry: &BranchEntry,
    namespace: &Pattern,
    hosts: HostPatterns,
    gitops: &GitOps,
    scope: PatternScope,
) -> Result<Slug> {
    let (platform_name, at) = match &entry.app_engine {
        None => (namespace.expand(scope, SLUG_MARKER), namespace.at),
        Some(engine) => (expand(engine, scope, SLUG_MARKER).map(|names| names.host_label()), engine.at),
    };
    let platform_name = platform_name.map(|name| vec![(name, at)]).map_err(Diagnostics::from);
    let names = gather([hosts.texts(scope, SLUG_MARKER), platform_name], |names| names)?;
    let mut limit = SlugLimit::label();
    // Before the namespace: the default pattern gives the same name and has no location.
    if let Some(at) = gitops.objects().filter(|_| entry.app_engine.is_none()) {
        limit.add_name(&GitOps::name(scope.project, SLUG_MARKER), at);
    }
    for (name, at) in names.iter().flatten() {
        limit.add_name(name, *at);
    }
    let slug = match &entry.slug {
        Some(slug) => slug.value.clone(),
        None => Slug::of(&entry.name, limit.len),
    };
    limit.check(&slug).map_err(|error| match &entry.slug {
        Some(slug) => {
            let known = error.parts().at.is_some();
            let error = if known { error.note(slug.at, "the slug is set here") } else { error.at(slug.at) };
            let shorter = Slug::of(&entry.name, limit.len);
            if limit.check(&shorter).is_ok() { error.help(format!("set `slug: {shorter}`")) } else { error }
        }
        None => error.at(entry.at),
    })?;
    Ok(slug)
}

/// The names of a branch in App Engine.
struct EngineNames<'a> {
    project: &'a str,
    service: String,
    version: String,
}

impl EngineNames<'_> {
    /// The DNS label of the version below the domain of App Engine.
    fn host_label(&self) -> String {
        format!("{}-dot-{}-dot-{}", self.version, self.service, self.project)
    }
}

fn expand<'a>(engine: &'a AppEngine, scope: PatternScope, slug: &str) -> Result<EngineNames<'a>, Diagnostic> {
    let service = engine.service.expand(scope, slug)?;
    let version = engine.version.expand(scope, slug)?;
    Ok(EngineNames { project: &engine.project, service, version })
}

fn platform(
    spec: &Spec,
    entry: &BranchEntry,
    pattern: &Pattern,
    scope: PatternScope,
    slug: &Slug,
) -> Result<Platform, Diagnostic> {
    if let Some(engine) = &entry.app_engine {
        let names = expand(engine, scope, slug.as_str())?;
        for (what, name, pattern) in
            [("service", &names.service, &engine.service), ("version", &names.version, &engine.version)]
        {
            namespace::check_label(&format!("App Engine {what}"), name)
                .map_err(|error| error.at(pattern.at).at(engine.at))?;
        }
        let label = names.host_label();
        if label.len() > LONGEST_LABEL {
            let message = format!("the App Engine host label `{label}` has {} characters", label.len());
            let help = format!("a DNS label has at most {LONGEST_LABEL} characters: use a shorter version or service");
            return Err(Diagnostic::new(Code::Name, message).at(engine.at).help(help));
        }
        return Ok(Platform::AppEngine {
            project: engine.project.clone(),
            host: engine
                .domain
                .as_ref()
                .map(|domain| domain.value.prefixed(&label))
                .transpose()
                .map_err(|error| error.at(engine.at))?,
            service: names.service.into(),
            version: names.version.into(),
        });
    }
    namespace::of(spec, entry, pattern, scope, slug)
}
