//! `mosipctl capacity`

use std::sync::Arc;

use mosipctl_checks::admission::{self, Admission};
use mosipctl_rehearse::{Amount, LikenessReport, NodeUse, Report, judge};
use mosipctl_report::words::{count, first};
use mosipctl_report::{Exit, Paint, Trouble};
use serde::Serialize;

use crate::arguments::{Capacity, Rehearse};
use crate::commands::rehearse::once;
use crate::commands::rehearse::opening::Opening;
use crate::connect::{StartLab, connect, place};
use crate::output::Doing;
use crate::session::{Change, Session};
use crate::settings::Settings;

/// How many refusals are shown one by one.
const NAMED: usize = 6;

/// What was found out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    environment: String,
    /// The edition and profile that room was looked for.
    mosip: String,
    profile: &'static str,
    /// The nodes of the cluster, with what runs on them now.
    nodes: Vec<NodeUse>,
    /// What nobody has asked for yet.
    free: Amount,
    /// What the environment itself asks for now; it is free for what replaces it.
    own: OwnUse,
    /// What the API server says to everything that is wanted.
    admission: Admission,
    /// A roll-out on a copy of the nodes, beside what others run there.
    rehearsal: Report,
}

#[derive(Serialize)]
struct OwnUse {
    pods: usize,
    requests: Amount,
}

pub(crate) async fn run(arguments: &Capacity, settings: &Settings) -> Result<Exit, Trouble> {
    // what the run tells goes to people; programs get the report
    let quiet = Settings {
        json: false,
        ..settings.clone()
    };
    let doing = Arc::new(Doing::new(&quiet));
    let opening = Opening::new(&arguments.file.file, changes(arguments));
    let opening = opening.like_cluster(&quiet, &doing).await?;
    let session = opening.as_written(&quiet)?;
    let (admission, mosip) = ask(&session, &quiet, &doing).await?;
    let profile = session.environment.spec.profile.as_str();
    doing.done();
    let rehearsal = once(&opening, &as_rehearsal(arguments), &quiet).await?;
    let likeness = opening.likeness.unwrap_or_default();
    let nodes = judge::use_of_nodes(&likeness.seen);
    let found = Found {
        environment: session.environment.name().to_string(),
        mosip,
        profile,
        free: free(&nodes),
        nodes,
        own: OwnUse {
            pods: likeness.own.0,
            requests: likeness.own.1,
        },
        admission,
        rehearsal,
    };
    match settings.json {
        true => outln!(
            "{}",
            serde_json::to_string_pretty(&found).unwrap_or_default()
        ),
        false => out!(
            "{}",
            screen(&found, &place(&session.environment), settings.data)
        ),
    }
    let is_room = found.rehearsal.fits && found.admission.refused.is_empty();
    Ok(if is_room { Exit::Done } else { Exit::Attention })
}

/// What is tried instead of what the file says.
fn changes(arguments: &Capacity) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    if let Some(version) = arguments.mosip.clone() {
        changes.push(Arc::new(move |environment| {
            environment.spec.mosip = version.clone()
        }));
    }
    if let Some(profile) = arguments.profile {
        changes.push(Arc::new(move |environment| {
            environment.spec.profile = profile.into()
        }));
    }
    changes
}

fn as_rehearsal(arguments: &Capacity) -> Rehearse {
    Rehearse {
        file: arguments.file.clone(),
        drill: Vec::new(),
        find_nodes: false,
        html: None,
        speed: arguments.speed,
        joins: None,
        host: None,
    }
}

/// What the cluster itself says to everything that is wanted.
async fn ask(
    session: &Session,
    settings: &Settings,
    doing: &Arc<Doing>,
) -> Result<(Admission, String), Trouble> {
    let connection = connect(session, StartLab::No, doing).await?;
    let connection = connection.ok_or_else(|| Trouble::new("the cluster is gone"))?;
    let version = connection.kube.server().version.clone();
    let wanted = session
        .render(settings, version.trim_start_matches('v'), doing)
        .await?;
    doing.say("ask", "asking the API server what it would refuse");
    let admission = admission::look(connection.kube.as_ref(), &wanted.desired).await;
    let admission = admission.map_err(|error| Trouble::of(&error))?;
    Ok((admission, session.environment.spec.mosip.to_string()))
}

/// What is left on all nodes together.
fn free(nodes: &[NodeUse]) -> Amount {
    let free = nodes.iter().map(|node| node.allocatable - node.requested);
    free.fold(Amount::default(), |sum, one| sum + one)
}

fn screen(found: &Found, place: &str, paint: Paint) -> String {
    let mut lines = vec![
        format!(
            "{} · capacity · {place}\n",
            paint.strong(&format!("environment {}", found.environment))
        ),
        format!(
            "  now              {} free on {}",
            judge::words(found.free),
            count(found.nodes.len(), "node")
        ),
    ];
    lines.extend(
        found
            .nodes
            .iter()
            .map(|node| format!("    {}", mosipctl_rehearse::screen::node_line(node))),
    );
    if found.own.pods > 0 {
        lines.push(format!(
            "    {} of this environment ask for {}: free for what replaces them",
            count(found.own.pods, "pod"),
            judge::words(found.own.requests)
        ));
    }
    lines.extend(wanted(found, paint));
    lines.extend(admitted(&found.admission, paint));
    lines.join("\n") + "\n"
}

/// What the rehearsal says.
fn wanted(found: &Found, paint: Paint) -> Vec<String> {
    let rehearsal = &found.rehearsal;
    let verdict = match rehearsal.fits {
        true => paint.good("fits"),
        false => paint.bad("does not fit"),
    };
    let LikenessReport {
        neighbours, notes, ..
    } = rehearsal.likeness.clone().unwrap_or_default();
    let mut lines = vec![
        format!(
            "\n  wanted           MOSIP {}, profile {}: {}",
            found.mosip,
            found.profile,
            count(rehearsal.pods - neighbours.min(rehearsal.pods), "pod")
        ),
        format!(
            "  placement        {verdict} on a copy of these nodes, beside {} of others",
            count(neighbours, "pod")
        ),
    ];
    lines.extend(mosipctl_rehearse::screen::missing(
        &rehearsal.unplaced,
        rehearsal.remedy.as_deref(),
    ));
    lines.extend(
        rehearsal
            .nodes
            .iter()
            .map(|node| format!("    {}", mosipctl_rehearse::screen::node_line(node))),
    );
    lines.extend(
        notes
            .iter()
            .map(|note| format!("    {} {note}", paint.warn("differs:"))),
    );
    lines
}

fn admitted(admission: &Admission, paint: Paint) -> Vec<String> {
    let refused = &admission.refused;
    let verdict = match refused.len() {
        0 => paint.good("refuses nothing"),
        refused => paint.bad(&format!("refuses {refused}")),
    };
    let mut lines = vec![format!(
        "\n  API server       {verdict} · {} admitted by dry run",
        admission.admitted
    )];
    lines.extend(
        refused
            .iter()
            .take(NAMED)
            .map(|(what, words)| format!("    {what}: {words}")),
    );
    if refused.len() > NAMED {
        let names: Vec<String> = refused
            .iter()
            .skip(NAMED)
            .map(|(what, _)| what.clone())
            .collect();
        lines.push(format!("    and {}", first(&names, NAMED)));
    }
    if admission.unasked > 0 {
        lines.push(format!(
            "    {} {} cannot be asked for yet: their namespaces or kinds are made by `up`",
            paint.warn("not asked:"),
            count(admission.unasked, "object")
        ));
    }
    lines
}
