//! Checks that types cannot make: settings that exclude or need each other.

use std::collections::BTreeMap;

use mosipctl_object::Quantity;

use super::cluster::ClusterKind;
use super::externals::Mode;
use super::secret::{SecretSource, Source};
use super::{API_VERSION, Environment, Profile};
use crate::document::{Complaint, Document};

mod certificates;
mod dns;
mod postgres;
mod storage;
mod vpn;
mod workload;

type Checked = Result<(), Box<Complaint>>;

pub(super) fn check(environment: &Environment, document: &Document<'_>) -> Checked {
    let complain = |path: &[&str], message: String| Complaint::at(document, path, message);
    header(environment, &complain)?;
    languages(environment, &complain)?;
    modules(environment, &complain)?;
    hosts(environment, &complain)?;
    cluster(environment, &complain)?;
    externals(environment, &complain)?;
    amounts(environment, &complain)?;
    storage::check(environment, &complain)?;
    vpn::check(environment, &complain)?;
    dns::check(environment, &complain)?;
    certificates::check(environment, &complain)?;
    workload::check(environment, &complain)?;
    rehearsal(environment, &complain)
}

type Complain<'a> = &'a dyn Fn(&[&str], String) -> Complaint;

fn header(environment: &Environment, complain: Complain<'_>) -> Checked {
    if environment.api_version != API_VERSION {
        let message = format!("unknown apiVersion `{}`", environment.api_version);
        return fail(
            complain(&["apiVersion"], message)
                .with_help(format!("this program reads `{API_VERSION}`")),
        );
    }
    if environment.kind != "Environment" {
        let message = format!("unknown kind `{}`", environment.kind);
        return fail(
            complain(&["kind"], message).with_help("an environment file has kind `Environment`"),
        );
    }
    Ok(())
}

fn languages(environment: &Environment, complain: Complain<'_>) -> Checked {
    let languages = &environment.spec.languages;
    if languages.is_empty() {
        return fail(complain(
            &["spec", "languages"],
            "no language given".to_owned(),
        ));
    }
    for (index, language) in languages.iter().enumerate() {
        let path = ["spec", "languages", &index.to_string()];
        if language.len() != 3 || !language.bytes().all(|b| b.is_ascii_lowercase()) {
            let message = format!("`{language}` is not a language code");
            return fail(
                complain(&path, message)
                    .with_help("three lower-case letters of ISO 639-2, such as `eng`"),
            );
        }
        if languages[..index].contains(language) {
            return fail(complain(
                &path,
                format!("language `{language}` stands here twice"),
            ));
        }
    }
    Ok(())
}

fn modules(environment: &Environment, complain: Complain<'_>) -> Checked {
    let modules = &environment.spec.modules;
    if !modules.only.is_empty() && !modules.except.is_empty() {
        let message = "`only` and `except` exclude each other".to_owned();
        return fail(
            complain(&["spec", "modules", "except"], message)
                .with_help("keep one of the two lists"),
        );
    }
    Ok(())
}

fn hosts(environment: &Environment, complain: Complain<'_>) -> Checked {
    let mut seen = BTreeMap::new();
    for (key, host) in &environment.spec.hosts {
        if let Some(first) = seen.insert(host, key) {
            let message = format!("`{key}` and `{first}` have the same host `{host}`");
            let help = "two pages cannot be told apart at one host; give each its own";
            return fail(complain(&["spec", "hosts", key], message).with_help(help));
        }
    }
    Ok(())
}

fn cluster(environment: &Environment, complain: Complain<'_>) -> Checked {
    let cluster = &environment.spec.cluster;
    let kind = cluster.kind;
    let misplaced = [
        (
            "context",
            cluster.context.is_some() && !kind.has_kubeconfig(),
        ),
        (
            "kubeconfig",
            cluster.kubeconfig.is_some() && !kind.has_kubeconfig(),
        ),
        (
            "hosts",
            cluster.hosts.is_some() && kind != ClusterKind::Onprem,
        ),
        ("nodes", cluster.nodes.is_some() && kind != ClusterKind::Lab),
    ];
    if let Some((field, _)) = misplaced.iter().find(|(_, wrong)| *wrong) {
        let message = format!(
            "`{field}` means nothing for a cluster of kind `{}`",
            kind.as_str()
        );
        return fail(
            complain(&["spec", "cluster", field], message)
                .with_help("remove the field or change `kind`"),
        );
    }
    if kind == ClusterKind::Onprem && cluster.hosts.is_none() {
        let message = "a cluster of kind `onprem` needs `hosts`, the hosts file".to_owned();
        return fail(complain(&["spec", "cluster"], message));
    }
    match &cluster.nodes {
        Some(nodes) if nodes.count == 0 || nodes.cpu == 0 => fail(complain(
            &["spec", "cluster", "nodes"],
            "a lab needs at least one node with one core".to_owned(),
        )),
        _ => Ok(()),
    }
}

fn externals(environment: &Environment, complain: Complain<'_>) -> Checked {
    let externals = &environment.spec.externals;
    let missing = [
        (
            "postgres",
            externals.postgres.mode == Mode::Existing,
            "host",
            externals.postgres.host.is_none(),
        ),
        (
            "postgres",
            externals.postgres.mode == Mode::Existing,
            "password",
            externals.postgres.password.is_none(),
        ),
        (
            "keycloak",
            externals.keycloak.mode == Mode::Existing,
            "url",
            externals.keycloak.url.is_none(),
        ),
        (
            "keycloak",
            externals.keycloak.mode == Mode::Existing,
            "password",
            externals.keycloak.password.is_none(),
        ),
        (
            "keycloak",
            externals.keycloak.mode == Mode::Environment,
            "name",
            externals.keycloak.name.is_none(),
        ),
        (
            "objectStore",
            externals.object_store.mode == Mode::Existing,
            "endpoint",
            externals.object_store.endpoint.is_none(),
        ),
        (
            "objectStore",
            externals.object_store.mode == Mode::Existing,
            "credentials",
            externals.object_store.credentials.is_none(),
        ),
    ];
    for (server, wanted, field, absent) in missing {
        if wanted && absent {
            let mode = externals.modes()[server].as_str();
            let message = format!("`{server}` with mode `{mode}` needs `{field}`");
            return fail(complain(&["spec", "externals", server], message));
        }
    }
    postgres::check(&externals.postgres, complain)
}

fn amounts(environment: &Environment, complain: Complain<'_>) -> Checked {
    let spec = &environment.spec;
    if let Some(nodes) = &spec.cluster.nodes {
        amount(
            &nodes.memory,
            &["spec", "cluster", "nodes", "memory"],
            complain,
        )?;
    }
    for (name, settings) in &spec.components {
        let at = ["spec", "components", name];
        if let Some(heap) = &settings.heap {
            let path = [&at[..], &["heap"]].concat();
            let is_heap = heap
                .strip_suffix('i')
                .unwrap_or(heap)
                .strip_suffix(['K', 'M', 'G']);
            if !is_heap.is_some_and(|number| number.parse::<u32>().is_ok_and(|number| number > 0)) {
                let message = format!("`{heap}` is no size of a Java heap");
                return fail(
                    complain(&path, message).with_help("a whole number such as `750M` or `2Gi`"),
                );
            }
        }
        let resources = settings.resources.iter();
        let lists =
            resources.flat_map(|both| [("requests", &both.requests), ("limits", &both.limits)]);
        for (list, resource, text) in
            lists.flat_map(|(list, all)| all.iter().map(move |(name, text)| (list, name, text)))
        {
            let path = [&at[..], &["resources", list, resource]].concat();
            amount(text, &path, complain)?;
        }
    }
    Ok(())
}

fn amount(text: &str, path: &[&str], complain: Complain<'_>) -> Checked {
    match text.parse::<Quantity>() {
        Ok(_) => Ok(()),
        Err(error) => fail(complain(path, error.to_string())),
    }
}

fn rehearsal(environment: &Environment, complain: Complain<'_>) -> Checked {
    let Some(rehearsal) = &environment.spec.rehearsal else {
        return Ok(());
    };
    let path = ["spec", "rehearsal"];
    if environment.spec.profile == Profile::Production
        && environment.spec.cluster.kind != ClusterKind::Lab
    {
        let message = "nothing may be simulated in production".to_owned();
        return fail(
            complain(&path, message)
                .with_help("remove `rehearsal`, or rehearse with `cluster: {kind: lab}`"),
        );
    }
    if let Some(part) = rehearsal
        .simulate
        .iter()
        .find(|part| rehearsal.real.contains(part))
    {
        let message = format!("`{}` is both simulated and real", part.as_str());
        return fail(complain(&["spec", "rehearsal", "real"], message));
    }
    if let Some(requests) = &rehearsal.requests {
        let percent = requests
            .strip_suffix('%')
            .and_then(|n| n.parse::<u32>().ok());
        if !matches!(percent, Some(1..=100)) {
            let message = format!("`{requests}` is not a share of requests");
            return fail(
                complain(&["spec", "rehearsal", "requests"], message)
                    .with_help("a whole percentage such as `5%`"),
            );
        }
    }
    Ok(())
}

/// A secret that is needed before there is a cluster.
fn secret(source: &SecretSource, path: &[&str], complain: Complain<'_>) -> Checked {
    match &source.from {
        Source::Kubernetes(_) => {
            let message = "there may be no cluster yet to take a secret from".to_owned();
            fail(complain(path, message).with_help("take it from `env` or `file`"))
        }
        Source::Env(_) | Source::File(_) => Ok(()),
    }
}

fn fail(complaint: Complaint) -> Checked {
    Err(Box::new(complaint))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a file with these lines under `spec`.
    pub(super) fn complaint(spec: &str) -> String {
        let text = format!(
            "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: x}}\nspec:\n  domain: x.example.org\n  mosip: 1.2.0.1\n{spec}"
        );
        let document = Document {
            name: "x.yaml",
            text: &text,
        };
        match Environment::read(&document) {
            Ok(_) => "fine".to_owned(),
            Err(complaint) => format!("{} {complaint}", complaint.position()),
        }
    }

    #[test]
    fn the_smallest_file_is_a_sandbox_in_a_lab() {
        assert_eq!(complaint(""), "fine");
    }

    #[test]
    fn each_wrong_setting_is_named_with_its_line() {
        let cases = [
            (
                "  languages: [eng, english]\n",
                "x.yaml:7:20 `english` is not a language code",
            ),
            ("  languages: []\n", "x.yaml:7:3 no language given"),
            (
                "  cluster: {kind: lab, context: prod}\n",
                "x.yaml:7:24 `context` means nothing for a cluster of kind `lab`",
            ),
            (
                "  cluster: {kind: onprem}\n",
                "x.yaml:7:3 a cluster of kind `onprem` needs `hosts`, the hosts file",
            ),
            (
                "  modules: {only: [ida], except: [print]}\n",
                "x.yaml:7:26 `only` and `except` exclude each other",
            ),
            (
                "  externals:\n    postgres: {mode: existing}\n",
                "x.yaml:8:5 `postgres` with mode `existing` needs `host`",
            ),
            (
                "  externals:\n    postgres: {extendSeedDates: 12-31-2035}\n",
                "x.yaml:8:16 `12-31-2035` is no day",
            ),
            (
                "  externals:\n    postgres: {tls: {ca: ca.pem}}\n",
                "x.yaml:8:16 `tls` means nothing for `postgres` with mode `inCluster`",
            ),
            (
                "  externals:\n    postgres: {mode: existing, host: a, password: {from: {env: A}}, tls: {enabled: false, ca: ca.pem}}\n",
                "x.yaml:8:69 `tls` is off, so nobody is trusted by a certificate",
            ),
            (
                "  components: {web: {heap: lots}}\n",
                "x.yaml:7:22 `lots` is no size of a Java heap",
            ),
            (
                "  components: {web: {resources: {limits: {memory: 2 GB}}}}\n",
                "x.yaml:7:43 `2 GB` is not a quantity such as `500m`, `2` or `1536Mi`",
            ),
            (
                "  rehearsal: {requests: all}\n",
                "x.yaml:7:15 `all` is not a share of requests",
            ),
            (
                "  hosts:\n    mosip-api-host: a.example.org\n    mosip-prereg-host: a.example.org\n",
                "x.yaml:9:5 `mosip-prereg-host` and `mosip-api-host` have the same host `a.example.org`",
            ),
            (
                "  storage: {provider: nfs}\n",
                "x.yaml:7:13 volumes of provider `nfs` need `nfs`, the server",
            ),
            (
                "  storage: {provider: nfs, nfs: {server: a, path: '/srv/my files'}}\n",
                "x.yaml:7:45 `/srv/my files` is no folder to mount",
            ),
            (
                "  storage: {nfs: {server: filer.example.org}}\n",
                "x.yaml:7:13 `nfs` means nothing for provider `none`",
            ),
            (
                "  profile: production\n  cluster: {kind: existing}\n  rehearsal: {standIns: true}\n",
                "x.yaml:9:3 nothing may be simulated in production",
            ),
        ];
        for (spec, expected) in cases {
            assert_eq!(complaint(spec), expected);
        }
    }
}
