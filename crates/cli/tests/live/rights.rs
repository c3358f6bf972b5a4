//! A cluster whose administrator gives mosipctl exactly what `mosipctl rights` asks for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{PolicyRule, Role};
use kube::api::{Api, ListParams, PostParams};
use kube::config::Kubeconfig;
use kube::{Client, ResourceExt};
use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_lab::{Cluster, Kubelet, Lab, LabFolder, LabSettings, Lifetime};
use mosipctl_testkit::bare_control_plane;
use tempfile::TempDir;

use crate::support::{Made, Story, client, give_rights};

const NAMESPACE: &str = "mosipctl-system";
const ACCOUNT: &str = "mosipctl";
/// Servers that there are none of.
const SIMULATED: &str = "[postgres, keycloak, objectStore, activemq, kafka, softhsm]";

#[tokio::test]
async fn up_plan_verify_and_down_work_with_exactly_the_rights_that_are_printed() {
    let cluster = bare_control_plane().await;
    let story = Story::small("least", &cluster.kubeconfig());
    let administrator = client(&story.kubeconfig()).await;
    give_rights(&story, &administrator).await;
    become_account(&story.kubeconfig(), &administrator).await;

    story.run(&["plan", "--exit-code"]).ended_with(&[3]);
    story.run(&["up", "--yes"]).ended_with(&[0]);
    story.run(&["up"]).ended_with(&[0]).says("nothing to do");
    let plan = story.run(&["plan", "--exit-code"]).ended_with(&[0]);
    assert!(!plan.all().contains("cannot be seen"), "{}", plan.all());
    story.run(&["status"]).ended_with(&[0]).says("ready");
    story
        .run(&["explain", "web"])
        .ended_with(&[0])
        .says("ready");
    story.run(&["verify", "data"]).ended_with(&[0]);
    story.run(&["down", "--yes"]).ended_with(&[0]);
    story.up();
    let confirm = ["down", "--delete-data", "--confirm", &story.name];
    story.run(&confirm).ended_with(&[0]);
}

#[tokio::test]
async fn without_one_right_up_names_it_and_the_command_that_prints_it() {
    let cluster = bare_control_plane().await;
    let story = Story::small("lacks", &cluster.kubeconfig());
    let administrator = client(&story.kubeconfig()).await;
    give_rights(&story, &administrator).await;
    let namespace = story.namespace("app");
    take(
        &administrator,
        &namespace,
        &story.name,
        "deployments",
        "create",
    )
    .await;
    become_account(&story.kubeconfig(), &administrator).await;

    let said = story.run(&["up", "--yes"]).ended_with(&[1]);
    let user = format!("system:serviceaccount:{NAMESPACE}:{ACCOUNT}");
    said.says(&format!(
        "User \"{user}\" cannot create resource \"deployments\" in API group \"apps\" in the namespace \"{namespace}\""
    ))
    .says("mosipctl rights");

    give_rights(&story, &administrator).await;
    story.up();
    story.run(&["up"]).ended_with(&[0]).says("nothing to do");
}

#[tokio::test]
async fn without_the_right_to_write_the_inventory_nothing_is_begun() {
    let cluster = bare_control_plane().await;
    let story = Story::small("unwritten", &cluster.kubeconfig());
    let administrator = client(&story.kubeconfig()).await;
    give_rights(&story, &administrator).await;
    take(&administrator, NAMESPACE, &story.name, "secrets", "patch").await;
    become_account(&story.kubeconfig(), &administrator).await;

    let said = story.run(&["up", "--yes"]).ended_with(&[1]);
    said.says("cannot patch resource \"secrets\"")
        .says("so nothing was begun")
        .says("mosipctl rights environment.yaml --yaml");
    let is_ours = |namespace: &str| namespace.starts_with(&story.prefix);
    let made = Made::seen(&administrator, is_ours).await;
    assert!(
        made.secrets.is_empty() && made.releases.is_empty(),
        "{made:?}"
    );

    give_rights(&story, &administrator).await;
    story.up();
    story.run(&["up"]).ended_with(&[0]).says("nothing to do");
}

#[tokio::test]
async fn what_may_not_be_deleted_keeps_nothing_else_of_down_waiting() {
    let cluster = bare_control_plane().await;
    let story = Story::small("undeleted", &cluster.kubeconfig());
    let administrator = client(&story.kubeconfig()).await;
    give_rights(&story, &administrator).await;
    become_account(&story.kubeconfig(), &administrator).await;
    story.up();
    let namespace = story.namespace("servers");
    take(
        &administrator,
        &namespace,
        &story.name,
        "serviceaccounts",
        "delete",
    )
    .await;

    let began = Instant::now();
    let down = ["down", "--delete-data", "--confirm", &story.name];
    let said = story.run(&down).ended_with(&[1]);
    said.says("cannot delete resource \"serviceaccounts\"");
    // a claim whose pods were kept from going would be waited for five minutes
    assert!(
        began.elapsed() < Duration::from_secs(120),
        "{:?}",
        began.elapsed()
    );
    let deployments: Api<Deployment> = Api::namespaced(administrator.clone(), &namespace);
    let left = deployments.list(&ListParams::default()).await.unwrap();
    assert!(left.items.is_empty(), "{left:?}");

    give_rights(&story, &administrator).await;
    story.run(&down).ended_with(&[0]);
}

/// Charts of the whole edition grant rights to their pods, define kinds, and write into a namespace of others.
#[tokio::test]
async fn a_whole_mosip_needs_no_more_than_the_rights_that_are_printed() {
    // the environment's name and namespaces are taken on the cluster that tests share
    let (cluster, folder) = own_control_plane().await;
    let story = Story::sandbox("");
    let kubeconfig = folder.path().join("account");
    fs::copy(cluster.kubeconfig(), &kubeconfig).unwrap();
    existing(&story, &kubeconfig);
    let administrator = client(&kubeconfig).await;
    give_rights(&story, &administrator).await;
    become_account(&kubeconfig, &administrator).await;

    story.run(&["up", "--yes"]).ended_with(&[0]);
    story.run(&["plan", "--exit-code"]).ended_with(&[0]);
    story.run(&["verify", "data"]).ended_with(&[0]);
    story.run(&["down", "--yes"]).ended_with(&[0]);
    cluster.stop().await.unwrap();
}

/// A control plane where every pod is ready at once, for one test.
async fn own_control_plane() -> (Lab, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let settings = LabSettings {
        folder: LabFolder::new(folder.path(), "rights".parse().unwrap()),
        cluster: Cluster {
            kubelet: Kubelet::Careless,
            ..Cluster::default()
        },
        artefacts: Artefacts::new(Settings::from_environment().unwrap()),
        supervisor: mosipctl_testkit::launcher(),
        lifetime: Lifetime::WithCaller,
    };
    let lab = Lab::start(settings, Arc::new(|_: &_| {})).await.unwrap();
    (lab, folder)
}

/// Makes the lab of a story a cluster that was there before.
fn existing(story: &Story, kubeconfig: &Path) {
    let text = fs::read_to_string(story.file()).unwrap();
    let cluster = format!(
        "cluster: {{kind: existing, kubeconfig: {}}}\n  storage: {{sharedClass: shared}}\n  rehearsal: {{standIns: true, simulate: {SIMULATED}}}",
        kubeconfig.display()
    );
    fs::write(story.file(), text.replace("cluster: {kind: lab}", &cluster)).unwrap();
}

/// From now on whoever uses the kubeconfig is the service account.
async fn become_account(file: &Path, administrator: &Client) {
    let accounts: Api<ServiceAccount> = Api::namespaced(administrator.clone(), NAMESPACE);
    let request = TokenRequest {
        spec: TokenRequestSpec {
            expiration_seconds: Some(3600),
            ..TokenRequestSpec::default()
        },
        ..TokenRequest::default()
    };
    let params = PostParams::default();
    let token = accounts.create_token_request(ACCOUNT, &params, &request);
    let token = token.await.unwrap().status.unwrap().token;
    let mut kubeconfig = Kubeconfig::read_from(file).unwrap();
    for user in &mut kubeconfig.auth_infos {
        let account = serde_json::json!({"token": token});
        user.auth_info = Some(serde_json::from_value(account).unwrap());
    }
    // JSON is YAML
    fs::write(file, serde_json::to_string(&kubeconfig).unwrap()).unwrap();
}

/// Takes one right away again.
async fn take(client: &Client, namespace: &str, environment: &str, resource: &str, verb: &str) {
    let roles: Api<Role> = Api::namespaced(client.clone(), namespace);
    let mut role = roles.get(&format!("mosipctl-{environment}")).await.unwrap();
    let rules = role.rules.take().unwrap_or_default();
    role.rules = Some(
        rules
            .into_iter()
            .flat_map(|rule| without(rule, resource, verb))
            .collect(),
    );
    let name = role.name_any();
    roles
        .replace(&name, &PostParams::default(), &role)
        .await
        .unwrap();
}

/// The rule for its other resources, and for this one without the verb.
fn without(rule: PolicyRule, resource: &str, verb: &str) -> Vec<PolicyRule> {
    let resources: BTreeSet<String> = rule
        .resources
        .clone()
        .unwrap_or_default()
        .into_iter()
        .collect();
    if !resources.contains(resource) {
        return vec![rule];
    }
    let others = resources
        .iter()
        .filter(|other| *other != resource)
        .cloned()
        .collect();
    let verbs = rule
        .verbs
        .iter()
        .filter(|other| *other != verb)
        .cloned()
        .collect();
    let others = PolicyRule {
        resources: Some(others),
        ..rule.clone()
    };
    let rest = PolicyRule {
        resources: Some(vec![resource.to_owned()]),
        verbs,
        ..rule
    };
    vec![others, rest]
        .into_iter()
        .filter(|rule| {
            rule.resources
                .as_ref()
                .is_some_and(|resources| !resources.is_empty())
        })
        .collect()
}
