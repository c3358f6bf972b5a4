use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use indexmap::IndexMap;
use mosipctl_blueprint::{SecretPart, SecretValue};
use mosipctl_catalogue::component::Bucket;
use mosipctl_catalogue::edition::Server;
use mosipctl_catalogue::edition::key_store::Token;
use mosipctl_catalogue::secret::Class;
use mosipctl_object::{Kind, Object, ObjectKey, ReleaseName};
use mosipctl_plan::Desired;
use mosipctl_plan::desired::{
    DesiredCopy, DesiredFact, DesiredObject, DesiredRelease, DesiredSecret, Prepared,
};
use mosipctl_render::RenderedRelease;
use mosipctl_spec::environment::rehearsal::Part;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Asked, Rights, rights};
use crate::manifest::{NAMESPACE, manifest};
use crate::rule::{Place, Purpose, Task};

/// What is desired in a test.
#[derive(Default)]
struct World {
    desired: Desired,
    servers: IndexMap<Part, Server>,
}

impl World {
    /// An environment whose only namespace is `app`.
    fn new() -> Self {
        let mut world = Self::default();
        world.own(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "app"}}));
        world
    }

    fn own(&mut self, value: Value) {
        let object = Object::try_from(value).unwrap();
        let component = String::new();
        let desired = DesiredObject { object, component };
        self.desired.objects.insert(desired.object.key(), desired);
    }

    fn release(&mut self, namespace: &str, objects: &[Value]) {
        let name = ReleaseName::new(namespace, "web");
        let objects = objects.iter().cloned().map(Object::try_from);
        let rendered = RenderedRelease {
            name: name.clone(),
            component: "web".to_owned(),
            chart: PathBuf::new(),
            values: Value::Null,
            objects: objects.collect::<Result<_, _>>().unwrap(),
            job: None,
            digest: String::new(),
            has_hooks: false,
            stood_in: None,
        };
        let release = DesiredRelease {
            component: "web".to_owned(),
            rendered,
            needs: BTreeSet::new(),
            makes: BTreeSet::new(),
            proves: BTreeSet::new(),
            stands_in_for: None,
        };
        self.desired.releases.insert(name, release);
    }

    fn secret(&mut self, namespace: &str, value: SecretValue) {
        let part = SecretPart {
            namespace: namespace.to_owned(),
            name: "password".to_owned(),
            class: Class::Rotatable,
            kind: "Opaque".to_owned(),
            keys: IndexMap::from([("password".to_owned(), value)]),
        };
        let key = ObjectKey::namespaced(Kind::core("Secret"), namespace, "password");
        let component = "web".to_owned();
        let secret = DesiredSecret { part, component };
        self.desired.secrets.insert(key, secret);
    }

    fn bucket(&mut self, simulated: Option<&str>) {
        let bucket: Bucket =
            serde_json::from_value(json!({"name": "packets", "holds": "packets"})).unwrap();
        let what = Prepared::Bucket(bucket);
        let fact = DesiredFact {
            component: "web".to_owned(),
            needs: BTreeSet::new(),
            simulated: simulated.map(str::to_owned),
            what,
        };
        self.desired.prepared.insert(fact.what.fact(), fact);
        let server = json!({"service": "app/minio", "port": 9000, "password": "app/minio#key", "release": "app/minio", "listens": 9000});
        let server: Server = serde_json::from_value(server).unwrap();
        self.servers.insert(Part::ObjectStore, server);
    }

    fn rights(&self) -> Rights {
        rights(&Asked {
            environment: "small",
            desired: &self.desired,
            servers: &self.servers,
        })
    }
}

fn object(api: &str, kind: &str, namespace: Option<&str>) -> Value {
    json!({"apiVersion": api, "kind": kind, "metadata": {"name": "web", "namespace": namespace}})
}

/// Whether these rights are enough, as Kubernetes looks at them. A request that makes an object by `POST` has no name.
fn may(rights: &Rights, verb: &str, resource: &str, namespace: &str, name: Option<&str>) -> bool {
    rights.rules.iter().any(|rule| {
        let is_here = match &rule.place {
            Place::Everywhere => true,
            Place::Namespace(here) => here == namespace,
        };
        let is_named = name.is_some_and(|name| rule.names.iter().any(|known| known == name));
        is_here
            && rule.resource.to_string() == resource
            && (rule.names.is_empty() || is_named)
            && rule.verbs().contains(&verb)
    })
}

#[test]
fn an_object_of_a_release_may_be_read_compared_made_and_deleted() {
    let mut world = World::new();
    world.release("app", &[object("apps/v1", "Deployment", Some("app"))]);
    let rights = world.rights();
    for verb in ["get", "create", "patch", "delete"] {
        let is_given = |namespace| may(&rights, verb, "deployments.apps", namespace, Some("web"));
        assert!(is_given("app"), "{verb}");
        assert!(!is_given("theirs"), "{verb}");
    }
    for verb in ["list", "watch"] {
        assert!(
            may(&rights, verb, "deployments.apps", "theirs", None),
            "{verb}"
        );
    }
}

#[test]
fn in_a_namespace_of_others_rights_are_given_by_name() {
    let mut world = World::new();
    world.own(object("v1", "ConfigMap", Some("default")));
    let rights = world.rights();
    assert!(may(&rights, "patch", "configmaps", "default", Some("web")));
    assert!(!may(
        &rights,
        "patch",
        "configmaps",
        "default",
        Some("theirs")
    ));
    assert!(!rights.namespaces.contains("default"));
}

#[test]
fn namespaces_are_labelled_and_neither_made_nor_deleted() {
    let rights = World::new().rights();
    assert!(may(&rights, "patch", "namespaces", "", Some("app")));
    assert!(!may(&rights, "patch", "namespaces", "", Some("theirs")));
    for verb in ["create", "delete"] {
        assert!(!may(&rights, verb, "namespaces", "", Some("app")), "{verb}");
    }
    let made = manifest(&rights);
    let made = made.iter().filter(|object| object["kind"] == "Namespace");
    let made: Vec<&Value> = made.map(|object| &object["metadata"]["name"]).collect();
    assert_eq!(made, ["app", NAMESPACE]);
}

#[test]
fn a_secret_that_is_made_has_no_name_yet_when_rights_are_looked_at() {
    let mut world = World::new();
    world.secret("default", SecretValue::Plain("root".to_owned()));
    let rights = world.rights();
    assert!(may(&rights, "create", "secrets", "default", None));
    assert!(may(
        &rights,
        "delete",
        "secrets",
        "default",
        Some("password")
    ));
    assert!(!may(
        &rights,
        "delete",
        "secrets",
        "default",
        Some("theirs")
    ));
}

#[test]
fn a_secret_that_a_value_is_taken_from_may_be_read_and_nothing_else() {
    let mut world = World::new();
    let (secret, key) = ("vault/smtp".to_owned(), "password".to_owned());
    world.secret("app", SecretValue::CopyOf { secret, key });
    let rights = world.rights();
    assert!(may(&rights, "get", "secrets", "vault", Some("smtp")));
    assert!(!may(&rights, "get", "secrets", "vault", Some("other")));
    assert!(!may(&rights, "patch", "secrets", "vault", Some("smtp")));
}

#[test]
fn a_copy_is_written_and_its_original_only_read() {
    let mut world = World::new();
    let map = |namespace: &str| ObjectKey::namespaced(Kind::core("ConfigMap"), namespace, "global");
    let component = "web".to_owned();
    let copy = DesiredCopy {
        from: map("default"),
        component,
    };
    world.desired.copies.insert(map("app"), copy);
    let rights = world.rights();
    assert!(may(&rights, "get", "configmaps", "default", Some("global")));
    assert!(!may(
        &rights,
        "patch",
        "configmaps",
        "default",
        Some("global")
    ));
    assert!(may(&rights, "patch", "configmaps", "app", Some("global")));
}

#[test]
fn what_a_chart_grants_its_pods_is_asked_for_too_so_that_nobody_may_escalate() {
    let mut world = World::new();
    let mut role = object("rbac.authorization.k8s.io/v1", "Role", Some("app"));
    role["rules"] = json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]);
    let mut binding = object("rbac.authorization.k8s.io/v1", "RoleBinding", Some("app"));
    binding["roleRef"] = json!({"kind": "Role", "name": "web"});
    world.release("app", &[role, binding]);
    let rights = world.rights();
    assert!(may(&rights, "get", "pods", "app", Some("any")));
    assert!(!may(&rights, "get", "pods", "theirs", Some("any")));
    let roles = "roles.rbac.authorization.k8s.io";
    assert!(may(&rights, "bind", roles, "app", Some("web")));
    assert!(!may(&rights, "bind", roles, "app", Some("admin")));
    let mut verbs = rights.rules.iter().flat_map(|rule| rule.verbs());
    assert!(verbs.all(|verb| verb != "escalate" && verb != "*"));
}

#[test]
fn cluster_roles_of_charts_may_name_addresses_that_are_no_resources() {
    let mut world = World::new();
    let mut role = object("rbac.authorization.k8s.io/v1", "ClusterRole", None);
    role["rules"] = json!([{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]);
    world.release("app", &[role]);
    let made = manifest(&world.rights());
    let role = made.iter().find(|object| object["kind"] == "ClusterRole");
    let rules = role.unwrap()["rules"].as_array().unwrap();
    assert!(rules.contains(&json!({"nonResourceURLs": ["/metrics"], "verbs": ["get"]})));
}

#[test]
fn a_custom_resource_is_called_as_its_definition_says() {
    let mut world = World::new();
    let mut definition = object("apiextensions.k8s.io/v1", "CustomResourceDefinition", None);
    definition["spec"] =
        json!({"group": "example.org", "names": {"kind": "Mouse", "plural": "mice"}});
    world.release(
        "app",
        &[definition, object("example.org/v1", "Mouse", Some("app"))],
    );
    let rights = world.rights();
    assert!(may(
        &rights,
        "patch",
        "mice.example.org",
        "app",
        Some("web")
    ));
    let definitions = "customresourcedefinitions.apiextensions.k8s.io";
    assert!(may(&rights, "create", definitions, "", Some("web")));
    assert!(!may(&rights, "create", definitions, "", Some("theirs")));
}

#[test]
fn only_servers_that_are_real_are_reached() {
    let reach = |simulated| {
        let mut world = World::new();
        world.bucket(simulated);
        let rights = world.rights();
        may(&rights, "create", "pods/portforward", "app", None)
    };
    assert!(reach(None));
    assert!(!reach(Some("no server to act on")));
}

#[test]
fn tokens_are_read_in_their_pods_by_down_alone() {
    let mut world = World::new();
    let token = Token {
        release: "app/hsm".to_owned(),
        label: "keys".to_owned(),
        pin: "app/hsm#pin".to_owned(),
        container: "softhsm".to_owned(),
    };
    world.desired.tokens.insert(token.fact(), token);
    let rights = world.rights();
    assert!(may(&rights, "create", "pods/exec", "app", None));
    assert!(!may(&rights, "create", "pods/exec", "theirs", None));
    let rules = rights.rules.iter();
    let mut rules = rules.filter(|rule| rule.resource.to_string() == "pods/exec");
    let grants = rules.next().unwrap().grants.iter();
    let mut tasks = grants.flat_map(|grant| grant.reasons.iter().map(|(_, task)| *task));
    assert!(tasks.all(|task| task == Task::Down));
}

#[test]
fn verify_needs_servers_and_nothing_that_is_written_to_the_cluster() {
    let mut world = World::new();
    world.release("app", &[object("apps/v1", "Deployment", Some("app"))]);
    world.bucket(None);
    let rights = world.rights();
    let grants = rights.rules.iter().flat_map(|rule| {
        let resource = rule.resource.to_string();
        rule.grants
            .iter()
            .map(move |grant| (resource.clone(), grant))
    });
    let of_verify = grants.filter(|(_, grant)| {
        let mut tasks = grant.reasons.iter().map(|(_, task)| *task);
        tasks.any(|task| task == Task::Verify)
    });
    let of_verify: BTreeSet<String> = of_verify
        .map(|(resource, grant)| format!("{} {resource}", grant.verb))
        .collect();
    let wanted = [
        "create pods/portforward",
        "get namespaces",
        "get pods/portforward",
        "get secrets",
        "get services",
        "list pods",
    ];
    assert_eq!(of_verify, wanted.map(str::to_owned).into());
}

#[test]
fn every_role_is_bound_to_the_account_and_stands_after_its_namespace() {
    let mut world = World::new();
    world.release("app", &[object("apps/v1", "Deployment", Some("app"))]);
    let made = manifest(&world.rights());
    let kinds: Vec<&str> = made
        .iter()
        .filter_map(|object| object["kind"].as_str())
        .collect();
    let wanted = [
        "Namespace",
        "Namespace",
        "ServiceAccount",
        "ClusterRole",
        "ClusterRoleBinding",
        "Role",
        "RoleBinding",
        "Role",
        "RoleBinding",
    ];
    assert_eq!(kinds, wanted);
    let bindings = made.iter().filter(|object| !object["roleRef"].is_null());
    for binding in bindings {
        assert_eq!(binding["roleRef"]["name"], "mosipctl-small");
        assert_eq!(binding["subjects"][0]["name"], "mosipctl");
    }
}

fn kinds() -> impl Strategy<Value = (String, String)> {
    prop::sample::select(vec![
        ("v1", "ConfigMap"),
        ("v1", "Service"),
        ("v1", "Secret"),
        ("apps/v1", "StatefulSet"),
        ("batch/v1", "CronJob"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
        ("networking.istio.io/v1", "Gateway"),
    ])
    .prop_map(|(api, kind)| (api.to_owned(), kind.to_owned()))
}

fn places() -> impl Strategy<Value = Option<&'static str>> {
    prop::sample::select(vec![None, Some("app"), Some("default"), Some("theirs")])
}

proptest! {
    #[test]
    fn whatever_is_desired_may_be_done_and_nothing_of_others_without_its_name(
        objects in prop::collection::vec((kinds(), places()), 0..12)
    ) {
        let mut world = World::new();
        let values: Vec<Value> = objects.iter().map(|((api, kind), place)| object(api, kind, *place)).collect();
        world.release("app", &values);
        let rights = world.rights();
        let plurals = crate::resource::Plurals::default();
        for value in values {
            let object = Object::try_from(value).unwrap();
            let resource = plurals.resource(&object.kind()).to_string();
            let namespace = object.namespace().unwrap_or_default();
            for verb in ["get", "create", "patch", "delete", "list", "watch"] {
                let name = (verb != "list" && verb != "watch").then_some("web");
                prop_assert!(may(&rights, verb, &resource, namespace, name), "{verb} {resource} in {namespace:?}");
            }
        }
        let at_home = ["app", NAMESPACE].map(Place::namespace);
        for rule in rights.rules.iter().filter(|rule| !at_home.contains(&rule.place)) {
            let reads = |verb: &&str| ["list", "watch"].contains(verb);
            prop_assert!(!rule.names.is_empty() || rule.verbs().iter().all(reads), "{rule:?}");
        }
    }

    #[test]
    fn no_right_stands_twice(objects in prop::collection::vec((kinds(), places()), 0..12)) {
        let mut world = World::new();
        let values: Vec<Value> = objects.iter().map(|((api, kind), place)| object(api, kind, *place)).collect();
        world.release("app", &values);
        let mut seen: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        for rule in &world.rights().rules {
            let names = match rule.names.is_empty() { true => vec!["*".to_owned()], false => rule.names.clone() };
            for name in names {
                for verb in rule.verbs() {
                    let right = (format!("{:?} {}", rule.place, rule.resource), name.clone(), verb.to_owned());
                    *seen.entry(right).or_default() += 1;
                }
            }
        }
        prop_assert!(seen.values().all(|times| *times == 1));
    }
}

#[test]
fn every_right_says_what_it_is_for() {
    let mut world = World::new();
    world.release("app", &[object("apps/v1", "Deployment", Some("app"))]);
    world.bucket(None);
    let rights = world.rights();
    let mut grants = rights.rules.iter().flat_map(|rule| &rule.grants);
    assert!(grants.all(|grant| !grant.reasons.is_empty()));
    let purposes: BTreeSet<Purpose> = rights
        .rules
        .iter()
        .flat_map(|rule| &rule.grants)
        .flat_map(|grant| grant.reasons.iter().map(|(purpose, _)| *purpose))
        .collect();
    assert!(purposes.contains(&Purpose::Lock) && purposes.contains(&Purpose::Records));
}
