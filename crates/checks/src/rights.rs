//! What we may do. A handful of verbs that decide; the whole list is that of `mosipctl rights`.

use mosipctl_kube::{KubeError, Kubernetes, Rights};

use crate::finding::{Check, Finding};

/// Where it is asked: what a cluster role grants is granted in every namespace.
const NAMESPACE: &str = "default";
const WHAT: &str = "rights";

/// Verbs, groups and resources without which `up` does not get far.
const DECISIVE: &[(&str, &str, &str)] = &[
    ("create", "", "namespaces"),
    ("create", "", "secrets"),
    ("patch", "", "configmaps"),
    ("patch", "", "services"),
    ("patch", "", "persistentvolumeclaims"),
    ("list", "", "pods"),
    ("create", "", "pods/portforward"),
    ("patch", "apps", "deployments"),
    ("patch", "batch", "jobs"),
    ("create", "coordination.k8s.io", "leases"),
    ("list", "storage.k8s.io", "storageclasses"),
];

/// Asks what we may do, and who we are.
///
/// # Errors
/// The cluster does not answer.
pub async fn look(kube: &dyn Kubernetes) -> Result<(String, Rights), KubeError> {
    tokio::try_join!(kube.user(), kube.rights(NAMESPACE))
}

/// Judges what a user may do.
pub fn judge(user: &str, rights: &Rights) -> Finding {
    let missing = DECISIVE
        .iter()
        .filter(|(verb, group, resource)| !rights.allow(verb, group, resource));
    let missing: Vec<String> = missing.map(in_words).collect();
    if missing.is_empty() {
        let detail = format!("`{user}` may do the {} things that decide", DECISIVE.len());
        return Finding::passed(Check::Rights, WHAT, detail);
    }
    let detail = format!("`{user}` may not {}", missing.join(", "));
    let remedy = "have a cluster role with these verbs bound to this user, or use another context of the kubeconfig";
    match rights.incomplete {
        // what the API server cannot list may be allowed all the same
        true => Finding::warning(
            Check::Rights,
            WHAT,
            format!("{detail}, as far as the API server can list it"),
            remedy,
        ),
        false => Finding::failed(Check::Rights, WHAT, detail, remedy),
    }
}

fn in_words((verb, group, resource): &(&str, &str, &str)) -> String {
    match *group {
        "" => format!("{verb} {resource}"),
        group => format!("{verb} {resource}.{group}"),
    }
}

#[cfg(test)]
mod tests {
    use mosipctl_kube::Rule;

    use super::*;
    use crate::finding::Outcome;

    fn rights(verbs: &[&str], incomplete: bool) -> Rights {
        let all = || vec!["*".to_owned()];
        let rule = Rule {
            verbs: verbs.iter().map(|&verb| verb.to_owned()).collect(),
            api_groups: all(),
            resources: all(),
            resource_names: Vec::new(),
        };
        Rights {
            rules: vec![rule],
            incomplete,
        }
    }

    #[test]
    fn an_administrator_passes_and_a_reader_is_told_what_is_missing() {
        assert_eq!(
            judge("ana", &rights(&["*"], false)).outcome,
            Outcome::Passed
        );
        let finding = judge("ana", &rights(&["get", "list"], false));
        assert_eq!(finding.outcome, Outcome::Failed);
        assert!(
            finding.detail.contains("patch deployments.apps"),
            "{}",
            finding.detail
        );
        assert!(!finding.detail.contains("list pods"), "{}", finding.detail);
    }

    #[test]
    fn what_cannot_be_listed_is_only_warned_of() {
        assert_eq!(
            judge("ana", &rights(&["get"], true)).outcome,
            Outcome::Warning
        );
    }
}
