//! Which image is really pulled. Every image name of every object passes through here.

use std::collections::BTreeMap;

use mosipctl_spec::Environment;
use serde::Serialize;

/// The registry that a name without one belongs to.
const DEFAULT_REGISTRY: &str = "docker.io";

/// The environment's rules for images.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImagePolicy {
    rewrite: BTreeMap<String, String>,
    mirror: Option<String>,
    /// Names of the pull secrets that every pod gets.
    pub pull_secrets: Vec<String>,
}

impl ImagePolicy {
    pub(crate) fn new(environment: &Environment) -> Self {
        let images = &environment.spec.images;
        let mut rewrite = images.rewrite.clone();
        if let Some(rehearsal) = &environment.spec.rehearsal {
            rewrite.extend(rehearsal.images.clone());
        }
        let pull_secrets = images
            .pull_secrets
            .iter()
            .map(|secret| secret.name.to_string())
            .collect();
        Self {
            rewrite,
            mirror: images.mirror.clone(),
            pull_secrets,
        }
    }

    /// The name to pull for a name of the catalogue: the longest matching rewrite, else the mirror, else the name.
    pub fn resolve(&self, image: &str) -> String {
        let full = full_name(image);
        let matching = self.rewrite.iter().filter_map(|(from, to)| {
            let rest = matches_part(image, from).or_else(|| matches_part(&full, from))?;
            Some((from.len(), format!("{to}{rest}")))
        });
        if let Some((_, name)) = matching.max() {
            return name;
        }
        match &self.mirror {
            Some(mirror) => format!("{mirror}/{}", path_in_registry(&full)),
            None => image.to_owned(),
        }
    }
}

/// What follows `from` in an image name, when `from` ends where a part of the name ends.
fn matches_part<'a>(image: &'a str, from: &str) -> Option<&'a str> {
    let rest = image.strip_prefix(from)?;
    (rest.is_empty() || from.ends_with('/') || rest.starts_with(['/', ':', '@'])).then_some(rest)
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
            pull_secrets: Vec::new(),
        }
    }

    #[test]
    fn without_rules_a_name_stays() {
        assert_eq!(
            policy(&[], None).resolve("mosipid/admin-ui:1.2.0.1"),
            "mosipid/admin-ui:1.2.0.1"
        );
    }

    #[test]
    fn a_mirror_keeps_paths() {
        let policy = policy(&[], Some("mirror.example.org/copies"));
        assert_eq!(
            policy.resolve("nginx:1"),
            "mirror.example.org/copies/library/nginx:1"
        );
        assert_eq!(
            policy.resolve("quay.io/a/b@sha256:00"),
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
        assert_eq!(policy.resolve("mosipid/admin-ui:1"), "b.example.org/ui:1");
        assert_eq!(
            policy.resolve("mosipid/kernel:1"),
            "a.example.org/m/kernel:1"
        );
        assert_eq!(policy.resolve("mosipidx/kernel:1"), "mosipidx/kernel:1");
    }

    #[test]
    fn a_rewrite_may_name_the_default_registry() {
        let policy = policy(&[("docker.io/mosipid", "r.example.org/mosip")], None);
        assert_eq!(
            policy.resolve("mosipid/admin-ui:1"),
            "r.example.org/mosip/admin-ui:1"
        );
    }
}
