//! Pods: they run, get ready or complete, and go.

use std::time::Duration;

use super::{ADMITTED, ANSWERS, Delay, NODE, Next, Script, Stage, one_of};
use crate::expectations::{Subject, Work};
use crate::settings::Kubelet;

pub(super) fn stages(script: &Script<'_>) -> Vec<Stage> {
    let living = script.on_living_node();
    let mut stages = vec![
        Stage {
            name: "pod-delete".to_owned(),
            kind: "Pod",
            when: format!("is_leaving and {living}"),
            delay: Delay::None,
            next: Next::Delete,
        },
        Stage {
            name: "pod-gates-pass".to_owned(),
            kind: "Pod",
            when: format!(
                r#"(is_leaving | not) and .status.phase == "Running" and condition("ContainersReady") == "True" and condition("Ready") != "True" and {GATES} and {living}"#
            ),
            delay: Delay::None,
            next: Next::Status(READY.to_owned(), None),
        },
        Stage {
            name: "pod-gates-fail".to_owned(),
            kind: "Pod",
            when: format!(
                r#"(is_leaving | not) and .spec.readinessGates and condition("Ready") == "True" and ({GATES} | not) and {living}"#
            ),
            delay: Delay::None,
            next: Next::Status(GATED.to_owned(), None),
        },
    ];
    stages.extend(run(script));
    stages.extend(lost(script));
    stages.extend(by_delay(script, Work::Service));
    stages.extend(by_delay(script, Work::Job));
    stages
}

/// On a node that is lost, whatever was to happen does not; the pod is not ready, as the node controller says then.
fn lost(script: &Script<'_>) -> Option<Stage> {
    let lost = script.expectations.lost_nodes();
    (!lost.is_empty()).then(|| Stage {
        name: "pod-lost".to_owned(),
        kind: "Pod",
        when: format!(
            r#"(.spec.nodeName | {}) and condition("{NODE}") != "False""#,
            one_of(lost)
        ),
        delay: Delay::None,
        next: Next::Status(LOST.replace("NODE", NODE), None),
    })
}

const LOST: &str = r#"{{ $now := Now }}
conditions:
- {type: NODE, status: "False", lastTransitionTime: {{ $now | Quote }}}
- {type: Ready, status: "False", reason: "", message: "", lastTransitionTime: {{ $now | Quote }}}
"#;

/// jq, true when every readiness gate holds.
const GATES: &str = r#"([.spec.readinessGates[]?.conditionType] - [.status.conditions[]? | select(.status == "True") | .type] == [])"#;

const READY: &str = r#"conditions: [{type: Ready, status: "True", reason: "", message: "", lastTransitionTime: {{ Now | Quote }}}]"#;

const GATED: &str = r#"conditions: [{type: Ready, status: "False", reason: ReadinessGatesNotReady, message: the status of a pod readiness gate is not "True", lastTransitionTime: {{ Now | Quote }}}]"#;

/// Init containers have completed, containers run. The strict kubelet says so itself when it admits a pod: every change of a
/// pod costs an API server half a dozen more.
fn run(script: &Script<'_>) -> Option<Stage> {
    let living = script.on_living_node();
    (script.kubelet == Kubelet::Careless).then(|| Stage {
        name: "pod-run".to_owned(),
        kind: "Pod",
        when: format!(r#"(is_leaving | not) and .status.phase == "Pending" and {living}"#),
        delay: Delay::None,
        next: Next::Status(RUN.to_owned(), None),
    })
}

const RUN: &str = r#"{{ $now := Now }}
phase: Running
startTime: {{ or .status.startTime $now | Quote }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
podIP: {{ or .status.podIP (PodIPWith .spec.nodeName (or .spec.hostNetwork false) .metadata.uid .metadata.name .metadata.namespace) | Quote }}
conditions:
- {type: PodReadyToStartContainers, status: "True", reason: "", lastTransitionTime: {{ $now | Quote }}}
- {type: Initialized, status: "True", reason: "", message: "", lastTransitionTime: {{ $now | Quote }}}
- {type: ContainersReady, status: "False", reason: ContainersNotReady, message: "containers with unready status: [{{ range $i, $c := .spec.containers }}{{ if $i }} {{ end }}{{ $c.name }}{{ end }}]", lastTransitionTime: {{ $now | Quote }}}
- {type: Ready, status: "False", reason: ContainersNotReady, message: "containers with unready status: [{{ range $i, $c := .spec.containers }}{{ if $i }} {{ end }}{{ $c.name }}{{ end }}]", lastTransitionTime: {{ $now | Quote }}}
{{ if .spec.initContainers }}
initContainerStatuses:
{{ range .spec.initContainers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  restartCount: 0
  ready: true
  {{ if eq (or .restartPolicy "") "Always" }}
  started: true
  state: {running: {startedAt: {{ $now | Quote }}}}
  {{ else }}
  started: false
  state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}
  {{ end }}
{{ end }}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- {name: {{ .name | Quote }}, image: {{ .image | Quote }}, imageID: "", ready: false, started: {{ not .startupProbe }}, restartCount: 0, state: {running: {startedAt: {{ $now | Quote }}}}}
{{ end }}
"#;

/// One stage for each length of the work, and one for pods that nobody told about.
fn by_delay(script: &Script<'_>, work: Work) -> Vec<Stage> {
    let expectations = script.expectations;
    let failing = expectations.failing().map(|(subject, _, _)| subject.key());
    let mut known: Vec<String> = failing.collect();
    known.extend(expectations.real_jobs().map(Subject::key));
    let mut stages = Vec::new();
    for (delay, subjects) in script.by_delay(work) {
        let subjects: Vec<String> = subjects
            .into_iter()
            .filter(|subject| !known.contains(subject))
            .collect();
        if !subjects.is_empty() {
            let is_one = format!("(subject | {})", one_of(&subjects));
            let name = format!("{}-{}", name(work), seconds(delay));
            stages.push(end(script, work, name, &is_one, delay));
            known.extend(subjects);
        }
    }
    let is_other = match known.is_empty() {
        true => "true".to_owned(),
        false => format!("(subject | {} | not)", one_of(&known)),
    };
    let delay = script.scaled(match work {
        Work::Service => expectations.others.service,
        Work::Job => expectations.others.job,
    });
    let name = format!("{}-others", name(work));
    stages.push(end(script, work, name, &is_other, delay));
    stages
}

fn name(work: Work) -> &'static str {
    match work {
        Work::Service => "pod-ready",
        Work::Job => "pod-done",
    }
}

/// `3.250s`, with what a name may hold.
fn seconds(delay: Duration) -> String {
    format!("{}.{:03}s", delay.as_secs(), delay.subsec_millis())
}

/// The pod gets ready, or completes.
fn end(script: &Script<'_>, work: Work, name: String, whose: &str, delay: Duration) -> Stage {
    let living = script.on_living_node();
    let answers = match script.kubelet {
        Kubelet::Strict => format!(r#"condition("{ANSWERS}") == "True""#),
        Kubelet::Careless => "true".to_owned(),
    };
    let (what, template) = match work {
        Work::Service => (
            format!(r#"(is_job | not) and condition("ContainersReady") != "True" and {answers}"#),
            SERVES,
        ),
        Work::Job => ("is_job".to_owned(), DONE),
    };
    Stage {
        name,
        kind: "Pod",
        when: format!(
            r#"(is_leaving | not) and .status.phase == "Running" and {what} and {whose} and {living}"#
        ),
        delay: match script.kubelet {
            Kubelet::Strict => since_admission(delay),
            Kubelet::Careless => Delay::Fixed(delay),
        },
        next: Next::Status(template.to_owned(), None),
    }
}

/// What is left of a delay that began when the pod was admitted.
pub(super) fn since_admission(delay: Duration) -> Delay {
    let milliseconds = delay.as_millis();
    Delay::Computed(format!(
        r#"first(.status.conditions[]? | select(.type == "{ADMITTED}") | .message) | ((.[0:19] + "Z" | fromdateiso8601) * 1000 + ("1" + .[20:23] | tonumber) - 1000 + {milliseconds} - now * 1000) | [., 0] | max | floor | tostring + "ms""#
    ))
}

const SERVES: &str = r#"{{ $now := Now }}
conditions:
- {type: ContainersReady, status: "True", reason: "", message: "", lastTransitionTime: {{ $now | Quote }}}
{{ if .spec.readinessGates }}
- {type: Ready, status: "False", reason: ReadinessGatesNotReady, message: the status of a pod readiness gate is not "True", lastTransitionTime: {{ $now | Quote }}}
{{ else }}
- {type: Ready, status: "True", reason: "", message: "", lastTransitionTime: {{ $now | Quote }}}
{{ end }}
containerStatuses:
{{ range .status.containerStatuses }}
- {name: {{ .name | Quote }}, image: {{ .image | Quote }}, imageID: "", ready: true, started: true, restartCount: {{ .restartCount }}, state: {{ toJson .state }}, lastState: {{ toJson (or .lastState dict) }}}
{{ end }}
"#;

pub(super) const DONE: &str = r#"{{ $now := Now }}
phase: Succeeded
conditions:
- {type: ContainersReady, status: "False", reason: PodCompleted, message: "", lastTransitionTime: {{ $now | Quote }}}
- {type: Ready, status: "False", reason: PodCompleted, message: "", lastTransitionTime: {{ $now | Quote }}}
containerStatuses:
{{ range .status.containerStatuses }}
- {name: {{ .name | Quote }}, image: {{ .image | Quote }}, imageID: "", ready: false, started: false, restartCount: {{ .restartCount }}, state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $.status.startTime | Quote }}, finishedAt: {{ $now | Quote }}}}}
{{ end }}
"#;
