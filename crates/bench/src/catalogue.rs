//! A catalogue of many equal, trivial components.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::place::Place;

/// The namespace of all of them.
pub(crate) const NAMESPACE: &str = "trivial";
/// Name of the environment.
pub(crate) const ENVIRONMENT: &str = "bench";

const EDITION: &str = "\
version: 0.0.1
modules: {trivial: {title: Trivial releases, namespace: trivial}}
namespaces: {trivial: {}}
shared: {}
variables: {}
defaults: {deadline: 300}
";

/// Writes the catalogue and says in which folder it lies.
pub(crate) fn write(place: &Place, count: usize) -> Result<PathBuf> {
    place.write("editions/0.0.1/edition.yaml", EDITION)?;
    for name in names(count) {
        let file = format!("editions/0.0.1/trivial/{name}.yaml");
        place.write(&file, &component(&name))?;
    }
    Ok(place.path("editions"))
}

/// Writes an environment that wants all of it, on the cluster of a kubeconfig.
pub(crate) fn environment(place: &Place, kubeconfig: &Path) -> Result<PathBuf> {
    let text = format!(
        "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: {ENVIRONMENT}}}\nspec:\n  \
         domain: example.org\n  mosip: 0.0.1\n  cluster: {{kind: existing, kubeconfig: {}}}\n",
        kubeconfig.display()
    );
    place.write("bench.yaml", &text)
}

/// The names of the components, which are those of their releases.
pub(crate) fn names(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("trivial-{number:03}"))
}

/// A Deployment, a Service, a config map and a service account.
fn component(name: &str) -> String {
    format!(
        "title: Trivial release {name}\n\
         service:\n  \
         container: {{image: \"example/trivial:1\", ports: [{{name: http, container: 8080, service: 80}}]}}\n  \
         configMaps: {{{name}: {{word: trivial}}}}\n"
    )
}
