//! The limits on deletions in one run: a list that could not be read must not be treated as an empty list.

use crate::diagnostic::{Code, Diagnostic, named};

/// The part of the items that may be deleted, in percent.
const MAX_PERCENT: usize = 30;

/// The limit for one kind of items.
pub(crate) struct DeletionLimit {
    /// What messages call the items.
    noun: &'static str,
    /// The option that allows a number of deletions.
    option: &'static str,
    /// With fewer items there is no limit.
    min_items: usize,
    /// So many may always be deleted.
    always: usize,
}

/// The limit for branches of the spec.
pub(crate) const BRANCHES: DeletionLimit =
    DeletionLimit { noun: "branches", option: "--allow-delete", min_items: 0, always: 2 };
/// The limit for branches in the output.
pub(crate) const OUTPUT_BRANCHES: DeletionLimit = DeletionLimit { noun: "branches in the output", ..BRANCHES };
/// The limit for names in DNS. One branch can have several, so a few are never too many.
pub(crate) const DNS_NAMES: DeletionLimit =
    DeletionLimit { noun: "names in DNS", option: "--allow-delete-names", min_items: 10, always: 0 };

impl DeletionLimit {
    /// Refuses to delete the items `deleted` if they are too large a part of `all` items.
    ///
    /// `allowed` is the number that the user passed with the option: then exactly this number must be deleted, whatever its part, or
    /// nothing.
    pub(crate) fn check(&self, all: usize, deleted: &[&str], allowed: Option<usize>) -> Result<(), Diagnostic> {
        let DeletionLimit { noun, option, min_items, always } = self;
        let count = deleted.len();
        let message = match allowed {
            Some(allowed) if allowed == count || count == 0 => return Ok(()),
            Some(allowed) => format!("`{option} {allowed}` is given, but {count} of {all} {noun} would be deleted"),
            None if all < *min_items || count <= *always || count * 100 <= all * MAX_PERCENT => return Ok(()),
            None => format!("{count} of {all} {noun} would be deleted"),
        };
        Err(self.refusal(message, deleted))
    }

    /// An error that stops a run, with the items that it would delete.
    pub(crate) fn refusal(&self, message: String, deleted: &[&str]) -> Diagnostic {
        let (option, count) = (self.option, deleted.len());
        Diagnostic::new(Code::Guard, message)
            .help(format!("these would be deleted: {}", named(deleted)))
            .help(format!("nothing was written; if this is intended, use `{option} {count}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        let deleted: Vec<String> = (0..20).map(|n| format!("b{n}")).collect();
        let deleted: Vec<&str> = deleted.iter().map(String::as_str).collect();
        for (limit, all, count, allowed, is_allowed) in [
            (&BRANCHES, 9, 2, None, true),
            (&BRANCHES, 2, 2, None, true),
            (&BRANCHES, 9, 3, None, false),
            (&BRANCHES, 10, 3, None, true),
            (&BRANCHES, 10, 4, None, false),
            (&BRANCHES, 40, 12, None, true),
            (&BRANCHES, 40, 13, None, false),
            (&BRANCHES, 40, 13, Some(13), true),
            (&BRANCHES, 40, 13, Some(14), false),
            (&BRANCHES, 40, 12, Some(13), false),
            (&BRANCHES, 9, 3, Some(3), true),
            (&BRANCHES, 0, 0, None, true),
            (&BRANCHES, 40, 0, Some(0), true),
            (&BRANCHES, 40, 0, Some(10), true),
            (&BRANCHES, 40, 1, Some(0), false),
            (&DNS_NAMES, 9, 9, None, true),
            (&DNS_NAMES, 10, 3, None, true),
            (&DNS_NAMES, 10, 4, None, false),
        ] {
            let checked = limit.check(all, &deleted[..count], allowed);
            assert_eq!(checked.is_ok(), is_allowed, "{count} of {all}, {allowed:?}");
        }
        let error = BRANCHES.check(10, &deleted[..4], None).unwrap_err();
        assert_eq!(error.to_string(), "4 of 10 branches would be deleted");
        assert_eq!(error.parts().help[0], "these would be deleted: `b0`, `b1`, `b2`, `b3`");
        assert!(error.parts().help[1].ends_with("`--allow-delete 4`"));
        let error = BRANCHES.check(20, &deleted[..12], None).unwrap_err();
        assert!(error.parts().help[0].ends_with("`b8`, `b9` and 2 more"), "{:?}", error.parts().help);
        let error = OUTPUT_BRANCHES.check(6, &deleted[..1], Some(10)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`--allow-delete 10` is given, but 1 of 6 branches in the output would be deleted"
        );
        assert!(error.parts().help[1].ends_with("`--allow-delete 1`"));
    }
}
