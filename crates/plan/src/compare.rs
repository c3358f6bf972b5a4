//! What is, against what is to be.
//!
//! Two-speed: an object whose mark did not move since we applied it, and of which we want the same, is the same without
//! any request. Only the others are [asked about](questions): a server-side dry run for objects, a comparison of
//! content for Secrets and copies.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use mosipctl_catalogue::component::chart::Rerun;
use mosipctl_catalogue::secret::Class;
use mosipctl_catalogue::{Fact, FactKind, LateValue};
use mosipctl_object::{Object, ObjectKey, ReleaseName, canonical, digest};
use mosipctl_render::REVISION;

use crate::desired::{Desired, DesiredCopy, DesiredFact, DesiredJob, DesiredRelease, object_of};
use crate::hosts;
use crate::observed::{Answer, ForeignField, Observed, SeenJob, Standing};
use crate::planner::fact_of;

/// Why something needs a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It is not there.
    Absent,
    /// It differs in these fields or keys.
    Differs(Vec<String>),
    /// Something it carries changes in this plan.
    Follows(Fact),
    /// It is there, and not ours yet.
    Found,
    /// The way it is made changed.
    Wanted,
    /// An earlier run began it and did not finish.
    Unfinished(String),
    /// It is there and not ready, for this reason.
    NotReady(String),
    /// An earlier try failed.
    Failed,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("does not exist yet"),
            Self::Differs(fields) => write!(f, "differs in {}", listed(fields)),
            Self::Follows(fact) => write!(f, "carries `{fact}`, which changes"),
            Self::Found => f.write_str("exists, and is not ours yet"),
            Self::Wanted => f.write_str("is made in another way now"),
            Self::Unfinished(status) => write!(f, "was begun and not finished ({status})"),
            Self::NotReady(reason) => write!(f, "is not ready: {reason}"),
            Self::Failed => f.write_str("failed before"),
        }
    }
}

/// At most this many fields of a difference are named.
const NAMED: usize = 3;

fn listed(fields: &[String]) -> String {
    let shown: Vec<String> = fields
        .iter()
        .take(NAMED)
        .map(|field| format!("`{field}`"))
        .collect();
    match fields.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Something to find out before the plan can be made.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// What would a server-side dry run of this object change?
    Object {
        /// The wanted object; late values are resolved by whoever asks.
        object: Object,
        /// Whether it belongs to a release, which has a field manager of its own.
        in_release: bool,
    },
    /// Has this Secret every key it should have, and the content we last saw?
    Secret(ObjectKey),
    /// Has this copy the content of its original?
    Copy {
        /// The original.
        from: ObjectKey,
        /// The copy.
        to: ObjectKey,
    },
}

/// What is different, element by element. Elements that are the same do not appear.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Differences {
    /// Objects of our own, with whether they must be deleted first.
    pub objects: BTreeMap<ObjectKey, (Why, bool)>,
    /// Secrets.
    pub secrets: BTreeMap<ObjectKey, Why>,
    /// Copies.
    pub copies: BTreeMap<ObjectKey, Why>,
    /// Releases whose objects or records differ.
    pub releases: BTreeMap<ReleaseName, ReleaseDifference>,
    /// Releases that are as they should be, but not ready.
    pub not_ready: BTreeMap<ReleaseName, Why>,
    /// Jobs that have to run.
    pub jobs: BTreeMap<ReleaseName, Why>,
    /// What has to be prepared inside servers.
    pub prepared: BTreeMap<Fact, Why>,
    /// What has to be done on hosts.
    pub hosts: BTreeMap<String, Why>,
    /// Fields that others manage; they are left alone.
    pub foreign: BTreeMap<ObjectKey, Vec<ForeignField>>,
    /// Objects that the API server refuses, with its words.
    pub refused: BTreeMap<ObjectKey, String>,
    /// Secrets that are bound to data and gone; they are never drawn again.
    pub lost: BTreeSet<ObjectKey>,
    /// Claims that would have to be made anew; they never are.
    pub kept_claims: BTreeMap<ObjectKey, String>,
    /// Objects that turned out to be the same though their mark had moved.
    pub refreshed: BTreeSet<ObjectKey>,
}

/// What is different about a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseDifference {
    /// The first reason.
    pub why: Why,
    /// Objects that must be deleted first.
    pub recreate: Vec<ObjectKey>,
    /// Whether pods that run will be replaced.
    pub disruptive: bool,
    /// Whether it is somebody else's and is taken as it is.
    pub adopt: bool,
}

/// What must be found out before `differences` can tell.
pub fn questions(desired: &Desired, observed: &Observed, environment: &str) -> Vec<Question> {
    let mut comparison = Comparison {
        desired,
        observed,
        environment,
        found: Differences::default(),
        open: Vec::new(),
    };
    comparison.all();
    comparison.open
}

/// What differs. Every question must be answered in `observed`; an object without an answer counts as differing.
pub fn differences(desired: &Desired, observed: &Observed, environment: &str) -> Differences {
    let mut comparison = Comparison {
        desired,
        observed,
        environment,
        found: Differences::default(),
        open: Vec::new(),
    };
    comparison.all();
    comparison.found
}

struct Comparison<'a> {
    desired: &'a Desired,
    observed: &'a Observed,
    environment: &'a str,
    found: Differences,
    open: Vec<Question>,
}

/// What the comparison of one object says.
enum Verdict {
    Same,
    Step { why: Why, recreate: bool },
}

impl Comparison<'_> {
    /// Sources before those that carry them: Secrets, their copies, config maps, releases.
    fn all(&mut self) {
        self.secrets();
        self.copies("Secret");
        self.objects();
        self.copies("ConfigMap");
        self.releases();
        self.jobs();
        self.prepared();
        hosts::differences(self.desired, self.observed, &mut self.found);
    }

    fn secrets(&mut self) {
        for (key, secret) in &self.desired.secrets {
            let wanted = digest(&secret.part);
            let owned = self.observed.inventory.secrets.get(&path(key));
            let why = match (self.observed.marks.get(key), owned) {
                (None, Some(owned)) if owned.class == Class::Bound => {
                    self.found.lost.insert(key.clone());
                    None
                }
                (None, _) => Some(Why::Absent),
                (Some(_), None) => Some(Why::Found),
                (Some(_), Some(owned)) if owned.wanted != wanted => Some(Why::Wanted),
                (Some(mark), Some(owned)) if owned.mark == *mark => None,
                (Some(_), Some(_)) => self.answer(key, || Question::Secret(key.clone())),
            };
            if let Some(why) = why {
                self.found.secrets.insert(key.clone(), why);
            }
        }
    }

    fn copies(&mut self, kind: &str) {
        for (to, copy) in self
            .desired
            .copies
            .iter()
            .filter(|(to, _)| to.kind.kind == kind)
        {
            if let Some(why) = self.copy(to, copy) {
                self.found.copies.insert(to.clone(), why);
            }
        }
    }

    fn copy(&mut self, to: &ObjectKey, copy: &DesiredCopy) -> Option<Why> {
        let Some(mark) = self.observed.marks.get(to) else {
            return Some(Why::Absent);
        };
        if let Some(fact) = fact_of(&copy.from)
            && self.changes(&fact)
        {
            return Some(Why::Follows(fact));
        }
        let inventory = &self.observed.inventory;
        let owned = match to.kind.kind.as_str() {
            "Secret" => inventory
                .secrets
                .get(&path(to))
                .map(|owned| (&owned.mark, &owned.wanted, false)),
            _ => inventory
                .objects
                .get(to)
                .map(|owned| (&owned.mark, &owned.wanted, owned.young)),
        };
        match owned {
            None => Some(Why::Found),
            Some((_, wanted, _)) if self.content_of(&copy.from).as_ref() != Some(wanted) => {
                fact_of(&copy.from).map(Why::Follows)
            }
            Some((known, _, false)) if known == mark => None,
            Some(_) => self.answer(to, || Question::Copy {
                from: copy.from.clone(),
                to: to.clone(),
            }),
        }
    }

    /// What stands for the content of an original: a Secret's revision, a known config map's digest, else its mark.
    fn content_of(&self, from: &ObjectKey) -> Option<String> {
        if from.kind.kind == "Secret" {
            return self.observed.revisions.get(from).cloned();
        }
        match self.desired.object(from) {
            Some(object) => self.wanted(object).ok(),
            None => self.observed.marks.get(from).map(ToString::to_string),
        }
    }

    fn objects(&mut self) {
        for (key, desired) in &self.desired.objects {
            if let Verdict::Step { why, recreate } = self.object(key, &desired.object, false) {
                self.found.objects.insert(key.clone(), (why, recreate));
            }
        }
    }

    fn releases(&mut self) {
        for (name, release) in &self.desired.releases {
            if let Some(difference) = self.release(name, release) {
                self.found.releases.insert(name.clone(), difference);
            } else if let Some(reason) = self.not_ready(release) {
                self.found.not_ready.insert(name.clone(), reason);
            }
        }
    }

    fn release(
        &mut self,
        name: &ReleaseName,
        release: &DesiredRelease,
    ) -> Option<ReleaseDifference> {
        let record = self.observed.releases.get(name);
        let difference = |why, adopt| {
            Some(ReleaseDifference {
                why,
                recreate: Vec::new(),
                disruptive: false,
                adopt,
            })
        };
        let owned = self.observed.inventory.release(name);
        if owned.is_some_and(|owned| owned.adopted) {
            return None;
        }
        if let Some(record) = record
            && owned.is_none()
            && record.owner.as_deref() != Some(self.environment)
        {
            return difference(Why::Found, true);
        }
        let mut first: Option<Why> = match record {
            None => Some(Why::Absent),
            Some(record) if record.status == "failed" => Some(Why::Failed),
            Some(record) if record.status != "deployed" => {
                Some(Why::Unfinished(record.status.clone()))
            }
            Some(_) => None,
        };
        let (mut recreate, mut disruptive) = (Vec::new(), false);
        for object in &release.rendered.objects {
            let key = object.key();
            let Verdict::Step {
                why,
                recreate: anew,
            } = self.object(&key, object, true)
            else {
                continue;
            };
            disruptive |= has_pods(&key) && self.observed.marks.contains_key(&key);
            if anew {
                recreate.push(key);
            }
            first = first.or(Some(why));
        }
        let why = first?;
        Some(ReleaseDifference {
            why,
            recreate,
            disruptive,
            adopt: false,
        })
    }

    fn not_ready(&self, release: &DesiredRelease) -> Option<Why> {
        let mut keys = release.rendered.objects.iter().map(Object::key);
        keys.find_map(|key| self.observed.not_ready.get(&key).cloned())
            .map(Why::NotReady)
    }

    fn jobs(&mut self) {
        for (name, job) in &self.desired.jobs {
            if let Some(why) = self.job(name, job) {
                self.found.jobs.insert(name.clone(), why);
            }
        }
    }

    fn job(&self, name: &ReleaseName, job: &DesiredJob) -> Option<Why> {
        if let Some(finished) = self.observed.inventory.jobs.get(&name.to_string()) {
            let changed = job.rerun == Rerun::WhenChanged && finished.digest != job.digest;
            // what was only pretended is still to be done where it is meant
            let again = changed || (finished.simulated && !job.simulated);
            return again.then_some(Why::Wanted);
        }
        match self.observed.jobs.get(&job.object.key()) {
            // Complete, but not in the inventory: the run that saw it end did not get to note it.
            Some(SeenJob::Complete) => Some(Why::Unfinished("complete".to_owned())),
            Some(SeenJob::Running) => Some(Why::Unfinished("running".to_owned())),
            Some(SeenJob::Failed) => Some(Why::Failed),
            None if self.has_made_its_keys(job) => None,
            None => Some(Why::Absent),
        }
    }

    /// Whether every key that a Job makes was seen: it is not run again where the records of its run are gone.
    fn has_made_its_keys(&self, job: &DesiredJob) -> bool {
        let keys = job.proves.iter();
        let mut keys = keys.filter(|fact| fact.kind == FactKind::Key).peekable();
        let is_seen = |key: &Fact| matches!(self.observed.servers.get(key), Some(Standing::Holds));
        keys.peek().is_some() && keys.all(is_seen)
    }

    fn prepared(&mut self) {
        for (fact, desired) in &self.desired.prepared {
            if let Some(why) = self.unprepared(fact, desired) {
                self.found.prepared.insert(fact.clone(), why);
            }
        }
    }

    /// Why something has to be prepared: what its server shows counts more than what we noted.
    fn unprepared(&self, fact: &Fact, desired: &DesiredFact) -> Option<Why> {
        let simulated = desired.simulated.is_some();
        match self.observed.servers.get(fact) {
            Some(Standing::Holds) if !simulated => return None,
            Some(Standing::Absent) if !simulated => return Some(Why::Absent),
            Some(Standing::Differs(what)) if !simulated => return Some(Why::Differs(what.clone())),
            _ => {}
        }
        let mut noted = self.observed.inventory.facts.iter();
        // what was only pretended does not hold where it is meant
        let noted =
            noted.any(|(known, how)| known.satisfies(fact) && (simulated || !how.simulated));
        let seen = self
            .observed
            .holds
            .iter()
            .any(|known| known.satisfies(fact));
        (!noted && !seen).then_some(Why::Absent)
    }

    fn object(&mut self, key: &ObjectKey, object: &Object, in_release: bool) -> Verdict {
        let step = |why| Verdict::Step {
            why,
            recreate: false,
        };
        let Some(mark) = self.observed.marks.get(key) else {
            return step(Why::Absent);
        };
        let wanted = match self.wanted(object) {
            Ok(wanted) => wanted,
            Err(fact) => return step(Why::Follows(fact)),
        };
        if let Some(owned) = self.observed.inventory.objects.get(key)
            && owned.wanted == wanted
            && owned.mark == *mark
            && !owned.young
        {
            return Verdict::Same;
        }
        self.judge(key, object, in_release)
    }

    /// What the dry run said of an object; without an answer, it is asked for and counts as differing.
    fn judge(&mut self, key: &ObjectKey, object: &Object, in_release: bool) -> Verdict {
        let step = |why| Verdict::Step {
            why,
            recreate: false,
        };
        match self.observed.answers.get(key) {
            None => {
                self.open.push(Question::Object {
                    object: object.clone(),
                    in_release,
                });
                step(Why::Differs(Vec::new()))
            }
            Some(Answer::Same) => {
                self.found.refreshed.insert(key.clone());
                Verdict::Same
            }
            Some(Answer::Changes { fields }) => step(Why::Differs(fields.clone())),
            Some(Answer::Conflict { fields, changes }) => {
                self.found.foreign.insert(key.clone(), fields.clone());
                match changes.is_empty() {
                    true => Verdict::Same,
                    false => step(Why::Differs(changes.clone())),
                }
            }
            Some(Answer::Immutable { reason }) if key.kind.kind == "PersistentVolumeClaim" => {
                self.found.kept_claims.insert(key.clone(), reason.clone());
                Verdict::Same
            }
            Some(Answer::Immutable { .. }) => Verdict::Step {
                why: Why::Differs(Vec::new()),
                recreate: true,
            },
            Some(Answer::Refused { reason }) => {
                self.found.refused.insert(key.clone(), reason.clone());
                Verdict::Same
            }
        }
    }

    /// What was found out about a Secret or copy whose mark moved.
    fn answer(&mut self, key: &ObjectKey, question: impl FnOnce() -> Question) -> Option<Why> {
        match self.observed.answers.get(key) {
            Some(Answer::Same) => {
                self.found.refreshed.insert(key.clone());
                None
            }
            Some(Answer::Changes { fields }) => Some(Why::Differs(fields.clone())),
            Some(_) => Some(Why::Differs(Vec::new())),
            None => {
                self.open.push(question());
                Some(Why::Differs(Vec::new()))
            }
        }
    }

    /// Digest of a wanted object with the revisions that its late values have now; the fact that changes, when one
    /// does.
    fn wanted(&self, object: &Object) -> Result<String, Fact> {
        wanted_digest(object, &|late| {
            if self.changes(&late.fact) {
                return Err(late.fact.clone());
            }
            let revision = object_of(&late.fact).and_then(|key| self.observed.revisions.get(&key));
            revision.cloned().ok_or_else(|| late.fact.clone())
        })
    }

    /// Whether the object of a fact has a step in this plan.
    fn changes(&self, fact: &Fact) -> bool {
        let Some(key) = object_of(fact) else {
            return false;
        };
        let found = &self.found;
        found.secrets.contains_key(&key)
            || found.copies.contains_key(&key)
            || found.objects.contains_key(&key)
            || self
                .desired
                .homes
                .get(&key)
                .is_some_and(|release| found.releases.contains_key(release))
    }
}

/// Digest of a wanted object. A late value counts as its fact's revision, which `revision` gives: the value itself is
/// never known here.
///
/// # Errors
/// Whatever `revision` fails with.
pub fn wanted_digest<E>(
    object: &Object,
    revision: &dyn Fn(&LateValue) -> Result<String, E>,
) -> Result<String, E> {
    let text = canonical(object.value());
    let mut failed = None;
    let resolved = LateValue::resolve_all::<mosipctl_catalogue::FactError>(&text, |late| {
        let shown = if late.output == REVISION {
            String::new()
        } else {
            format!("{late}@")
        };
        match revision(late) {
            Ok(revision) => Ok(format!("{shown}{revision}")),
            Err(error) => {
                failed.get_or_insert(error);
                Ok(String::new())
            }
        }
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(digest(&resolved.unwrap_or(text))),
    }
}

fn has_pods(key: &ObjectKey) -> bool {
    matches!(
        key.kind.kind.as_str(),
        "Deployment" | "StatefulSet" | "DaemonSet"
    )
}

/// `NAMESPACE/NAME`.
fn path(key: &ObjectKey) -> String {
    format!(
        "{}/{}",
        key.namespace.as_deref().unwrap_or_default(),
        key.name
    )
}
