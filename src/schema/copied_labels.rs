//! Kinds whose objects a controller creates with the labels of another object. Such a copy has the labels of a branch, but is not in
//! its output.

/// A kind from which a controller copies labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LabelSource {
    /// External Secrets creates a Secret from it.
    ExternalSecret,
    /// Kubernetes creates Endpoints and `EndpointSlices` from it.
    Service,
}

impl LabelSource {
    pub(crate) const ALL: [Self; 2] = [LabelSource::ExternalSecret, LabelSource::Service];

    /// The API group and name of the kind.
    pub(crate) fn kind(self) -> (&'static str, &'static str) {
        match self {
            LabelSource::ExternalSecret => ("external-secrets.io", "ExternalSecret"),
            LabelSource::Service => ("", "Service"),
        }
    }

    /// The kinds of the copies.
    pub(crate) fn copies(self) -> &'static [(&'static str, &'static str)] {
        match self {
            LabelSource::ExternalSecret => &[("", "Secret")],
            LabelSource::Service => &[("", "Endpoints"), ("discovery.k8s.io", "EndpointSlice")],
        }
    }
}

/// The kinds of all copies.
pub(crate) fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    LabelSource::ALL.into_iter().flat_map(LabelSource::copies).copied()
}
