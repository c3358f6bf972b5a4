//! Many trivial releases: mosipctl, Helm one after another, and a bare apply of the same objects, on one control plane.

mod times;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Service, ServiceAccount};
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use mosipctl_lab::{Expectations, Others, expect};
use mosipctl_object::{Object, manifest};
use serde_json::json;
use tokio::process::Command;

use super::catalogue::{self, NAMESPACE};
use super::cluster::BenchLab;
use super::figure::Figure;
use super::machine::load;
use super::place::{self, Place, well};
use crate::sources::root;
use times::{Times, Took};

/// Until a pod is ready.
const START: f64 = 0.01;
/// Requests of the bare apply at one time.
const AT_ONCE: usize = 32;
/// Runs with nothing to do; the slowest counts.
const TIMES: usize = 3;

/// One control plane with everything that is to be installed on it.
struct Bench<'a> {
    place: &'a Place,
    lab: BenchLab<'a>,
    helm: PathBuf,
    file: String,
    catalogue: String,
    names: Vec<String>,
}

pub(crate) async fn measure(place: &Place, count: usize) -> Result<Vec<Figure>> {
    let bench = Bench::start(place, count).await?;
    let before = load()?;
    eprintln!("── {count} releases: mosipctl");
    bench.place.forget_cache()?;
    let ours = bench.mosipctl().await?;
    let again = bench.again().await?;
    let values = bench.values().await?;
    bench.clear().await?;
    eprintln!("── {count} releases: mosipctl, rendered before");
    let rendered = bench.mosipctl().await?.available;
    bench.clear().await?;
    eprintln!("── {count} releases: bare apply");
    let bare = bench.bare(&values).await?;
    bench.clear().await?;
    eprintln!("── {count} releases: helm install --wait, one after another");
    let helm = bench.helm_loop(&values).await?;
    let about = format!(
        "{}; pods ready after {:.0} ms; load before {before}, after {}",
        bench.lab.describe().await?,
        START * 1e3,
        load()?
    );
    let times = Times {
        ours,
        again,
        rendered,
        bare,
        helm,
    };
    Ok(times.figures(count, &about))
}

impl<'a> Bench<'a> {
    async fn start(place: &'a Place, count: usize) -> Result<Self> {
        eprintln!("── a lab for {count} releases");
        let lab = BenchLab::start(place, &place.sandbox()?).await?;
        let others = Others {
            service: START,
            job: START,
        };
        let expectations = Expectations {
            others,
            ..Expectations::default()
        };
        expect(&lab.client, &expectations, 1.0).await?;
        let catalogue = catalogue::write(place, count)?.display().to_string();
        let file = catalogue::environment(place, &lab.kubeconfig)?;
        Ok(Self {
            place,
            lab,
            helm: place::helm().await?,
            file: file.display().to_string(),
            catalogue,
            names: catalogue::names(count).collect(),
        })
    }

    async fn up(&self) -> Result<place::Ended> {
        let arguments = [
            "up",
            "--yes",
            "--json",
            "--catalogue",
            &self.catalogue,
            &self.file,
        ];
        self.place.run(&arguments).await
    }

    /// On an empty cluster.
    async fn mosipctl(&self) -> Result<Took> {
        let started = Instant::now();
        let (ended, available) =
            tokio::try_join!(self.up(), self.lab.available(NAMESPACE, self.names.len()))?;
        Ok(Took {
            available: available - started,
            ended: ended.took,
        })
    }

    async fn again(&self) -> Result<Duration> {
        let mut slowest = Duration::ZERO;
        for _ in 0..TIMES {
            let ended = self.up().await?;
            ensure!(
                ended.output.contains("requests"),
                "there was something to do"
            );
            slowest = slowest.max(ended.took);
        }
        Ok(slowest)
    }

    fn helm(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.helm);
        command
            .args(arguments)
            .args(["--namespace", NAMESPACE, "--kubeconfig"])
            .arg(&self.lab.kubeconfig)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    async fn said(&self, arguments: &[&str]) -> Result<String> {
        let started = Instant::now();
        let output = self.helm(arguments).output().await?;
        Ok(well(arguments[0], output, started.elapsed())?.output)
    }

    /// The values that mosipctl gave to each release, as files for helm.
    async fn values(&self) -> Result<Vec<(String, String)>> {
        let mut values = Vec::with_capacity(self.names.len());
        for name in &self.names {
            let text = self
                .said(&["get", "values", name, "--output", "json"])
                .await?;
            let file = self.place.write(&format!("values/{name}.json"), &text)?;
            values.push((name.clone(), file.display().to_string()));
        }
        Ok(values)
    }

    async fn clear(&self) -> Result<()> {
        self.lab.clear(NAMESPACE).await?;
        self.lab.clear("mosipctl-system").await
    }

    async fn namespace(&self) -> Result<()> {
        let namespace = serde_json::from_value(json!({"metadata": {"name": NAMESPACE}}))?;
        let namespaces: Api<Namespace> = Api::all(self.lab.client.clone());
        namespaces
            .create(&PostParams::default(), &namespace)
            .await?;
        Ok(())
    }

    /// Everything at once, with no order, no record and no look at what became of it.
    async fn bare(&self, values: &[(String, String)]) -> Result<Duration> {
        let chart = chart();
        let mut objects = Vec::new();
        for (name, file) in values {
            let text = self
                .said(&["template", name, &chart, "--values", file])
                .await?;
            objects.extend(manifest::objects(&text)?);
        }
        let started = Instant::now();
        self.namespace().await?;
        let applied = stream::iter(objects)
            .map(|object| self.apply(object))
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>();
        let available = self.lab.available(NAMESPACE, values.len());
        let (_, available) = tokio::try_join!(applied, available)?;
        Ok(available - started)
    }

    async fn apply(&self, object: Object) -> Result<()> {
        let kind = resource(&object.kind().kind).context("the chart has an unknown kind")?;
        let api = Api::<DynamicObject>::namespaced_with(self.lab.client.clone(), NAMESPACE, &kind);
        let params = PatchParams::apply("bench").force();
        api.patch(object.name(), &params, &Patch::Apply(object.value()))
            .await?;
        Ok(())
    }

    async fn helm_loop(&self, values: &[(String, String)]) -> Result<Duration> {
        let chart = chart();
        let started = Instant::now();
        self.namespace().await?;
        let all = async {
            for (name, file) in values {
                self.said(&["install", name, &chart, "--wait", "--values", file])
                    .await?;
            }
            Ok(())
        };
        let available = self.lab.available(NAMESPACE, values.len());
        let ((), available) = tokio::try_join!(all, available)?;
        Ok(available - started)
    }
}

/// The chart of every trivial release.
fn chart() -> String {
    root().join("charts/mosip-service").display().to_string()
}

fn resource(kind: &str) -> Option<ApiResource> {
    Some(match kind {
        "Deployment" => ApiResource::erase::<Deployment>(&()),
        "Service" => ApiResource::erase::<Service>(&()),
        "ConfigMap" => ApiResource::erase::<ConfigMap>(&()),
        "ServiceAccount" => ApiResource::erase::<ServiceAccount>(&()),
        _ => return None,
    })
}
