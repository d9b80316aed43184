//! The limit on how much may go at once: a list that was not seen must never be taken for an empty one.

use crate::diagnostic::{Code, Diagnostic};

/// So few that losing most of them is daily work.
const FEW: usize = 10;
/// How much of the rest may go, in percent.
const SHARE: usize = 30;

/// Refuses that `victims` go of `all` things, which messages call `things`, if that is more than a third or so.
///
/// `allowed` is how many the user expects to go, as the option `option` says: with it exactly so many must go, whatever
/// their share.
pub fn check(
    things: &str,
    all: usize,
    victims: &[&str],
    allowed: Option<usize>,
    option: &str,
) -> Result<(), Diagnostic> {
    let count = victims.len();
    let refused = match allowed {
        Some(allowed) => allowed != count,
        None => all >= FEW && count * 100 > all * SHARE,
    };
    if !refused {
        return Ok(());
    }
    let message = match allowed {
        Some(allowed) => format!("`{option} {allowed}` is given, but {count} of {all} {things} would go"),
        None => format!("{count} of {all} {things} would go"),
    };
    let named = victims.iter().map(|victim| format!("`{victim}`")).collect::<Vec<_>>().join(", ");
    let error = Diagnostic::new(Code::Guard, message);
    if count == 0 {
        return Err(error.help(format!("nothing was written; without `{option}` it would be")));
    }
    let error = error.help(format!("these would go: {named}"));
    Err(error.help(format!("nothing was written; if this is meant, say so with `{option} {count}`")))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn limits() {
        let victims: Vec<String> = (0..20).map(|n| format!("b{n}")).collect();
        let victims: Vec<&str> = victims.iter().map(String::as_str).collect();
        for (all, going, allowed, good) in [
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
            let checked = check("branches", all, &victims[..going], allowed, "--allow-delete");
            assert_eq!(checked.is_ok(), good, "{going} of {all}, {allowed:?}");
        }
        let error = check("branches", 10, &victims[..4], None, "--allow-delete").unwrap_err();
        assert_eq!(error.to_string(), "4 of 10 branches would go");
        assert_eq!(error.parts().help[0], "these would go: `b0`, `b1`, `b2`, `b3`");
        assert!(error.parts().help[1].ends_with("`--allow-delete 4`"));
        let error = check("branches in the output", 6, &victims[..1], Some(10), "--allow-delete").unwrap_err();
        assert_eq!(error.to_string(), "`--allow-delete 10` is given, but 1 of 6 branches in the output would go");
        assert!(error.parts().help[1].ends_with("`--allow-delete 1`"));
        let error = check("branches in the output", 6, &[], Some(10), "--allow-delete").unwrap_err();
        assert_eq!(error.to_string(), "`--allow-delete 10` is given, but 0 of 6 branches in the output would go");
        assert_eq!(error.parts().help, ["nothing was written; without `--allow-delete` it would be"]);
    }
}
