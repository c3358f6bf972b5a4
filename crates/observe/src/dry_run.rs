//! Answers to the plan's questions.

use mosipctl_kube::{Applied, Apply, Conflict, KubeError, Kubernetes, Manager};
use mosipctl_object::{Object, ObjectKey};
use mosipctl_plan::compare::Question;
use mosipctl_plan::observed::{Answer, ForeignField};
use mosipctl_plan::{Desired, Inventory};
use serde_json::Value;

use crate::difference::fields;
use crate::late;
use crate::secret;

/// The object of a question and the answer to it.
pub(crate) async fn answer(
    kube: &dyn Kubernetes,
    question: &Question,
    desired: &Desired,
    inventory: &Inventory,
) -> Result<(ObjectKey, Answer), KubeError> {
    match question {
        Question::Object { object, in_release } => {
            let manager = if *in_release {
                Manager::Helm
            } else {
                Manager::Mosipctl
            };
            Ok((object.key(), object_answer(kube, object, manager).await?))
        }
        Question::Secret(key) => Ok((
            key.clone(),
            secret_answer(kube, key, desired, inventory).await?,
        )),
        Question::Copy { from, to } => Ok((to.clone(), copy_answer(kube, from, to).await?)),
    }
}

async fn object_answer(
    kube: &dyn Kubernetes,
    object: &Object,
    manager: Manager,
) -> Result<Answer, KubeError> {
    let whole = || Answer::Changes { fields: Vec::new() };
    let Some(live) = kube.get(&object.key()).await? else {
        return Ok(whole());
    };
    // A value that cannot be read yet will be there when the step runs; until then the object differs.
    let Ok(wanted) = late::resolve(kube, object, &|_| None).await else {
        return Ok(whole());
    };
    let apply = Apply::new(manager).dry();
    match kube.apply(&wanted, &apply).await {
        Ok(Applied::Done(result)) => Ok(changes(&live, &result)),
        Ok(Applied::Conflicts(conflicts)) => {
            with_conflicts(kube, &live, wanted, &apply, &conflicts).await
        }
        Err(error) => refusal(error),
    }
}

fn changes(live: &Object, result: &Object) -> Answer {
    match fields(live, result) {
        fields if fields.is_empty() => Answer::Same,
        fields => Answer::Changes { fields },
    }
}

/// What would change if the fields of others were left alone.
async fn with_conflicts(
    kube: &dyn Kubernetes,
    live: &Object,
    wanted: Object,
    apply: &Apply,
    conflicts: &[Conflict],
) -> Result<Answer, KubeError> {
    let foreign = conflicts.iter().map(|c| ForeignField {
        field: c.pointer(),
        manager: c.owner.clone(),
    });
    let foreign: Vec<ForeignField> = foreign.collect();
    let ours = without(wanted, conflicts);
    let changes = match kube.apply(&ours, apply).await {
        Ok(Applied::Done(result)) => fields(live, &result),
        Ok(Applied::Conflicts(_)) => Vec::new(),
        Err(error) => return refusal(error),
    };
    Ok(Answer::Conflict {
        fields: foreign,
        changes,
    })
}

/// The object without the fields that others own.
pub fn without(mut object: Object, conflicts: &[Conflict]) -> Object {
    for conflict in conflicts {
        let pointer = conflict.pointer();
        let Some((parent, field)) = pointer.rsplit_once('/') else {
            continue;
        };
        let field = field.replace("~1", "/").replace("~0", "~");
        if let Some(map) = object
            .value_mut()
            .pointer_mut(parent)
            .and_then(Value::as_object_mut)
        {
            map.remove(&field);
        }
    }
    object
}

fn refusal(error: KubeError) -> Result<Answer, KubeError> {
    use mosipctl_kube::Refusal;
    match error {
        KubeError::Refused {
            refusal: Refusal::Immutable(_),
            message,
            ..
        } => Ok(Answer::Immutable { reason: message }),
        KubeError::Refused {
            refusal: Refusal::Invalid(_) | Refusal::Admission,
            message,
            ..
        } => Ok(Answer::Refused { reason: message }),
        other => Err(other),
    }
}

/// Whether a Secret has every key it should, and the content that we last saw.
async fn secret_answer(
    kube: &dyn Kubernetes,
    key: &ObjectKey,
    desired: &Desired,
    inventory: &Inventory,
) -> Result<Answer, KubeError> {
    let Some(live) = kube.get(key).await? else {
        return Ok(Answer::Changes { fields: Vec::new() });
    };
    let present = secret::data(&live);
    let wanted = desired
        .secrets
        .get(key)
        .into_iter()
        .flat_map(|secret| secret.part.keys.keys());
    let missing: Vec<String> = wanted
        .filter(|key| !present.contains_key(*key))
        .cloned()
        .collect();
    let path = format!(
        "{}/{}",
        key.namespace.as_deref().unwrap_or_default(),
        key.name
    );
    let known = inventory
        .secrets
        .get(&path)
        .map(|owned| owned.content.as_str());
    match missing.is_empty() && known == Some(&secret::content(&live)) {
        true => Ok(Answer::Same),
        false => Ok(Answer::Changes { fields: missing }),
    }
}

async fn copy_answer(
    kube: &dyn Kubernetes,
    from: &ObjectKey,
    to: &ObjectKey,
) -> Result<Answer, KubeError> {
    let (Some(original), Some(copy)) = (kube.get(from).await?, kube.get(to).await?) else {
        return Ok(Answer::Changes { fields: Vec::new() });
    };
    let part =
        |object: &Object, name: &str| object.value().get(name).cloned().unwrap_or(Value::Null);
    let differing = ["data", "binaryData"]
        .into_iter()
        .filter(|name| part(&original, name) != part(&copy, name));
    let fields: Vec<String> = differing.map(|name| format!("/{name}")).collect();
    let revisions_differ = secret::revision(&original) != secret::revision(&copy);
    match fields.is_empty() && !revisions_differ {
        true => Ok(Answer::Same),
        false => Ok(Answer::Changes { fields }),
    }
}
