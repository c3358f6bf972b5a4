//! Sizing of whole environments, and the official tables.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod bad_input;
mod calibration;
mod more_is_never_less;
mod official;
mod outputs;
mod whole;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use mosipctl_blueprint::Blueprint;
use mosipctl_catalogue::{Catalogue, Sizing, Source};
use mosipctl_size::{Asked, Report, SizeError, resolve, size};
use mosipctl_spec::{Document, Environment, Version};

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

static EDITION: LazyLock<(Catalogue, Sizing)> = LazyLock::new(|| {
    let version: Version = "1.2.0.1".parse().unwrap();
    let source = Source::Folder(root().join("catalogue"));
    (
        source.load(&version).unwrap(),
        source.sizing(&version).unwrap(),
    )
});

fn facts() -> &'static Sizing {
    &EDITION.1
}

/// An environment, resolved.
struct Resolved {
    environment: Environment,
    blueprint: Blueprint,
}

impl Resolved {
    fn of(text: &str) -> Self {
        let document = Document {
            name: "x.yaml",
            text,
        };
        let environment = Environment::read(&document).unwrap_or_else(|error| panic!("{error}"));
        let blueprint = resolve(&environment, &document, &EDITION.0);
        Self {
            environment,
            blueprint: blueprint.unwrap_or_else(|error| panic!("{error}")),
        }
    }
}

/// Sizes an environment file.
fn sized(text: &str) -> Result<Report, SizeError> {
    let resolved = Resolved::of(text);
    size(&Asked {
        environment: &resolved.environment,
        blueprint: &resolved.blueprint,
        facts: facts(),
    })
}

/// An environment in a lab with lines under `spec`.
fn with(spec: &str) -> String {
    format!(
        "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: example}}\nspec:\n  domain: example.org\n  mosip: 1.2.0.1\n{spec}"
    )
}

/// A production with a workload, on nodes of the reference's shape unless it names others.
fn production(workload: &str) -> String {
    let node = match workload.contains("node:") {
        true => "",
        false => ", node: {cpu: 12, memory: 64Gi}",
    };
    with(&format!(
        "  profile: production\n{SUPPLIED}  workload: {{{workload}{node}}}\n"
    ))
}

/// What nobody but people can supply.
const SUPPLIED: &str = "  externals:
    captcha:
      preregistration: {siteKey: {from: {env: A}}, secretKey: {from: {env: B}}}
      resident: {siteKey: {from: {env: C}}, secretKey: {from: {env: D}}}
";
