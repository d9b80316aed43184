//! The spec that `pleach init` writes for manifests that exist already.

use crate::name::LONGEST_LABEL;

/// The longest project name, which leaves room for the slug in the namespace of a branch.
const LONGEST_PROJECT: usize = LONGEST_LABEL / 3;

/// A spec with the branch `main`. The project has the name of a folder, as far as that is a DNS label.
pub(crate) fn spec(folder: &str) -> String {
    let project = project(folder);
    format!(
        "# yaml-language-server: $schema=schema/branches.schema.json\napiVersion: pleach/v1\nkind: Branches\nproject: {project}\n\
         # Secret values are not committed. `allow` lists exceptions: {{mode: refuse, allow: [NAME]}}\nsecrets: refuse\n\
         # A branch starts from base/. Add folders of overlays/ that patch it:\n#   defaults: {{overlays: [preview]}}\n\
         branches:\n- name: main\n"
    )
}

fn project(folder: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let label: String = folder.chars().map(plain).collect();
    let label = label.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let label = label[..label.len().min(LONGEST_PROJECT)].trim_end_matches('-');
    if label.is_empty() { "environments".to_owned() } else { label.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::project;

    #[test]
    fn projects_are_labels() {
        for (folder, want) in [
            ("shop", "shop"),
            ("My Shop", "my-shop"),
            ("2-shop", "shop"),
            ("shop_", "shop"),
            ("日本", "environments"),
            ("", "environments"),
            ("a-very-long-name-of-a-folder-with-manifests", "a-very-long-name-of-a"),
        ] {
            assert_eq!(project(folder), want, "{folder}");
        }
    }
}
