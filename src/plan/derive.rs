//! One branch: its slug, and what follows from it.

use super::host::HostPatterns;
use super::room::{LabelBudget, SLUG};
use super::{Branch, BranchDatabase, Platform, Slots, database, external, labels, merge, variables};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::name::LONGEST_LABEL;
use crate::schema::name::is_label;
use crate::slug::Slug;
use crate::spec::{self, AppEngine, GitOps, Pattern, PatternScope, Placed, Spec};

/// Derives a branch from the spec, without a look at other branches but for the baseline, from which it may take things.
pub(super) fn branch(spec: &Spec, branch: &spec::BranchEntry, baseline: Option<&Branch>) -> Result<Branch> {
    let (settings, defaults) = (&branch.settings, &spec.defaults);
    let values = merge::values(&defaults.values, &settings.values);
    let scope = PatternScope { project: &spec.project, values: &values };
    let namespace = branch.namespace.as_ref().unwrap_or(&spec.namespace);
    let hosts = HostPatterns::of(branch, spec);

    let slug = slug(branch, namespace, hosts, &spec.gitops, scope)?;
    let platform = platform(branch, namespace, scope, &slug);
    let (platform, hosts) = match (platform, hosts.hosts(scope, slug.as_str())) {
        (Ok(platform), Ok(hosts)) => (platform, hosts),
        (platform, hosts) => {
            let faults = [platform.err().map(Diagnostics::from), hosts.err()];
            return Err(faults.into_iter().flatten().collect::<Vec<_>>().into());
        }
    };

    let images = merge::images(&defaults.images, &settings.images);
    let services = spec.services.iter().filter(|service| branch.runs(&service.name));
    let services = services.filter_map(|service| service.overlay.as_ref());
    let overlays = services.chain(settings.overlays.as_deref().or(defaults.overlays.as_deref()).unwrap_or_default());
    let patches = settings.patches.as_deref().or(defaults.patches.as_deref()).unwrap_or_default();
    let labels = labels::labels(spec, branch, &slug);
    let database = BranchDatabase::of(spec, branch, &slug, baseline);
    let written = branch;
    let mut branch = Branch {
        name: branch.name.clone(),
        slug,
        platform,
        hosts,
        overlays: overlays.map(|overlay| overlay.value.clone()).collect(),
        missing: settings.missing.clone(),
        slots: branch.slots.as_ref().map(|slots| Slots::of(slots, &images)),
        runs_all: spec.services.iter().all(|service| branch.runs(&service.name)),
        externals: external::externals(spec, branch, baseline),
        variables: values.clone(),
        images,
        replicas: merge::named(&defaults.replicas, &settings.replicas, |own, _| own.clone()),
        patches: patches.to_vec(),
        labels,
        annotations: labels::annotations(spec, branch),
        namespace_annotations: labels::of_namespace(
            spec,
            branch,
            database.as_ref().and_then(|database| database::annotation(spec, database)),
        ),
        database,
        owner: branch.owner.clone(),
        link: branch.link.clone(),
        expires: branch.expires.clone(),
        pin: branch.pin.clone(),
        at: branch.at,
    };
    if branch.namespace().is_none() {
        // The defaults for objects say nothing of a branch that has none.
        branch.overlays.clear();
        branch.externals.clear();
        branch.images.clear();
        branch.replicas.clear();
        branch.patches.clear();
    }
    let services = external::services(spec, written, branch.namespace(), baseline);
    let database = branch.database.as_ref().map(BranchDatabase::variable);
    let slots = branch.slots.as_ref().map(|slots| slots.variable(spec));
    branch.variables =
        variables::variables(spec, &branch, values, [("database", database), ("services", services), ("slots", slots)]);
    Ok(branch)
}

/// The slug that was written, or the one that is derived for the room that the patterns leave.
fn slug(
    branch: &spec::BranchEntry,
    namespace: &Pattern,
    hosts: HostPatterns,
    gitops: &GitOps,
    scope: PatternScope,
) -> Result<Slug> {
    let home = match &branch.app_engine {
        None => (namespace.expand(scope, SLUG), namespace.at),
        Some(engine) => (expand(engine, scope, SLUG).map(|names| names.host_label()), engine.at),
    };
    let home = home.0.map(|name| (name, home.1)).map_err(Diagnostics::from);
    let names = gather([hosts.texts(scope, SLUG), home.map(|home| vec![home])], |names| names)?;
    let mut room = LabelBudget::most();
    for (name, at) in names.iter().flatten() {
        room.fit(name, *at);
    }
    if let Some(at) = gitops.objects().filter(|_| branch.app_engine.is_none()) {
        room.fit(&GitOps::name(scope.project, SLUG), at);
    }
    let slug = match &branch.slug {
        Some(slug) => slug.value.clone(),
        None => Slug::of(&branch.name, room.len),
    };
    room.check(&slug).map_err(|error| match &branch.slug {
        Some(slug) => {
            let error = error.note(slug.at, "the slug is written here");
            let shorter = Slug::of(&branch.name, room.len);
            if room.check(&shorter).is_ok() { error.help(format!("`slug: {shorter}` would fit")) } else { error }
        }
        None => error,
    })?;
    Ok(slug)
}

/// What App Engine calls a branch.
struct EngineNames<'a> {
    project: &'a str,
    service: String,
    version: String,
}

impl EngineNames<'_> {
    /// The label under which App Engine serves the version, below its own domain.
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
    branch: &spec::BranchEntry,
    pattern: &Pattern,
    scope: PatternScope,
    slug: &Slug,
) -> Result<Platform, Diagnostic> {
    if let Some(engine) = &branch.app_engine {
        let names = expand(engine, scope, slug.as_str())?;
        for (what, name, pattern) in
            [("service", &names.service, &engine.service), ("version", &names.version, &engine.version)]
        {
            check_label(&format!("App Engine {what}"), name).map_err(|error| error.at(pattern.at).at(engine.at))?;
        }
        let label = names.host_label();
        if label.len() > LONGEST_LABEL {
            let message = format!("App Engine would serve this as `{label}`, which has {} characters", label.len());
            let help = format!("a label has at most {LONGEST_LABEL}: choose a shorter version or service");
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
    let namespace = pattern.expand(scope, slug.as_str())?;
    check_label("namespace", &namespace).map_err(|error| error.at(pattern.at).at(branch.at))?;
    if namespace == "default" || namespace.starts_with("kube-") {
        let error = Diagnostic::new(Code::Name, format!("the namespace `{namespace}` belongs to Kubernetes"));
        return Err(error
            .at(pattern.at)
            .at(branch.at)
            .help("a branch has a namespace of its own, which goes when it goes"));
    }
    Ok(Platform::Kubernetes { namespace: Placed { value: namespace.into(), at: pattern.at } })
}

fn check_label(what: &str, name: &str) -> Result<(), Diagnostic> {
    if is_label(name) {
        return Ok(());
    }
    let message = if name.len() > LONGEST_LABEL {
        format!("the {what} `{name}` has {} characters, {LONGEST_LABEL} are the most", name.len())
    } else {
        format!("`{name}` is no {what}")
    };
    let help = "it is made of a-z, 0-9 and `-`, and begins and ends with a letter or digit";
    Err(Diagnostic::new(Code::Name, message).help(help))
}
