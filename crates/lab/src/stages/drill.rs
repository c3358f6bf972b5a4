//! Drills that happen to pods: containers that end with an error.

use std::time::Duration;

use super::pod::since_admission;
use super::{Delay, Event, Next, Script, Stage, one_of};
use crate::expectations::{Drill, Subject, Work};

/// How long a container that crashes runs, on real machines.
const CRASH_AFTER: f64 = 2.0;
/// A kubelet's pause after the first crash and its longest, in seconds; it doubles in between.
const BACK_OFF: (u32, u32) = (10, 300);

pub(super) fn stages(script: &Script<'_>) -> Vec<Stage> {
    let mut stages = Vec::new();
    for drill in &script.expectations.drills {
        match drill {
            Drill::JobFails {
                subject, exit_code, ..
            } => {
                let after = script.scaled(seconds_of(script, subject));
                stages.push(fail(script, subject, *exit_code, after));
                stages.push(crash(script, subject, *exit_code, after, "OnFailure"));
            }
            Drill::Crashes {
                subject, exit_code, ..
            } => {
                let after = script.scaled(CRASH_AFTER);
                stages.push(crash(script, subject, *exit_code, after, "Always"));
            }
            Drill::NeverReady { .. } | Drill::ImageMissing { .. } | Drill::NodeLost { .. } => {}
        }
    }
    if !stages.is_empty() {
        stages.push(restart(script));
    }
    stages
}

/// How long the Job would have run.
fn seconds_of(script: &Script<'_>, subject: &Subject) -> f64 {
    let expectations = script.expectations;
    let startups = expectations.startups.iter();
    startups
        .filter(|startup| startup.work == Work::Job && startup.subject == *subject)
        .map(|startup| startup.seconds)
        .next()
        .unwrap_or(expectations.others.job)
}

/// A pod that is not restarted fails as a whole.
fn fail(script: &Script<'_>, subject: &Subject, exit_code: i32, after: Duration) -> Stage {
    let whose = one_of([subject.key()]);
    let living = script.on_living_node();
    Stage {
        name: format!("pod-fail-{}.{}", subject.namespace, subject.instance),
        kind: "Pod",
        when: format!(
            r#"(is_leaving | not) and .status.phase == "Running" and .spec.restartPolicy == "Never" and (subject | {whose}) and {living}"#
        ),
        delay: since_admission(after),
        next: Next::Status(FAILED.replace("EXIT_CODE", &exit_code.to_string()), None),
    }
}

pub(super) const FAILED: &str = r#"{{ $now := Now }}
phase: Failed
conditions:
- {type: ContainersReady, status: "False", reason: PodFailed, message: "", lastTransitionTime: {{ $now | Quote }}}
- {type: Ready, status: "False", reason: PodFailed, message: "", lastTransitionTime: {{ $now | Quote }}}
containerStatuses:
{{ range .status.containerStatuses }}
- {name: {{ .name | Quote }}, image: {{ .image | Quote }}, imageID: "", ready: false, started: false, restartCount: {{ .restartCount }}, state: {terminated: {exitCode: EXIT_CODE, reason: Error, startedAt: {{ $.status.startTime | Quote }}, finishedAt: {{ $now | Quote }}}}}
{{ end }}
"#;

/// The first container ends, and waits to be restarted.
fn crash(
    script: &Script<'_>,
    subject: &Subject,
    exit_code: i32,
    after: Duration,
    restart_policy: &str,
) -> Stage {
    let whose = one_of([subject.key()]);
    let living = script.on_living_node();
    Stage {
        name: format!("pod-crash-{}.{}", subject.namespace, subject.instance),
        kind: "Pod",
        when: format!(
            r#"(is_leaving | not) and .status.phase == "Running" and .spec.restartPolicy == "{restart_policy}" and .status.containerStatuses[0].state.running != null and (subject | {whose}) and {living}"#
        ),
        delay: Delay::Fixed(after),
        next: Next::Status(
            CRASHED.replace("EXIT_CODE", &exit_code.to_string()),
            Some(Event {
                reason: "BackOff",
                message: "Back-off restarting failed container".to_owned(),
            }),
        ),
    }
}

const CRASHED: &str = r#"{{ $now := Now }}
conditions:
- {type: ContainersReady, status: "False", reason: ContainersNotReady, message: "containers with unready status: [{{ (index .spec.containers 0).name }}]", lastTransitionTime: {{ $now | Quote }}}
- {type: Ready, status: "False", reason: ContainersNotReady, message: "containers with unready status: [{{ (index .spec.containers 0).name }}]", lastTransitionTime: {{ $now | Quote }}}
containerStatuses:
{{ range $index, $status := .status.containerStatuses }}
{{ if $index }}
- {{ toJson $status }}
{{ else }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: false
  started: false
  restartCount: {{ .restartCount }}
  state: {waiting: {reason: CrashLoopBackOff, message: "back-off restarting failed container={{ .name }} pod={{ $.metadata.name }}_{{ $.metadata.namespace }}({{ $.metadata.uid }})"}}
  lastState: {terminated: {exitCode: EXIT_CODE, reason: Error, startedAt: {{ .state.running.startedAt | Quote }}, finishedAt: {{ $now | Quote }}}}
{{ end }}
{{ end }}
"#;

/// After its pause the container runs again.
fn restart(script: &Script<'_>) -> Stage {
    let (first, longest) = BACK_OFF;
    let speed = script.speed;
    let living = script.on_living_node();
    Stage {
        name: "pod-restart".to_owned(),
        kind: "Pod",
        when: format!(
            r#"(is_leaving | not) and .status.phase == "Running" and .status.containerStatuses[0].state.waiting.reason == "CrashLoopBackOff" and {living}"#
        ),
        delay: Delay::Computed(format!(
            r#"[{first} * pow(2; .status.containerStatuses[0].restartCount), {longest}] | min * 1000 / {speed} | floor | tostring + "ms""#
        )),
        next: Next::Status(RESTARTED.to_owned(), None),
    }
}

const RESTARTED: &str = r#"{{ $now := Now }}
containerStatuses:
{{ range $index, $status := .status.containerStatuses }}
{{ if $index }}
- {{ toJson $status }}
{{ else }}
- {name: {{ .name | Quote }}, image: {{ .image | Quote }}, imageID: "", ready: false, started: true, restartCount: {{ add .restartCount 1 }}, state: {running: {startedAt: {{ $now | Quote }}}}, lastState: {{ toJson .lastState }}}
{{ end }}
{{ end }}
"#;
