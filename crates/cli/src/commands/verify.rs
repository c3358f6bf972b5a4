//! `mosipctl verify`

use std::collections::BTreeMap;
use std::sync::Arc;

use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_prepare::{Finding, KeyTable};
use mosipctl_report::words::count;
use mosipctl_report::{Exit, Paint, Trouble};
use serde_json::{Value, json};

use crate::arguments::{File, Verify, VerifyVerb};
use crate::connect::{StartLab, connect};
use crate::output::Doing;
use crate::real::key_tables;
use crate::session::{Session, Wanted};
use crate::settings::Settings;

pub(crate) async fn run(arguments: &Verify, settings: &Settings) -> Result<Exit, Trouble> {
    match &arguments.verb {
        VerifyVerb::Data(file) => data(file, settings).await,
    }
}

/// Proves by use what is prepared inside servers.
async fn data(file: &File, settings: &Settings) -> Result<Exit, Trouble> {
    let mut session = Session::open(&file.file, settings)?;
    let doing = Arc::new(Doing::new(settings));
    let connection = connect(&session, StartLab::No, &doing).await?;
    let connection = connection.ok_or_else(|| {
        Trouble::new("the lab does not run, so there is nothing to verify")
            .remedy(format!("start it with `mosipctl up {}`", session.file))
    })?;
    session.bring_servers(&doing).await?;
    let version = connection.kube.server().version.clone();
    let mut wanted = session
        .render(settings, version.trim_start_matches('v'), &doing)
        .await?;
    session.bring_scripts(&mut wanted, &doing).await?;
    let servers = session.servers(&connection, &wanted)?;
    doing.say("verify", "using what is prepared in servers");
    let findings = servers.verify(&wanted.really_prepared()).await;
    doing.done();
    let keys = key_tables(&session, &wanted);
    let simulated = simulated(&wanted, &keys);
    match settings.json {
        true => outln!("{}", as_json(&findings, &simulated)),
        false => tell(&findings, &simulated, settings.data),
    }
    let is_well = findings.iter().all(|finding| finding.wrong.is_empty());
    Ok(if is_well { Exit::Done } else { Exit::Attention })
}

/// What is only pretended, which nobody can prove, with the reason.
fn simulated<'a>(wanted: &'a Wanted, keys: &'a [KeyTable]) -> BTreeMap<&'a Fact, &'a str> {
    let prepared = wanted.desired.prepared.iter();
    let simulated = prepared.filter_map(|(fact, prepared)| {
        let why = prepared.simulated.as_deref()?;
        Some((fact, why))
    });
    let keys = keys.iter().filter_map(|table| {
        let why = table.simulated.as_deref()?;
        Some(table.keys.iter().map(move |fact| (fact, why)))
    });
    simulated.chain(keys.flatten()).collect()
}

fn tell(findings: &[Finding], simulated: &BTreeMap<&Fact, &str>, paint: Paint) {
    let mut proven: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for finding in findings {
        let is_key = finding.fact.kind == FactKind::Key;
        if finding.wrong.is_empty() && is_key {
            // each is as irreplaceable as the others, and has an end of its own
            outln!("{} {}: {}", paint.good("✓"), finding.fact, finding.proof);
        } else if finding.wrong.is_empty() {
            let kind = finding.fact.kind.text();
            *proven.entry((kind, &finding.proof)).or_default() += 1;
        }
        for wrong in &finding.wrong {
            outln!("{} {}: {wrong}", paint.bad("✗"), finding.fact);
        }
    }
    for ((kind, proof), number) in proven {
        outln!("{} {}: {proof}", paint.good("✓"), count(number, kind));
    }
    let mut reasons: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (fact, why) in simulated {
        *reasons.entry((fact.kind.text(), why)).or_default() += 1;
    }
    for ((kind, why), number) in reasons {
        let what = count(number, kind);
        outln!("{} {what}: simulated, {why}", paint.warn("–"));
    }
}

fn as_json(findings: &[Finding], simulated: &BTreeMap<&Fact, &str>) -> Value {
    let each = findings.iter().map(
        |finding| json!({"fact": finding.fact, "proof": finding.proof, "wrong": finding.wrong}),
    );
    let simulated = simulated
        .iter()
        .map(|(fact, why)| json!({"fact": fact, "why": why}));
    json!({"checked": each.collect::<Vec<_>>(), "simulated": simulated.collect::<Vec<_>>()})
}
