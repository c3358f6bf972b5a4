//! Which image is really pulled. Every image name of every object passes through here.

use std::collections::{BTreeMap, BTreeSet};

use mosipctl_spec::Environment;
use serde::Serialize;

/// The registry that a name without one belongs to.
const DEFAULT_REGISTRY: &str = "docker.io";
/// Stands for every component in the images of a rehearsal.
const EVERY_COMPONENT: &str = "*";

/// The environment's rules for images.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImagePolicy {
    rewrite: BTreeMap<String, String>,
    mirror: Option<String>,
    rehearsed: Rehearsed,
    /// Names of the pull secrets that every pod gets.
    pub pull_secrets: Vec<String>,
}

/// The images of a rehearsal. They go before everything else, and to no mirror.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rehearsed {
    /// Of all containers of a component.
    components: BTreeMap<String, String>,
    /// By beginnings of names.
    rewrite: BTreeMap<String, String>,
    /// In place of every other one.
    responder: Option<String>,
    /// Components that run for real beside a lab: a responder in their place would be a lie.
    real: BTreeSet<String>,
}

impl ImagePolicy {
    /// `real`: the components that run for real beside a lab.
    pub(crate) fn new(environment: &Environment, real: BTreeSet<String>) -> Self {
        let images = &environment.spec.images;
        let rehearsal = environment.spec.rehearsal.clone().unwrap_or_default();
        let mut rehearsed = Rehearsed {
            real,
            ..Rehearsed::default()
        };
        for (name, image) in rehearsal.images {
            match name.as_str() {
                EVERY_COMPONENT => rehearsed.responder = Some(image),
                part if names_an_image(part) => drop(rehearsed.rewrite.insert(name, image)),
                _ => drop(rehearsed.components.insert(name, image)),
            }
        }
        let pull_secrets = images
            .pull_secrets
            .iter()
            .map(|secret| secret.name.to_string())
            .collect();
        Self {
            rewrite: images.rewrite.clone(),
            mirror: images.mirror.clone(),
            rehearsed,
            pull_secrets,
        }
    }

    /// The name to pull for a name of the catalogue: what a rehearsal names, else the longest matching rewrite, else the
    /// mirror, else the name.
    pub fn resolve(&self, component: &str, image: &str) -> String {
        let full = full_name(image);
        if let Some(name) = self.named(component, image, &full) {
            return name;
        }
        if let Some(responder) = self.responder(component, image) {
            return responder.to_owned();
        }
        if let Some(name) = rewritten(&self.rewrite, image, &full) {
            return name;
        }
        match &self.mirror {
            Some(mirror) => format!("{mirror}/{}", path_in_registry(&full)),
            None => image.to_owned(),
        }
    }

    /// The image of the responder that runs in place of an image of a component, if one does.
    pub fn responder(&self, component: &str, image: &str) -> Option<&str> {
        let responder = self.rehearsed.responder.as_deref()?;
        let is_real = self.rehearsed.real.contains(component)
            || self.named(component, image, &full_name(image)).is_some();
        (!is_real).then_some(responder)
    }

    /// What a rehearsal names for an image.
    fn named(&self, component: &str, image: &str, full: &str) -> Option<String> {
        let own = self.rehearsed.components.get(component).cloned();
        own.or_else(|| rewritten(&self.rehearsed.rewrite, image, full))
    }
}

/// Whether a name under `rehearsal.images` is `*` or a part of an image's name, and so none of a component.
pub(crate) fn names_an_image(name: &str) -> bool {
    name == EVERY_COMPONENT || name.contains(['/', ':', '.'])
}

/// The name by the longest rule that matches.
fn rewritten(rules: &BTreeMap<String, String>, image: &str, full: &str) -> Option<String> {
    let matching = rules.iter().filter_map(|(from, to)| {
        let rest = matches_part(image, from).or_else(|| matches_part(full, from))?;
        Some((from.len(), format!("{to}{rest}")))
    });
    matching.max().map(|(_, name)| name)
}

/// What follows `from` in an image name, when `from` ends where a part of the name ends.
fn matches_part<'a>(image: &'a str, from: &str) -> Option<&'a str> {
    let rest = image.strip_prefix(from)?;
    let parts = ['/', ':', '@'];
    (rest.is_empty() || from.ends_with(parts) || rest.starts_with(parts)).then_some(rest)
}

/// The name with its registry: `nginx` is `docker.io/library/nginx`.
fn full_name(image: &str) -> String {
    match image.split_once('/') {
        None => format!("{DEFAULT_REGISTRY}/library/{image}"),
        Some((first, _)) if is_registry(first) => image.to_owned(),
        Some(_) => format!("{DEFAULT_REGISTRY}/{image}"),
    }
}

fn is_registry(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost"
}

fn path_in_registry(full: &str) -> &str {
    full.split_once('/').map_or(full, |(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(rewrite: &[(&str, &str)], mirror: Option<&str>) -> ImagePolicy {
        let rewrite = rewrite
            .iter()
            .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
            .collect();
        ImagePolicy {
            rewrite,
            mirror: mirror.map(str::to_owned),
            ..ImagePolicy::default()
        }
    }

    /// With images of a rehearsal, where `keycloak` runs for real beside a lab.
    fn rehearsed(images: &str) -> ImagePolicy {
        let text = format!(
            "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: x}}\nspec:\n  domain: x.example.org\n  mosip: 1.2.0.1\n  images: {{mirror: m.example.org}}\n  rehearsal: {{images: {images}}}\n"
        );
        let document = mosipctl_spec::Document {
            name: "x.yaml",
            text: &text,
        };
        let environment = Environment::read(&document).unwrap();
        ImagePolicy::new(&environment, BTreeSet::from(["keycloak".to_owned()]))
    }

    #[test]
    fn a_rule_may_name_all_tags_of_an_image() {
        let policy = rehearsed("{'*': 'responder:1', 'postgres:': 'postgres:'}");
        assert_eq!(policy.resolve("any", "postgres:15.18"), "postgres:15.18");
        assert_eq!(policy.resolve("any", "postgresql:15"), "responder:1");
    }

    #[test]
    fn without_rules_a_name_stays() {
        assert_eq!(
            policy(&[], None).resolve("any", "mosipid/admin-ui:1.2.0.1"),
            "mosipid/admin-ui:1.2.0.1"
        );
    }

    #[test]
    fn a_mirror_keeps_paths() {
        let policy = policy(&[], Some("mirror.example.org/copies"));
        assert_eq!(
            policy.resolve("any", "nginx:1"),
            "mirror.example.org/copies/library/nginx:1"
        );
        assert_eq!(
            policy.resolve("any", "quay.io/a/b@sha256:00"),
            "mirror.example.org/copies/a/b@sha256:00"
        );
    }

    #[test]
    fn the_longest_rewrite_wins_and_only_whole_parts_match() {
        let policy = policy(
            &[
                ("mosipid", "a.example.org/m"),
                ("mosipid/admin-ui", "b.example.org/ui"),
            ],
            None,
        );
        assert_eq!(
            policy.resolve("any", "mosipid/admin-ui:1"),
            "b.example.org/ui:1"
        );
        assert_eq!(
            policy.resolve("any", "mosipid/kernel:1"),
            "a.example.org/m/kernel:1"
        );
        assert_eq!(
            policy.resolve("any", "mosipidx/kernel:1"),
            "mosipidx/kernel:1"
        );
    }

    #[test]
    fn a_rewrite_may_name_the_default_registry() {
        let policy = policy(&[("docker.io/mosipid", "r.example.org/mosip")], None);
        assert_eq!(
            policy.resolve("any", "mosipid/admin-ui:1"),
            "r.example.org/mosip/admin-ui:1"
        );
    }

    #[test]
    fn a_rehearsal_names_images_before_all_other_rules() {
        let policy = rehearsed("{postgres: r.example.org/pg:15, mosipid/: r.example.org/m/}");
        assert_eq!(
            policy.resolve("postgres", "library/postgres:15.4"),
            "r.example.org/pg:15"
        );
        let mosip = "mosipid/admin-ui:1";
        assert_eq!(policy.resolve("admin", mosip), "r.example.org/m/admin-ui:1");
        assert_eq!(policy.resolve("x", "a/b:1"), "m.example.org/a/b:1");
        assert_eq!(policy.responder("admin", mosip), None);
    }

    #[test]
    fn a_responder_runs_in_place_of_everything_that_has_no_image_of_its_own_and_is_not_real() {
        let policy = rehearsed("{'*': r:1, postgres: pg:15, quay.io/a: b/a}");
        let of = |component, image| policy.responder(component, image);
        assert_eq!(of("admin", "mosipid/admin-ui:1"), Some("r:1"));
        assert_eq!(policy.resolve("admin", "mosipid/admin-ui:1"), "r:1");
        assert_eq!(of("postgres", "postgres:15.4"), None);
        assert_eq!(of("any", "quay.io/a:1"), None);
        assert_eq!(of("keycloak", "mosipid/keycloak:1"), None);
    }
}
