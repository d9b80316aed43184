//! The exit status, and the codes of diagnostics.

use super::HEADER;
use crate::diagnostic::Code;
use std::fmt::Write as _;

const INTRODUCTION: &str = "\
| status | meaning |
|---|---|
| 0 | success, or nothing to do |
| 1 | differences: `diff`, `check`, `dns plan` |
| 2 | invalid input or usage |
| 3 | refused by a guard; nothing was written |
| 4 | I/O error or remote error; `dns`: a zone is not done, the others are |
| 5 | `dns` only: some names were skipped because of a conflict or drift; the others are done |
| 6 | `dns` only: a run with a higher revision was there before; nothing was written since |
| 7 | `dns` only: done, but some addresses are not known yet |

Warnings do not change the exit status. If there are several errors, the highest status of their codes counts. A standard output
that is closed early, as by `| head`, is not an error.

## Codes of diagnostics

An error or warning has a code, which is in brackets in its first line: `error[spec]: …`. The code determines the exit status of
an error.

";

/// Every code.
const CODES: &[Code] = &[
    Code::Usage,
    Code::Yaml,
    Code::Spec,
    Code::Name,
    Code::Template,
    Code::Overlay,
    Code::Resource,
    Code::Secret,
    Code::Dns,
    Code::Output,
    Code::History,
    Code::Guard,
    Code::Disk,
    Code::Remote,
];

/// The text of the page.
pub(super) fn page() -> String {
    let mut text = format!(
        "# Exit status\n\n{HEADER}{INTRODUCTION}| code | the diagnostic is about | exit status |\n|---|---|---|\n"
    );
    for code in CODES {
        let _ = writeln!(text, "| `{}` | {} | {} |", code.word(), code.meaning(), code.status());
    }
    text
}
