//! A teardown plan with its slug.

use crate::teardown::TeardownPlan;
use crate::visible::visible;
use std::fmt;

/// A plan of the output and its slug.
#[derive(Clone, Debug)]
pub(crate) struct ListedPlan {
    /// The slug.
    pub(crate) slug: String,
    /// Whether an existing branch has the slug. Then the plan lists what this branch has replaced.
    pub(crate) is_existing: bool,
    /// The plan.
    pub(crate) plan: TeardownPlan,
}

/// Formats the heading of the plan.
impl fmt::Display for ListedPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The heading is one line, because the script has it in a comment.
        write!(f, "{}{}", visible(&self.plan.branch), if self.is_existing { " (existing)" } else { "" })
    }
}
