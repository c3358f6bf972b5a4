//! Every workload of a sandbox, rendered with the real helm, with responders in place of its images: the program itself is run
//! as each container would run it, and every probe is asked for what it asks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use mosipctl_artefact::{Artefacts, Program, Settings};
use mosipctl_blueprint::Blueprint;
use mosipctl_catalogue::Source;
use mosipctl_helm::Helm;
use mosipctl_object::{Object, containers, pod_specs};
use mosipctl_render::{Charts, Rendered, Renderer};
use mosipctl_servers::free_port;
use mosipctl_spec::{Document, Environment};
use serde_json::Value;

const IMAGE: &str = "mosipctl.io/responder:1";
const EVERYTHING: &str = "  rehearsal: {images: {'*': 'mosipctl.io/responder:1'}, requests: 5%}\n";
const PROBES: [&str; 3] = ["startupProbe", "readinessProbe", "livenessProbe"];

async fn rendered(rehearsal: &str) -> Rendered {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = format!(
        "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: sandbox}}\nspec:\n  domain: example.org\n  mosip: 1.2.0.1\n{rehearsal}"
    );
    let document = Document {
        name: "sandbox.yaml",
        text: &text,
    };
    let environment = Environment::read(&document).unwrap();
    let source = Source::Folder(root.join("catalogue"));
    let edition = source.load(&environment.spec.mosip).unwrap();
    let blueprint = Blueprint::new(&environment, &document, &edition).unwrap();
    let artefacts = Artefacts::new(Settings::from_environment().unwrap());
    let helm = artefacts.program(Program::Helm).await;
    let helm = helm.unwrap_or_else(|error| panic!("this test needs helm: {error}"));
    let cache = tempfile::tempdir().unwrap();
    let charts = Charts::in_folder(root.join("charts"));
    let helm = Helm::new(&helm).await.unwrap();
    let renderer = Renderer::new(charts, cache.path(), helm, "1.36.1");
    renderer.render(&blueprint, &|_, _| ()).await.unwrap().0
}

fn objects(rendered: &Rendered) -> impl Iterator<Item = &Object> {
    let releases = rendered.releases.values();
    releases.flat_map(|release| release.objects.iter().chain(&release.job))
}

/// A running container; it ends with the test.
struct Running {
    process: Child,
    /// The port here of each port that it was told.
    ports: BTreeMap<u16, u16>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Ports of this machine in place of the ones that are told.
fn moved(arguments: &[String], ports: &mut BTreeMap<u16, u16>) -> Vec<String> {
    let moved = arguments.iter().map(|text| {
        let (port, path) = text.split_once('=').unwrap_or((text, ""));
        let Ok(port) = port.parse() else {
            return text.clone();
        };
        let free = *ports.entry(port).or_insert_with(|| free_port().unwrap());
        match path {
            "" => free.to_string(),
            path => format!("{free}={path}"),
        }
    });
    moved.collect()
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Runs a container, and waits until it answers.
fn run(container: &Value) -> Running {
    assert_eq!(texts(&container["command"]), ["/responder"]);
    let mut ports = BTreeMap::new();
    let arguments = moved(&texts(&container["args"]), &mut ports);
    let mut process = Command::new(env!("CARGO_BIN_EXE_responder"))
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    output.read_line(&mut String::new()).unwrap();
    Running { process, ports }
}

/// What a kubelet does for a probe. Whether it is answered.
fn probe(probe: &Value, container: &Value, running: &mut Running) -> bool {
    let number = |port: &Value| match port.as_str() {
        None => u16::try_from(port.as_u64().unwrap()).unwrap(),
        Some(name) => {
            let ports = container["ports"].as_array().unwrap();
            let port = ports.iter().find(|port| port["name"] == name).unwrap();
            u16::try_from(port["containerPort"].as_u64().unwrap()).unwrap()
        }
    };
    if let Some(exec) = probe.get("exec") {
        let arguments = moved(&texts(&exec["command"])[1..], &mut running.ports);
        let mut command = Command::new(env!("CARGO_BIN_EXE_responder"));
        return command.args(arguments).status().unwrap().success();
    }
    let asked = probe.get("httpGet").or_else(|| probe.get("tcpSocket"));
    let asked = asked.unwrap();
    let Some(port) = running.ports.get(&number(&asked["port"])) else {
        return false;
    };
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", *port)) else {
        return false;
    };
    let Some(path) = asked["path"].as_str() else {
        return true;
    };
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.starts_with("HTTP/1.1 200 ")
}

#[tokio::test]
async fn every_workload_of_a_sandbox_becomes_ready_with_responders_alone() {
    let rendered = rendered(EVERYTHING).await;
    let images = rendered.images();
    assert_eq!(images.keys().collect::<Vec<_>>(), [IMAGE]);
    let (mut served, mut ended, mut probed) = (0, 0, 0);
    for object in objects(&rendered) {
        let kind = object.kind().kind;
        for spec in pod_specs(object) {
            for container in containers(spec) {
                let mut running = run(container);
                if container["args"][0] == "once" {
                    assert!(running.process.wait().unwrap().success());
                    ended += 1;
                    continue;
                }
                assert!(kind != "Job" && kind != "CronJob", "{}", object.key());
                served += 1;
                for name in PROBES {
                    let Some(asks) = container.get(name) else {
                        continue;
                    };
                    assert!(
                        probe(asks, container, &mut running),
                        "{}: {name} {asks}",
                        object.key()
                    );
                    probed += 1;
                }
            }
        }
    }
    eprintln!("{served} containers serve, {ended} end, {probed} probes were answered");
    assert!(served > 75 && ended > 10 && probed > 200);
}

#[tokio::test]
async fn nothing_but_images_probes_and_requests_differs_from_a_sandbox() {
    let (earnest, rehearsed) = (rendered("").await, rendered(EVERYTHING).await);
    let (mut before, mut after) = (objects(&earnest), objects(&rehearsed));
    loop {
        match (before.next(), after.next()) {
            (None, None) => break,
            (Some(before), Some(after)) => {
                let same = [before, after].map(|object| without_what_changes(object.value()));
                assert_eq!(same[0], same[1], "{}", before.key());
            }
            _ => panic!("the one has objects that the other has not"),
        }
    }
    for (name, release) in &rehearsed.releases {
        let other = &earnest.releases[name];
        let is_stood_in = release.stood_in.is_some();
        assert_eq!(is_stood_in, release.digest != other.digest, "{name}");
        assert!(other.stood_in.is_none());
    }
    assert!(rehearsed.is_stood_in("postgres/postgres"));
}

/// An object without what a rehearsal changes in its containers.
fn without_what_changes(value: &Value) -> Value {
    let mut value = value.clone();
    for pointer in [
        "/spec/template/spec",
        "/spec/jobTemplate/spec/template/spec",
    ] {
        for list in ["containers", "initContainers"] {
            let containers = value.pointer_mut(&format!("{pointer}/{list}"));
            let containers = containers.and_then(Value::as_array_mut);
            for container in containers.into_iter().flatten() {
                let container = container.as_object_mut().unwrap();
                for field in ["image", "imagePullPolicy", "command", "args"] {
                    container.remove(field);
                }
                if let Some(resources) = container.get_mut("resources") {
                    resources.as_object_mut().unwrap().remove("requests");
                }
                for probe in PROBES {
                    let probe = container.get_mut(probe).and_then(Value::as_object_mut);
                    probe.and_then(|probe| probe.remove("exec"));
                }
            }
        }
    }
    value
}

#[tokio::test]
async fn a_server_whose_image_is_named_stays_as_the_catalogue_has_it() {
    let kept = "  rehearsal: {images: {'*': 'r:1', postgres: 'example.org/postgres:15'}}\n";
    let (earnest, rehearsed) = (rendered("").await, rendered(kept).await);
    assert!(!rehearsed.is_stood_in("postgres/postgres"));
    let of = |rendered: &Rendered| {
        let release = rendered.releases.values();
        let mut release = release.filter(|release| release.component == "postgres");
        let objects = release.next().unwrap().objects.clone();
        let set = objects
            .into_iter()
            .find(|it| it.kind().kind == "StatefulSet");
        set.unwrap().value()["spec"]["template"]["spec"].clone()
    };
    let mut expected = of(&earnest);
    expected["containers"][0]["image"] = "example.org/postgres:15".into();
    assert_eq!(of(&rehearsed), expected);
}
