//! Copying config maps and Secrets between namespaces: read, write, verify. Never delete first.

use mosipctl_kube::{Applied, Apply, Kubernetes, Manager};
use mosipctl_object::{Mark, Object, ObjectKey, StatusSubresource};
use mosipctl_observe::secret::{REVISION_ANNOTATION, content, revision};
use mosipctl_plan::desired::{COMPONENT_LABEL, ENVIRONMENT_LABEL};
use mosipctl_plan::inventory::{Origin, OwnedObject, OwnedSecret};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::ledger::{Ledger, Note};
use crate::secret::new_revision;

/// A copy to be made.
pub(crate) struct Copy<'a> {
    pub(crate) from: &'a ObjectKey,
    pub(crate) to: &'a ObjectKey,
    pub(crate) component: &'a str,
    pub(crate) environment: &'a str,
    /// What stands for the original's content in the inventory; none for Secrets, whose revision does.
    pub(crate) wanted: Option<String>,
    /// Class of the original, for Secrets.
    pub(crate) class: Option<mosipctl_catalogue::secret::Class>,
}

/// Makes a copy, or brings the one that is there up to date.
pub(crate) async fn copy(
    kube: &dyn Kubernetes,
    ledger: &Ledger,
    copy: &Copy<'_>,
) -> Result<(), Failure> {
    let original = kube.get(copy.from).await?.ok_or_else(|| {
        let remedy = "find out who deletes it, and run again";
        Failure::refused(
            format!("`{}` is gone while it is copied", copy.from),
            remedy,
        )
    })?;
    let wanted = copied(&original, copy);
    let made = match kube.apply(&wanted, &Apply::new(Manager::Mosipctl)).await? {
        Applied::Done(object) => object,
        Applied::Conflicts(conflicts) => {
            let owners = conflicts
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ");
            let message = format!(
                "`{}` has other values that somebody else wrote: {owners}",
                copy.to
            );
            let remedy = format!("delete it, so that the copy of `{}` can be made", copy.from);
            return Err(Failure::refused(message, remedy));
        }
    };
    for part in ["data", "binaryData"] {
        let of = |object: &Object| object.value().get(part).cloned().unwrap_or(Value::Null);
        if of(&made) != of(&wanted) {
            let message = format!("`{}` has not the content that was written", copy.to);
            return Err(Failure::refused(
                message,
                "find out what changes it: a webhook, or somebody else's copy",
            ));
        }
    }
    // a copy that the inventory does not know would be made again, and with it everything that reads it
    if let Some(note) = note(ledger, copy, &made) {
        ledger.settled(note).await?;
    }
    Ok(())
}

fn copied(original: &Object, copy: &Copy<'_>) -> Object {
    let mut value = json!({
        "apiVersion": "v1",
        "kind": copy.to.kind.kind,
        "metadata": {
            "name": copy.to.name,
            "namespace": copy.to.namespace,
            "labels": {ENVIRONMENT_LABEL: copy.environment, COMPONENT_LABEL: copy.component},
        },
    });
    if copy.to.kind.kind == "Secret" {
        let revision = revision(original).map_or_else(new_revision, str::to_owned);
        value["metadata"]["annotations"] = json!({REVISION_ANNOTATION: revision});
    }
    for part in ["type", "data", "binaryData"] {
        if let Some(content) = original.value().get(part) {
            value[part] = content.clone();
        }
    }
    match Object::try_from(value) {
        Ok(object) => object,
        Err(_) => unreachable!("the literal above has kind and name"),
    }
}

fn note(ledger: &Ledger, copy: &Copy<'_>, made: &Object) -> Option<Note> {
    let mark = Mark::of(&made.value()["metadata"], StatusSubresource::Absent)?;
    if copy.to.kind.kind == "Secret" {
        let revision = revision(made).unwrap_or_default().to_owned();
        let owned = OwnedSecret {
            wanted: revision.clone(),
            revision,
            class: copy
                .class
                .unwrap_or(mosipctl_catalogue::secret::Class::Rotatable),
            origin: Origin::Copied,
            mark,
            content: content(made),
        };
        let path = format!(
            "{}/{}",
            copy.to.namespace.as_deref().unwrap_or_default(),
            copy.to.name
        );
        Some(ledger.note(|inventory| drop(inventory.secrets.insert(path, owned))))
    } else {
        let wanted = copy.wanted.clone().unwrap_or_default();
        let owned = OwnedObject {
            wanted,
            mark,
            young: false,
            release: None,
            found: false,
        };
        Some(ledger.note(|inventory| drop(inventory.objects.insert(copy.to.clone(), owned))))
    }
}
