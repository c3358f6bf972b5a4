use mosipctl_catalogue::component::chart::Rerun;
use mosipctl_object::ReleaseName;
use mosipctl_plan::desired::DesiredJob;
use serde_json::json;

use super::*;
use crate::finding::Outcome;

/// A Job whose container has these variables.
fn with(variables: &[&str]) -> Desired {
    let env: Vec<Value> = variables
        .iter()
        .map(|value| json!({"name": "A", "value": value}))
        .collect();
    let object = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "job", "namespace": "app"},
        "spec": {"template": {"spec": {"containers": [{"name": "main", "env": env}]}}},
    });
    let job = DesiredJob {
        component: "app".to_owned(),
        object: object.try_into().unwrap(),
        digest: String::new(),
        rerun: Rerun::default(),
        needs: BTreeSet::new(),
        proves: BTreeSet::new(),
        simulated: false,
    };
    Desired {
        jobs: BTreeMap::from([(ReleaseName::new("app", "job"), job)]),
        ..Desired::default()
    }
}

fn urls(variables: &[&str]) -> Vec<String> {
    let places = addresses(&with(variables), "sandbox.example.org");
    places.into_iter().map(|place| place.url).collect()
}

#[test]
fn addresses_that_pods_are_told_are_found_by_their_server() {
    let told = [
        "https://github.com/mosip/mosip-config",
        "https://github.com/mosip/other",
        "http://time.example.com:8080/rfc3161?x=y",
    ];
    assert_eq!(
        urls(&told),
        ["http://time.example.com:8080", "https://github.com"]
    );
}

#[test]
fn what_is_inside_or_no_address_is_left_out() {
    let told = [
        "http://config-server.app/config",
        "http://web.app.svc.cluster.local",
        "http://localhost:8080",
        "http://127.0.0.1",
        "https://api.sandbox.example.org/v1",
        "https://${host}/x",
        "see https://example.com for more",
        "jdbc:postgresql://db.example.com:5432/a",
    ];
    assert_eq!(urls(&told), Vec::<String>::new());
}

#[test]
fn a_password_in_an_address_is_not_told() {
    let told = urls(&["https://user:word@git.example.com/a"]);
    assert_eq!(told, ["https://git.example.com"]);
}

#[test]
fn a_place_that_is_not_reached_from_here_is_only_warned_of() {
    let place = Place {
        url: "https://index.docker.io/v2/".to_owned(),
        registry: Some("docker.io".to_owned()),
        wanted: ["a", "b"].map(str::to_owned).into(),
    };
    let finding = judge(&place, &Err("no connection: refused".to_owned()));
    assert_eq!(finding.outcome, Outcome::Warning);
    assert_eq!(finding.what, "registry docker.io");
    assert!(finding.detail.contains("2 images come from it"));
    assert!(finding.remedy.unwrap().contains("spec.images.mirror"));
    assert_eq!(judge(&place, &Ok(401)).outcome, Outcome::Passed);
}

#[test]
fn loopback_is_this_machine_with_and_without_a_port() {
    for server in [
        "localhost:5000",
        "127.0.0.1",
        "127.0.0.1:5000",
        "[::1]",
        "[::1]:5000",
    ] {
        assert!(is_this_machine(server), "{server}");
    }
    assert!(!is_this_machine("registry.example.org:5000"));
}
