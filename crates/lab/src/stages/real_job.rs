//! Pods of Jobs whose program runs for real: they end as it does.

use super::drill::FAILED as FAILED_POD;
use super::pod::DONE;
use super::{ANSWERS, Delay, FAILED, Next, Script, Stage, one_of};
use crate::expectations::Subject;

/// Exit code of a program that failed; its own words stand in the log.
const EXIT_CODE: &str = "1";

pub(super) fn stages(script: &Script<'_>) -> Vec<Stage> {
    let subjects: Vec<String> = script.expectations.real_jobs().map(Subject::key).collect();
    if subjects.is_empty() {
        return Vec::new();
    }
    let whose = one_of(&subjects);
    let living = script.on_living_node();
    let stage = |name: &str, when: &str, status: String| Stage {
        name: name.to_owned(),
        kind: "Pod",
        when: format!(
            r#"(is_leaving | not) and .status.phase == "Running" and is_job and {when} and (subject | {whose}) and {living}"#
        ),
        delay: Delay::None,
        next: Next::Status(status, None),
    };
    let has_failed = format!(
        r#"(first(.status.conditions[]? | select(.type == "{ANSWERS}") | .reason) // "") == "{FAILED}""#
    );
    vec![
        stage(
            "pod-done-real",
            &format!(r#"condition("{ANSWERS}") == "True""#),
            DONE.to_owned(),
        ),
        stage(
            "pod-fail-real",
            &has_failed,
            FAILED_POD.replace("EXIT_CODE", EXIT_CODE),
        ),
    ]
}
