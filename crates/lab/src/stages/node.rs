//! Nodes: they become ready, say so now and then, and may be lost.

use std::time::Duration;

use super::{Delay, Next, Script, Stage, one_of};

/// How often a node writes its status. Leases say every ten seconds that it lives; a kubelet writes the status as rarely.
const HEARTBEAT: Duration = Duration::from_secs(300);

pub(super) fn stages(script: &Script<'_>) -> Vec<Stage> {
    let lost = script.expectations.lost_nodes();
    let is_lost = match lost.is_empty() {
        true => "false".to_owned(),
        false => format!("(.metadata.name | {})", one_of(&lost)),
    };
    let mut stages = vec![
        Stage {
            name: "node-start".to_owned(),
            kind: "Node",
            when: format!(r#"condition("Ready") != "True" and ({is_lost} | not)"#),
            delay: Delay::None,
            next: Next::Status(status(), None),
        },
        Stage {
            name: "node-heartbeat".to_owned(),
            kind: "Node",
            when: format!(r#"condition("Ready") == "True" and ({is_lost} | not)"#),
            delay: Delay::Fixed(HEARTBEAT),
            next: Next::Status(status(), None),
        },
    ];
    if !lost.is_empty() {
        stages.push(Stage {
            name: "node-lost".to_owned(),
            kind: "Node",
            when: format!(r#"condition("Ready") == "True" and {is_lost}"#),
            delay: Delay::None,
            next: Next::Status(LOST.to_owned(), None),
        });
    }
    stages
}

/// What a healthy node says.
fn status() -> String {
    r#"{{ $now := Now }}
phase: Running
conditions:
{{ range NodeConditions }}
- {type: {{ .type }}, status: {{ .status | Quote }}, reason: {{ .reason }}, message: {{ .message | Quote }}, lastHeartbeatTime: {{ $now | Quote }}, lastTransitionTime: {{ $.metadata.creationTimestamp | Quote }}}
{{ end }}
addresses:
- {type: InternalIP, address: {{ NodeIP | Quote }}}
- {type: Hostname, address: {{ .metadata.name | Quote }}}
daemonEndpoints: {kubeletEndpoint: {Port: {{ NodePort }}}}
"#
    .to_owned()
}

/// What the node controller says of a node that says nothing.
const LOST: &str = r#"{{ $now := Now }}
conditions:
- {type: Ready, status: Unknown, reason: NodeStatusUnknown, message: Kubelet stopped posting node status., lastTransitionTime: {{ $now | Quote }}}
"#;
