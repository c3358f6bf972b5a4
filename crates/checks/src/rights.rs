//! What we may do, against the least rights of the environment.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};
use mosipctl_kube::{KubeError, Kubernetes, Rights as Given};
use mosipctl_rights::{Grant, Place, Rights, Rule, Task};

use crate::finding::{Check, Finding};

/// A namespace that there is none of: what is granted there is granted everywhere.
const EVERYWHERE: &str = "mosipctl-no-such-namespace";
/// Questions that are asked at the same time.
const AT_ONCE: usize = 16;
/// At most this many missing rights stand in one line.
const NAMED: usize = 5;
const WHAT: &str = "rights";
const REMEDY: &str = "have an administrator apply what `mosipctl rights --yaml` prints, or use another context of the kubeconfig";

/// Who we are, and what we may do in each place.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Our name for the cluster.
    pub user: String,
    /// What is given where.
    pub given: BTreeMap<Place, Given>,
}

/// Asks who we are and what we may do, in every place that rights are needed in.
///
/// # Errors
/// The cluster does not answer.
pub async fn look(kube: &dyn Kubernetes, least: &Rights) -> Result<Seen, KubeError> {
    let places: BTreeSet<&Place> = least.rules.iter().map(|rule| &rule.place).collect();
    let asked = places.into_iter().map(|place| async move {
        let namespace = match place {
            Place::Everywhere => EVERYWHERE,
            Place::Namespace(name) => name,
        };
        let given = kube.rights(namespace).await?;
        Ok::<_, KubeError>((place.clone(), given))
    });
    let asked: Vec<_> = asked.map(Box::pin).collect();
    let given = stream::iter(asked).buffer_unordered(AT_ONCE).try_collect();
    let (user, given) = tokio::try_join!(kube.user(), given)?;
    Ok(Seen { user, given })
}

/// Judges what is given by what is needed.
pub fn judge(least: &Rights, seen: &Seen) -> Finding {
    let all = least.rules.iter();
    let all: Vec<(&Rule, &Grant)> = all
        .flat_map(|rule| rule.grants.iter().map(move |grant| (rule, grant)))
        .collect();
    let missing = all
        .iter()
        .filter(|(rule, grant)| !is_given(rule, grant, seen));
    let missing: Vec<(&Rule, &Grant)> = missing.copied().collect();
    let user = &seen.user;
    if missing.is_empty() {
        let detail = format!("`{user}` has all {} that are needed", all.len());
        return Finding::passed(Check::Rights, WHAT, detail);
    }
    let (number, needed) = (missing.len(), all.len());
    let named = named(&missing);
    let detail = format!("`{user}` lacks {number} of {needed}: {named}");
    let is_incomplete = seen.given.values().any(|given| given.incomplete);
    let stops_up = missing.iter().any(|(_, grant)| is_of_up(grant));
    match (is_incomplete, stops_up) {
        // what the API server cannot list may be allowed all the same
        (true, _) => Finding::warning(
            Check::Rights,
            WHAT,
            format!("{detail}, as far as the API server can list them"),
            REMEDY,
        ),
        (false, true) => Finding::failed(Check::Rights, WHAT, detail, REMEDY),
        (false, false) => Finding::warning(
            Check::Rights,
            WHAT,
            format!("{detail}; `up` does without them"),
            REMEDY,
        ),
    }
}

fn is_of_up(grant: &Grant) -> bool {
    let mut tasks = grant.reasons.iter().map(|(_, task)| task);
    tasks.any(|task| matches!(task, Task::Plan | Task::Up))
}

/// Whether a verb is given on everything that a rule is about.
fn is_given(rule: &Rule, grant: &Grant, seen: &Seen) -> bool {
    let Some(given) = seen.given.get(&rule.place) else {
        return false;
    };
    let (group, plural) = (&rule.resource.group, &rule.resource.plural);
    given.allow(&grant.verb, group, plural)
        || (!rule.names.is_empty()
            && rule
                .names
                .iter()
                .all(|name| names(given, rule, grant, name)))
}

/// Whether a verb is given on one object by its name.
fn names(given: &Given, rule: &Rule, grant: &Grant, name: &str) -> bool {
    let has = |list: &[String], wanted: &str| list.iter().any(|one| one == "*" || one == wanted);
    given.rules.iter().any(|one| {
        has(&one.verbs, &grant.verb)
            && has(&one.api_groups, &rule.resource.group)
            && has(&one.resources, &rule.resource.plural)
            && one.resource_names.iter().any(|known| known == name)
    })
}

/// The first of what is missing, in words.
fn named(missing: &[(&Rule, &Grant)]) -> String {
    let words = missing.iter().take(NAMED).map(|(rule, grant)| {
        let place = match &rule.place {
            Place::Everywhere => String::new(),
            Place::Namespace(name) => format!(" in `{name}`"),
        };
        format!("{} {}{place}", grant.verb, rule.resource)
    });
    let words: Vec<String> = words.collect();
    match missing.len().saturating_sub(NAMED) {
        0 => words.join(", "),
        more => format!("{} and {more} more", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use mosipctl_kube::Rule as GivenRule;
    use mosipctl_rights::{Purpose, Resource};

    use super::*;
    use crate::finding::Outcome;

    fn least(names: &[&str], task: Task) -> Rights {
        let grant = Grant {
            verb: "patch".to_owned(),
            reasons: BTreeSet::from([(Purpose::Lock, task)]),
        };
        let rule = Rule {
            place: Place::namespace("app"),
            resource: Resource::core("secrets"),
            names: owned(names),
            grants: vec![grant],
        };
        Rights {
            environment: "blue".to_owned(),
            namespaces: BTreeSet::new(),
            rules: vec![rule],
            addresses: BTreeMap::new(),
        }
    }

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    fn seen(verb: &str, names: &[&str], incomplete: bool) -> Seen {
        let rule = GivenRule {
            verbs: owned(&[verb]),
            api_groups: owned(&[""]),
            resources: owned(&["secrets"]),
            resource_names: owned(names),
        };
        let given = Given {
            rules: vec![rule],
            incomplete,
        };
        Seen {
            user: "ana".to_owned(),
            given: BTreeMap::from([(Place::namespace("app"), given)]),
        }
    }

    #[test]
    fn a_right_that_up_needs_and_nobody_gave_fails_by_its_words() {
        let finding = judge(&least(&[], Task::Up), &seen("get", &[], false));
        assert_eq!(finding.outcome, Outcome::Failed);
        assert!(
            finding.detail.contains("patch secrets in `app`"),
            "{}",
            finding.detail
        );
        let finding = judge(&least(&[], Task::Up), &seen("*", &[], false));
        assert_eq!(finding.outcome, Outcome::Passed);
    }

    #[test]
    fn rights_on_names_are_enough_for_these_names_alone() {
        let outcome = |wanted: &[&str], given: &[&str]| {
            judge(&least(wanted, Task::Up), &seen("patch", given, false)).outcome
        };
        assert_eq!(outcome(&["a", "b"], &["a", "b"]), Outcome::Passed);
        assert_eq!(outcome(&["a", "b"], &["a"]), Outcome::Failed);
        assert_eq!(outcome(&[], &["a"]), Outcome::Failed);
    }

    #[test]
    fn what_only_down_needs_or_nobody_can_list_is_warned_of() {
        let finding = judge(&least(&[], Task::Down), &seen("get", &[], false));
        assert_eq!(finding.outcome, Outcome::Warning);
        let finding = judge(&least(&[], Task::Up), &seen("get", &[], true));
        assert_eq!(finding.outcome, Outcome::Warning);
    }
}
