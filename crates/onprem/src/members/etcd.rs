//! The members of etcd, asked through a control plane.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Members, PATIENCE};
use crate::cluster::Node;
use crate::error::OnpremError;

/// Lists members, then says which of them answer.
const LIST: &str = include_str!("etcd.sh");

/// A member of etcd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) answers: bool,
}

impl Members {
    pub(super) async fn etcd(&self) -> Result<Vec<Member>, OnpremError> {
        if !self.control_planes.distribution().asks_etcd() {
            let nodes = self.control_planes.nodes().await?.into_values();
            let members = nodes.filter(Node::has_etcd).map(|node| Member {
                answers: node.is_ready,
                name: node.name,
            });
            return Ok(members.collect());
        }
        let what = "list the members of etcd";
        let text = self.control_planes.ask(what, LIST, PATIENCE).await?;
        Ok(read(&text))
    }
}

/// Lines of `member list`, then one with the JSON of `endpoint health`.
fn read(text: &str) -> Vec<Member> {
    let health = text.lines().find(|line| line.starts_with('['));
    let health: Value = health
        .and_then(|line| serde_json::from_str(line).ok())
        .unwrap_or_default();
    let answering: BTreeSet<&str> = health
        .as_array()
        .into_iter()
        .flatten()
        .filter(|each| each["health"] == true)
        .filter_map(|each| each["endpoint"].as_str())
        .collect();
    let lines = text.lines().filter(|line| !line.starts_with('['));
    let member = |line: &str| {
        let fields: Vec<&str> = line.split(", ").collect();
        let [_, _, name, _, clients, ..] = fields.as_slice() else {
            return None;
        };
        Some(Member {
            name: (*name).to_owned(),
            answers: clients.split(',').any(|url| answering.contains(url)),
        })
    };
    lines.filter_map(member).collect()
}

/// Why a member must not go, if it must not. Those that are left have to be able to decide without it.
pub(super) fn objection(members: &[Member], gone: &str) -> Option<String> {
    if !members.iter().any(|member| member.name == gone) {
        return None;
    }
    let rest: Vec<&Member> = members
        .iter()
        .filter(|member| member.name != gone)
        .collect();
    if rest.is_empty() {
        return Some("it is the only control plane, and the cluster ends with it".to_owned());
    }
    let answering = rest.iter().filter(|member| member.answers).count();
    let needed = rest.len() / 2 + 1;
    let dead = rest.iter().filter(|member| !member.answers);
    let dead: Vec<&str> = dead.map(|member| member.name.as_str()).collect();
    (answering < needed).then(|| {
        format!(
            "etcd would be left with {} of which {answering} answers, and needs {needed}: {} must come back or go first",
            match rest.len() {
                1 => "1 member".to_owned(),
                number => format!("{number} members"),
            },
            dead.join(" and ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(answering: &[(&str, bool)]) -> Vec<Member> {
        let member = |(name, answers): &(&str, bool)| Member {
            name: (*name).to_owned(),
            answers: *answers,
        };
        answering.iter().map(member).collect()
    }

    #[test]
    fn members_and_their_health_are_read() {
        let text = "8e9e05c52164694d, started, cp1, https://192.0.2.1:2380, https://192.0.2.1:2379, false\n\
                    9e9e05c52164694d, started, cp2, https://192.0.2.2:2380, https://192.0.2.2:2379, false\n\
                    [{\"endpoint\":\"https://192.0.2.1:2379\",\"health\":true},{\"endpoint\":\"https://192.0.2.2:2379\",\"health\":false}]\n";
        assert_eq!(read(text), members(&[("cp1", true), ("cp2", false)]));
    }

    #[test]
    fn a_member_may_go_when_the_others_can_decide() {
        let all = members(&[("cp1", true), ("cp2", true), ("cp3", true)]);
        assert_eq!(objection(&all, "cp1"), None);
        assert_eq!(objection(&all, "w1"), None);
        let one_dead = members(&[("cp1", true), ("cp2", true), ("cp3", false)]);
        assert_eq!(objection(&one_dead, "cp3"), None);
        let why = objection(&one_dead, "cp1").unwrap();
        assert!(why.contains("cp3 must come back or go first"), "{why}");
        assert!(objection(&members(&[("cp1", true)]), "cp1").is_some());
    }
}
