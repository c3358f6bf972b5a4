//! What each driver of volumes brings, and what it means for everybody's claims.

use mosipctl_object::Object;
use serde_json::Value;

use crate::render::{Rendered, block_on, blueprint_of, edition, render};

fn with(storage: &str) -> Vec<Rendered> {
    let edition = edition();
    let blueprint = blueprint_of(
        &edition,
        &format!("storage: {storage}\n  images: {{mirror: m.example.org}}"),
    );
    block_on(render(&edition, &blueprint))
}

fn objects<'a>(parts: &'a [Rendered], kind: &str) -> Vec<&'a Object> {
    let all = parts.iter().flat_map(|part| &part.objects);
    all.filter(|object| object.kind().kind == kind).collect()
}

/// Class and way of sharing of every claim, each pair once; templates of stateful sets too.
fn claims(parts: &[Rendered]) -> Vec<(String, String)> {
    let templates = objects(parts, "StatefulSet").into_iter().flat_map(|set| {
        let list = set.value()["spec"]["volumeClaimTemplates"].as_array();
        list.into_iter().flatten()
    });
    let own = objects(parts, "PersistentVolumeClaim").into_iter();
    let claims = own.map(Object::value).chain(templates);
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    let mut claims: Vec<_> = claims
        .map(|claim| {
            let spec = &claim["spec"];
            (
                text(&spec["storageClassName"]),
                text(&spec["accessModes"][0]),
            )
        })
        .collect();
    claims.sort();
    claims.dedup();
    claims
}

fn job<'a>(parts: &'a [Rendered], name: &str) -> &'a Value {
    let jobs = objects(parts, "Job").into_iter();
    let mut named = jobs.filter(|job| job.name() == name);
    &named.next().unwrap().value()["spec"]
}

#[test]
fn on_the_nodes_disks_every_volume_is_for_one_node() {
    let parts = with("{provider: localPath}");
    let pair = |access: &str| ("local-path".to_owned(), access.to_owned());
    assert_eq!(claims(&parts), [pair("ReadWriteOnce")]);
    let proof = job(&parts, "local-path-proof");
    // the second pod reads what the first one left
    assert_eq!(
        (&proof["completions"], &proof["parallelism"]),
        (&2.into(), &1.into())
    );
}

#[test]
fn the_pod_that_makes_folders_has_its_image_from_the_mirror_too() {
    let parts = with("{provider: localPath}");
    let maps = objects(&parts, "ConfigMap").into_iter();
    let mut settings = maps.filter(|map| map.name() == "local-path");
    let pod = settings.next().unwrap().value()["data"]["helperPod.yaml"].as_str();
    let image = "image: m.example.org/library/busybox:";
    assert!(pod.unwrap().contains(image), "{pod:?}");
}

#[test]
fn on_nfs_what_is_shared_is_tried_on_two_nodes_at_once() {
    let parts = with("{provider: nfs, nfs: {server: 192.0.2.9, path: /srv/x}}");
    let pair = |access: &str| ("nfs".to_owned(), access.to_owned());
    assert_eq!(
        claims(&parts),
        [pair("ReadWriteMany"), pair("ReadWriteOnce")]
    );
    let proof = job(&parts, "csi-nfs-proof");
    assert_eq!(
        (&proof["completions"], &proof["parallelism"]),
        (&2.into(), &2.into())
    );
    let spread = &proof["template"]["spec"]["topologySpreadConstraints"][0];
    assert_eq!(spread["topologyKey"], "kubernetes.io/hostname");
    assert_eq!(spread["whenUnsatisfiable"], "DoNotSchedule");
    let classes = objects(&parts, "StorageClass");
    let parameters = &classes[0].value()["parameters"];
    assert_eq!(
        (&parameters["server"], &parameters["share"]),
        (&"192.0.2.9".into(), &"/srv/x".into())
    );
}

#[test]
fn without_a_provider_nothing_is_brought() {
    let parts = with("{}");
    assert!(objects(&parts, "StorageClass").is_empty());
    assert!(parts.iter().all(|part| part.namespace != "storage"));
}
