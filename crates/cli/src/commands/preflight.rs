//! `mosipctl preflight`

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mosipctl_checks::sources::images::in_short;
use mosipctl_checks::storage::{BindTest, bind_test, claims};
use mosipctl_checks::{Check, Counts, Finding, Outcome, Target, preflight, version};
use mosipctl_observe::ledger::{self, LedgerError};
use mosipctl_plan::Inventory;
use mosipctl_report::{Exit, Paint, Trouble};
use mosipctl_rights::{Asked, Rights};
use mosipctl_spec::environment::cluster::ClusterKind;
use serde_json::{Value, json};

use crate::arguments::Preflight;
use crate::commands::findings;
use crate::connect::{Connection, StartLab, connect, offline_version, place};
use crate::output::Doing;
use crate::session::{Session, Wanted};
use crate::settings::Settings;

/// How long a claim may wait in a bind test: clouds make a disk within a minute.
const BINDING: Duration = Duration::from_secs(120);
/// Names of a lab's hosts are nobody's.
const LAB: &str = "a lab is reached by no name";
/// Its nodes are simulated.
const NOTHING_FETCHED: &str = "no node of a lab pulls anything";

pub(crate) async fn run(arguments: &Preflight, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&arguments.file.file, settings)?;
    let doing = Arc::new(Doing::new(settings));
    let connection = connect(&session, StartLab::No, &doing).await?;
    let connection = connection.ok_or_else(|| {
        Trouble::new("the lab does not run, so there is nothing to look at").remedy(format!(
            "start it with `mosipctl lab start {}`",
            session.file
        ))
    })?;
    let wanted = session
        .render(settings, render_version(&connection), &doing)
        .await?;
    doing.say("preflight", "looking at cluster, hosts, servers and images");
    let (known, unread) = Known::of(&session, &connection, &wanted).await;
    let target = target(&session, &connection, &wanted, &known);
    let mut findings = preflight(&target).await;
    findings.extend(unread);
    if arguments.bind_test {
        doing.say("bind", "trying whether claims are bound");
    }
    findings.extend(binding(arguments, &connection, &wanted).await);
    doing.done();
    match settings.json {
        true => outln!("{}", as_json(&session, &findings)),
        false => tell(&session, &findings, settings.data),
    }
    let is_well = Counts::of(&findings).failed == 0;
    Ok(if is_well { Exit::Done } else { Exit::Attention })
}

/// Charts refuse a version that is too old for them, which would leave everything else unsaid.
fn render_version(connection: &Connection) -> &str {
    let version = connection.kube.server().version.as_str();
    let judged = version::judge(version, offline_version());
    match judged.outcome {
        Outcome::Failed => offline_version().trim_start_matches('v'),
        _ => version.trim_start_matches('v'),
    }
}

/// What follows from the environment and from what was made for it.
struct Known {
    inventory: Inventory,
    rights: Rights,
}

impl Known {
    /// An inventory that cannot be read counts as empty, which is told: labels still say what is ours.
    async fn of(
        session: &Session,
        connection: &Connection,
        wanted: &Wanted,
    ) -> (Self, Option<Finding>) {
        let environment = session.environment.name().as_str();
        let rights = mosipctl_rights::rights(&Asked {
            environment,
            desired: &wanted.desired,
            servers: &session.blueprint.servers,
        });
        let read = ledger::read(connection.kube.as_ref(), environment).await;
        let (inventory, unread) = match read {
            Ok(inventory) => (inventory, None),
            Err(error) => (Inventory::default(), Some(unread(&error))),
        };
        (Self { inventory, rights }, unread)
    }
}

fn unread(error: &LedgerError) -> Finding {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    let why = format!("failed to {error}{}", cause.unwrap_or_default());
    Finding::failed(
        Check::NameClash,
        "inventory",
        why,
        "let this user read it, as `mosipctl rights` prints; or take a user who made the environment",
    )
}

fn target<'a>(
    session: &'a Session,
    connection: &'a Connection,
    wanted: &'a Wanted,
    known: &'a Known,
) -> Target<'a> {
    let is_lab = session.environment.spec.cluster.kind == ClusterKind::Lab;
    Target {
        kube: connection.kube.as_ref(),
        environment: session.environment.name().as_str(),
        desired: &wanted.desired,
        inventory: &known.inventory,
        rights: &known.rights,
        externals: &session.environment.spec.externals,
        folder: Path::new(&session.file).parent().unwrap_or(Path::new("")),
        tested: offline_version(),
        images: &session.environment.spec.images,
        domain: session.environment.spec.domain.as_str(),
        unreachable: is_lab.then_some(LAB),
        nothing_fetched: is_lab.then_some(NOTHING_FETCHED),
    }
}

/// The bind test where it is asked for, else that it was not.
async fn binding(arguments: &Preflight, connection: &Connection, wanted: &Wanted) -> Vec<Finding> {
    let what = "binding of claims";
    if !arguments.bind_test {
        let why = "`--bind-test` was not given; it makes a namespace with claims for a moment";
        return vec![Finding::skipped(Check::BindTest, what, why)];
    }
    let images = wanted.rendered.images();
    let Some(image) = images.keys().next() else {
        return vec![Finding::skipped(
            Check::BindTest,
            what,
            "no component has an image to try with",
        )];
    };
    let claims = claims(&wanted.desired);
    let test = BindTest {
        claims: &claims,
        image,
        patience: BINDING,
    };
    bind_test(connection.kube.as_ref(), &test).await
}

fn tell(session: &Session, findings: &[Finding], paint: Paint) {
    let name = session.environment.name();
    outln!("preflight of {name} · {}", place(&session.environment));
    let counts = Counts::of(findings);
    findings::tell(&in_short(findings), counts, paint);
    if counts.failed == 0 {
        outln!("`mosipctl up {}` goes on from here", session.file);
    }
}

fn as_json(session: &Session, findings: &[Finding]) -> Value {
    let mut json = findings::as_json(findings);
    json["environment"] = json!(session.environment.name());
    json
}
