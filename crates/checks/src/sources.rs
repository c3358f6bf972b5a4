//! What comes from elsewhere: every image at its registry, and the addresses outside that pods are told.
//!
//! All of it is asked from this machine, so it speaks for this machine alone. A registry that does not answer here may answer
//! the nodes; so that is a warning, once for each, and its images count as not looked at. What a registry that answers does not
//! have is missing for the nodes too.

pub mod egress;
pub mod images;
mod registry;

use std::collections::BTreeSet;

use mosipctl_kube::Kubernetes;
use mosipctl_plan::Desired;
use mosipctl_spec::environment::images::Images;

use crate::finding::{Check, Finding};
use egress::Place;
use images::Image;
use registry::Registries;

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// Where Secrets are read that the environment names.
    pub kube: &'a dyn Kubernetes,
    /// What is to run.
    pub desired: &'a Desired,
    /// What the environment says of images.
    pub images: &'a Images,
    /// The domain of the environment: what is in it is no place outside.
    pub domain: &'a str,
}

/// Asks all registries and other places at once, and those registries that answer for their images.
pub async fn look(sources: &Sources<'_>) -> Vec<Finding> {
    let (images, mut findings) = images::wanted(sources.desired);
    let mut places = egress::registries(&images);
    places.extend(egress::addresses(sources.desired, sources.domain));
    let seen = egress::look(places).await;
    let near: BTreeSet<&str> = seen
        .iter()
        .filter(|(_, answer)| answer.is_ok())
        .filter_map(|(place, _)| place.registry.as_deref())
        .collect();
    let (near, far): (Vec<Image>, Vec<Image>) = images
        .into_iter()
        .partition(|image| near.contains(image.registry()));
    let (registries, unread) = Registries::new(sources.kube, sources.images).await;
    findings.extend(unread);
    for (image, seen) in registries.ask_all(near).await {
        findings.push(images::judge(&image, &seen));
    }
    findings.extend(images::not_asked(&far));
    findings.extend(
        seen.iter()
            .map(|(place, answer)| egress::judge(place, answer)),
    );
    findings.push(egress::of_pods());
    findings
}

/// Nobody pulls an image here, and nothing leaves.
pub(crate) fn skipped(why: &str) -> Vec<Finding> {
    vec![
        Finding::skipped(Check::ImageDigests, "images at their registries", why),
        Finding::skipped(Check::Egress, "places outside", why),
    ]
}

/// The first of some names, and how many more there are.
fn some(names: &BTreeSet<String>) -> String {
    const SHOWN: usize = 3;
    let first: Vec<&str> = names.iter().map(String::as_str).take(SHOWN).collect();
    let first = first.join(", ");
    match names.len() {
        0..=SHOWN => first,
        all => format!("{first} and {} more", all - SHOWN),
    }
}

/// How a place is told in a finding.
fn what(place: &Place) -> String {
    match &place.registry {
        Some(registry) => format!("registry {registry}"),
        None => place.url.clone(),
    }
}
