//! The revisions of one release, and what follows from them. Pure.

use mosipctl_object::Object;

use super::{RecordError, Release, Status};

/// The revisions of one release, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History(Vec<Release>);

impl History {
    /// From the Secrets of a release.
    ///
    /// # Errors
    /// One of them holds no record.
    pub fn of(secrets: &[Object]) -> Result<Self, RecordError> {
        let mut releases = secrets
            .iter()
            .map(Release::decode)
            .collect::<Result<Vec<_>, _>>()?;
        releases.sort_by_key(|release| release.revision);
        Ok(Self(releases))
    }

    /// Every revision, oldest first.
    pub fn revisions(&self) -> &[Release] {
        &self.0
    }

    /// The newest revision.
    pub fn last(&self) -> Option<&Release> {
        self.0.last()
    }

    /// What runs: the newest deployed one. Two can be there when a change was stopped between its two last writes.
    pub fn deployed(&self) -> Option<&Release> {
        let deployed = |release: &&Release| release.info.status == Status::Deployed;
        self.0.iter().rfind(deployed)
    }

    /// The number of the next revision.
    pub(super) fn next(&self) -> u32 {
        self.last().map_or(1, |last| last.revision + 1)
    }

    /// The state of the next revision while it is being made.
    pub(super) fn next_status(&self) -> Status {
        match self.last().map(|last| last.info.status) {
            None | Some(Status::Uninstalled) => Status::PendingInstall,
            Some(_) => Status::PendingUpgrade,
        }
    }

    /// Revisions to forget so that at most `keep` are left: the oldest, but never what runs.
    pub(super) fn to_forget(&self, keep: usize) -> Vec<&Release> {
        let running = self.deployed().map(|release| release.revision);
        let too_many = self.0.len().saturating_sub(keep);
        let old = self
            .0
            .iter()
            .filter(|release| Some(release.revision) != running);
        old.take(too_many).collect()
    }

    /// Deployed revisions before this one.
    pub(super) fn to_supersede(&self, revision: u32) -> Vec<&Release> {
        let deployed = self
            .0
            .iter()
            .filter(|release| release.info.status == Status::Deployed);
        deployed
            .filter(|release| release.revision != revision)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Info;

    fn history(states: &[Status]) -> History {
        let revisions = (1..).zip(states).map(|(revision, &status)| Release {
            name: "a".to_owned(),
            info: Info {
                first_deployed: None,
                last_deployed: None,
                deleted: None,
                description: String::new(),
                status,
                notes: String::new(),
            },
            chart: serde_json::Value::Null,
            config: serde_json::Map::new(),
            manifest: String::new(),
            hooks: Vec::new(),
            revision,
            namespace: "n".to_owned(),
            apply_method: crate::release::ApplyMethod::ServerSide,
            labels: std::collections::BTreeMap::new(),
        });
        History(revisions.collect())
    }

    #[test]
    fn the_next_revision_follows_from_the_last() {
        use Status::{Deployed, Failed, Uninstalled};
        let next = |states: &[Status]| (history(states).next(), history(states).next_status());
        assert_eq!(next(&[]), (1, Status::PendingInstall));
        assert_eq!(next(&[Deployed]), (2, Status::PendingUpgrade));
        assert_eq!(next(&[Failed]), (2, Status::PendingUpgrade));
        assert_eq!(next(&[Deployed, Uninstalled]), (3, Status::PendingInstall));
    }

    #[test]
    fn the_oldest_are_forgotten_and_never_what_runs() {
        use Status::{Deployed, Failed, Superseded};
        let forgotten = |states: &[Status], keep| -> Vec<u32> {
            let history = history(states);
            history
                .to_forget(keep)
                .iter()
                .map(|release| release.revision)
                .collect()
        };
        assert_eq!(forgotten(&[Superseded, Superseded, Deployed], 2), [1]);
        assert_eq!(forgotten(&[Deployed, Failed, Failed], 2), [2]);
        assert!(forgotten(&[Deployed], 9).is_empty());
    }

    #[test]
    fn of_two_deployed_ones_the_newer_runs() {
        use Status::Deployed;
        let history = history(&[Deployed, Deployed]);
        assert_eq!(history.deployed().unwrap().revision, 2);
        assert_eq!(history.to_supersede(2)[0].revision, 1);
    }
}
