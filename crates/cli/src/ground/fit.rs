//! Whether hosts are fit to become nodes, before anything is done to one of them.

use std::collections::{BTreeMap, BTreeSet};

use mosipctl_checks::Finding;
use mosipctl_checks::hosts::{Looked, hindrances};
use mosipctl_onprem::Told;
use mosipctl_report::Trouble;
use mosipctl_spec::hosts::{Host, HostsFile};

/// What keeps hosts from becoming nodes. Nothing is asked for once all of them are: what is true of them then is no reason to leave a
/// cluster alone.
pub(super) fn unfit(hosts_file: &HostsFile, told: &BTreeMap<String, Told>) -> Vec<Finding> {
    let all = hosts_file.hosts();
    let traits = |host: &Host| Some(&told.get(host.name.as_str())?.traits);
    let is_to_join = |host: &Host| host.is_node() && !traits(host).is_some_and(|t| t.is_member);
    if !all.iter().any(is_to_join) {
        return Vec::new();
    }
    // a member was begun before it became one
    let begun = told.iter().filter(|(_, told)| told.traits.is_begun);
    let begun: BTreeSet<String> = begun.map(|(name, _)| name.clone()).collect();
    let looked = all.into_iter().filter_map(|host| {
        let facts = Ok(told.get(host.name.as_str())?.facts.clone());
        Some(Looked { host, facts })
    });
    hindrances(looked.collect(), &begun, &hosts_file.spec)
}

/// The same as a refusal.
pub(super) fn refusal(unfit: &[Finding], file: &str) -> Option<Trouble> {
    let trouble = Trouble::new("hosts are not fit to become nodes; nothing was touched");
    let trouble = trouble.maybe_remedy(match unfit {
        [] => return None,
        [one] => one.remedy.clone(),
        _ => Some(format!(
            "`mosipctl hosts check {file}` says what to do about each"
        )),
    });
    Some(unfit.iter().fold(trouble, |trouble, finding| {
        trouble.because(format!("{}: {}", finding.what, finding.detail))
    }))
}

/// The same as notes beside a plan.
pub(super) fn notes(unfit: &[Finding]) -> Vec<String> {
    let note = |finding: &Finding| {
        let Finding { what, detail, .. } = finding;
        let remedy = finding.remedy.as_deref().unwrap_or_default();
        format!("`up` would refuse: {what}: {detail}; {remedy}")
    };
    unfit.iter().map(note).collect()
}
