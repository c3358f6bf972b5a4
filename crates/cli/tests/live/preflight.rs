//! The real target is looked at before anything is made in it.

use std::path::Path;

use k8s_openapi::api::core::v1::{Namespace, Service};
use k8s_openapi::api::rbac::v1::ClusterRoleBinding;
use k8s_openapi::api::storage::v1::StorageClass;
use kube::api::{Api, DeleteParams, ListParams, PostParams};
use kube::config::Kubeconfig;
use kube::{Client, ResourceExt};
use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_servers::{Registry, RegistrySettings, free_port};
use mosipctl_testkit::bare_control_plane;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::support::{Said, Story, client, give_rights};

/// Default classes are one for the whole cluster.
static CLASSES: Mutex<()> = Mutex::const_new(());

/// Another sort of access for the volume of the small edition's server.
fn shared_volume(story: &Story) {
    let folder = format!("editions/0.0.1/{}-servers/server.yaml", story.prefix);
    let file = story.folder().join(folder);
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("size: 1Gi}", "size: 1Gi, access: ReadWriteMany}");
    std::fs::write(file, text).unwrap();
}

/// The small edition, whose images come from a registry of this machine that is not there.
fn small(name: &str, kubeconfig: &Path) -> Story {
    let story = Story::small(name, kubeconfig);
    story.write(&mirror(&nowhere()));
    story
}

/// A port of this machine that nobody listens at.
fn nowhere() -> String {
    format!("127.0.0.1:{}", free_port().unwrap())
}

/// The line of an environment that names a registry for all images.
fn mirror(host: &str) -> String {
    format!("  images: {{mirror: \"{host}\"}}\n")
}

/// The findings of a check.
fn found(said: &Said, id: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(&said.out).unwrap();
    let findings = all["findings"].as_array().unwrap().iter();
    let found = findings.filter(|finding| finding["id"] == id);
    found.cloned().collect()
}

async fn foreign_service(client: &Client, namespace: &str) {
    let made = json!({"metadata": {"name": namespace}});
    let made: Namespace = serde_json::from_value(made).unwrap();
    let namespaces: Api<Namespace> = Api::all(client.clone());
    namespaces
        .create(&PostParams::default(), &made)
        .await
        .unwrap();
    let service = json!({"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}});
    let service: Service = serde_json::from_value(service).unwrap();
    let services: Api<Service> = Api::namespaced(client.clone(), namespace);
    services
        .create(&PostParams::default(), &service)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_cluster_that_is_fit_passes_before_and_after_up_and_nothing_is_left_of_the_test() {
    let _classes = CLASSES.lock().await;
    let cluster = bare_control_plane().await;
    let story = small("fit", &cluster.kubeconfig());
    let said = story.run(&["preflight", "--bind-test"]).ended_with(&[0]);
    said.says("not checked")
        .says(" 0 failed")
        .says("a claim was bound");
    let json = story.run(&["preflight", "--json"]).ended_with(&[0]);
    assert_eq!(found(&json, "bind-test")[0]["outcome"], "skipped");
    assert_eq!(found(&json, "kubernetes-version")[0]["outcome"], "passed");
    assert_eq!(found(&json, "rights")[0]["outcome"], "passed");
    assert_eq!(found(&json, "clock")[0]["outcome"], "passed");
    assert_eq!(found(&json, "name-clash")[0]["outcome"], "passed");
    assert_eq!(found(&json, "image-digests")[0]["outcome"], "skipped");
    let egress = found(&json, "egress");
    assert_eq!(egress[0]["outcome"], "warning", "{egress:?}");
    assert_eq!(egress[1]["what"], "what nodes and pods reach");
    assert_eq!(egress[1]["outcome"], "skipped");
    story.up();
    let json = story.run(&["preflight", "--json"]).ended_with(&[0]);
    assert_eq!(found(&json, "name-clash")[0]["outcome"], "passed");
    let namespaces: Api<Namespace> = Api::all(client(&story.kubeconfig()).await);
    let left = namespaces.list(&ListParams::default()).await.unwrap();
    let mut left = left
        .iter()
        .filter(|it| it.name_any().starts_with("mosipctl-preflight-"));
    assert!(left.all(|namespace| namespace.metadata.deletion_timestamp.is_some()));
}

#[tokio::test]
async fn a_cluster_without_a_class_for_shared_volumes_fails_with_the_remedy() {
    let _classes = CLASSES.lock().await;
    let cluster = bare_control_plane().await;
    let client = cluster.client().await;
    let story = small("shared", &cluster.kubeconfig());
    shared_volume(&story);
    let said = story.run(&["preflight", "--json"]).ended_with(&[3]);
    let finding = &found(&said, "shared-storage")[0];
    assert_eq!(finding["outcome"], "failed");
    let remedy = finding["remedy"].as_str().unwrap();
    assert!(remedy.contains("spec.storage.sharedClass"), "{remedy}");
    let classes: Api<StorageClass> = Api::all(client);
    let all = classes.list(&ListParams::default()).await.unwrap();
    let many = |class: &&StorageClass| {
        let parameters = class.parameters.clone().unwrap_or_default();
        parameters
            .get("access")
            .is_some_and(|access| access == "ReadWriteMany")
    };
    let many = all.iter().find(many).unwrap().name_any();
    let images = mirror(&nowhere());
    story.write(&format!("{images}  storage: {{sharedClass: {many}}}\n"));
    let said = story
        .run(&["preflight", "--json", "--bind-test"])
        .ended_with(&[0]);
    assert_eq!(found(&said, "shared-storage")[0]["outcome"], "passed");
    assert_eq!(found(&said, "bind-test")[0]["outcome"], "passed");
}

#[tokio::test]
async fn an_image_that_its_registry_does_not_have_fails_by_the_release_that_wants_it() {
    let cluster = bare_control_plane().await;
    let story = Story::small("images", &cluster.kubeconfig());
    let settings = RegistrySettings {
        folder: story.folder().join("registry"),
        user: None,
    };
    let artefacts = Artefacts::new(Settings::from_environment().unwrap());
    let registry = match Registry::start(&artefacts, &settings).await {
        Ok(registry) => registry,
        Err(error) if error.is_missing() => {
            eprintln!("skipped: {error}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    story.write(&mirror(&registry.host()));
    let said = story.run(&["preflight"]).ended_with(&[3]);
    let image = format!("{}/example/server:1", registry.host());
    let release = format!("{}/server", story.namespace("servers"));
    said.says(&image)
        .says(&format!(
            "the registry does not have it. Wanted by {release}"
        ))
        .says("spec.images");
    registry.stop().await;
}

#[tokio::test]
async fn a_foreign_object_of_the_same_name_is_named() {
    let cluster = bare_control_plane().await;
    let story = small("clash", &cluster.kubeconfig());
    let namespace = story.namespace("app");
    let client = cluster.client().await;
    foreign_service(&client, &namespace).await;
    let said = story.run(&["preflight"]).ended_with(&[3]);
    said.says(&format!("Service `{namespace}/web`"))
        .says("remedy: rename or delete it")
        .says("of kind Namespace that others made");
    let services: Api<Service> = Api::namespaced(client, &namespace);
    services
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    story.run(&["preflight"]).ended_with(&[0]);
}

/// Lets a story speak as somebody who may only look, and not at Secrets.
async fn become_reader(story: &Story, administrator: &Client) {
    let binding = json!({
        "metadata": {"name": story.name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": story.name}],
    });
    let binding: ClusterRoleBinding = serde_json::from_value(binding).unwrap();
    let bindings: Api<ClusterRoleBinding> = Api::all(administrator.clone());
    bindings
        .create(&PostParams::default(), &binding)
        .await
        .unwrap();
    speak_as(story, &story.name);
}

/// Lets a story speak as somebody.
fn speak_as(story: &Story, user: &str) {
    let mut kubeconfig = Kubeconfig::read_from(story.kubeconfig()).unwrap();
    for named in &mut kubeconfig.auth_infos {
        let info = named.auth_info.as_mut().unwrap();
        info.impersonate = Some(user.to_owned());
    }
    let text = serde_json::to_string(&kubeconfig).unwrap();
    std::fs::write(story.kubeconfig(), text).unwrap();
}

#[tokio::test]
async fn the_rights_that_are_printed_are_enough() {
    let cluster = bare_control_plane().await;
    let story = small("enough", &cluster.kubeconfig());
    give_rights(&story, &cluster.client().await).await;
    speak_as(&story, "system:serviceaccount:mosipctl-system:mosipctl");
    let said = story.run(&["preflight", "--json"]).ended_with(&[0]);
    let rights = &found(&said, "rights")[0];
    assert_eq!(rights["outcome"], "passed", "{rights}");
}

#[tokio::test]
async fn who_may_only_look_is_told_what_is_missing_and_everything_else_too() {
    let cluster = bare_control_plane().await;
    let story = small("reader", &cluster.kubeconfig());
    become_reader(&story, &cluster.client().await).await;
    let said = story.run(&["preflight", "--json"]).ended_with(&[3]);
    let rights = &found(&said, "rights")[0];
    assert_eq!(rights["outcome"], "failed");
    let remedy = rights["remedy"].as_str().unwrap();
    assert!(remedy.contains("mosipctl rights"), "{remedy}");
    assert_eq!(found(&said, "kubernetes-version")[0]["outcome"], "passed");
    let clashes = found(&said, "name-clash");
    let unseen = clashes.iter().any(|clash| clash["outcome"] == "skipped");
    assert!(unseen, "{clashes:?}");
}
