//! Writing: whole objects, patches, versions, deletion.

use std::sync::Arc;

use jiff::Timestamp;
use mosipctl_object::{Kind, Object, ObjectKey};
use serde_json::{Value, json};

use super::stored::{self, Mode, Stored, Writer};
use super::{State, controllers, fields, patches};
use crate::error::{KubeError, TransientCause};
use crate::kubernetes::{Applied, Delete, Deleted, DryRun, Propagation};
use crate::served::{Served, ServedKind};

impl State {
    /// Writes a whole object: server-side apply, or create.
    pub(super) fn apply(
        &mut self,
        object: &Object,
        served: &ServedKind,
        writer: &Writer,
        now: Timestamp,
        what: &str,
    ) -> Result<Applied, KubeError> {
        self.check_place(object, served, what)?;
        let key = object.key();
        let mut desired = object.value().clone();
        if let Some(map) = desired.as_object_mut() {
            map.remove("status");
        }
        stringdata_to_data(&mut desired);
        let wanted = fields::leaves(&desired);
        let before = self.objects.get(&key).cloned();
        let mut after = match &before {
            None => self.new_object(object),
            Some(stored) => stored.clone(),
        };
        let forced = matches!(writer.mode, Mode::Apply { force: true });
        let conflicts = stored::conflicts(&after, &desired, &wanted, writer);
        if !conflicts.is_empty() && !forced {
            return Ok(Applied::Conflicts(conflicts));
        }
        stored::take(&mut after, &desired, wanted, writer, now);
        self.commit(key, before, after, writer, now)
            .map(Applied::Done)
    }

    /// Changes an object by a merge patch.
    pub(super) fn edit(
        &mut self,
        key: &ObjectKey,
        patch: &Value,
        writer: &Writer,
        now: Timestamp,
    ) -> Result<Object, KubeError> {
        self.change(key, writer, now, |value| {
            patches::merge(value, patch);
            Ok(())
        })
    }

    /// Changes an object by a JSON patch.
    pub(super) fn edit_json(
        &mut self,
        key: &ObjectKey,
        operations: &Value,
        writer: &Writer,
        now: Timestamp,
    ) -> Result<Object, KubeError> {
        self.change(key, writer, now, |value| patches::json(value, operations))
    }

    pub(super) fn delete(&mut self, key: &ObjectKey, delete: &Delete, now: Timestamp) -> Deleted {
        let Some(stored) = self.objects.get(key) else {
            return Deleted::Gone;
        };
        let uid = stored.value()["metadata"]["uid"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        if delete.uid.as_ref().is_some_and(|wanted| *wanted != uid) {
            return Deleted::AnotherObject;
        }
        let has_finalizers = stored.value()["metadata"]["finalizers"]
            .as_array()
            .is_some_and(|finalizers| !finalizers.is_empty());
        if has_finalizers {
            self.mark_deleted(key, now);
        } else {
            self.vanish(key);
        }
        if delete.propagation != Propagation::Orphan {
            for owned in self.owned_by(&uid) {
                self.vanish(&owned);
            }
        }
        Deleted::Accepted
    }

    /// Takes an object away, and with a namespace everything in it.
    pub(super) fn vanish(&mut self, key: &ObjectKey) {
        let Some(stored) = self.objects.remove(key) else {
            return;
        };
        self.version += 1;
        let mut object = stored.object();
        object.value_mut()["metadata"]["resourceVersion"] = json!(self.version.to_string());
        if let Some(store) = self.stores.get(&key.kind) {
            store.remove(&None, &object);
        }
        if key.kind == Kind::core("Namespace") {
            let inside: Vec<ObjectKey> = self
                .objects
                .keys()
                .filter(|inner| inner.namespace.as_deref() == Some(&key.name))
                .cloned()
                .collect();
            for key in inside {
                self.vanish(&key);
            }
        }
    }

    fn change(
        &mut self,
        key: &ObjectKey,
        writer: &Writer,
        now: Timestamp,
        change: impl FnOnce(&mut Value) -> Result<(), String>,
    ) -> Result<Object, KubeError> {
        let what = format!("change {key}");
        let missing = || KubeError::missing(&what, "not found");
        let before = self.objects.get(key).cloned().ok_or_else(missing)?;
        let mut value: Value = before.object().into();
        change(&mut value).map_err(|problem| KubeError::bug(&what, problem))?;
        let version = |value: &Value| value["metadata"]["resourceVersion"].clone();
        if version(&value) != version(before.value()) {
            let cause = TransientCause::Conflict("the object has been modified".to_owned());
            return Err(KubeError::transient(&what, cause));
        }
        let entries = value["metadata"]["managedFields"].take();
        if let Some(metadata) = value["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        stringdata_to_data(&mut value);
        let object =
            Object::try_from(value).map_err(|error| KubeError::bug(&what, error.to_string()))?;
        let mut after = Stored {
            object,
            owners: stored::owners(&entries),
        };
        let changed = stored::changed_fields(before.value(), after.value());
        if !changed.is_empty() {
            stored::give(&mut after.owners, writer.owner(changed, now));
        }
        let has_status = fields::leaves(after.value());
        for owner in &mut after.owners {
            owner.fields.retain(|path| has_status.contains(path));
        }
        after.owners.retain(|owner| !owner.fields.is_empty());
        self.commit(key.clone(), Some(before), after, writer, now)
    }

    /// Gives a changed object its next version, tells the watchers and lets the controllers look.
    fn commit(
        &mut self,
        key: ObjectKey,
        before: Option<Stored>,
        mut after: Stored,
        writer: &Writer,
        now: Timestamp,
    ) -> Result<Object, KubeError> {
        let is_new = before.is_none();
        let same = before
            .as_ref()
            .is_some_and(|before| stored::is_same(before, &after));
        if same {
            return Ok(before.map_or_else(|| after.object(), |before| before.object()));
        }
        let spec_changed =
            before.is_some_and(|before| before.value()["spec"] != after.value()["spec"]);
        if spec_changed {
            let generation = after.value()["metadata"]["generation"]
                .as_i64()
                .unwrap_or(1);
            after.metadata()["generation"] = json!(generation + 1);
        }
        if writer.dry_run == DryRun::Yes {
            return Ok(after.object());
        }
        if is_new {
            self.made += 1;
        }
        self.version += 1;
        after.metadata()["resourceVersion"] = json!(self.version.to_string());
        let object = after.object();
        self.objects.insert(key.clone(), after);
        if let Some(store) = self.stores.get(&key.kind) {
            store.put(&None, object.clone());
        }
        self.learn(&object);
        self.finish_deletion(&key);
        if writer.mode != Mode::Status
            && let Some(status) = controllers::status(&object, self.controllers)
        {
            let writer = Writer::status("controller");
            self.edit(&key, &json!({"status": status}), &writer, now)?;
        }
        Ok(object)
    }

    /// An object with an identity and nothing else yet.
    fn new_object(&self, desired: &Object) -> Stored {
        let mut object = desired.clone();
        if let Some(map) = object.value_mut().as_object_mut() {
            map.retain(|field, _| matches!(field.as_str(), "apiVersion" | "kind" | "metadata"));
        }
        let next = self.made + 1;
        let mut metadata = json!({
            "name": desired.name(),
            "uid": format!("00000000-0000-0000-0000-{next:012}"),
            "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z",
        });
        if let Some(namespace) = desired.namespace() {
            metadata["namespace"] = json!(namespace);
        }
        object.value_mut()["metadata"] = metadata;
        Stored {
            object,
            owners: Vec::new(),
        }
    }

    fn check_place(
        &self,
        object: &Object,
        served: &ServedKind,
        what: &str,
    ) -> Result<(), KubeError> {
        let api_version = object.api_version();
        let version = api_version.rsplit('/').next().unwrap_or(api_version);
        if !served.versions.iter().any(|known| known == version) {
            let message = format!("version `{version}` is not served");
            return Err(KubeError::missing(what, message));
        }
        if !served.namespaced {
            return Ok(());
        }
        let Some(namespace) = object.namespace() else {
            return Err(KubeError::bug(what, "the object has no namespace"));
        };
        let key = ObjectKey::cluster(Kind::core("Namespace"), namespace);
        match self.objects.contains_key(&key) {
            true => Ok(()),
            false => Err(KubeError::missing(
                what,
                format!("namespaces \"{namespace}\" not found"),
            )),
        }
    }

    fn learn(&mut self, object: &Object) {
        if object.kind().kind == "CustomResourceDefinition"
            && let Some(new) = Served::defined_by(object)
        {
            let mut served = Served::clone(&self.served);
            served.add(new);
            self.served = Arc::new(served);
        }
    }

    fn mark_deleted(&mut self, key: &ObjectKey, now: Timestamp) {
        self.version += 1;
        let version = self.version.to_string();
        if let Some(stored) = self.objects.get_mut(key) {
            stored.metadata()["deletionTimestamp"] =
                json!(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
            stored.metadata()["resourceVersion"] = json!(version);
            if let Some(store) = self.stores.get(&key.kind) {
                store.put(&None, stored.object());
            }
        }
    }

    /// An object that is being deleted goes with its last finalizer.
    fn finish_deletion(&mut self, key: &ObjectKey) {
        let is_done = self.objects.get(key).is_some_and(|stored| {
            let metadata = &stored.value()["metadata"];
            let finalizers = metadata["finalizers"].as_array();
            !metadata["deletionTimestamp"].is_null() && finalizers.is_none_or(Vec::is_empty)
        });
        if is_done {
            self.vanish(key);
        }
    }

    fn owned_by(&self, uid: &str) -> Vec<ObjectKey> {
        let owned = self.objects.iter().filter(|(_, stored)| {
            let owners = stored.value()["metadata"]["ownerReferences"].as_array();
            owners
                .into_iter()
                .flatten()
                .any(|owner| owner["uid"] == uid)
        });
        owned.map(|(key, _)| key.clone()).collect()
    }
}

/// Secrets may be written in plain text and are kept in base64.
fn stringdata_to_data(value: &mut Value) {
    use base64::Engine as _;
    if value["kind"] != "Secret" {
        return;
    }
    let plain = value
        .as_object_mut()
        .and_then(|map| map.remove("stringData"));
    for (name, text) in plain
        .as_ref()
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let encoded =
            base64::engine::general_purpose::STANDARD.encode(text.as_str().unwrap_or_default());
        value["data"][name] = json!(encoded);
    }
}
