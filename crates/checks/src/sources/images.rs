//! Every image at its registry: whether it is there, and under which digest.

use std::collections::{BTreeMap, BTreeSet};

use mosipctl_object::Object;
use mosipctl_plan::Desired;
use oci_client::Reference;

use super::some;
use crate::finding::{Check, Finding, Outcome};

const CHECK: Check = Check::ImageDigests;
const NAME: &str =
    "check its name and tag; `spec.images` can name another place of it, or a mirror of all images";
const PASSWORD: &str = "check its name; when it is private, give the registry's password in `spec.images.pullSecrets`, \
                        unless the nodes have one of their own";
const BROUGHT: &str = "it is a responder of a rehearsal: it is brought to the nodes by hand";

/// An image, and who runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its name as nodes get it.
    pub name: String,
    pub(super) reference: Reference,
    /// The releases that name it.
    pub users: BTreeSet<String>,
}

/// What a registry said of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Of the image that nodes will pull.
    pub(super) pulled: Answer,
    /// Of the image that the tag names, when the name has a digest beside it.
    pub(super) tagged: Option<Answer>,
    /// The pull secret that it was asked with.
    pub(super) secret: Option<String>,
}

/// What a registry said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is there, with this digest.
    There(String),
    /// It is not there.
    Missing,
    /// The registry does not say, for lack of a password.
    Denied(String),
    /// No answer that tells anything.
    Unclear(String),
}

impl Image {
    /// Its registry.
    pub fn registry(&self) -> &str {
        self.reference.registry()
    }
}

/// The images of all pods, each once, and what is wrong with names that are none.
pub fn wanted(desired: &Desired) -> (Vec<Image>, Vec<Finding>) {
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (release, object) in objects(desired) {
        for name in mosipctl_object::images(object) {
            let users = users.entry(name.to_owned()).or_default();
            users.insert(release.clone());
        }
    }
    let mut images = Vec::new();
    let mut wrong = Vec::new();
    for responder in responders(desired) {
        users.remove(responder);
        wrong.push(Finding::skipped(CHECK, responder, BROUGHT));
    }
    for (name, users) in users {
        match name.parse() {
            Ok(reference) => images.push(Image {
                name,
                reference,
                users,
            }),
            Err(error) => wrong.push(Finding::failed(
                CHECK,
                name,
                format!(
                    "it is no name of an image: {error}; wanted by {}",
                    some(&users)
                ),
                NAME,
            )),
        }
    }
    (images, wrong)
}

/// The images of responders, which no registry has.
fn responders(desired: &Desired) -> BTreeSet<&str> {
    let releases = desired.releases.values();
    let stood_in = releases.filter_map(|release| release.rendered.stood_in.as_ref());
    stood_in.map(|it| it.responder.as_str()).collect()
}

/// Every object with its release.
pub(super) fn objects(desired: &Desired) -> impl Iterator<Item = (String, &Object)> {
    let releases = desired.releases.iter().flat_map(|(name, release)| {
        let objects = release.rendered.objects.iter();
        objects.map(move |object| (name.to_string(), object))
    });
    let jobs = desired.jobs.iter();
    releases.chain(jobs.map(|(name, job)| (name.to_string(), &job.object)))
}

/// Judges what a registry said.
pub fn judge(image: &Image, seen: &Seen) -> Finding {
    let name = &image.name;
    let pinned = image.reference.digest().unwrap_or_default();
    let users = some(&image.users);
    match (&seen.pulled, &seen.tagged) {
        (Answer::There(digest), Some(Answer::There(now))) if digest != now => Finding::warning(
            CHECK,
            name,
            format!("it is there, and its tag names another by now: {now}"),
            "nodes run the one with the digest; see which one is meant",
        ),
        (Answer::There(digest), _) => Finding::passed(CHECK, name, digest),
        (Answer::Missing, Some(Answer::There(now))) => Finding::failed(
            CHECK,
            name,
            format!("the registry has no {pinned}; the tag names {now}. Wanted by {users}"),
            "see which one is meant, and pin its digest",
        ),
        (Answer::Missing, _) => Finding::failed(
            CHECK,
            name,
            format!("the registry does not have it. Wanted by {users}"),
            NAME,
        ),
        (Answer::Denied(why), _) => denied(image, why, seen.secret.as_deref()),
        (Answer::Unclear(why), _) => Finding::warning(
            CHECK,
            name,
            format!("the registry does not tell: {why}"),
            "try again; when it stays so, pull it on a node by hand",
        ),
    }
}

/// Registries deny what is not there, too; and nodes may have passwords that this machine has not.
fn denied(image: &Image, why: &str, secret: Option<&str>) -> Finding {
    let users = some(&image.users);
    match secret {
        None => Finding::warning(
            CHECK,
            &image.name,
            format!("it is private or not there: {why}. Wanted by {users}"),
            PASSWORD,
        ),
        Some(secret) => Finding::failed(
            CHECK,
            &image.name,
            format!("the registry denies it to pull secret `{secret}`: {why}. Wanted by {users}"),
            "check the name of the image, and user and password of the pull secret",
        ),
    }
}

/// Images whose registry does not answer here, counted by registry.
pub(super) fn not_asked(images: &[Image]) -> Vec<Finding> {
    let why = "the registry does not answer here";
    let counts = by_registry(images.iter().map(Image::registry));
    counts
        .into_iter()
        .map(|(registry, count)| Finding::skipped(CHECK, counted(count, registry), why))
        .collect()
}

/// Findings as a screen shows them: images that are as they should be are counted by registry.
pub fn in_short(findings: &[Finding]) -> Vec<Finding> {
    let is_well = |finding: &&Finding| finding.id == CHECK && finding.outcome == Outcome::Passed;
    let registries: Vec<String> = findings
        .iter()
        .filter(is_well)
        .filter_map(|finding| finding.what.parse::<Reference>().ok())
        .map(|reference| reference.registry().to_owned())
        .collect();
    let counts = by_registry(registries.iter().map(String::as_str)).into_iter();
    let counts = counts.map(|(registry, count)| {
        let said = "there, each with its digest (`--json` lists them)";
        Finding::passed(CHECK, counted(count, registry), said)
    });
    let others = findings.iter().filter(|finding| !is_well(finding)).cloned();
    counts.chain(others).collect()
}

fn by_registry<'a>(registries: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for registry in registries {
        *counts.entry(registry).or_default() += 1;
    }
    counts
}

fn counted(count: usize, registry: &str) -> String {
    match count {
        1 => format!("1 image of {registry}"),
        count => format!("{count} images of {registry}"),
    }
}

#[cfg(test)]
mod tests;
