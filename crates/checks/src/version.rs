//! The version of Kubernetes.

use crate::finding::{Check, Finding};

/// The oldest minor version that the charts are made for: `kubeVersion` of every chart in `charts/`.
const OLDEST: (u32, u32) = (1, 28);
const WHAT: &str = "Kubernetes version";

/// Judges a version such as `v1.31.4+rke2r1`. `tested` is the newest that this program was tested with.
pub fn judge(version: &str, tested: &str) -> Finding {
    let (Some(own), Some(newest)) = (minor(version), minor(tested)) else {
        return Finding::warning(
            Check::KubernetesVersion,
            WHAT,
            format!("`{version}` is not of the form v1.MINOR.PATCH"),
            "see with `kubectl version` what the cluster is",
        );
    };
    let (oldest_major, oldest_minor) = OLDEST;
    if own < OLDEST {
        return Finding::failed(
            Check::KubernetesVersion,
            WHAT,
            format!("{version} is older than {oldest_major}.{oldest_minor}"),
            format!(
                "upgrade the cluster to {oldest_major}.{oldest_minor} or newer, minor version by minor version"
            ),
        );
    }
    if own > newest {
        return Finding::warning(
            Check::KubernetesVersion,
            WHAT,
            format!(
                "{version} is newer than {tested}, the newest that this program was tested with"
            ),
            "look for a newer mosipctl, or rehearse first with `cluster: {kind: lab}`",
        );
    }
    let detail = format!("{version}, supported from {oldest_major}.{oldest_minor}");
    Finding::passed(Check::KubernetesVersion, WHAT, detail)
}

/// Major and minor version.
fn minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim_start_matches('v').split('.');
    // managed clusters write `31+` for a minor version
    let minor = |text: &str| text.trim_end_matches('+').parse().ok();
    Some((numbers.next()?.parse().ok()?, minor(numbers.next()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Outcome;

    fn outcome(version: &str) -> Outcome {
        judge(version, "v1.36.1").outcome
    }

    #[test]
    fn versions_that_charts_are_made_for_pass_whatever_their_vendor_adds() {
        for version in [
            "v1.28.0",
            "v1.31.4+rke2r1",
            "v1.30.9-eks-4096722",
            "v1.36.9",
        ] {
            assert_eq!(outcome(version), Outcome::Passed, "{version}");
        }
    }

    #[test]
    fn an_older_version_fails_and_a_newer_one_is_warned_of() {
        assert_eq!(outcome("v1.27.16"), Outcome::Failed);
        assert_eq!(outcome("v1.37.0"), Outcome::Warning);
        assert_eq!(outcome("latest"), Outcome::Warning);
    }
}
