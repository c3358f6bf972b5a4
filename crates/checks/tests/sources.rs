//! Images at a real registry: there, missing, pinned to another digest, behind a password; and a registry that is down.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot set up its world has failed"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_catalogue::component::chart::Rerun;
use mosipctl_checks::sources::{Sources, look};
use mosipctl_checks::{Check, Finding, Outcome};
use mosipctl_kube::FakeCluster;
use mosipctl_object::ReleaseName;
use mosipctl_plan::Desired;
use mosipctl_plan::desired::DesiredJob;
use mosipctl_servers::{Registry, RegistrySettings, free_port};
use mosipctl_spec::environment::images::{Images, PullSecret};
use mosipctl_spec::environment::secret::{SecretSource, Source};
use oci_client::client::{ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::manifest::IMAGE_CONFIG_MEDIA_TYPE;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use serde_json::json;

const USER: &str = "reader";
const PASSWORD: &str = "only for a test";
/// What `htpasswd -nbB` prints for them.
const HTPASSWD: &str = "reader:$2b$04$abcdefghijklmnopqrstuueyGfMlPbw76jnbWUz.1RLRgR/FehOr6\n";
const NOBODYS: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// An empty folder for a test.
fn place(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // what an earlier run left
    let _ = fs::remove_dir_all(&place);
    place
}

/// A registry; none, and a word about it, when this machine cannot have one.
async fn registry(name: &str, user: Option<&str>) -> Option<Registry> {
    let settings = RegistrySettings {
        folder: place(name),
        user: user.map(str::to_owned),
    };
    let artefacts = Artefacts::new(Settings::from_environment().unwrap());
    match Registry::start(&artefacts, &settings).await {
        Ok(registry) => Some(registry),
        Err(error) if error.is_missing() => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new(ClientConfig {
        protocol: ClientProtocol::Http,
        ..ClientConfig::default()
    })
}

/// Pushes an image with this in it, and gives its digest.
async fn push(name: &str, content: &str, auth: &RegistryAuth) -> String {
    let client = client();
    let reference: Reference = name.parse().unwrap();
    let layers = [ImageLayer::oci_v1(content.as_bytes().to_vec(), None)];
    let config = Config::new(b"{}".to_vec(), IMAGE_CONFIG_MEDIA_TYPE.to_owned(), None);
    let pushed = client.push(&reference, &layers, config, auth, None);
    pushed.await.unwrap();
    let digest = client.fetch_manifest_digest(&reference, auth).await;
    digest.unwrap()
}

/// Jobs that run these images, one each.
fn running(images: &[&str]) -> Desired {
    let jobs = images.iter().enumerate().map(|(number, image)| {
        let name = format!("job-{number}");
        let object = json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": name, "namespace": "app"},
            "spec": {"template": {"spec": {"containers": [{"name": "main", "image": image}]}}},
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
        (ReleaseName::new("app", name), job)
    });
    Desired {
        jobs: jobs.collect::<BTreeMap<_, _>>(),
        ..Desired::default()
    }
}

/// What is found, by what was looked at.
async fn found(images: &[&str], settings: &Images) -> BTreeMap<(Check, String), Finding> {
    let kube = FakeCluster::new();
    let desired = running(images);
    let sources = Sources {
        kube: &kube,
        desired: &desired,
        images: settings,
        domain: "sandbox.example.org",
    };
    let findings = look(&sources).await.into_iter();
    findings
        .map(|finding| ((finding.id, finding.what.clone()), finding))
        .collect()
}

fn of<'a>(found: &'a BTreeMap<(Check, String), Finding>, image: &str) -> &'a Finding {
    &found[&(Check::ImageDigests, image.to_owned())]
}

#[tokio::test]
async fn images_are_found_missing_or_another_than_the_one_that_is_pinned() {
    let Some(registry) = registry("registry", None).await else {
        return;
    };
    let host = registry.host();
    let tag = format!("{host}/mosip/kernel:1.2.0.1");
    let digest = push(&tag, "kernel", &RegistryAuth::Anonymous).await;
    let old = push(
        &format!("{host}/mosip/moved:1"),
        "old",
        &RegistryAuth::Anonymous,
    )
    .await;
    let new = push(
        &format!("{host}/mosip/moved:1"),
        "new",
        &RegistryAuth::Anonymous,
    )
    .await;
    let pinned = format!("{tag}@{digest}");
    let wrong = format!("{tag}@{NOBODYS}");
    let moved = format!("{host}/mosip/moved:1@{old}");
    let missing = format!("{host}/mosip/kernel:9");
    let nameless = format!("{host}/mosip/nothing:1");
    let images = [&tag, &pinned, &wrong, &moved, &missing, &nameless];
    let found = found(&images.map(String::as_str), &Images::default()).await;

    for image in [&tag, &pinned] {
        assert_eq!(of(&found, image).outcome, Outcome::Passed, "{image}");
        assert_eq!(of(&found, image).detail, digest);
    }
    let finding = of(&found, &wrong);
    assert_eq!(finding.outcome, Outcome::Failed, "{finding:?}");
    assert!(finding.detail.contains(NOBODYS) && finding.detail.contains(&digest));
    let finding = of(&found, &moved);
    assert_eq!(finding.outcome, Outcome::Warning, "{finding:?}");
    assert!(finding.detail.contains(&new));
    for (image, user) in [(&missing, "app/job-4"), (&nameless, "app/job-5")] {
        let finding = of(&found, image);
        assert_eq!(finding.outcome, Outcome::Failed, "{finding:?}");
        assert!(finding.detail.contains(user), "{finding:?}");
    }
    let reached = &found[&(Check::Egress, format!("registry {host}"))];
    assert_eq!(reached.outcome, Outcome::Passed, "{reached:?}");
    assert!(reached.detail.contains("6 images come from it"));
    registry.stop().await;
}

#[tokio::test]
async fn a_registry_with_a_password_shows_its_images_to_who_has_the_pull_secret() {
    let Some(registry) = registry("private-registry", Some(HTPASSWD)).await else {
        return;
    };
    let host = registry.host();
    let image = format!("{host}/mosip/kernel:1.2.0.1");
    let login = RegistryAuth::Basic(USER.to_owned(), PASSWORD.to_owned());
    let digest = push(&image, "kernel", &login).await;
    let files = tempfile::tempdir().unwrap();
    let settings = |password: &str| {
        let path = files.path().join(password);
        fs::write(&path, password).unwrap();
        Images {
            pull_secrets: vec![PullSecret {
                name: "private".parse().unwrap(),
                registry: host.clone(),
                username: USER.to_owned(),
                password: SecretSource {
                    from: Source::File(path),
                },
            }],
            ..Images::default()
        }
    };
    let ask = async |settings: Images| {
        let found = found(&[&image], &settings).await;
        of(&found, &image).clone()
    };

    let anonymous = ask(Images::default()).await;
    assert_eq!(anonymous.outcome, Outcome::Warning, "{anonymous:?}");
    let right = ask(settings(PASSWORD)).await;
    assert_eq!(right.outcome, Outcome::Passed, "{right:?}");
    assert_eq!(right.detail, digest);
    let wrong = ask(settings("something else")).await;
    assert_eq!(wrong.outcome, Outcome::Failed, "{wrong:?}");
    assert!(!format!("{wrong:?}").contains("something else"));
    let mut unread = settings(PASSWORD);
    unread.pull_secrets[0].password.from = Source::File(files.path().join("not there"));
    let found = found(&[&image], &unread).await;
    let finding = of(&found, "pull secret private");
    assert_eq!(finding.outcome, Outcome::Warning, "{finding:?}");
    registry.stop().await;
}

#[tokio::test]
async fn a_registry_that_is_down_is_told_once_and_none_of_its_images_passes() {
    let host = format!("127.0.0.1:{}", free_port().unwrap());
    let images = [format!("{host}/a:1"), format!("{host}/b:1")];
    let found = found(&[&images[0], &images[1]], &Images::default()).await;
    let reached = &found[&(Check::Egress, format!("registry {host}"))];
    assert_eq!(reached.outcome, Outcome::Warning, "{reached:?}");
    assert!(reached.detail.contains("Connection refused"), "{reached:?}");
    let skipped = of(&found, &format!("2 images of {host}"));
    assert_eq!(skipped.outcome, Outcome::Skipped);
    let pods = &found[&(Check::Egress, "what nodes and pods reach".to_owned())];
    assert_eq!(pods.outcome, Outcome::Skipped);
    assert_eq!(found.len(), 3, "{found:?}");
}
