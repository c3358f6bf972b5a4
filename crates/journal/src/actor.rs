//! Who does something.

use std::fmt;

use nix::unistd::{Uid, User};
use serde::{Deserialize, Serialize};

/// Who does something: a user of this machine and, where a cluster is involved, the name it knows them by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// The user of the operating system.
    pub user: String,
    /// The name that the cluster's SelfSubjectReview gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
}

impl Actor {
    /// The user who runs this process, not yet known to any cluster.
    pub fn current() -> Self {
        Self::of_uid(Uid::effective().as_raw())
    }

    /// The user with that number; one without a name is called `uid 1234`.
    pub fn of_uid(uid: u32) -> Self {
        let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
        let user = user.map_or_else(|| format!("uid {uid}"), |user| user.name);
        Self {
            user,
            cluster: None,
        }
    }

    /// The same user, with the name a cluster knows them by.
    #[must_use]
    pub fn in_cluster(mut self, name: impl Into<String>) -> Self {
        self.cluster = Some(name.into());
        self
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cluster {
            Some(cluster) => write!(f, "{} as {cluster}", self.user),
            None => f.write_str(&self.user),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_without_a_name_is_called_by_number() {
        assert_eq!(Actor::of_uid(3_999_999_999).to_string(), "uid 3999999999");
    }

    #[test]
    fn both_names_are_shown() {
        let actor = Actor::of_uid(0).in_cluster("kubernetes-admin");
        assert_eq!(actor.to_string(), "root as kubernetes-admin");
    }
}
