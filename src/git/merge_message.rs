//! The messages that Git writes for merges: they say whether the default branch was merged into other commits.

/// Which parents of a merge of the default branch were published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PublishedParents {
    Second,
    /// It may have been each of them.
    Both,
}

/// What the message of a merge says about it.
pub(super) struct MergedBranch<'m> {
    name: &'m str,
    source: MergeSource,
    /// The branch that was checked out, if it is named.
    into: Option<&'m str>,
}

/// Where a merged branch was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MergeSource {
    /// In this repository.
    Local,
    /// It was fetched from `origin`.
    Origin,
    /// It was fetched from another repository or by an address, which may be that of `origin`.
    Other,
}

impl<'m> MergedBranch<'m> {
    /// Reads the first line of a message that Git writes. Texts of people do not count, such as the title of a pull request.
    pub(super) fn of(message: &'m str) -> Option<Self> {
        let (tracking, (name, rest)) = match message.strip_prefix("Merge remote-tracking branch '") {
            Some(tracking) => {
                let (name, rest) = tracking.split_once('\'')?;
                let (remote, name) = name.split_once('/')?;
                (Some(remote), (name, rest))
            }
            None => (None, message.strip_prefix("Merge branch '")?.split_once('\'')?),
        };
        let (is_pulled, into) = match *rest.split_whitespace().collect::<Vec<_>>() {
            [] => (false, None),
            ["of", _] => (true, None),
            ["into", into] => (false, Some(into)),
            ["of", _, "into", into] => (true, Some(into)),
            _ => return None,
        };
        let source = match tracking {
            Some("origin") => MergeSource::Origin,
            None if !is_pulled => MergeSource::Local,
            _ => MergeSource::Other,
        };
        Some(MergedBranch { name, source, into })
    }

    /// Which parents were published, if the branch was a default one that was merged into other commits. A service writes `'main'` in
    /// quotes where a branch of that name in a fork is merged.
    pub(super) fn published(&self, is_default: impl Fn(&str) -> bool) -> Option<PublishedParents> {
        let is_into_other = self.into.is_some_and(|into| !into.starts_with('\'') && !is_default(into));
        match self.source {
            _ if !is_default(self.name) => None,
            MergeSource::Local => is_into_other.then_some(PublishedParents::Second),
            MergeSource::Origin => Some(PublishedParents::Second),
            MergeSource::Other => Some(PublishedParents::Both),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MergedBranch, PublishedParents};

    #[test]
    fn messages_of_merges_of_the_default_branch() {
        let (second, both) = (Some(PublishedParents::Second), Some(PublishedParents::Both));
        for (message, want) in [
            ("Merge branch 'main' into feature/login", second),
            ("Merge remote-tracking branch 'origin/main'", second),
            ("Merge remote-tracking branch 'origin/main' into feature/login", second),
            // Of the own repository or of a fork.
            ("Merge branch 'main' of https://git.example.com/shop/environments", both),
            ("Merge branch 'main' of ../o into main", both),
            ("Merge branch 'main' of ../o into feature/login", both),
            ("Merge remote-tracking branch 'fork/main'", both),
            // Of pull requests, also from a fork.
            ("Merge branch 'feature/login'", None),
            ("Merge branch 'feature/login' into main", None),
            ("Merge branch 'main' into 'main'", None),
            ("Merge branch 'feature/login' into 'main'", None),
            ("Merge branch 'feature/login' of ../o into main", None),
            ("Merge remote-tracking branch 'fork/feature/login'", None),
            ("Merge pull request #1 from fork/main", None),
            ("Merge branch 'main' of ../o (#1)", None),
            ("Merge branch 'develop' into main", None),
        ] {
            let merged = MergedBranch::of(message);
            assert_eq!(merged.and_then(|merged| merged.published(|name| name == "main")), want, "{message}");
        }
    }
}
