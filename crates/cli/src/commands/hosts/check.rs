//! `mosipctl hosts check`

use mosipctl_checks::hosts::{Looked, Unseen, judge};
use mosipctl_checks::{Counts, Finding};
use mosipctl_report::words::count;
use mosipctl_report::{Exit, Paint, Trouble};
use serde_json::json;

use super::facts::ask;
use super::in_a_line;
use super::site::Site;
use crate::arguments::OfHosts;
use crate::commands::findings;
use crate::settings::Settings;

pub(super) async fn run(of: &OfHosts, settings: &Settings) -> Result<Exit, Trouble> {
    let site = Site::open(of)?;
    let names = site.names();
    let told = ask(&site, &names, settings).await;
    let pairs = site.chosen.iter().zip(told);
    let looked = pairs.map(|(host, (_, facts))| Looked {
        host: host.clone(),
        facts: facts.map_err(|error| Unseen {
            reason: in_a_line(&error),
            remedy: error.remedy(),
        }),
    });
    let looked: Vec<Looked> = looked.collect();
    let findings = judge(&looked, &site.hosts_file.spec);
    match settings.json {
        true => {
            let mut json = findings::as_json(&findings);
            json["environment"] = json!(site.environment);
            outln!("{json}");
        }
        false => tell(&site, &findings, settings.data),
    }
    let is_well = Counts::of(&findings).failed == 0;
    Ok(if is_well { Exit::Done } else { Exit::Attention })
}

fn tell(site: &Site, findings: &[Finding], paint: Paint) {
    let networks = site.hosts_file.spec.networks.named();
    let networks: Vec<String> = networks
        .iter()
        .map(|(name, network)| format!("{name} {network}"))
        .collect();
    outln!(
        "{} of {} · {}",
        count(site.chosen.len(), "host"),
        site.environment,
        networks.join(" · ")
    );
    findings::tell(findings, Counts::of(findings), paint);
}
