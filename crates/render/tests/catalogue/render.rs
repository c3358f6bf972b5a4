//! Renders the edition of the repository by the product's own way: blueprint, helm, finish.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use mosipctl_artefact::{Artefacts, Program, Settings};
use mosipctl_blueprint::{Blueprint, ConfigMapPart, SecretPart};
use mosipctl_catalogue::component::{Correction, Install};
use mosipctl_catalogue::{Catalogue, Source};
use mosipctl_helm::Helm;
use mosipctl_object::Object;
use mosipctl_render::{Charts, Renderer};
use mosipctl_spec::{Document, Environment};
use serde_json::Value;

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The edition of the repository.
pub(crate) fn edition() -> Catalogue {
    let source = Source::Folder(root().join("catalogue"));
    source
        .load(&"1.2.0.1".parse().unwrap())
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

/// The pinned helm; without it, and without Go to build it, these tests fail.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let artefacts = Artefacts::new(Settings::from_environment().unwrap());
        let helm = block_on(artefacts.program(Program::Helm));
        helm.unwrap_or_else(|error| panic!("these tests need helm: {error}"))
    })
}

pub(crate) fn block_on<T: Send>(work: impl Future<Output = T> + Send) -> T {
    // A test may itself be inside a runtime; a thread of its own is in none.
    std::thread::scope(|scope| {
        let own = scope.spawn(|| tokio::runtime::Runtime::new().unwrap().block_on(work));
        own.join().unwrap()
    })
}

/// Runs helm with values.
pub(crate) fn helm(arguments: &[&str], values: &Value) -> Result<String, String> {
    let file = tempfile::NamedTempFile::with_suffix(".json").unwrap();
    std::fs::write(file.path(), values.to_string()).unwrap();
    let output = Command::new(binary())
        .args(arguments)
        .arg("--values")
        .arg(file.path())
        .output()
        .unwrap();
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).unwrap()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// What one component comes to.
pub(crate) struct Rendered {
    /// Component name.
    pub(crate) name: String,
    /// Namespace.
    pub(crate) namespace: String,
    /// Config maps that mosipctl makes itself.
    pub(crate) config_maps: Vec<ConfigMapPart>,
    /// Secrets that mosipctl makes.
    pub(crate) secrets: Vec<SecretPart>,
    /// Where it differs from the official chart on purpose.
    pub(crate) corrects: Vec<Correction>,
    /// Release name, if it has one.
    pub(crate) release: Option<String>,
    /// The objects of its release, and its Job.
    pub(crate) objects: Vec<Object>,
}

/// Every component of a sandbox named like the contract's, optional ones too, rendered once. Those for servers that are
/// there already have no address here and are left out.
pub(crate) fn rendered() -> &'static [Rendered] {
    static RENDERED: OnceLock<Vec<Rendered>> = OnceLock::new();
    RENDERED.get_or_init(|| {
        let edition = edition();
        let blueprint = blueprint(&edition);
        block_on(render(&edition, &blueprint))
    })
}

pub(crate) fn blueprint(edition: &Catalogue) -> Blueprint {
    let optional = edition
        .edition
        .modules
        .iter()
        .filter(|(_, module)| module.install == Install::Optional);
    let also: Vec<&str> = optional.map(|(name, _)| name.as_str()).collect();
    blueprint_of(
        edition,
        &format!("modules: {{also: [{}]}}", also.join(", ")),
    )
}

/// The blueprint of a sandbox whose file says one thing more.
pub(crate) fn blueprint_of(edition: &Catalogue, more: &str) -> Blueprint {
    let text = format!(
        "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: sandbox}}\nspec:\n  domain: sandbox.xyz.net\n  mosip: 1.2.0.1\n  {more}\n"
    );
    let document = Document {
        name: "sandbox.yaml",
        text: &text,
    };
    let environment = Environment::read(&document).unwrap();
    Blueprint::new(&environment, &document, edition)
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

pub(crate) async fn render(edition: &Catalogue, blueprint: &Blueprint) -> Vec<Rendered> {
    let helm = Helm::new(binary()).await.unwrap();
    let cache = tempfile::tempdir().unwrap();
    let charts = Charts::in_folder(root().join("charts"));
    let renderer = Renderer::new(charts, cache.path(), helm, "1.36.1");
    let (rendered, _) = renderer
        .render(blueprint, &|_, _| ())
        .await
        .unwrap_or_else(|error| panic!("{error:?}"));
    let parts = blueprint.parts.values().map(|part| {
        let release = part.release.as_ref().map(|release| &release.name);
        let objects = release.and_then(|name| rendered.releases.get(name));
        let objects = objects.map(|release| {
            release
                .objects
                .iter()
                .chain(&release.job)
                .cloned()
                .collect()
        });
        Rendered {
            name: part.component.clone(),
            namespace: part.namespace.clone(),
            config_maps: part.config_maps.clone(),
            secrets: part.secrets.clone(),
            corrects: edition.components[&part.component]
                .component
                .corrects
                .clone(),
            release: release.map(|name| name.name.clone()),
            objects: objects.unwrap_or_default(),
        }
    });
    parts.collect()
}
