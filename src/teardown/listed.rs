//! A plan as `pleach teardown` tells of it.

use super::plan_file::TeardownPlan;
use std::fmt;

/// A plan of an output, and whose it is.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The slug.
    pub slug: String,
    /// Whether a branch has the slug now, so that the plan is of what it has replaced.
    pub is_live: bool,
    /// The plan.
    pub plan: TeardownPlan,
}

/// The branch, as the heading of what it left.
impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No name of a branch has a line break, and a plan with one is refused; a comment ends nowhere else.
        let branch = self.plan.branch.replace(char::is_control, " ");
        write!(f, "{branch}{}", if self.is_live { " (live)" } else { "" })
    }
}
