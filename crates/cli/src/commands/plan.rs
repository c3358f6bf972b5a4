//! `mosipctl plan`

mod diffs;

use std::sync::Arc;

use mosipctl_catalogue::Fact;
use mosipctl_onprem::{FileDiff, Site};
use mosipctl_plan::{Action, Observed, Plan, PlanFile, PlanOptions, PlanReport, Step, plan};
use mosipctl_prepare::Servers;
use mosipctl_report::{Exit, PlanScreen, Trouble, explain_step, plan_json};
use mosipctl_spec::nearest;

use crate::arguments::{Plan as Arguments, Planning};
use crate::commands::certs::{Due, ForBalancers, for_balancers};
use crate::connect::{Connection, StartLab, connect_to_plan, offline_version, place};
use crate::output::Doing;
use crate::session::{Session, Wanted};
use crate::settings::Settings;

/// A plan with everything that it was made from.
pub(crate) struct Planned {
    pub(crate) session: Session,
    pub(crate) wanted: Wanted,
    pub(crate) observed: Observed,
    pub(crate) servers: Option<Arc<Servers>>,
    /// Hosts of our own, with all work on them.
    pub(crate) site: Option<Arc<Site>>,
    pub(crate) plan: Plan,
    pub(crate) report: PlanReport,
    /// Why load balancers have no good certificate, where that is for a person to mend.
    pub(crate) uncertified: Option<Trouble>,
    /// Hosts, and the distribution, of which nobody knows whether they become what they should, with the reason.
    pub(crate) unproven: Vec<(String, String)>,
}

pub(crate) async fn run(arguments: &Arguments, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&arguments.file.file, settings)?;
    let doing = Arc::new(Doing::new(settings));
    let connection = match arguments.offline {
        true => None,
        false => connect_to_plan(&session, StartLab::No, &doing).await?,
    };
    let planned = make(
        session,
        connection.as_ref(),
        &arguments.planning,
        Due::Tell,
        settings,
        &doing,
    )
    .await?;
    let diffs = match arguments.diff {
        true => Some(diffs::ask(&planned).await?),
        false => None,
    };
    doing.done();
    planned.lacks_nothing()?;
    if let Some(file) = &arguments.out {
        let text = serde_json::to_string_pretty(&PlanFile::from(&planned.plan))
            .map_err(|error| Trouble::of(&error))?;
        std::fs::write(file, text).map_err(|error| {
            Trouble::new(format!("failed to write `{}`: {error}", file.display()))
        })?;
    }
    match &arguments.explain {
        Some(step) => explain(step, &planned, settings)?,
        None => show(&planned, arguments.steps, diffs.as_deref(), settings),
    }
    planned.warn(settings);
    let changes = !planned.plan.is_empty();
    Ok(if arguments.exit_code && changes {
        Exit::Attention
    } else {
        Exit::Done
    })
}

/// Renders, looks and plans.
pub(crate) async fn make(
    mut session: Session,
    connection: Option<&Connection>,
    planning: &Planning,
    due: Due,
    settings: &Settings,
    doing: &Arc<Doing>,
) -> Result<Planned, Trouble> {
    session.bring_servers(doing).await?;
    let version = connection.map_or_else(
        || offline_version().to_owned(),
        |c| c.kube.server().version.clone(),
    );
    let mut wanted = session
        .render(settings, version.trim_start_matches('v'), doing)
        .await?;
    session.bring_scripts(&mut wanted, doing).await?;
    let servers = connection.map(|connection| session.servers(connection, &wanted));
    let servers = servers.transpose()?.map(Arc::new);
    let ground = connection.and_then(|connection| connection.ground.as_ref());
    let certificate = match ground {
        Some(ground) => {
            let certificate = for_balancers(&session, &wanted.desired, ground, due, doing);
            Box::pin(certificate).await?
        }
        None => ForBalancers::default(),
    };
    let site = ground.map(|ground| ground.site_for(&wanted.desired, certificate.files));
    let site = site.transpose()?;
    if let Some(site) = &site {
        Arc::make_mut(&mut wanted.desired).hosts = site.works();
    }
    let mut observed = match connection.filter(|connection| connection.is_there()) {
        Some(connection) => {
            doing.say("look", "looking at the cluster");
            let name = session.environment.name().as_str();
            let scope = mosipctl_observe::Scope {
                environment: name,
                desired: &wanted.desired,
            };
            let seen = mosipctl_observe::look(connection.kube.as_ref(), &scope).await;
            seen.map_err(|error| Trouble::of(&error).while_doing("failed to look at the cluster"))?
        }
        None => Observed::default(),
    };
    if let Some(site) = &site {
        let looked = site.look().await;
        observed.hosts = looked.map_err(|error| crate::ground::trouble(&error))?;
    }
    let is_there = connection.is_some_and(Connection::is_there);
    if let Some(servers) = servers.as_ref().filter(|_| is_there) {
        look_in_servers(servers, &wanted, &mut observed, doing).await;
    }
    observed.notes.extend(certificate.note);
    observed
        .notes
        .extend(ground.iter().flat_map(|ground| ground.notes()));
    let options = PlanOptions {
        only: planning.only.clone(),
        speed: speed(&session, planning),
    };
    let planned = plan(
        &session.blueprint,
        &wanted.rendered,
        &wanted.desired,
        &observed,
        &options,
    );
    let (plan, report) = planned.map_err(|error| {
        let remedy = error.remedy();
        Trouble::of(&error)
            .while_doing("no plan can be made; nothing was touched")
            .maybe_remedy(remedy)
    })?;
    let unproven = ground.map(|ground| ground.unproven()).unwrap_or_default();
    Ok(Planned {
        unproven,
        session,
        wanted,
        observed,
        servers,
        site,
        plan,
        report,
        uncertified: certificate.trouble,
    })
}

/// Asks the servers that are there how what is prepared in them stands; what is only pretended stands nowhere.
async fn look_in_servers(
    servers: &Servers,
    wanted: &Wanted,
    observed: &mut Observed,
    doing: &Arc<Doing>,
) {
    let real = wanted.really_prepared();
    doing.say("servers", "looking at servers");
    let (seen, notes) = tokio::join!(servers.look(&real), servers.notes(&real));
    observed.servers = seen.standings;
    observed.unseen.extend(seen.unseen);
    observed.notes.extend(notes);
}

/// Only a lab runs faster than real machines.
pub(crate) fn speed(session: &Session, planning: &Planning) -> f64 {
    use mosipctl_spec::environment::cluster::ClusterKind;
    if session.environment.spec.cluster.kind == ClusterKind::Lab {
        planning.speed
    } else {
        1.0
    }
}

impl Planned {
    /// Everything that the plan's own steps take is here.
    pub(crate) fn lacks_nothing(&self) -> Result<(), Trouble> {
        let steps = &self.plan.ordered.steps;
        let is_made = |wanted: &Fact| {
            let made =
                |step: &Step| matches!(&step.action, Action::Prepare { fact } if fact == wanted);
            steps.iter().any(made)
        };
        let mut lacking = self.wanted.lacking.iter();
        match lacking.find(|(fact, _)| is_made(fact)) {
            Some((_, error)) => {
                Err(Trouble::of(error).while_doing("no plan can be made; nothing was touched"))
            }
            None => Ok(()),
        }
    }

    /// Says what a person has to mend beside it.
    pub(crate) fn warn(&self, settings: &Settings) {
        if let Some(trouble) = &self.uncertified {
            eprint!("{}", trouble.text(settings.talk));
        }
    }

    /// What the screen shows of it.
    pub(crate) fn screen(&self) -> PlanScreen<'_> {
        PlanScreen {
            blueprint: &self.session.blueprint,
            catalogue: &self.session.catalogue,
            rendered: &self.wanted.rendered,
            desired: &self.wanted.desired,
            plan: &self.plan,
            report: &self.report,
            place: place(&self.session.environment),
            is_empty: self.observed.inventory.is_empty(),
            file: self.session.file.clone(),
            real: &self.session.real,
            skipped: &self.session.skipped,
            unproven: &self.unproven,
        }
    }
}

fn show(planned: &Planned, steps: bool, diffs: Option<&[FileDiff]>, settings: &Settings) {
    if settings.json {
        let mut value = plan_json(&planned.plan, &planned.report, &planned.wanted.desired);
        if let Some(diffs) = diffs {
            value["files"] = serde_json::json!(diffs);
        }
        outln!("{value}");
        return;
    }
    out!("{}", planned.screen().text(settings.data));
    if steps {
        outln!();
        for step in &planned.plan.ordered.steps {
            let why = planned
                .report
                .why
                .get(&step.id)
                .map(|why| format!("   it {why}"))
                .unwrap_or_default();
            outln!("  {:<60}{}", step.title, settings.data.faint(&why));
        }
    }
    if let Some(diffs) = diffs {
        out!("{}", diffs::text(diffs, settings.data));
    }
}

/// Explains one step, or every step of a component.
fn explain(name: &str, planned: &Planned, settings: &Settings) -> Result<(), Trouble> {
    let steps = &planned.plan.ordered.steps;
    let exact: Vec<&Step> = steps
        .iter()
        .filter(|step| step.id.as_str() == name)
        .collect();
    let of_component = || steps.iter().filter(|step| step.component == name).collect();
    let found: Vec<&Step> = if exact.is_empty() {
        of_component()
    } else {
        exact
    };
    if found.is_empty() {
        let known = steps
            .iter()
            .flat_map(|step| [step.id.as_str(), step.component.as_str()]);
        let trouble = match planned.session.blueprint.parts.contains_key(name) {
            true => Trouble::new(format!("nothing has to be done for component `{name}`")),
            false => Trouble::new(format!("no step or component `{name}` in this plan")),
        };
        let meant = nearest(name, known).map(|meant| format!("did you mean `{meant}`?"));
        return Err(trouble.maybe_remedy(meant).exit(Exit::Usage));
    }
    for (index, step) in found.into_iter().enumerate() {
        if index > 0 {
            outln!();
        }
        out!(
            "{}",
            explain_step(&planned.plan, &planned.report, step, settings.data)
        );
    }
    Ok(())
}
