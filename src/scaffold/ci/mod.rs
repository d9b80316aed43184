//! Pipelines that call pleach, for a workspace to start from.
//!
//! Two repositories need one each: that of the environments, which is the workspace, and that of the application, whose
//! pipeline is written beside, to be carried there. All of them change the spec by one script.

/// What runs pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// GitHub Actions.
    GitHub,
    /// GitLab CI.
    GitLab,
    /// Jenkins.
    Jenkins,
}

/// The script that changes the spec, builds, commits and pushes.
const PUBLISH: (&str, &str) = ("ci/publish.sh", include_str!("publish.sh"));

/// The files of a system, by their paths in the workspace: the pipeline of the environments, that of the application, the
/// script.
pub fn files(system: System) -> [(&'static str, &'static str); 3] {
    let [environments, application] = match system {
        System::GitHub => [
            (".github/workflows/environments.yaml", include_str!("github/environments.yaml")),
            ("ci/application/.github/workflows/environment.yaml", include_str!("github/application.yaml")),
        ],
        System::GitLab => [
            (".gitlab-ci.yml", include_str!("gitlab/environments.yaml")),
            ("ci/application/.gitlab-ci.yml", include_str!("gitlab/application.yaml")),
        ],
        System::Jenkins => [
            ("Jenkinsfile", include_str!("jenkins/environments.groovy")),
            ("ci/application/Jenkinsfile", include_str!("jenkins/application.groovy")),
        ],
    };
    [environments, application, PUBLISH]
}
