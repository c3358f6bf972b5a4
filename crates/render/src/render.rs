//! Rendering: from the releases of a blueprint to objects.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use futures::FutureExt;
use futures::stream::{StreamExt, TryStreamExt};
use mosipctl_blueprint::{Blueprint, Part, ReleasePart};
use mosipctl_catalogue::FactKind;
use mosipctl_helm::{Helm, TemplateRequest, Tests};
use mosipctl_object::{Object, ReleaseName, digest, manifest};
use serde_json::json;

use crate::cache::Cache;
use crate::charts::Charts;
use crate::definitions::api_versions;
use crate::error::RenderError;
use crate::finish::{as_helm_makes, finish};
use crate::missing::{Missing, Raw, groups};
use crate::reads::{Known, annotate};
use crate::release::{Rendered, RenderedRelease};

/// Renders blueprints.
pub struct Renderer {
    charts: Charts,
    cache: Cache,
    helm: Helm,
    kube_version: String,
    parallel: usize,
}

/// How much of a rendering came from the cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Releases rendered by helm.
    pub rendered: usize,
    /// Releases taken from the cache.
    pub cached: usize,
}

impl Renderer {
    /// A renderer of the charts in a folder, with a cache in another.
    pub fn new(charts: Charts, cache: &Path, helm: Helm, kube_version: impl Into<String>) -> Self {
        let parallel = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            charts,
            cache: Cache::in_folder(cache),
            helm,
            kube_version: kube_version.into(),
            parallel,
        }
    }

    /// Renders and finishes every release of a blueprint.
    ///
    /// Releases that bring custom resource definitions are rendered first: their API versions are known to the others.
    /// `progress` is called with the number of releases done and to do.
    ///
    /// # Errors
    /// The first release that cannot be rendered.
    pub async fn render(
        &self,
        blueprint: &Blueprint,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<(Rendered, Stats), RenderError> {
        let all: Vec<(&Part, &ReleasePart)> = blueprint
            .parts
            .values()
            .filter_map(|part| Some((part, part.release.as_ref()?)))
            .collect();
        let total = all.len();
        let (first, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(part, _)| brings_crds(part));
        let mut raw = self.render_all(&first, &[], (0, total), progress).await?;
        let api_versions = api_versions(&raw);
        raw.extend(
            self.render_all(&others, &api_versions, (raw.len(), total), progress)
                .await?,
        );
        let cached = raw.iter().filter(|raw| raw.cached).count();
        let stats = Stats {
            rendered: total - cached,
            cached,
        };
        match raw.iter().find(|raw| is_out_of_reach(raw, blueprint)) {
            None => Ok((finished(raw, blueprint), stats)),
            Some(raw) => Err(RenderError::Hooks {
                release: raw.release.name.clone(),
                component: raw.part.component.clone(),
            }),
        }
    }

    async fn render_all<'a>(
        &self,
        releases: &[(&'a Part, &'a ReleasePart)],
        api_versions: &[String],
        (before, total): (usize, usize),
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<Raw<'a>>, RenderError> {
        let mut raw = Vec::with_capacity(releases.len());
        let mut missing: BTreeMap<PathBuf, Vec<Missing<'a>>> = BTreeMap::new();
        for (part, release) in releases {
            let wanted = self.wanted(part, release, api_versions)?;
            match self.cache.get(&wanted.key) {
                Some(objects) => raw.push(wanted.raw(objects, true)),
                None => missing
                    .entry(wanted.chart.clone())
                    .or_default()
                    .push(wanted),
            }
        }
        let mut under_way = Vec::new();
        for group in missing.into_values().flat_map(groups) {
            under_way.push(self.render_group(group, api_versions).boxed());
        }
        let mut done = before + raw.len();
        progress(done, total);
        let rendered: Vec<Vec<Raw<'a>>> = futures::stream::iter(under_way)
            .buffer_unordered(self.parallel)
            .inspect_ok(|group| {
                done += group.len();
                progress(done, total);
            })
            .try_collect()
            .await?;
        raw.extend(rendered.into_iter().flatten());
        Ok(raw)
    }

    fn wanted<'a>(
        &self,
        part: &'a Part,
        release: &'a ReleasePart,
        api_versions: &[String],
    ) -> Result<Missing<'a>, RenderError> {
        let no_chart = |source| RenderError::Chart {
            release: release.name.clone(),
            source,
        };
        let key = digest(&json!([
            self.charts.digest(&release.chart).map_err(no_chart)?,
            release.values,
            release.name,
            self.kube_version,
            api_versions,
            self.helm.version(),
        ]));
        Ok(Missing {
            part,
            release,
            chart: self.charts.folder(&release.chart).map_err(no_chart)?,
            key,
        })
    }

    /// Renders releases of one chart by one process. When that fails, one after another: only that tells whose fault it is.
    async fn render_group<'a>(
        &self,
        group: Vec<Missing<'a>>,
        api_versions: &[String],
    ) -> Result<Vec<Raw<'a>>, RenderError> {
        let requests: Vec<_> = group
            .iter()
            .map(|missing| self.request(missing, api_versions))
            .collect();
        let texts = match requests.as_slice() {
            [] | [_] => None,
            many => self.helm.template_together(many).await.ok().flatten(),
        };
        let texts = match texts {
            Some(texts) => texts,
            None => {
                let mut texts = Vec::with_capacity(group.len());
                for (missing, request) in group.iter().zip(&requests) {
                    let text = self.helm.template(request).await;
                    texts.push(text.map_err(|source| missing.refused(source))?);
                }
                texts
            }
        };
        drop(requests);
        group
            .into_iter()
            .zip(&texts)
            .map(|(missing, text)| self.read(missing, text))
            .collect()
    }

    fn request<'r>(
        &'r self,
        missing: &'r Missing<'_>,
        api_versions: &'r [String],
    ) -> TemplateRequest<'r> {
        TemplateRequest {
            chart: &missing.chart,
            release: &missing.release.name,
            values: &missing.release.values,
            kube_version: &self.kube_version,
            api_versions,
            tests: Tests::Skip,
        }
    }

    /// What helm has written, as objects; kept for the next time.
    fn read<'a>(&self, missing: Missing<'a>, text: &str) -> Result<Raw<'a>, RenderError> {
        let objects = manifest::objects(text).map_err(|source| RenderError::Manifest {
            release: missing.release.name.clone(),
            source,
        })?;
        // A cache that cannot be written costs time, nothing else.
        let _ = self.cache.put(&missing.key, &objects);
        Ok(missing.raw(objects, false))
    }
}

fn brings_crds(part: &Part) -> bool {
    part.makes.iter().any(|fact| fact.kind == FactKind::Crd)
}

/// Whether a responder is to run where only helm puts images.
fn is_out_of_reach(raw: &Raw<'_>, blueprint: &Blueprint) -> bool {
    let component = &raw.part.component;
    let mut images = raw.objects.iter().flat_map(mosipctl_object::images);
    raw.objects.iter().any(is_hook)
        && images.any(|image| blueprint.images.responder(component, image).is_some())
}

fn finished(mut raw: Vec<Raw<'_>>, blueprint: &Blueprint) -> Rendered {
    let hooks: BTreeMap<ReleaseName, bool> = raw
        .iter()
        .map(|raw| (raw.release.name.clone(), raw.objects.iter().any(is_hook)))
        .collect();
    let has_hooks = |release: &ReleaseName| hooks.get(release).copied().unwrap_or(false);
    let mut stood_in = BTreeMap::new();
    for raw in &mut raw {
        let (objects, name) = (&mut raw.objects, &raw.release.name);
        if has_hooks(name) {
            as_helm_makes(objects, name);
        } else if let Some(told) = finish(objects, raw.part, name, blueprint) {
            stood_in.insert(name.clone(), told);
        }
    }
    let mut releases = BTreeMap::new();
    for mut raw in raw {
        let own_job = raw.part.job.is_some() && !has_hooks(&raw.release.name);
        let job = own_job.then(|| take_job(&mut raw.objects)).flatten();
        raw.objects.sort_by_key(rank);
        let name = raw.release.name.clone();
        let release = RenderedRelease {
            component: raw.part.component.clone(),
            chart: raw.chart,
            values: raw.release.values.clone(),
            digest: String::new(),
            has_hooks: has_hooks(&name),
            stood_in: stood_in.remove(&name),
            objects: raw.objects,
            job,
            name: name.clone(),
        };
        releases.insert(name, release);
    }
    let mut rendered = Rendered { releases };
    tell_what_pods_read(&mut rendered, blueprint);
    rendered
}

/// Tells every pod template what it [reads](crate::reads), and settles the digest of each release.
pub fn tell_what_pods_read(rendered: &mut Rendered, blueprint: &Blueprint) {
    let known = Known::of(
        blueprint,
        rendered
            .releases
            .values()
            .flat_map(|release| &release.objects),
    );
    for release in rendered.releases.values_mut() {
        if !release.has_hooks {
            for object in &mut release.objects {
                annotate(object, blueprint, &known);
            }
        }
        release.digest = digest(&json!([release.objects, release.job]));
    }
}

/// A hook that runs with installation or upgrade, as against `helm test`.
fn is_hook(object: &Object) -> bool {
    let annotations = object.annotations();
    let hooks = annotations
        .get("helm.sh/hook")
        .into_iter()
        .flat_map(|hooks| hooks.split(','));
    hooks.map(str::trim).any(|hook| !hook.starts_with("test"))
}

/// The Job of a job component runs as a step of its own.
fn take_job(objects: &mut Vec<Object>) -> Option<Object> {
    let position = objects
        .iter()
        .position(|object| object.kind().kind == "Job")?;
    Some(objects.remove(position))
}

/// Definitions and namespaces come before what may be of them or in them; everything else at once.
fn rank(object: &Object) -> u8 {
    match object.kind().kind.as_str() {
        "CustomResourceDefinition" | "Namespace" => 0,
        _ => 1,
    }
}
