//! What we may do in a namespace, as the API server says (SelfSubjectRulesReview).

use serde::{Deserialize, Serialize};

/// What we may do in one namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// Rules, each granting.
    pub rules: Vec<Rule>,
    /// Whether the API server could not list everything: what is absent may be allowed all the same.
    pub incomplete: bool,
}

/// One grant. `*` means all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rule {
    /// Verbs, such as `patch`.
    pub verbs: Vec<String>,
    /// API groups; `""` is the core group.
    pub api_groups: Vec<String>,
    /// Resources, such as `deployments` or `deployments/scale`.
    pub resources: Vec<String>,
    /// Names; empty means every name.
    pub resource_names: Vec<String>,
}

impl Rights {
    /// Whether a verb is granted on every object of a resource.
    pub fn allow(&self, verb: &str, group: &str, resource: &str) -> bool {
        let has =
            |list: &[String], wanted: &str| list.iter().any(|item| item == "*" || item == wanted);
        self.rules.iter().any(|rule| {
            has(&rule.verbs, verb)
                && has(&rule.api_groups, group)
                && has(&rule.resources, resource)
                && rule.resource_names.is_empty()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_on_one_name_is_no_grant_on_the_resource() {
        let rule = |names: &[&str]| Rule {
            verbs: vec!["get".to_owned()],
            api_groups: vec![String::new()],
            resources: vec!["secrets".to_owned()],
            resource_names: names.iter().map(|&name| name.to_owned()).collect(),
        };
        let rights = |rule| Rights {
            rules: vec![rule],
            incomplete: false,
        };
        assert!(rights(rule(&[])).allow("get", "", "secrets"));
        assert!(!rights(rule(&["one"])).allow("get", "", "secrets"));
        assert!(!rights(rule(&[])).allow("list", "", "secrets"));
    }
}
