//! What opening a zone needs from outside: environment variables, files and a trace.
//!
//! Credentials come from variables or from a file that a variable names, never from the spec or the command line.

use super::http::RequestTrace;
use crate::diagnostic::Diagnostic;
use crate::name::DnsName;

/// Access to the environment.
pub(crate) struct ProviderContext<'a> {
    /// The value of a variable.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    /// The content of a file.
    pub(crate) file: &'a dyn Fn(&str) -> Result<String, Diagnostic>,
    /// Receives every request to an API and every response.
    pub(crate) trace: Option<RequestTrace>,
}

impl ProviderContext<'_> {
    /// The value of the first of these variables that is set. `NAME_ZONE` takes precedence over `NAME`.
    pub(super) fn first(&self, variables: &[&str], zone: &DnsName) -> Option<String> {
        let of_zone = |name: &str| (self.variable)(&format!("{name}_{}", suffix(zone)));
        variables.iter().find_map(|name| of_zone(name).or_else(|| (self.variable)(name)))
    }

    /// The value of `NAME_ZONE` or `NAME`, or the content of the file named by `NAME_FILE_ZONE` or `NAME_FILE`.
    pub(super) fn credential(&self, name: &str, zone: &DnsName) -> Result<Option<String>, Diagnostic> {
        let suffix = suffix(zone);
        for variable in [format!("{name}_{suffix}"), name.to_owned()] {
            if let Some(value) = (self.variable)(&variable) {
                return Ok(Some(value));
            }
        }
        for variable in [format!("{name}_FILE_{suffix}"), format!("{name}_FILE")] {
            if let Some(path) = (self.variable)(&variable) {
                return (self.file)(&path).map(Some);
            }
        }
        Ok(None)
    }
}

/// The name of a zone as part of the name of a variable.
fn suffix(zone: &DnsName) -> String {
    zone.as_str().to_ascii_uppercase().replace(['.', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_of_the_zone_comes_before_the_common_one_and_a_value_before_a_file() {
        let zone = DnsName::host("dev-1.example.com").unwrap();
        let file = |path: &str| Ok(format!("content of {path}"));
        let credential = |set: &[(&str, &str)]| {
            let variable = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            ProviderContext { variable: &variable, file: &file, trace: None }.credential("PLEACH_TSIG", &zone).unwrap()
        };
        assert_eq!(credential(&[]), None);
        let all = [
            ("PLEACH_TSIG_DEV_1_EXAMPLE_COM", "own"),
            ("PLEACH_TSIG", "common"),
            ("PLEACH_TSIG_FILE_DEV_1_EXAMPLE_COM", "/own"),
            ("PLEACH_TSIG_FILE", "/common"),
        ];
        for (from, want) in ["own", "common", "content of /own", "content of /common"].into_iter().enumerate() {
            assert_eq!(credential(&all[from..]).as_deref(), Some(want));
        }
    }
}
