//! `mosipctl rehearse`

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::FutureExt;
use mosipctl_kube::Access;
use mosipctl_lab::{Lab, LabFolder, Lifetime};
use mosipctl_plan::{PlanOptions, plan};
use mosipctl_rehearse::{
    Client, Prediction, Report, Seen, judge, lose, nodes, settled, until_stuck,
};
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::environment::cluster::{ClusterKind, Nodes};

use crate::arguments::{Drill, Planning, Rehearse};
use crate::commands::plan::{Planned, make};
use crate::commands::running::Run;
use crate::connect::{connect_to, expect_in, images, lab_folder_named, lab_trouble, start_lab};
use crate::lock::Lock;
use crate::output::Doing;
use crate::session::Session;
use crate::settings::Settings;

/// Until Kubernetes moves the pods of a node that says nothing: 50 s until it is not ready (`--node-monitor-grace-period` of
/// kube-controller-manager), and 300 s that pods tolerate that (the DefaultTolerationSeconds admission plugin).
const DETECTION: f64 = 350.0;

/// As many nodes as Kubernetes is made for at most stand no chance on one machine; a country needs a few dozen.
const MOST: u32 = 500;

pub(crate) async fn run(arguments: &Rehearse, settings: &Settings) -> Result<Exit, Trouble> {
    if !(arguments.speed.is_finite() && arguments.speed >= 1.0) {
        return Err(Trouble::new("`--speed` must be 1 or more").exit(Exit::Usage));
    }
    let session = Session::open(&arguments.file.file, settings)?;
    if session.environment.spec.cluster.kind != ClusterKind::Lab {
        return Err(Trouble::new("only environments with `cluster: {kind: lab}` can be rehearsed yet: the nodes of other kinds are not known here")
            .remedy("copy the file, say `cluster: {kind: lab, nodes: {count: …, cpu: …, memory: …, zones: […]}}`, and rehearse that")
            .exit(Exit::Usage));
    }
    // what the run tells goes to people; programs get the report
    let quiet = Settings {
        json: false,
        ..settings.clone()
    };
    let report = match arguments.find_nodes {
        true => find(session, arguments, &quiet).await?,
        false => once(session, arguments, &quiet).await?,
    };
    if let Some(file) = &arguments.html {
        std::fs::write(file, mosipctl_rehearse::html::page(&report)).map_err(|error| {
            Trouble::new(format!("failed to write `{}`: {error}", file.display()))
        })?;
    }
    if settings.json {
        outln!(
            "{}",
            serde_json::to_string_pretty(&report).unwrap_or_default()
        );
    } else {
        out!(
            "{}",
            mosipctl_rehearse::screen::screen(&report, settings.data)
        );
    }
    Ok(match report.is_good() {
        true => Exit::Done,
        false => Exit::Attention,
    })
}

/// Rehearses in a lab that is there for nothing else.
async fn once(
    session: Session,
    arguments: &Rehearse,
    settings: &Settings,
) -> Result<Report, Trouble> {
    let doing = Arc::new(Doing::new(settings));
    let folder = folder(&session)?;
    // what a rehearsal that was killed has left
    Lab::stop_in(&folder).await.map_err(lab_trouble)?;
    let lab = start_lab(&session.environment, folder, Lifetime::WithCaller, &doing).await?;
    let rehearsed = Box::pin(rehearse(session, &lab, arguments, settings, &doing)).await;
    lab.stop().await.map_err(lab_trouble)?;
    rehearsed
}

/// Rehearses on more and more nodes until all is well, then on fewer until it no longer is.
async fn find(
    session: Session,
    arguments: &Rehearse,
    settings: &Settings,
) -> Result<Report, Trouble> {
    let nodes = session.environment.spec.cluster.nodes.unwrap_or_default();
    let (mut bad, mut good): (u32, Option<(u32, Report)>) = (0, None);
    let mut next = nodes.count.max(1);
    loop {
        eprintln!("\n── on {next} nodes");
        let mut session = Session::open(&arguments.file.file, settings)?;
        session.environment.spec.cluster.nodes = Some(Nodes {
            count: next,
            ..nodes.clone()
        });
        let report = Box::pin(once(session, arguments, settings)).await?;
        match report.is_good() {
            true => good = Some((next, report)),
            // whatever is wrong, more of the same nodes do not mend it
            false if !report.fits && !report.more_nodes_help => return Ok(report),
            false => bad = next,
        }
        next = match good {
            None if next >= MOST => {
                return Err(Trouble::new(format!("even {next} nodes are not enough"))
                    .remedy("give the nodes more cores and memory in `cluster.nodes`"));
            }
            None => (next * 2).min(MOST),
            Some((count, mut report)) if count - bad <= 1 => {
                report.smallest = Some(count);
                return Ok(report);
            }
            Some((count, _)) => bad + (count - bad) / 2,
        };
    }
}

/// A folder of its own: the environment's own lab may run.
fn folder(session: &Session) -> Result<LabFolder, Trouble> {
    let name = format!("{}-rehearsal", session.environment.name());
    let name = name.parse().map_err(|_| {
        Trouble::new(format!("`{name}` is too long for the name of a lab"))
            .remedy("give the environment a shorter name")
            .exit(Exit::Usage)
    })?;
    lab_folder_named(name)
}

async fn rehearse(
    session: Session,
    lab: &Lab,
    arguments: &Rehearse,
    settings: &Settings,
    doing: &Arc<Doing>,
) -> Result<Report, Trouble> {
    let client = lab.client().await.map_err(lab_trouble)?;
    let connection = connect_to(Access {
        kubeconfig: Some(lab.kubeconfig()),
        context: None,
    })
    .await?;
    let planning = Planning {
        only: None,
        speed: arguments.speed,
    };
    let lock = Lock::take(&connection.kube, session.environment.name().as_str()).await?;
    let planned = make(session, Some(&connection), &planning, settings, doing).await?;
    doing.done();
    planned.lacks_nothing()?;
    expect_in(lab, &planned.session, &planned.wanted, arguments.speed).await?;
    let watched = client.clone();
    let stuck = async move {
        if until_stuck(&watched).await.is_err() {
            // whoever cannot look lets the run go on to its own end
            std::future::pending::<()>().await;
        }
    };
    let ended = Run::new(&planned, &connection, settings)?
        .until(stuck.boxed())
        .go(&lock)
        .await?;
    lock.release().await;
    let seen = settled(&client)
        .await
        .map_err(|error| Trouble::of(&error))?;
    let mut report = found(&planned, &seen)?;
    if report.fits && ended.exit != Exit::Done {
        return Err(Trouble::new(
            "the roll-out of the rehearsal did not end well, and not for want of room",
        )
        .remedy("what stopped it is named above; `mosipctl up` in a lab shows the same"));
    }
    drill(&client, &seen, arguments, &mut report, doing).await?;
    Ok(report)
}

/// What can be told before anything is drilled.
fn found(planned: &Planned, seen: &Seen) -> Result<Report, Trouble> {
    let (session, wanted) = (&planned.session, &planned.wanted);
    let unplaced = judge::unplaced(seen);
    let known = images(session, wanted);
    let all: Vec<String> = wanted.rendered.images().into_keys().collect();
    let stand_ins =
        wanted.desired.releases.values().filter_map(|release| {
            Some((release.component.clone(), release.stands_in_for.clone()?))
        });
    Ok(Report {
        environment: session.environment.name().to_string(),
        fits: unplaced.is_empty(),
        remedy: judge::remedy(seen, &unplaced),
        more_nodes_help: judge::more_nodes_help(seen, &unplaced),
        unplaced,
        nodes: judge::use_of_nodes(seen),
        pods: seen.pods.len(),
        releases: wanted.desired.releases.len(),
        blocked: judge::blocked(seen),
        prediction: prediction(planned)?,
        unlisted_images: all
            .iter()
            .filter(|image| !known.contains(*image))
            .cloned()
            .collect(),
        images: all,
        stand_ins: stand_ins.collect(),
        simulated: simulated(planned),
        ..Report::default()
    })
}

/// What was only pretended, by its kind.
fn simulated(planned: &Planned) -> Vec<String> {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for (fact, prepared) in &planned.wanted.desired.prepared {
        if prepared.simulated.is_some() {
            *kinds.entry(fact.kind.to_string()).or_default() += 1;
        }
    }
    let kinds = kinds.into_iter();
    kinds
        .map(|(kind, count)| format!("{count} × {kind}"))
        .collect()
}

/// The same plan on real machines; when it was made, the lab was empty.
fn prediction(planned: &Planned) -> Result<Prediction, Trouble> {
    let options = PlanOptions {
        only: None,
        speed: 1.0,
    };
    let wanted = &planned.wanted;
    let (plan, _) = plan(
        &planned.session.blueprint,
        &wanted.rendered,
        &wanted.desired,
        &planned.observed,
        &options,
    )
    .map_err(|error| Trouble::of(&error))?;
    let mut path: Vec<String> = Vec::new();
    for index in plan.ordered.critical_path() {
        let component = &plan.ordered.steps[index].component;
        if !component.is_empty() && path.last() != Some(component) {
            path.push(component.clone());
        }
    }
    Ok(Prediction {
        rollout: plan.shortest_time().as_secs_f64(),
        critical_path: path,
        detection: DETECTION,
    })
}

/// Runs the drills that were asked for, and tells of those that cannot be run.
async fn drill(
    client: &Client,
    seen: &Seen,
    arguments: &Rehearse,
    report: &mut Report,
    doing: &Arc<Doing>,
) -> Result<(), Trouble> {
    let kinds: BTreeSet<Drill> = arguments.drill.iter().copied().collect();
    let nodes = nodes(seen);
    for kind in kinds {
        let losses = match kind {
            Drill::None => continue,
            Drill::Node => each(nodes.iter().map(|(node, _)| ("node", node, node))),
            Drill::Zone => each(nodes.iter().map(|(node, zone)| ("zone", zone, node))),
        };
        let what = if kind == Drill::Node { "node" } else { "zone" };
        let reason = match losses.len() {
            _ if !report.fits => Some("not everything has a place to begin with"),
            0 => Some("no node names its zone"),
            1 => Some("there is only one"),
            _ => None,
        };
        if let Some(reason) = reason {
            report
                .not_drilled
                .push(format!("the loss of each {what}: {reason}"));
            continue;
        }
        for (lost, nodes) in losses {
            doing.say("drill", &format!("losing {lost}"));
            let drilled = lose(client, &lost, &nodes).await;
            report
                .drills
                .push(drilled.map_err(|error| Trouble::of(&error))?);
        }
        doing.done();
    }
    Ok(())
}

/// What is lost together, in the order in which it comes.
fn each<'a>(
    all: impl Iterator<Item = (&'static str, &'a String, &'a String)>,
) -> Vec<(String, BTreeSet<String>)> {
    let mut losses: Vec<(String, BTreeSet<String>)> = Vec::new();
    for (what, group, node) in all.filter(|(_, group, _)| !group.is_empty()) {
        let lost = format!("{what} {group}");
        match losses.iter_mut().find(|(name, _)| *name == lost) {
            Some((_, nodes)) => drop(nodes.insert(node.clone())),
            None => losses.push((lost, BTreeSet::from([node.clone()]))),
        }
    }
    losses
}
