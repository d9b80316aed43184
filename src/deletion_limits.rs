//! The limit on deletions in one run: a list that could not be read must not be treated as an empty list.

use crate::diagnostic::{Code, Diagnostic};

/// With fewer items there is no limit.
const MIN_ITEMS: usize = 10;
/// The part of the items that may be deleted, in percent.
const MAX_PERCENT: usize = 30;

/// Refuses to delete the items `deleted` if they are too large a part of `all` items. Messages call the items `noun`.
///
/// `allowed` is the number that the user passed with `option`: then exactly this number must be deleted, whatever its part.
pub(crate) fn check(
    noun: &str,
    all: usize,
    deleted: &[&str],
    allowed: Option<usize>,
    option: &str,
) -> Result<(), Diagnostic> {
    let count = deleted.len();
    let refused = match allowed {
        Some(allowed) => allowed != count,
        None => all >= MIN_ITEMS && count * 100 > all * MAX_PERCENT,
    };
    if !refused {
        return Ok(());
    }
    let message = match allowed {
        Some(allowed) => format!("`{option} {allowed}` is given, but {count} of {all} {noun} would be deleted"),
        None => format!("{count} of {all} {noun} would be deleted"),
    };
    let named = deleted.iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join(", ");
    let error = Diagnostic::new(Code::Guard, message);
    if count == 0 {
        return Err(error.help(format!("nothing was written; run the command without `{option}`")));
    }
    let error = error.help(format!("these would be deleted: {named}"));
    Err(error.help(format!("nothing was written; if this is intended, use `{option} {count}`")))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn limits() {
        let deleted: Vec<String> = (0..20).map(|n| format!("b{n}")).collect();
        let deleted: Vec<&str> = deleted.iter().map(String::as_str).collect();
        for (all, count, allowed, is_allowed) in [
            (9, 9, None, true),
            (10, 3, None, true),
            (10, 4, None, false),
            (40, 12, None, true),
            (40, 13, None, false),
            (40, 13, Some(13), true),
            (40, 13, Some(14), false),
            (40, 12, Some(13), false),
            (9, 3, Some(3), true),
            (0, 0, None, true),
            (40, 0, Some(0), true),
        ] {
            let checked = check("branches", all, &deleted[..count], allowed, "--allow-delete");
            assert_eq!(checked.is_ok(), is_allowed, "{count} of {all}, {allowed:?}");
        }
        let error = check("branches", 10, &deleted[..4], None, "--allow-delete").unwrap_err();
        assert_eq!(error.to_string(), "4 of 10 branches would be deleted");
        assert_eq!(error.parts().help[0], "these would be deleted: `b0`, `b1`, `b2`, `b3`");
        assert!(error.parts().help[1].ends_with("`--allow-delete 4`"));
        let error = check("branches in the output", 6, &deleted[..1], Some(10), "--allow-delete").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`--allow-delete 10` is given, but 1 of 6 branches in the output would be deleted"
        );
        assert!(error.parts().help[1].ends_with("`--allow-delete 1`"));
        let error = check("branches in the output", 6, &[], Some(10), "--allow-delete").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`--allow-delete 10` is given, but 0 of 6 branches in the output would be deleted"
        );
        assert_eq!(error.parts().help, ["nothing was written; run the command without `--allow-delete`"]);
    }
}
