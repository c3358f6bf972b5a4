//! A world without a cluster: a small edition, crude rendering, and what would be seen after everything was done.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its world has failed"
)]

use std::collections::BTreeMap;
use std::path::Path;

use mosipctl_blueprint::Blueprint;
use mosipctl_catalogue::Source;
use mosipctl_object::mark::Mark;
use mosipctl_object::{Object, ObjectKey, StatusSubresource, digest};
use mosipctl_plan::compare::wanted_digest;
use mosipctl_plan::inventory::{
    FinishedJob, Origin, OwnedObject, OwnedRelease, OwnedSecret, PreparedFact,
};
use mosipctl_plan::observed::SeenRelease;
use mosipctl_plan::{Desired, Observed, Plan, PlanError, PlanOptions, PlanReport};
use mosipctl_render::{Rendered, RenderedRelease};
use mosipctl_spec::{Document, Environment};
use serde_json::{Value, json};

/// Environment, blueprint, rendered and desired of the small edition.
pub(crate) struct World {
    pub(crate) blueprint: Blueprint,
    pub(crate) rendered: Rendered,
    pub(crate) desired: Desired,
}

impl World {
    /// The small edition with these lines under `spec`.
    pub(crate) fn new(spec: &str) -> Self {
        let text = format!(
            "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {{name: small}}\nspec:\n  domain: example.org\n  mosip: 0.0.1\n{spec}"
        );
        let document = Document {
            name: "small.yaml",
            text: &text,
        };
        let environment = Environment::read(&document).unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testkit/editions");
        let catalogue = Source::Folder(folder)
            .load(&"0.0.1".parse().unwrap())
            .unwrap();
        let blueprint = Blueprint::new(&environment, &document, &catalogue).unwrap();
        let rendered = render(&blueprint);
        let desired = Desired::new(&blueprint, &rendered);
        Self {
            blueprint,
            rendered,
            desired,
        }
    }

    pub(crate) fn plan(&self, observed: &Observed) -> Result<(Plan, PlanReport), PlanError> {
        self.plan_with(observed, &PlanOptions::default())
    }

    pub(crate) fn plan_with(
        &self,
        observed: &Observed,
        options: &PlanOptions,
    ) -> Result<(Plan, PlanReport), PlanError> {
        mosipctl_plan::plan(
            &self.blueprint,
            &self.rendered,
            &self.desired,
            observed,
            options,
        )
    }

    /// What would be seen after everything was done and nobody touched anything.
    pub(crate) fn done(&self) -> Observed {
        let mut observed = Observed::default();
        for key in self.desired.secrets.keys() {
            observed
                .revisions
                .insert(key.clone(), format!("r-{}", key.name));
        }
        for (to, copy) in self
            .desired
            .copies
            .iter()
            .filter(|(to, _)| to.kind.kind == "Secret")
        {
            observed
                .revisions
                .insert(to.clone(), format!("r-{}", copy.from.name));
        }
        let revisions = observed.revisions.clone();
        let wanted = |object: &Object| {
            wanted_digest(object, &|late| {
                let key = ObjectKey::namespaced(
                    mosipctl_object::Kind::core("Secret"),
                    late.fact.namespace_and_name().unwrap().0,
                    late.fact.namespace_and_name().unwrap().1,
                );
                Ok::<_, ()>(revisions[&key].clone())
            })
            .unwrap()
        };
        let inventory = &mut observed.inventory;
        let mut add = |key: ObjectKey, wanted: String, release| {
            let mark = mark(&key, 1);
            observed.marks.insert(key.clone(), mark.clone());
            inventory.objects.insert(
                key,
                OwnedObject {
                    wanted,
                    mark,
                    young: false,
                    release,
                    found: false,
                },
            );
        };
        for (key, desired) in &self.desired.objects {
            add(key.clone(), wanted(&desired.object), None);
        }
        for release in self.desired.releases.values() {
            for object in &release.rendered.objects {
                add(
                    object.key(),
                    wanted(object),
                    Some(release.rendered.name.clone()),
                );
            }
        }
        for (to, copy) in self
            .desired
            .copies
            .iter()
            .filter(|(to, _)| to.kind.kind == "ConfigMap")
        {
            add(
                to.clone(),
                wanted(self.desired.object(&copy.from).unwrap()),
                None,
            );
        }
        let mut secret = |key: &ObjectKey, class, origin, wanted: String, revision: String| {
            let mark = mark(key, 1);
            observed.marks.insert(key.clone(), mark.clone());
            let owned = OwnedSecret {
                revision,
                class,
                origin,
                mark,
                wanted,
                content: String::new(),
            };
            inventory.secrets.insert(
                format!("{}/{}", key.namespace.as_deref().unwrap(), key.name),
                owned,
            );
        };
        for (key, desired) in &self.desired.secrets {
            let revision = observed.revisions[key].clone();
            secret(
                key,
                desired.part.class,
                Origin::Made,
                digest(&desired.part),
                revision,
            );
        }
        for (to, copy) in self
            .desired
            .copies
            .iter()
            .filter(|(to, _)| to.kind.kind == "Secret")
        {
            let revision = observed.revisions[to].clone();
            let class = self.desired.secrets[&copy.from].part.class;
            secret(to, class, Origin::Copied, revision.clone(), revision);
        }
        for (name, release) in &self.desired.releases {
            let owned = OwnedRelease {
                component: release.component.clone(),
                adopted: false,
            };
            inventory.releases.insert(name.to_string(), owned);
            let (status, owner) = ("deployed".to_owned(), Some("small".to_owned()));
            let record = SeenRelease {
                revision: 1,
                status,
                owner,
            };
            observed.releases.insert(name.clone(), record);
        }
        for (name, job) in &self.desired.jobs {
            let done = FinishedJob {
                digest: job.digest.clone(),
                at: String::new(),
                simulated: false,
            };
            inventory.jobs.insert(name.to_string(), done);
        }
        for fact in self.desired.prepared.keys() {
            inventory.facts.insert(
                fact.clone(),
                PreparedFact {
                    simulated: false,
                    at: String::new(),
                },
            );
        }
        observed
    }
}

/// The mark that an object has after `writes` writes.
pub(crate) fn mark(key: &ObjectKey, writes: u32) -> Mark {
    let metadata = json!({"uid": format!("uid-{key}"), "resourceVersion": writes.to_string()});
    Mark::of(&metadata, StatusSubresource::Absent).unwrap()
}

/// The steps by name, in order.
pub(crate) fn steps(plan: &Plan) -> Vec<String> {
    plan.ordered
        .steps
        .iter()
        .map(|step| step.id.to_string())
        .collect()
}

pub(crate) fn key(text: &str) -> ObjectKey {
    text.parse().unwrap()
}

/// Enough of the generic chart for a plan: a workload that names what its container reads, its Service and claims.
fn render(blueprint: &Blueprint) -> Rendered {
    let releases = blueprint.parts.values().filter_map(|part| {
        let release = part.release.as_ref()?;
        let name = release.name.clone();
        let values = &release.values;
        let job = values.get("job").filter(|job| !job.is_null());
        let body = job.unwrap_or(&values["service"]);
        let container = container(&body["container"]);
        let volumes = volumes(&body["container"]);
        let metadata = json!({"name": name.name, "namespace": name.namespace});
        let template =
            json!({"metadata": {}, "spec": {"containers": [container], "volumes": volumes}});
        let (api_version, kind) = if job.is_some() {
            ("batch/v1", "Job")
        } else {
            ("apps/v1", "Deployment")
        };
        let workload = json!({"apiVersion": api_version, "kind": kind, "metadata": metadata,
            "spec": {"replicas": body["replicas"], "template": template}});
        let mut objects = Vec::new();
        for claim in body["claims"].as_array().into_iter().flatten() {
            let metadata = json!({"name": claim["name"], "namespace": name.namespace});
            objects.push(
                json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata}),
            );
        }
        if !body["container"]["ports"].is_null() {
            objects.push(json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata}));
        }
        if job.is_none() {
            objects.push(workload.clone());
        } else {
            objects
                .push(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}));
        }
        let objects: Vec<Object> = objects
            .into_iter()
            .map(|value| Object::try_from(value).unwrap())
            .collect();
        let job = job.map(|_| Object::try_from(workload).unwrap());
        let rendered = RenderedRelease {
            name: name.clone(),
            component: part.component.clone(),
            chart: "mosip-service".into(),
            values: values.clone(),
            digest: digest(&json!([objects, job])),
            objects,
            job,
            has_hooks: false,
            stood_in: None,
        };
        Some((name, rendered))
    });
    let mut rendered = Rendered {
        releases: releases.collect::<BTreeMap<_, _>>(),
    };
    mosipctl_render::tell_what_pods_read(&mut rendered, blueprint);
    rendered
}

fn container(container: &Value) -> Value {
    let reference = |text: &Value| {
        let (name, key) = text.as_str().unwrap().split_once('#').unwrap();
        json!({"name": name, "key": key})
    };
    let env = container["env"].as_object().into_iter().flatten().map(|(name, value)| match value {
        value if value.get("configMap").is_some() => {
            json!({"name": name, "valueFrom": {"configMapKeyRef": reference(&value["configMap"])}})
        }
        value => json!({"name": name, "valueFrom": {"secretKeyRef": reference(&value["secret"])}}),
    });
    let maps = container["envFrom"]["configMaps"]
        .as_array()
        .into_iter()
        .flatten();
    let maps = maps.map(|name| json!({"configMapRef": {"name": name}}));
    let secrets = container["envFrom"]["secrets"]
        .as_array()
        .into_iter()
        .flatten();
    let secrets = secrets.map(|name| json!({"secretRef": {"name": name}}));
    json!({"name": "main", "image": container["image"], "env": env.collect::<Vec<_>>(),
        "envFrom": maps.chain(secrets).collect::<Vec<_>>()})
}

fn volumes(container: &Value) -> Vec<Value> {
    let mounts = container["mounts"].as_array().into_iter().flatten();
    let claims = mounts.filter_map(|mount| mount["from"].get("claim"));
    claims
        .map(|claim| json!({"name": claim, "persistentVolumeClaim": {"claimName": claim}}))
        .collect()
}
