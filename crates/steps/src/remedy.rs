//! From what the cluster says to what a person can do.

use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_journal::Reason as Said;
use mosipctl_object::{Cause, Reason, Referent};
use mosipctl_plan::Desired;

/// A reason with its log lines, and what to do as far as the reason alone tells it.
pub(crate) fn plain(reason: &Reason) -> Said {
    let mut causes = Vec::new();
    if !reason.log.is_empty() {
        causes.push(format!("last lines:\n{}", reason.log.join("\n")));
    }
    Said {
        text: reason.to_string(),
        causes,
        remedy: general(&reason.cause),
    }
}

/// A reason with what to do, knowing who should have made what is missing.
pub(crate) fn reason(reason: &Reason, desired: &Desired) -> Said {
    let said = plain(reason);
    let remedy = specific(&reason.cause, desired).or_else(|| said.remedy.clone());
    Said { remedy, ..said }
}

fn specific(cause: &Cause, desired: &Desired) -> Option<String> {
    let (referent, namespace, name) = match cause {
        Cause::MissingKey {
            referent,
            namespace,
            name,
            ..
        }
        | Cause::MissingObject {
            referent,
            namespace,
            name,
        } => (referent, namespace, name),
        _ => return None,
    };
    let kind = match referent {
        Referent::ConfigMap => FactKind::ConfigMap,
        Referent::Secret | Referent::PullSecret => FactKind::Secret,
        Referent::Claim => FactKind::Claim,
        Referent::ServiceAccount => return None,
    };
    let fact = Fact::namespaced(kind, namespace, name);
    let maker = maker_of(&fact, desired)?;
    Some(match cause {
        Cause::MissingKey { key, .. } => format!(
            "`{fact}` is made by component `{maker}`: give it the key `{key}` (`spec.components.{maker}.values`), \
             then run the same command again: it goes on from here"
        ),
        _ => format!(
            "component `{maker}` makes `{fact}`; somebody took it away: run the same command again"
        ),
    })
}

/// The component that makes a fact, directly or as the original of a copy.
fn maker_of(fact: &Fact, desired: &Desired) -> Option<String> {
    let copied = desired
        .copies
        .iter()
        .find(|(to, _)| is(to, fact))
        .map(|(_, copy)| copy.from.clone());
    let wanted = |key: &mosipctl_object::ObjectKey| is(key, fact) || copied.as_ref() == Some(key);
    let own = desired
        .objects
        .iter()
        .find(|(key, _)| wanted(key))
        .map(|(_, object)| object.component.clone());
    let secret = || {
        desired
            .secrets
            .iter()
            .find(|(key, _)| wanted(key))
            .map(|(_, secret)| secret.component.clone())
    };
    let home = || {
        let (_, release) = desired.homes.iter().find(|(key, _)| wanted(key))?;
        desired
            .releases
            .get(release)
            .map(|release| release.component.clone())
    };
    own.or_else(secret).or_else(home)
}

fn is(key: &mosipctl_object::ObjectKey, fact: &Fact) -> bool {
    let kind = match fact.kind {
        FactKind::ConfigMap => "ConfigMap",
        FactKind::Secret => "Secret",
        FactKind::Claim => "PersistentVolumeClaim",
        _ => return false,
    };
    let path = format!(
        "{}/{}",
        key.namespace.as_deref().unwrap_or_default(),
        key.name
    );
    key.kind.kind == kind && path == fact.key
}

fn general(cause: &Cause) -> Option<String> {
    let text = match cause {
        Cause::Image { .. } => {
            "check the image's name and tag, and whether the nodes reach its registry; \
             `spec.images` can name a mirror or pull secrets"
        }
        Cause::Unschedulable(_) => {
            "add nodes or larger ones, or lower the component's requests under `spec.components`"
        }
        Cause::UnboundClaim { message, .. } if message.contains("external provisioner") => {
            "look at the pods of the storage driver and their logs: it was asked for a volume and gives none; \
             or name another class under `spec.storage`"
        }
        Cause::UnboundClaim { .. } => {
            "name a storage class that exists and gives such volumes under `spec.storage`"
        }
        Cause::Crash {
            out_of_memory: true,
            ..
        } => "raise the component's memory limit under `spec.components`",
        Cause::Crash { .. } => {
            "read the last lines; when the cause is mended, run the same command again"
        }
        Cause::Probe { .. } => {
            "read the container's log: it runs, and does not answer as it should"
        }
        Cause::NotCreated(_) => {
            "see what the message names: a quota, a policy or a webhook of the cluster"
        }
        _ => return None,
    };
    Some(text.to_owned())
}
