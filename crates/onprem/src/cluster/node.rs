//! A node, as the API shows it.

use std::collections::BTreeMap;
use std::time::Duration;

use mosipctl_hosts::{Command, HostError, Shell};
use mosipctl_plan::observed::Standing;
use serde_json::Value;

use crate::work::Marks;

/// What a shell is asked about it: whether it was made one, and has what a kubelet logs in with.
pub(crate) const IS_MEMBER: &str = "[ -e /var/lib/mosipctl/member ] && { [ -e /etc/kubernetes/kubelet.conf ] || [ -e /var/lib/rancher/rke2/agent/kubelet.kubeconfig ]; }";

/// How far a host came on its way into the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// Nothing was begun there.
    Nothing,
    /// It was begun.
    Begun,
    /// It is a member.
    Member,
}

/// How far a host came, once no command that was cut off is still at it: that may become well.
pub(super) async fn half_when_settled(
    shell: &dyn Shell,
    patience: Duration,
) -> Result<Half, HostError> {
    let what = "see whether it is a member of the cluster";
    let seconds = patience.as_secs() - 10;
    let line = format!(
        "mkdir -p /var/lib/mosipctl && exec 9> /var/lib/mosipctl/lock && flock -w {seconds} 9 && {{ {{ {IS_MEMBER} && echo member; }} || {{ [ -e /var/lib/mosipctl/begun ] && echo begun; }} || :; }}"
    );
    let command = Command::line(what, line).as_root().within(patience);
    let output = shell.run(&command).await?;
    let output = output.succeeded(shell.host(), what)?;
    Ok(match output.text().trim() {
        "member" => Half::Member,
        "begun" => Half::Begun,
        _ => Half::Nothing,
    })
}

/// A node, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) is_ready: bool,
    /// Addresses that its pods get.
    pub(crate) pods: Option<String>,
    labels: BTreeMap<String, String>,
    /// `KEY=VALUE:EFFECT`.
    taints: Vec<String>,
}

impl Node {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let taint = |taint: &Value| {
            let value = taint["value"].as_str().unwrap_or_default();
            Some(format!(
                "{}={value}:{}",
                taint["key"].as_str()?,
                taint["effect"].as_str()?
            ))
        };
        let list = |pointer: &str| {
            let list = value.pointer(pointer).and_then(Value::as_array);
            list.into_iter().flatten()
        };
        let is_ready = list("/status/conditions")
            .any(|each| each["type"] == "Ready" && each["status"] == "True");
        let labels = value["metadata"]["labels"].as_object();
        let labels = labels.into_iter().flatten();
        Some(Self {
            name: text(&value["metadata"]["name"])?,
            is_ready,
            pods: text(&value["spec"]["podCIDR"]),
            labels: labels
                .filter_map(|(key, value)| Some((key.clone(), text(value)?)))
                .collect(),
            taints: list("/spec/taints").filter_map(taint).collect(),
        })
    }

    /// Whether it is there for pods, now or when it is well again.
    pub(crate) fn is_worker(&self) -> bool {
        !self.is_tainted("node-role.kubernetes.io/control-plane")
    }

    /// Whether a member of etcd runs there, of a distribution that says so.
    pub(crate) fn has_etcd(&self) -> bool {
        self.labels.contains_key("node-role.kubernetes.io/etcd")
    }

    /// Whether pods may come to it now.
    pub(crate) fn takes_pods(&self) -> bool {
        self.is_ready && self.is_worker() && !self.is_tainted("node.kubernetes.io/unschedulable")
    }

    fn is_tainted(&self, key: &str) -> bool {
        let taint = format!("{key}=:NoSchedule");
        self.taints.contains(&taint)
    }

    /// Whether it bears what it should.
    pub(crate) fn bears(&self, marks: &Marks) -> Standing {
        let has_label = |pair: &&String| {
            let (key, value) = pair.split_once('=').unwrap_or((pair.as_str(), ""));
            self.labels.get(key).map(String::as_str) == Some(value)
        };
        let has_taint = |taint: &&String| match taint.strip_suffix('-') {
            None => self.taints.contains(taint),
            Some(gone) => {
                let (key, effect) = gone.split_once(':').unwrap_or((gone, ""));
                let is_it = |each: &String| {
                    each.starts_with(&format!("{key}=")) && each.ends_with(&format!(":{effect}"))
                };
                !self.taints.iter().any(is_it)
            }
        };
        let labels = marks.labels.iter().filter(|label| !has_label(label));
        let taints = marks.taints.iter().filter(|taint| !has_taint(taint));
        let lacking: Vec<String> = labels.chain(taints).cloned().collect();
        match lacking.is_empty() {
            true => Standing::Holds,
            false => Standing::Differs(lacking),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node() -> Node {
        Node::read(&json!({
            "metadata": {"name": "w1", "labels": {"zone": "a"}},
            "spec": {"podCIDR": "10.42.3.0/24", "taints": [{"key": "control-plane", "effect": "NoSchedule"}]},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        }))
        .unwrap()
    }

    #[test]
    fn a_node_is_read_as_the_api_shows_it() {
        let node = node();
        assert!(node.is_ready);
        assert_eq!(node.pods.as_deref(), Some("10.42.3.0/24"));
    }

    #[test]
    fn labels_and_taints_that_lack_are_named() {
        let marks = Marks {
            labels: vec!["zone=a".to_owned(), "disk=ssd".to_owned()],
            taints: vec!["control-plane:NoSchedule-".to_owned()],
        };
        let lacking = ["disk=ssd", "control-plane:NoSchedule-"].map(str::to_owned);
        assert_eq!(node().bears(&marks), Standing::Differs(lacking.to_vec()));
        let marks = Marks {
            labels: vec!["zone=a".to_owned()],
            taints: vec!["control-plane=:NoSchedule".to_owned()],
        };
        assert_eq!(node().bears(&marks), Standing::Holds);
    }
}
