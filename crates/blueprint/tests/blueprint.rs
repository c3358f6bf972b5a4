//! Blueprints of a small edition.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its world has failed"
)]

use std::path::Path;

use mosipctl_blueprint::{Absence, Blueprint, BlueprintError, SecretValue};
use mosipctl_catalogue::{Catalogue, Source};
use mosipctl_spec::environment::Role;
use mosipctl_spec::{Document, Environment};

fn catalogue() -> Catalogue {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testkit/editions");
    Source::Folder(folder)
        .load(&"0.0.1".parse().unwrap())
        .unwrap()
}

fn blueprint(spec: &str) -> Result<Blueprint, BlueprintError> {
    let text = format!(
        "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: small}}\nspec:\n  domain: example.org\n  mosip: 0.0.1\n{spec}"
    );
    let document = Document {
        name: "small.yaml",
        text: &text,
    };
    let environment = Environment::read(&document).unwrap();
    Blueprint::new(&environment, &document, &catalogue())
}

fn names(blueprint: &Blueprint) -> Vec<&str> {
    blueprint.parts.keys().map(String::as_str).collect()
}

/// The message, and where in the file or what to do.
fn complaint(spec: &str) -> String {
    use miette::Diagnostic;
    let error = blueprint(spec).unwrap_err();
    let help = error
        .help()
        .map(|help| format!(" ({help})"))
        .unwrap_or_default();
    match &error {
        BlueprintError::Environment(complaint) => {
            format!(
                "{} {complaint} ({})",
                complaint.position(),
                complaint.hint().unwrap_or_default()
            )
        }
        other => format!("{other}{help}"),
    }
}

#[test]
fn the_install_set_in_the_order_of_modules() {
    let blueprint = blueprint("").unwrap();
    assert_eq!(
        names(&blueprint),
        ["global", "databases", "server", "reader", "salt", "web"]
    );
    assert_eq!(blueprint.absent["report"], Absence::NotAskedFor);
    assert_eq!(
        blueprint.namespaces.keys().collect::<Vec<_>>(),
        ["default", "servers", "app"]
    );
}

#[test]
fn names_are_filled_in_and_hosts_can_be_set() {
    let blueprint = blueprint("  hosts: {api-host: public.example.com}\n").unwrap();
    let global = &blueprint.parts["global"].config_maps[0];
    assert_eq!(global.data["api-host"], "public.example.com");
    assert_eq!(global.data["admin-host"], "admin.example.org");
    assert_eq!(global.data["installation"], "small");
}

#[test]
fn only_a_module_brings_what_it_needs() {
    let blueprint = blueprint("  modules: {only: [extra]}\n").unwrap();
    assert_eq!(
        names(&blueprint),
        ["global", "databases", "server", "salt", "web", "report"]
    );
}

#[test]
fn a_cluster_of_another_role_gets_that_roles_modules() {
    let mut catalogue = catalogue();
    let of_role = |catalogue: &Catalogue, spec: &str| {
        let text = format!(
            "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: small}}\nspec:\n  role: observation\n  \
             domain: example.org\n  mosip: 0.0.1\n{spec}"
        );
        let document = Document {
            name: "small.yaml",
            text: &text,
        };
        let environment = Environment::read(&document).unwrap();
        Blueprint::new(&environment, &document, catalogue)
    };
    let error = of_role(&catalogue, "").unwrap_err().to_string();
    assert_eq!(error, "edition 0.0.1 has nothing for role `observation`");
    let modules = vec!["servers".to_owned()];
    catalogue.edition.roles.insert(Role::Observation, modules);
    let servers = of_role(&catalogue, "").unwrap();
    assert_eq!(names(&servers), ["databases", "server"]);
    let report = of_role(&catalogue, "  modules: {also: [extra]}\n").unwrap();
    assert!(report.parts.contains_key("report"));
}

#[test]
fn a_needed_component_that_is_switched_off_is_named_with_the_chain() {
    assert_eq!(
        complaint("  components: {server: {enabled: false}}\n"),
        "component `server` is left out, but needed: `secret app/server-password` ← web \
         (remove `spec.components.server.enabled: false`, or leave `web` out too)"
    );
}

#[test]
fn unknown_names_are_shown_in_the_file() {
    assert_eq!(
        complaint("  components:\n    sever: {replicas: 2}\n"),
        "small.yaml:8:5 unknown component `sever` (`mosipctl catalogue list` shows modules and components)"
    );
    assert_eq!(
        complaint("  hosts: {api-hst: a.example.org}\n"),
        "small.yaml:7:11 unknown host `api-hst` (known hosts: api-host, admin-host)"
    );
    assert_eq!(
        complaint("  modules: {except: [apps]}\n"),
        "small.yaml:7:22 unknown module `apps` (`mosipctl catalogue list` shows modules and components)"
    );
    assert_eq!(
        complaint("  rehearsal: {images: {'*': 'r:1', a.example.org: b, wep: 'w:1'}}\n"),
        "small.yaml:7:54 unknown component `wep` (`mosipctl catalogue list` shows modules and components)"
    );
}

#[test]
fn two_names_with_one_host_are_refused() {
    assert_eq!(
        complaint("  hosts: {api-host: admin.example.org}\n"),
        "`admin-host` and `api-host` have the same host `admin.example.org` (give each its own host under `spec.hosts`)"
    );
}

#[test]
fn settings_change_the_values_of_a_release() {
    let spec = "  components: {web: {replicas: 3, heap: 1G, image: \"example/web:2\", values: {platform: {spread: true}}}}\n";
    let blueprint = blueprint(spec).unwrap();
    let values = &blueprint.parts["web"].release.as_ref().unwrap().values;
    assert_eq!(values["service"]["replicas"], 3);
    assert_eq!(values["service"]["container"]["heap"]["max"], "1G");
    assert_eq!(values["service"]["container"]["image"], "example/web:2");
    assert_eq!(values["platform"]["spread"], true);
}

#[test]
fn a_field_that_somebody_else_manages_is_left_out() {
    let blueprint = blueprint("  components: {web: {unmanaged: [/spec/replicas]}}\n").unwrap();
    let values = &blueprint.parts["web"].release.as_ref().unwrap().values;
    assert_eq!(values["service"].get("replicas"), None);
}

#[test]
fn production_runs_two_of_what_has_no_volume() {
    let blueprint = blueprint("  profile: production\n").unwrap();
    let replicas = |name: &str| {
        blueprint.parts[name].release.as_ref().unwrap().values["service"]["replicas"].clone()
    };
    assert_eq!(replicas("web"), 2);
    assert_eq!(replicas("server"), 1);
}

#[test]
fn secrets_hold_how_and_never_what() {
    let blueprint = blueprint("").unwrap();
    let secret = &blueprint.parts["server"].secrets[0];
    assert!(matches!(&secret.keys["password"], SecretValue::Generate(how) if how.length == 16));
    assert_eq!(secret.keys["user"], SecretValue::Plain("root".to_owned()));
}

#[test]
fn a_rehearsal_needs_nothing_that_people_supply() {
    let spec = "  images: {pullSecrets: [{name: reg, registry: r.example.org, username: u, password: {from: {env: P}}}]}\n";
    let mut blueprint = blueprint(spec).unwrap();
    assert_eq!(blueprint.pretend_supplied(), 1);
    let secret = &blueprint.parts["global"].secrets[0];
    let mut values = secret.keys.values();
    assert!(values.all(|value| matches!(value, SecretValue::Plain(_))));
    assert_eq!(blueprint.pretend_supplied(), 0);
}

#[test]
fn registry_credentials_become_a_shared_secret() {
    let spec = "  images: {pullSecrets: [{name: reg, registry: r.example.org, username: u, password: {from: {env: P}}}]}\n";
    let blueprint = blueprint(spec).unwrap();
    assert_eq!(blueprint.shared.secrets["reg"], "default");
    assert_eq!(
        blueprint.parts["global"].secrets[0].kind,
        "kubernetes.io/dockerconfigjson"
    );
}

#[test]
fn equal_input_gives_equal_blueprints() {
    let (a, b) = (blueprint("").unwrap(), blueprint("").unwrap());
    assert_eq!(mosipctl_object::digest(&a), mosipctl_object::digest(&b));
}
