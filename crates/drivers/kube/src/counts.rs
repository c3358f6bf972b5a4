//! How many requests were made, by verb and resource.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Ask what the API server serves.
    Discover,
    /// Read one object.
    Get,
    /// Read many; one page is one request.
    List,
    /// Open a watch.
    Watch,
    /// Server-side apply.
    Apply,
    /// Server-side apply that changes nothing.
    DryRun,
    /// Create.
    Create,
    /// Patch.
    Patch,
    /// Delete.
    Delete,
    /// Read logs.
    Logs,
    /// Open a connection to a pod.
    PortForward,
    /// Run a command in a pod.
    Exec,
    /// Ask who we are, or what we may do.
    Review,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discover => "discover",
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Apply => "apply",
            Self::DryRun => "dry-run",
            Self::Create => "create",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::Logs => "logs",
            Self::PortForward => "port-forward",
            Self::Exec => "exec",
            Self::Review => "review",
        })
    }
}

/// Requests made so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestCounts(BTreeMap<(Verb, String), u64>);

impl RequestCounts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Those of one verb.
    pub fn of(&self, verb: Verb) -> u64 {
        let counts = self.0.iter();
        counts
            .filter(|((of, _), _)| *of == verb)
            .map(|(_, count)| count)
            .sum()
    }

    /// Each verb and resource with its count, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Verb, &str, u64)> {
        self.0
            .iter()
            .map(|((verb, resource), count)| (*verb, resource.as_str(), *count))
    }

    /// What was made since an earlier reading.
    pub fn since(&self, earlier: &Self) -> Self {
        let difference = self.0.iter().filter_map(|(key, count)| {
            let before = earlier.0.get(key).copied().unwrap_or_default();
            (*count > before).then(|| (key.clone(), count - before))
        });
        Self(difference.collect())
    }
}

/// The counter behind a client.
#[derive(Debug, Default)]
pub(crate) struct Counter(Mutex<RequestCounts>);

impl Counter {
    pub(crate) fn count(&self, verb: Verb, resource: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.0.entry((verb, resource.to_owned())).or_default() += 1;
    }

    pub(crate) fn read(&self) -> RequestCounts {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_verb_and_resource() {
        let counter = Counter::default();
        counter.count(Verb::Get, "pods");
        let before = counter.read();
        counter.count(Verb::Get, "pods");
        counter.count(Verb::Apply, "configmaps");
        let since = counter.read().since(&before);
        assert_eq!((since.total(), since.of(Verb::Get)), (2, 1));
        let listed: Vec<_> = since.iter().collect();
        assert_eq!(
            listed,
            [(Verb::Get, "pods", 1), (Verb::Apply, "configmaps", 1)]
        );
    }
}
