//! A teardown plan as `pleach teardown` lists it.

use crate::teardown::TeardownPlan;
use std::fmt;

/// A plan of the output and its slug.
#[derive(Clone, Debug)]
pub struct ListedPlan {
    /// The slug.
    pub slug: String,
    /// Whether a branch has the slug now, so that the plan has what this branch has replaced.
    pub is_existing: bool,
    /// The plan.
    pub plan: TeardownPlan,
}

/// The branch, as a heading.
impl fmt::Display for ListedPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A branch name has no line break, and a plan with one is refused. So the heading cannot end a comment of a script.
        let branch = self.plan.branch.replace(char::is_control, " ");
        write!(f, "{branch}{}", if self.is_existing { " (existing)" } else { "" })
    }
}
