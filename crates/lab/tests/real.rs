//! What runs for real behind pods: tokens of SoftHSM, and Jobs that end as their programs do.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they skip"
)]

mod workload;

use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::ResourceExt;
use kube::api::{Api, AttachParams, DeleteParams, LogParams};
use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_lab::{
    Expectations, RealDatabase, RealIssuer, RealKeyJob, RealKeys, RealKind, RealSalts, RealServer,
    RealToken, Subject, expect,
};
use mosipctl_servers::SoftHsm;
use mosipctl_testkit::lab;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::sync::OnceCell;
use workload::{Place, condition, deployment, goes, is_ready, job, name, secret};

mosipctl_testkit::supervisor!();

/// A namespace in a lab that was told what in it is real.
async fn place() -> Place {
    static EXPECTED: OnceCell<String> = OnceCell::const_new();
    let lab = lab().await;
    let client = lab.client().await;
    let namespace = EXPECTED
        .get_or_init(async || {
            let namespace = lab.namespace("real").await;
            let expectations = Expectations {
                real: real(&namespace),
                ..Expectations::default()
            };
            expect(&client, &expectations, 100.0).await.unwrap();
            namespace
        })
        .await;
    Place {
        namespace: namespace.clone(),
        client,
    }
}

fn real(namespace: &str) -> Vec<RealServer> {
    let subject = |instance: &str| Subject::new(namespace, instance);
    let secret = format!("{namespace}/pin#pin");
    let token = RealToken {
        label: "mosip-token".to_owned(),
        pin: secret.clone(),
    };
    let keys = RealKeys {
        pods: subject("nobody"),
        token: token.clone(),
        database: RealDatabase {
            server: subject("nobody"),
            name: "keys".to_owned(),
            schema: "keys".to_owned(),
            user: "user".to_owned(),
            password: secret.clone(),
        },
        issuer: RealIssuer {
            server: subject("nobody"),
            address: "http://nobody".to_owned(),
            realm: "mosip".to_owned(),
            clients: Vec::new(),
            client: "client".to_owned(),
            secret: secret.clone(),
        },
        salts: RealSalts {
            uin: secret.clone(),
            partner_code: secret,
        },
    };
    let job = RealKeyJob {
        keys,
        master: vec!["ROOT".to_owned()],
        base: Vec::new(),
        application: None,
        random: 0,
    };
    let kept = RealToken {
        pin: format!("{namespace}/first#pin"),
        ..token.clone()
    };
    vec![
        RealServer {
            subject: subject("softhsm"),
            kind: RealKind::Token(token),
        },
        RealServer {
            subject: subject("kept"),
            kind: RealKind::Token(kept),
        },
        RealServer {
            subject: subject("keygen"),
            kind: RealKind::KeyJob(Box::new(job)),
        },
    ]
}

/// Why the pod does not get ready.
fn unanswered(pod: &Pod) -> Option<String> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let mut answers = conditions.iter().filter(|condition| {
        condition.type_ == "lab.mosipctl.io/answers" && condition.status == "False"
    });
    answers.next()?.message.clone()
}

/// Ends the pod; its Deployment makes another.
async fn end(place: &Place, pod: &Pod) {
    let pods: Api<Pod> = place.api();
    pods.delete(&name(pod), &DeleteParams::default())
        .await
        .unwrap();
    goes(place.api::<Pod>(), pod).await;
}

#[tokio::test]
async fn a_token_opens_with_the_pin_that_it_was_made_with_and_no_other() {
    let artefacts = Artefacts::new(Settings::from_environment().unwrap());
    if let Err(error) = SoftHsm::find(&artefacts) {
        eprintln!("skipped: {error}");
        return;
    }
    let place = place().await;
    place.apply(secret("pin", json!({"pin": "12345678"}))).await;
    place.apply(deployment("softhsm", json!({}))).await;
    let first = place.pod("softhsm", is_ready).await;

    place.apply(secret("pin", json!({"pin": "87654321"}))).await;
    end(&place, &first).await;
    let is_refused = |pod: &Pod| unanswered(pod).is_some_and(|why| why.contains("does not open"));
    let second = place.pod("softhsm", is_refused).await;
    let why = unanswered(&second).unwrap();
    assert!(why.contains("CKR_PIN_INCORRECT"), "{why}");
    assert!(!why.contains("87654321"), "{why}");
    let event = place.event("Unhealthy", &name(&second)).await;
    assert!(!event.is_empty());
    assert!(!is_ready(&second));

    place.apply(secret("pin", json!({"pin": "12345678"}))).await;
    end(&place, &second).await;
    let third = place.pod("softhsm", is_ready).await;
    let settings = said(
        &place,
        &third,
        "cat \"$SOFTHSM2_CONF\"; ls tokens/*/token.object",
    )
    .await;
    assert!(settings.contains("directories.tokendir = ") && settings.contains("/token.object"));
}

/// What a command in a pod of a token says. kwok takes a moment to learn where to run it.
async fn said(place: &Place, pod: &Pod, script: &str) -> String {
    let pods: Api<Pod> = place.api();
    loop {
        let how = AttachParams::default().stderr(false);
        let mut process = pods
            .exec(&name(pod), ["sh", "-c", script], &how)
            .await
            .unwrap();
        let mut said = String::new();
        let mut output = process.stdout().unwrap();
        output.read_to_string(&mut said).await.unwrap();
        let status = process.take_status().unwrap().await.unwrap();
        if status.status.as_deref() == Some("Success") {
            return said;
        }
        let why = status.message.unwrap_or_default();
        assert!(why.contains("no exec found"), "{why}");
    }
}

#[tokio::test]
async fn what_a_token_keeps_goes_with_its_claim_and_with_nothing_else() {
    let artefacts = Artefacts::new(Settings::from_environment().unwrap());
    if let Err(error) = SoftHsm::find(&artefacts) {
        eprintln!("skipped: {error}");
        return;
    }
    let place = place().await;
    let claim = json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "kept"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    });
    let mounted =
        json!({"volumes": [{"name": "kept", "persistentVolumeClaim": {"claimName": "kept"}}]});
    place
        .apply(secret("first", json!({"pin": "12345678"})))
        .await;
    place.apply(claim.clone()).await;
    place.apply(deployment("kept", mounted.clone())).await;
    place.pod("kept", is_ready).await;
    let claims: Api<PersistentVolumeClaim> = place.api();
    let first = claims.get("kept").await.unwrap();

    // the claim waits for its pod, so both are gone then
    let deployments: Api<Deployment> = place.api();
    let params = DeleteParams::default();
    claims.delete("kept", &params).await.unwrap();
    deployments.delete("kept", &params).await.unwrap();
    goes(claims, &first).await;

    // an old token would not open
    place
        .apply(secret("first", json!({"pin": "87654321"})))
        .await;
    place.apply(claim).await;
    place.apply(deployment("kept", mounted)).await;
    let is_new = |pod: &Pod| pod.metadata.deletion_timestamp.is_none() && is_ready(pod);
    place.pod("kept", is_new).await;
}

#[tokio::test]
async fn a_job_fails_when_its_program_does_and_says_what_it_said() {
    let place = place().await;
    place.apply(job("keygen", json!({}))).await;
    let has_failed = |job: &Job| {
        let conditions = job.status.as_ref().and_then(|it| it.conditions.as_ref());
        let mut conditions = conditions.into_iter().flatten();
        conditions.any(|condition| condition.type_ == "Failed" && condition.status == "True")
    };
    place.object::<Job>("keygen", has_failed).await;
    let pod = place
        .pod("keygen", |pod| condition(pod, "Ready").is_some())
        .await;
    assert_eq!(
        pod.status.as_ref().unwrap().phase.as_deref(),
        Some("Failed")
    );
    let pods: Api<Pod> = place.api();
    let read = async {
        loop {
            let log = pods.logs(&pod.name_any(), &LogParams::default()).await;
            if let Ok(log) = log
                && log.contains("has made no token")
            {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), read)
        .await
        .unwrap();
}
