//! The CI pipelines that `pleach init --ci` writes.
//!
//! There are two pipelines: one for the repository of the environments, which is the workspace, and one for the repository of
//! the application, which the user copies there. Both change the spec with the same script.

/// A CI system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CiSystem {
    /// GitHub Actions.
    GitHub,
    /// GitLab CI.
    GitLab,
    /// Jenkins.
    Jenkins,
}

/// The script that changes the spec, builds, commits and pushes.
const PUBLISH: (&str, &str) = ("ci/publish.sh", include_str!("publish.sh"));

/// The files for a CI system and their paths in the workspace: the pipeline of the environments, the pipeline of the
/// application, the script.
pub(crate) fn files(system: CiSystem) -> [(&'static str, &'static str); 3] {
    let [environments, application] = match system {
        CiSystem::GitHub => [
            (".github/workflows/environments.yaml", include_str!("github/environments.yaml")),
            ("ci/application/.github/workflows/environment.yaml", include_str!("github/application.yaml")),
        ],
        CiSystem::GitLab => [
            (".gitlab-ci.yml", include_str!("gitlab/environments.yaml")),
            ("ci/application/.gitlab-ci.yml", include_str!("gitlab/application.yaml")),
        ],
        CiSystem::Jenkins => [
            ("Jenkinsfile", include_str!("jenkins/environments.groovy")),
            ("ci/application/Jenkinsfile", include_str!("jenkins/application.groovy")),
        ],
    };
    [environments, application, PUBLISH]
}
