//! `mosipctl explain`

use std::sync::Arc;

use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_engine::Progress;
use mosipctl_engine::control::Client;
use mosipctl_kube::Kubernetes;
use mosipctl_object::{ObjectKey, StatusSubresource, readiness, why};
use mosipctl_plan::{Action, Step};
use mosipctl_report::words::{first, time};
use mosipctl_report::{Exit, Paint, Trouble};
use mosipctl_spec::nearest;
use serde_json::json;

use crate::arguments::{Explain, Planning};
use crate::commands::certs::Due;
use crate::commands::plan::{Planned, make};
use crate::commands::running;
use crate::connect::{StartLab, connect};
use crate::output::Doing;
use crate::session::Session;
use crate::settings::Settings;

pub(crate) async fn run(arguments: &Explain, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&arguments.file.file, settings)?;
    let name = &arguments.component;
    if !session.blueprint.parts.contains_key(name) {
        return Err(unknown(name, &session));
    }
    let doing = Arc::new(Doing::new(settings));
    let connection = connect(&session, StartLab::No, &doing).await?;
    let planning = Planning {
        only: None,
        speed: 1.0,
    };
    let planned = make(
        session,
        connection.as_ref(),
        &planning,
        Due::Tell,
        settings,
        &doing,
    )
    .await?;
    doing.done();
    let kube = connection
        .as_ref()
        .map(|connection| connection.kube.as_ref());
    let live = progress(&planned).await;
    let explained = Explained {
        name,
        planned: &planned,
        live: live.as_ref(),
    };
    let reasons = match kube {
        Some(kube) => explained.reasons(kube).await,
        None => Vec::new(),
    };
    match settings.json {
        true => outln!("{}", explained.json(&reasons)),
        false => out!("{}", explained.text(&reasons, settings.data)),
    }
    Ok(Exit::Done)
}

fn unknown(name: &str, session: &Session) -> Trouble {
    if let Some(why) = session.blueprint.absent.get(name) {
        let reason = match why {
            mosipctl_blueprint::Absence::Disabled => "the environment switches it off",
            mosipctl_blueprint::Absence::ModuleLeftOut => "its module is left out",
            mosipctl_blueprint::Absence::NotAskedFor => {
                "it is not in the install set and nothing asked for it"
            }
            mosipctl_blueprint::Absence::OtherMode => {
                "another component takes its place in this environment"
            }
        };
        return Trouble::new(format!(
            "component `{name}` is not part of this environment: {reason}"
        ))
        .exit(Exit::Usage);
    }
    let meant = nearest(name, session.blueprint.parts.keys().map(String::as_str));
    Trouble::new(format!("no component `{name}`"))
        .maybe_remedy(meant.map(|meant| format!("did you mean `{meant}`?")))
        .exit(Exit::Usage)
}

/// The run that goes on, if one does.
async fn progress(planned: &Planned) -> Option<Progress> {
    let socket = running::socket(planned.session.environment.name().as_str()).ok()?;
    Client::connect(&socket).await.ok()?.status().await.ok()
}

struct Explained<'a> {
    name: &'a str,
    planned: &'a Planned,
    live: Option<&'a Progress>,
}

/// How a need stands.
enum State {
    Holds,
    Running { about: String },
    Missing { about: String },
}

impl Explained<'_> {
    fn part(&self) -> &mosipctl_blueprint::Part {
        &self.planned.session.blueprint.parts[self.name]
    }

    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.planned
            .plan
            .ordered
            .steps
            .iter()
            .filter(|step| step.component == self.name)
    }

    /// Everything it needs: what its file says, what its pods name.
    fn needs(&self) -> Vec<Fact> {
        let desired = &self.planned.wanted.desired;
        let releases = desired
            .releases
            .values()
            .filter(|release| release.component == self.name);
        let jobs = desired
            .jobs
            .values()
            .filter(|job| job.component == self.name);
        let mut needs: Vec<Fact> = self.part().needs.clone();
        needs.extend(releases.flat_map(|release| release.needs.iter().cloned()));
        needs.extend(jobs.flat_map(|job| job.needs.iter().cloned()));
        needs.retain(|need| !matches!(need.kind, FactKind::Namespace | FactKind::Objects));
        needs.sort();
        needs.dedup();
        needs
    }

    fn state(&self, need: &Fact) -> State {
        let maker = self
            .planned
            .plan
            .ordered
            .steps
            .iter()
            .find(|step| step.makes.iter().any(|made| made.satisfies(need)));
        let Some(maker) = maker else {
            let holds = self
                .planned
                .report
                .holds
                .iter()
                .any(|fact| fact.satisfies(need));
            return match holds {
                true => State::Holds,
                false => State::Missing {
                    about: "nothing makes it".to_owned(),
                },
            };
        };
        let running = self
            .live
            .and_then(|live| live.running.iter().find(|running| running.step == maker.id));
        match running {
            Some(running) => State::Running {
                about: format!(
                    "{}, {} of about {}",
                    maker.title,
                    time(running.elapsed),
                    time(running.estimate)
                ),
            },
            None => State::Missing {
                about: format!("made by `{}` of component `{}`", maker.id, maker.component),
            },
        }
    }

    fn is_ready(&self) -> bool {
        self.steps().next().is_none()
    }

    /// Why its pods are not ready, as a person would find by hand.
    async fn reasons(&self, kube: &dyn Kubernetes) -> Vec<String> {
        let desired = &self.planned.wanted.desired;
        let releases = desired
            .releases
            .values()
            .filter(|release| release.component == self.name);
        let objects =
            releases.flat_map(|release| release.rendered.objects.iter().map(|object| object.key()));
        let jobs = desired
            .jobs
            .values()
            .filter(|job| job.component == self.name)
            .map(|job| job.object.key());
        let mut reasons = Vec::new();
        for key in objects.chain(jobs).filter(is_workload) {
            let Ok(Some(object)) = kube.get(&key).await else {
                continue;
            };
            if readiness(&object, StatusSubresource::Present).is_ready() {
                continue;
            }
            if let Ok(evidence) = mosipctl_kube::gather(kube, &object).await {
                reasons.extend(why(&object, &evidence).iter().map(ToString::to_string));
            }
        }
        reasons
    }

    fn then(&self) -> Vec<String> {
        let made = &self.part().makes;
        let others = self
            .planned
            .session
            .blueprint
            .parts
            .values()
            .filter(|part| part.component != self.name);
        let after = others.filter(|part| {
            part.needs
                .iter()
                .any(|need| made.iter().any(|fact| fact.satisfies(need)))
        });
        after.map(|part| part.component.clone()).collect()
    }

    fn text(&self, reasons: &[String], paint: Paint) -> String {
        use std::fmt::Write;
        let part = self.part();
        let state = match (
            self.is_ready(),
            self.steps()
                .any(|step| matches!(step.action, Action::AwaitRelease { .. })),
        ) {
            (true, _) => paint.good("ready"),
            (false, _) if self.planned.observed.inventory.is_empty() => {
                "not installed yet".to_owned()
            }
            (false, _) => paint.warn("not ready"),
        };
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{} · module {} · {state}",
            paint.strong(self.name),
            part.module
        );
        let _ = writeln!(text, "  {}", part.title);
        for reason in reasons {
            let _ = writeln!(text, "  {} {reason}", paint.bad("why"));
        }
        let mut name = "needs";
        for need in self.needs() {
            let line = match self.state(&need) {
                State::Holds => format!("{} {need}", paint.good("✓")),
                State::Running { about } => format!("{} {need}   {about}", paint.strong("▸")),
                State::Missing { about } => format!("{} {need}   {about}", paint.warn("✗")),
            };
            let _ = writeln!(text, "  {name:<6}  {line}");
            name = "";
        }
        let mut name = "makes";
        for fact in &part.makes {
            let _ = writeln!(text, "  {name:<6}  {fact}");
            name = "";
        }
        let then = self.then();
        if !then.is_empty() {
            let _ = writeln!(text, "  then    {} wait for it", first(&then, 6));
        }
        if !part.uses.is_empty() {
            let _ = writeln!(text, "  uses    {} while it runs", first(&part.uses, 8));
        }
        text
    }

    fn json(&self, reasons: &[String]) -> serde_json::Value {
        let needs = self.needs().into_iter().map(|need| {
            let (state, about) = match self.state(&need) {
                State::Holds => ("holds", String::new()),
                State::Running { about } => ("running", about),
                State::Missing { about } => ("missing", about),
            };
            json!({"fact": need, "state": state, "about": about})
        });
        json!({
            "component": self.name,
            "title": self.part().title,
            "module": self.part().module,
            "ready": self.is_ready(),
            "why": reasons,
            "needs": needs.collect::<Vec<_>>(),
            "makes": self.part().makes,
            "then": self.then(),
            "uses": self.part().uses,
        })
    }
}

fn is_workload(key: &ObjectKey) -> bool {
    matches!(
        key.kind.kind.as_str(),
        "Deployment" | "StatefulSet" | "DaemonSet" | "Job"
    )
}
