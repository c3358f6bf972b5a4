//! A token is kept as it is in its pod, or not at all. The pod's commands run here, on a real token.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use indexmap::IndexMap;
use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_catalogue::edition::key_store::Token;
use mosipctl_kube::{Apply, Exit, FakeCluster, Kubernetes, Manager};
use mosipctl_object::Object;
use mosipctl_prepare::{PrepareError, Servers};
use mosipctl_servers::{SoftHsm, SoftHsmSettings};
use serde_json::{Value, json};
use tempfile::TempDir;

const PIN: &str = "12345678";

fn token() -> Token {
    Token {
        release: "hsm/keys".to_owned(),
        label: "keys".to_owned(),
        pin: "hsm/keys#pin".to_owned(),
        container: "softhsm".to_owned(),
    }
}

fn settings(folder: &Path) -> SoftHsmSettings {
    SoftHsmSettings {
        folder: folder.to_owned(),
        label: "keys".to_owned(),
        pin: PIN.to_owned().into(),
        officer_pin: PIN.to_owned().into(),
    }
}

fn artefacts() -> Artefacts {
    Artefacts::new(Settings::from_environment().unwrap())
}

/// A token in a folder; none where this machine cannot have one.
async fn made(folder: &Path) -> Option<SoftHsm> {
    match SoftHsm::open(&artefacts(), &settings(folder)).await {
        Ok(token) => Some(token),
        Err(error) if error.is_missing() => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

async fn apply(kube: &FakeCluster, object: Value) -> Object {
    let object = Object::try_from(object).unwrap();
    let how = Apply::new(Manager::Mosipctl);
    kube.apply(&object, &how).await.unwrap();
    object
}

/// A cluster with the token's pod, whose commands run here after `first`.
async fn cluster(token: &SoftHsm, pin: &str, first: &'static str) -> FakeCluster {
    let kube = FakeCluster::new();
    for object in [
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hsm"}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys", "namespace": "hsm"}, "stringData": {"pin": pin}}),
    ] {
        apply(&kube, object).await;
    }
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "keys-0", "namespace": "hsm", "labels": {"app.kubernetes.io/instance": "keys"}},
        "spec": {"containers": [{"name": "softhsm", "image": "i"}]},
    });
    let pod = apply(&kube, pod).await;
    let ready = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
    kube.set_status(&pod.key(), &ready).unwrap();
    let configuration = token.configuration();
    kube.set_program("keys-0", "softhsm", move |command| {
        let script = format!("{first}\n{}", command[2]);
        let ran = Command::new("sh")
            .args(["-c", &script])
            .env("SOFTHSM2_CONF", &configuration)
            .output()
            .unwrap();
        let failed = Exit::Failed {
            code: ran.status.code(),
            message: String::from_utf8_lossy(&ran.stderr).into_owned(),
        };
        let exit = if ran.status.success() {
            Exit::Done
        } else {
            failed
        };
        (ran.stdout, exit)
    });
    kube
}

async fn back_up(kube: FakeCluster, folder: &Path) -> Result<String, PrepareError> {
    let servers = Servers::new(Arc::new(kube), IndexMap::new());
    servers.back_up_token(&token(), folder).await
}

fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_token_is_read_in_its_pod_and_its_copy_opens() {
    let (there, kept) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let Some(live) = made(there.path()).await else {
        return;
    };
    key(&live);
    let kube = cluster(&live, PIN, "").await;
    let said = back_up(kube, kept.path()).await.unwrap();
    let wanted = "files compared, opened with 2 objects";
    assert!(said.contains(wanted), "{said}");
    assert_eq!(names(kept.path()), ["token-keys.pin", "token-keys.tar.gz"]);
    for name in names(kept.path()) {
        let mode = kept
            .path()
            .join(name)
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "only we may read it");
    }
    let pin = std::fs::read_to_string(kept.path().join("token-keys.pin")).unwrap();
    assert!(pin == PIN && !said.contains(PIN));
    let archive = kept.path().join("token-keys.tar.gz");
    let again = TempDir::new().unwrap();
    let again = settings(&again.path().join("again"));
    let restored = SoftHsm::restore(&artefacts(), &again, &archive).await;
    let restored = restored.unwrap().objects().await.unwrap();
    assert_eq!(restored, live.objects().await.unwrap());
}

/// Makes a pair of keys in a token.
fn key(token: &SoftHsm) {
    let provider = std::fs::read_to_string(token.provider()).unwrap();
    let mut lines = provider.lines();
    let library = lines.find_map(|line| line.strip_prefix("library = "));
    let mut tool = Command::new("pkcs11-tool");
    tool.args(["--module", library.unwrap(), "--token-label", "keys"]);
    tool.args(["--login", "--pin", "env:PIN", "--keypairgen"]);
    tool.args([
        "--key-type",
        "EC:prime256v1",
        "--id",
        "01",
        "--label",
        "root",
    ]);
    tool.env("PIN", PIN);
    tool.env("SOFTHSM2_CONF", token.configuration());
    let ran = tool.output().unwrap();
    let words = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{words}");
}

#[tokio::test]
async fn a_copy_that_is_not_proven_gets_no_name() {
    let there = TempDir::new().unwrap();
    let Some(live) = made(there.path()).await else {
        return;
    };
    let writes = r#"printf x >> "$(dirname "$SOFTHSM2_CONF")/tokens/note""#;
    let cases = [
        (PIN, writes, "changed meanwhile", true),
        (
            PIN,
            "tar() { false; }",
            "read the token in pod hsm/keys-0",
            false,
        ),
        (PIN, "tar() { echo nothing; }", "unpack the token", false),
        ("87654321", "", "does not open with this PIN", false),
    ];
    for (pin, first, words, is_transient) in cases {
        let kept = TempDir::new().unwrap();
        let kube = cluster(&live, pin, first).await;
        let error = back_up(kube, kept.path()).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains(words) && !text.contains("87654321"), "{text}");
        assert_eq!(error.is_transient(), is_transient, "{text}");
        assert_eq!(names(kept.path()), [""; 0], "{text}");
    }
}
