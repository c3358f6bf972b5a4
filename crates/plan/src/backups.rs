//! Backups before data goes: of what servers in the cluster hold, and of tokens with keys.
//!
//! Whoever uses a thing goes before it is backed up, and its server and everything that holds data after that, so nothing is
//! written that no backup has.

use std::collections::BTreeSet;

use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_object::ReleaseName;
use mosipctl_spec::environment::rehearsal::Part;

use crate::desired::{Desired, Prepared};
use crate::inventory::Inventory;
use crate::observed::Observed;
use crate::prune::Removals;
use crate::step::{Action, Class, Risk, Step, StepId};

/// How long a dump of a nation's database and its restoration may take.
const BACKUP: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

impl Removals {
    /// A step for everything that can be backed up and whose server goes.
    pub(crate) fn add_backups(&mut self, reference: &Desired, observed: &Observed) {
        let ended: BTreeSet<Fact> = self
            .steps
            .iter()
            .flat_map(|step| step.ends.clone())
            .collect();
        for (fact, prepared) in &reference.prepared {
            let is_there = observed
                .inventory
                .facts
                .get(fact)
                .is_some_and(|noted| !noted.simulated);
            let is_kept = matches!(prepared.what, Prepared::Database(_) | Prepared::Realm(_));
            if is_there && is_kept && !prepared.needs.is_disjoint(&ended) {
                let server = prepared.what.server().as_str();
                self.steps.push(back_up(fact, &prepared.component, server));
            }
        }
        self.add_tokens(reference, &ended);
    }

    /// Secrets with the PINs of the tokens that are backed up: each is kept beside its token.
    fn pins(&self, reference: &Desired) -> BTreeSet<Fact> {
        let backed_up = self.steps.iter().filter_map(|step| match &step.action {
            Action::BackUp { fact } => reference.tokens.get(fact),
            _ => None,
        });
        let secrets = backed_up.filter_map(|token| token.pin.split('#').next());
        secrets
            .map(|secret| Fact::new(FactKind::Secret, secret))
            .collect()
    }

    /// A token is used through the release that keeps it, so for its users that ends here; its pods go later, with their objects.
    fn add_tokens(&mut self, reference: &Desired, ended: &BTreeSet<Fact>) {
        for (fact, token) in &reference.tokens {
            let release = Fact::new(FactKind::Release, &token.release);
            if !ended.contains(&release) {
                continue;
            }
            let mut of_release = reference.releases.iter();
            let of_release = of_release.find(|(name, _)| name.to_string() == token.release);
            let component = of_release.map_or("", |(_, release)| release.component.as_str());
            let mut step = back_up(fact, component, Part::Softhsm.as_str());
            step.ends = vec![release];
            self.steps.push(step);
        }
    }

    /// Lets servers and data go only when all backups are proven, and tells what goes without one.
    pub(crate) fn await_backups(&mut self, reference: &Desired, inventory: &Inventory) {
        let backups: Vec<(Fact, BTreeSet<Fact>)> = self
            .steps
            .iter()
            .filter(|step| matches!(step.action, Action::BackUp { .. }))
            .flat_map(|step| step.makes.iter().map(move |made| (made.clone(), step)))
            .map(|(made, step)| (made, step.needs.iter().cloned().collect()))
            .collect();
        let mut safe: BTreeSet<ReleaseName> = BTreeSet::new();
        for step in &mut self.steps {
            for (backup, servers) in &backups {
                let is_server = step.ends.iter().any(|fact| servers.contains(fact));
                if let (true, Action::RemoveRelease { release }) = (is_server, &step.action) {
                    safe.insert(release.clone());
                }
                if is_server || step.risk == Risk::Destructive {
                    step.needs.push(backup.clone());
                }
            }
        }
        let pins = self.pins(reference);
        self.tell_unprotected(&safe, &pins, inventory);
    }

    /// Whatever goes for ever and is in no backup: neither with a release that has one, nor as a PIN.
    fn tell_unprotected(
        &mut self,
        safe: &BTreeSet<ReleaseName>,
        pins: &BTreeSet<Fact>,
        inventory: &Inventory,
    ) {
        for step in &self.steps {
            let Action::Delete { object } = &step.action else {
                continue;
            };
            let owned = inventory.objects.get(object);
            let release = owned.and_then(|owned| owned.release.as_ref());
            let is_safe = release.is_some_and(|release| safe.contains(release))
                || step.ends.iter().any(|fact| pins.contains(fact));
            let holds_data = step.risk == Risk::Destructive && object.kind.kind != "Namespace";
            if holds_data && !is_safe {
                self.unprotected.push(crate::planner::shown(object));
            }
        }
    }
}

fn back_up(fact: &Fact, component: &str, server: &str) -> Step {
    let action = Action::BackUp { fact: fact.clone() };
    let what = format!("{} {}", fact.kind, fact.key);
    let title = format!("back up {what}");
    let mut step = Step::new(StepId::new("back up", &what), title, component, action);
    step.makes = vec![Fact::new(FactKind::Backup, &what)];
    // for whoever uses it, in whatever state, it ends here
    let anyhow = Fact::new(fact.kind, &fact.key);
    step.ends = vec![fact.clone(), anyhow];
    step.ends.dedup();
    step.class = Class::Server(server.to_owned());
    step.deadline = BACKUP;
    step
}
