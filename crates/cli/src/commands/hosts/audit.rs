//! `mosipctl hosts audit`

use std::collections::BTreeMap;
use std::sync::Arc;

use mosipctl_checks::hosts::Unseen;
use mosipctl_checks::hosts::audit::{Tried, attempts, judge, try_all};
use mosipctl_checks::{Counts, Finding};
use mosipctl_firewall::{Circumstances, Told, Wall};
use mosipctl_hosts::{Connection, Facts, HostError, way_in};
use mosipctl_report::words::count;
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::hosts::Host;
use serde_json::json;

use super::facts::ask;
use super::in_a_line;
use super::site::Site;
use crate::arguments::OfHosts;
use crate::commands::findings;
use crate::output::Doing;
use crate::settings::Settings;

pub(super) async fn run(of: &OfHosts, settings: &Settings) -> Result<Exit, Trouble> {
    let site = Site::open(of)?;
    let all = site.hosts_file.hosts();
    let wall = wall(&site, &all, settings).await?;
    let doing = Doing::new(settings);
    let number = count(all.len(), "host");
    doing.say("audit", &format!("letting {number} try each other"));
    let mut tried = tried(&site, &wall, &all).await;
    let mut findings = judge(&wall, &site.chosen, &tried);
    if Counts::of(&findings).failed > 0 {
        // a host with much to do is silent now and then; one that is closed is so twice
        let again = self::tried(&site, &wall, &all).await;
        tried
            .iter_mut()
            .zip(&again)
            .for_each(|(first, second)| first.hear(second));
        findings = judge(&wall, &site.chosen, &tried);
    }
    doing.done();
    let attempts = tried.iter().flat_map(|tried| &tried.answers);
    let attempts: usize = attempts.map(BTreeMap::len).sum();
    tell(&site, &findings, attempts, settings);
    let is_well = Counts::of(&findings).failed == 0;
    Ok(if is_well { Exit::Done } else { Exit::Attention })
}

/// The walls as they are to be: hosts are asked for their addresses, because they speak from any of them.
async fn wall(site: &Site, all: &[Host], settings: &Settings) -> Result<Wall, Trouble> {
    let names: Vec<String> = all.iter().map(|host| host.name.to_string()).collect();
    let told = ask(site, &names, settings).await;
    let facts: BTreeMap<&str, Facts> = told
        .into_iter()
        .filter_map(|(name, facts)| Some((name, facts.ok()?)))
        .collect();
    let work = async |host: Arc<Connection>| way_in(host.as_ref()).await;
    let ways = site.hosts.each(&names, work);
    let ways: BTreeMap<&str, u16> = ways
        .await
        .into_iter()
        .filter_map(|(name, way)| Some((name, way.ok()?.port)))
        .collect();
    let told = facts.iter().map(|(name, facts)| {
        let told = Told {
            addresses: facts.addresses().collect(),
            ssh_port: ways.get(name).copied(),
        };
        ((*name).to_owned(), told)
    });
    let circumstances = Circumstances {
        told: told.collect(),
        ..Circumstances::default()
    };
    Wall::new(&site.hosts_file, circumstances).map_err(|error| {
        let remedy = error.remedy();
        Trouble::new(format!("failed to {error}")).maybe_remedy(remedy)
    })
}

/// What came of the attempts of each host.
async fn tried(site: &Site, wall: &Wall, all: &[Host]) -> Vec<Tried> {
    let names: Vec<String> = all.iter().map(|host| host.name.to_string()).collect();
    let work = async |shell: Arc<Connection>| {
        let from = all.iter().find(|host| host.name.as_str() == shell.name());
        let wanted = from.map(|from| attempts(wall, from, &site.chosen));
        try_all(shell.as_ref(), &wanted.unwrap_or_default()).await
    };
    let results = site.hosts.each(&names, work).await;
    let tried = all.iter().zip(results).map(|(from, (_, result))| Tried {
        from: from.clone(),
        answers: answers(result),
    });
    tried.collect()
}

fn answers<T>(result: Result<Option<T>, HostError>) -> Result<T, Unseen> {
    match result {
        Ok(Some(answers)) => Ok(answers),
        Ok(None) => Err(Unseen {
            reason: "it has neither bash nor nc".to_owned(),
            remedy: None,
        }),
        Err(error) => Err(Unseen {
            reason: in_a_line(&error),
            remedy: error.remedy(),
        }),
    }
}

fn tell(site: &Site, findings: &[Finding], attempts: usize, settings: &Settings) {
    if settings.json {
        let mut json = findings::as_json(findings);
        json["environment"] = json!(site.environment);
        json["attempts"] = json!(attempts);
        outln!("{json}");
        return;
    }
    outln!(
        "{} of {} · {} tried",
        count(site.chosen.len(), "host"),
        site.environment,
        count(attempts, "connection")
    );
    findings::tell(findings, Counts::of(findings), settings.data);
}
