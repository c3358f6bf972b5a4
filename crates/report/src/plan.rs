//! The plan as people see it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use mosipctl_blueprint::{Blueprint, Part};
use mosipctl_catalogue::{Catalogue, FactKind};
use mosipctl_plan::{Action, Desired, Plan, PlanReport, Risk, Step};
use mosipctl_render::Rendered;
use mosipctl_spec::environment::rehearsal::Part as Server;
use serde_json::{Value, json};

use crate::paint::Paint;
use crate::words::{count, first, short_digest, time};

mod hosts;
mod responders;

/// Width of the names at the left of the screen.
const MARGIN: usize = 17;
/// Width of what is said beside them.
const ABOUT: usize = 96 - MARGIN - 2;
/// Components shown on the longest path before it is cut in the middle.
const PATH_SHOWN: usize = 12;
/// At most this many steps of a risk are named.
const RISKS_SHOWN: usize = 5;

/// A step that takes less than this part of the whole plan is not named on the longest path.
const NOTICED: u32 = 50;

/// Everything that the screen of a plan shows.
pub struct PlanScreen<'a> {
    /// The environment, resolved.
    pub blueprint: &'a Blueprint,
    /// The edition.
    pub catalogue: &'a Catalogue,
    /// Its releases, rendered.
    pub rendered: &'a Rendered,
    /// Everything that is to be.
    pub desired: &'a Desired,
    /// The plan.
    pub plan: &'a Plan,
    /// Why it is as it is.
    pub report: &'a PlanReport,
    /// Where it will run: `lab, 6 nodes of 16 CPU / 64Gi`, or a cluster's address.
    pub place: String,
    /// Whether anything is installed already.
    pub is_empty: bool,
    /// How the environment file is called on the command line.
    pub file: String,
    /// Parts that run for real beside a lab.
    pub real: &'a [Server],
    /// Parts that were asked to be real and are not, with the reason.
    pub skipped: &'a [(Server, String)],
    /// Hosts, and the distribution, of which nobody knows whether they become what they should, with the reason.
    pub unproven: &'a [(String, String)],
}

impl PlanScreen<'_> {
    /// The screen.
    pub fn text(&self, paint: Paint) -> String {
        let mut text = self.head(paint);
        if self.plan.is_empty() {
            let _ = writeln!(
                text,
                "  {}",
                paint.good("nothing to do: everything is as the file says")
            );
            self.attention(&mut text, paint);
            return text;
        }
        self.counts(&mut text);
        self.path(&mut text, paint);
        text.push('\n');
        self.risks(&mut text, paint);
        self.notes(&mut text);
        self.attention(&mut text, paint);
        self.foot(&mut text, paint);
        text
    }

    fn head(&self, paint: Paint) -> String {
        let name = paint.strong(&format!("environment {}", self.blueprint.environment));
        let state = if self.is_empty {
            " · nothing installed yet"
        } else {
            ""
        };
        format!(
            "{name} · MOSIP {} · {}{state}\n\n",
            self.blueprint.version, self.place
        )
    }

    fn counts(&self, text: &mut String) {
        let desired = self.desired;
        let prepared = |kind| {
            desired
                .prepared
                .keys()
                .filter(|fact| fact.kind == kind)
                .count()
        };
        let clients = prepared(FactKind::Client);
        let mut parts = Vec::new();
        let mut add = |number, what| {
            if number > 0 {
                parts.push(count(number, what));
            }
        };
        add(desired.releases.len(), "release");
        add(desired.jobs.len(), "job");
        add(prepared(FactKind::Database), "database");
        match prepared(FactKind::Realm) {
            0 => {}
            realms => parts.push(format!(
                "{} with {}",
                count(realms, "realm"),
                count(clients, "client")
            )),
        }
        for (number, what) in [
            (prepared(FactKind::Bucket), "bucket"),
            (desired.secrets.len(), "secret"),
            (desired.copies.len(), "copy"),
        ] {
            if number > 0 {
                parts.push(count(number, what));
            }
        }
        line(
            text,
            &count(self.blueprint.parts.len(), "component"),
            &parts.join(", "),
        );
        let risks = [
            (Risk::Safe, "safe"),
            (Risk::Disruptive, "disruptive"),
            (Risk::Destructive, "destructive"),
        ];
        let risks = risks.map(|(risk, name)| format!("{} {name}", self.plan.count(risk)));
        let unchanged = match self.report.unchanged {
            0 => String::new(),
            unchanged => format!("; {unchanged} elements unchanged"),
        };
        line(
            text,
            &count(self.plan.ordered.steps.len(), "step"),
            &format!("{}{unchanged}", risks.join(", ")),
        );
    }

    fn path(&self, text: &mut String, paint: Paint) {
        let components = critical_components(self.plan);
        let shown = match components.len() > PATH_SHOWN {
            true => {
                let half = PATH_SHOWN / 2;
                let mut shown = components[..half].to_vec();
                shown.push("…".to_owned());
                shown.extend_from_slice(&components[components.len() - half..]);
                shown
            }
            false => components,
        };
        let path = format!("longest path: {}", shown.join(" → "));
        let about = format!("about {}", time(self.plan.shortest_time()));
        line(text, &about, &wrap(&path, "              "));
        let _ = paint;
    }

    /// What touches something that runs or holds data, and why: a person says yes to just this.
    fn risks(&self, text: &mut String, paint: Paint) {
        for (risk, name) in [
            (Risk::Destructive, "destructive"),
            (Risk::Disruptive, "disruptive"),
        ] {
            let steps = self.plan.ordered.steps.iter();
            let steps: Vec<&Step> = steps.filter(|step| step.risk == risk).collect();
            for step in steps.iter().take(RISKS_SHOWN) {
                let why = self.report.why.get(&step.id);
                let why = why.map_or_else(String::new, |why| format!(": it {why}"));
                let about = format!("{}{why}", step.title);
                wrapped(text, &paint.warn(name), &about);
            }
            if steps.len() > RISKS_SHOWN {
                let more = format!("and {} more", steps.len() - RISKS_SHOWN);
                line(text, &paint.warn(name), &more);
            }
        }
    }

    fn notes(&self, text: &mut String) {
        let simulated = self.plan.ordered.steps.iter().filter(|step| step.simulated);
        let mut reasons: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for step in simulated {
            if let Action::Prepare { fact } = &step.action {
                let prepared = self.desired.prepared.get(fact);
                let reason = prepared.and_then(|prepared| prepared.simulated.as_deref());
                let kinds = reasons.entry(reason.unwrap_or_default()).or_default();
                *kinds.entry(fact.kind.text()).or_default() += 1;
            }
        }
        for (reason, kinds) in reasons {
            let kinds = kinds.iter().map(|(kind, number)| count(*number, kind));
            let kinds = kinds.collect::<Vec<_>>().join(", ");
            wrapped(text, "simulated here", &format!("{kinds} ({reason})"));
        }
        if !self.real.is_empty() {
            let names: Vec<&str> = self.real.iter().map(|part| part.as_str()).collect();
            line(
                text,
                "real here",
                &format!("{}, beside the lab", names.join(", ")),
            );
        }
        for (part, why) in self.skipped {
            let why = format!("{}: {why}", part.as_str());
            wrapped(text, "skipped", &why);
        }
        responders::lines(text, self.desired);
        for (component, part) in &self.blueprint.parts {
            if let Some(why) = &part.unproven {
                wrapped(text, "unproven", &format!("{component}: {why}"));
            }
        }
        hosts::lines(text, self.unproven);
        let parts = self.blueprint.parts.values();
        let is_stand_in = |part: &&Part| {
            let release = part.release.as_ref();
            release.is_some_and(|release| release.stands_in_for.is_some())
        };
        let modules = parts.filter(is_stand_in).map(|part| part.module.as_str());
        let modules: BTreeSet<&str> = modules.collect();
        if !modules.is_empty() {
            let list = modules.into_iter().collect::<Vec<_>>().join(", ");
            line(
                text,
                "stood in",
                &format!("{list} (`mosipctl catalogue show` names the real ones)"),
            );
        }
        let defects = self.catalogue.corrections().count();
        if defects > 0 {
            line(
                text,
                "corrected",
                &format!(
                    "{}, see `mosipctl catalogue defects`",
                    count(defects, "upstream defect")
                ),
            );
        }
        let images = self.rendered.images();
        let unpinned = images
            .keys()
            .filter(|image| !image.contains("@sha256:"))
            .count();
        if unpinned > 0 {
            line(
                text,
                "unpinned",
                &format!(
                    "{} of {} (no digest known; `mosipctl catalogue lock` reads them)",
                    count(unpinned, "image"),
                    images.len()
                ),
            );
        }
        let placeholders = self.placeholders();
        if !placeholders.is_empty() {
            let about = format!(
                "{} (placeholders, good for a sandbox only)",
                first(&placeholders, 3)
            );
            line(text, "not supplied", &wrap(&about, ""));
        }
    }

    /// Paths of the environment file where people would name real values.
    fn placeholders(&self) -> Vec<String> {
        use mosipctl_blueprint::SecretValue;
        let secrets = self.blueprint.parts.values().flat_map(|part| &part.secrets);
        let values = secrets.flat_map(|secret| secret.keys.values());
        let paths: BTreeSet<String> = values
            .filter_map(|value| match value {
                SecretValue::Placeholder { by, .. } => Some(by.clone()),
                _ => None,
            })
            .collect();
        paths.into_iter().collect()
    }

    /// What a person should look at.
    fn attention(&self, text: &mut String, paint: Paint) {
        let report = self.report;
        for (object, fields) in &report.foreign {
            for field in fields {
                let about = format!(
                    "`{}` of {object} is managed by `{}`; left as it is (say so with `unmanaged: [{}]`)",
                    field.field, field.manager, field.field
                );
                line(text, &paint.warn("left to others"), &about);
            }
        }
        for (claim, reason) in &report.kept_claims {
            line(
                text,
                &paint.warn("claim kept"),
                &format!("{claim}: {reason}"),
            );
        }
        for kept in &report.kept {
            line(text, "kept", &format!("{}: {}", kept.what, kept.why));
        }
        for unseen in &report.unseen {
            line(text, &paint.warn("not seen"), unseen);
        }
        for note in &report.notes {
            wrapped(text, "note", note);
        }
    }

    fn foot(&self, text: &mut String, paint: Paint) {
        let digest = short_digest(&self.plan.digest);
        let file = &self.file;
        let example = self
            .plan
            .ordered
            .steps
            .last()
            .map(|step| step.component.as_str())
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "\nplan {} · `mosipctl up {file}` runs it · `mosipctl plan {file} --explain {example}` says why a step is there",
            paint.strong(&digest),
        );
    }
}

/// The components on the longest path, each once.
fn critical_components(plan: &Plan) -> Vec<String> {
    let mut components: Vec<String> = Vec::new();
    for index in plan.ordered.critical_path() {
        let step = &plan.ordered.steps[index];
        if step.estimate * NOTICED >= plan.shortest_time()
            && components.last() != Some(&step.component)
        {
            components.push(step.component.clone());
        }
    }
    components
}

/// Why a step is there, what it waits for, and what waits for it.
pub fn explain_step(plan: &Plan, report: &PlanReport, step: &Step, paint: Paint) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} · component {}",
        paint.strong(step.id.as_str()),
        step.component
    );
    line(&mut text, "does", &step.title);
    if let Some(why) = report.why.get(&step.id) {
        line(&mut text, "because it", &why.to_string());
    }
    let maker = |need: &mosipctl_catalogue::Fact| {
        let mut steps = plan.ordered.steps.iter();
        steps.find(|other| other.makes.iter().any(|made| made.satisfies(need)))
    };
    let mut name = "needs";
    for need in &step.needs {
        let state = match maker(need) {
            Some(other) if other.id != step.id => format!("{need}   made by `{}`", other.id),
            _ => format!("{need}   {}", paint.good("is there")),
        };
        line(&mut text, name, &state);
        name = "";
    }
    let mut name = "makes";
    for fact in &step.makes {
        line(&mut text, name, &fact.to_string());
        name = "";
    }
    let position = plan
        .ordered
        .steps
        .iter()
        .position(|other| other.id == step.id);
    let then: Vec<String> = plan
        .ordered
        .steps
        .iter()
        .zip(&plan.ordered.after)
        .filter(|(_, after)| position.is_some_and(|position| after.contains(&position)))
        .map(|(other, _)| format!("`{}`", other.id))
        .collect();
    if !then.is_empty() {
        line(&mut text, "then", &first(&then, 5));
    }
    let risk = match step.risk {
        Risk::Safe => "safe: nothing that runs is touched",
        Risk::Disruptive => "disruptive: something that runs is replaced",
        Risk::Destructive => "destructive: data is gone afterwards",
    };
    line(&mut text, "risk", risk);
    line(
        &mut text,
        "about",
        &format!(
            "{}, given up after {}",
            time(step.estimate),
            time(step.deadline)
        ),
    );
    if step.simulated {
        let why = match step.action {
            Action::RunJob { .. } => "it only pretends: a responder runs in place of its image",
            _ => "it only pretends: there is no server to act on",
        };
        line(&mut text, "simulated", why);
    }
    text
}

/// The plan for programs.
pub fn plan_json(plan: &Plan, report: &PlanReport, desired: &Desired) -> Value {
    let steps = plan
        .ordered
        .steps
        .iter()
        .zip(&plan.ordered.after)
        .map(|(step, after)| {
            let mut value = serde_json::to_value(step).unwrap_or_default();
            let after: Vec<&str> = after
                .iter()
                .map(|index| plan.ordered.steps[*index].id.as_str())
                .collect();
            value["after"] = json!(after);
            value["why"] = json!(report.why.get(&step.id).map(ToString::to_string));
            value["estimate"] = json!(step.estimate.as_secs_f64());
            value["deadline"] = json!(step.deadline.as_secs_f64());
            value
        });
    json!({
        "environment": plan.environment,
        "digest": plan.digest,
        "steps": steps.collect::<Vec<_>>(),
        "unchanged": report.unchanged,
        "shortestSeconds": plan.shortest_time().as_secs_f64(),
        "criticalPath": plan.ordered.critical_path().iter().map(|i| plan.ordered.steps[*i].id.as_str()).collect::<Vec<_>>(),
        "risk": {
            "safe": plan.count(Risk::Safe),
            "disruptive": plan.count(Risk::Disruptive),
            "destructive": plan.count(Risk::Destructive),
        },
        "standIns": responders::as_json(desired),
        "leftToOthers": report.foreign.iter().map(|(object, fields)| json!({"object": object, "fields": fields})).collect::<Vec<_>>(),
        "kept": report.kept.iter().map(|kept| json!({"what": kept.what, "why": kept.why})).collect::<Vec<_>>(),
        "notSeen": report.unseen,
        "notes": report.notes,
    })
}

/// A name at the left and what is said about it in as many lines as that takes, all but the first a little to the right.
fn wrapped(text: &mut String, name: &str, about: &str) {
    line(text, name, &wrap(about, "  "));
}

/// A name at the left and what is said about it, further lines under the first.
fn line(text: &mut String, name: &str, about: &str) {
    let width = console::measure_text_width(name);
    let gap = " ".repeat(MARGIN.saturating_sub(width).max(1));
    let under = format!("\n  {}", " ".repeat(MARGIN));
    let _ = writeln!(text, "  {name}{gap}{}", about.replace('\n', &under));
}

/// Breaks a text at spaces; further lines begin with `indent`.
fn wrap(text: &str, indent: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines
            .last()
            .map_or(0, |line| console::measure_text_width(line));
        let word_width = console::measure_text_width(word);
        if last > 0 && last + 1 + word_width > ABOUT {
            lines.push(indent.to_owned());
        }
        if let Some(line) = lines.last_mut() {
            if !line.trim().is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}
