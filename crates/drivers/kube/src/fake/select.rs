//! Label and field selectors.

use mosipctl_object::Object;
use serde_json::Value;

use crate::kubernetes::Selection;

/// Whether a selection picks an object.
pub(super) fn picks(selection: &Selection, object: &Object) -> bool {
    let labels = object.labels();
    let in_namespace = selection
        .namespace
        .as_deref()
        .is_none_or(|namespace| object.namespace() == Some(namespace));
    let by_label = requirements(selection.labels.as_deref())
        .all(|one| holds(&one, |name| labels.get(name).map(|&value| value.to_owned())));
    let by_field = requirements(selection.fields.as_deref())
        .all(|one| holds(&one, |name| field(object, name)));
    in_namespace && by_label && by_field
}

/// The parts of a selector: commas inside parentheses belong to a set.
fn requirements(selector: Option<&str>) -> impl Iterator<Item = String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for character in selector.unwrap_or_default().chars() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts
        .into_iter()
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
}

fn holds(requirement: &str, value: impl Fn(&str) -> Option<String>) -> bool {
    if let Some((name, set)) = requirement.split_once(" notin ") {
        return !is_in(value(name.trim()), set);
    }
    if let Some((name, set)) = requirement.split_once(" in ") {
        return is_in(value(name.trim()), set);
    }
    if let Some((name, unwanted)) = requirement.split_once("!=") {
        return value(name).as_deref() != Some(unwanted);
    }
    if let Some((name, wanted)) = requirement.split_once('=') {
        let wanted = wanted.trim_start_matches('=');
        return value(name).unwrap_or_default() == wanted;
    }
    match requirement.strip_prefix('!') {
        Some(name) => value(name).is_none(),
        None => value(requirement).is_some(),
    }
}

fn is_in(value: Option<String>, set: &str) -> bool {
    let mut members = set.trim_matches(['(', ')', ' ']).split(',').map(str::trim);
    value.is_some_and(|value| members.any(|member| member == value))
}

fn field(object: &Object, name: &str) -> Option<String> {
    let pointer = format!("/{}", name.replace('.', "/"));
    let value = object.value().pointer(&pointer)?;
    value.as_str().map(str::to_owned).or_else(|| match value {
        Value::Null => None,
        other => Some(other.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_pick_what_an_api_server_would() {
        let value = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": {"name": "a", "namespace": "n", "labels": {"owner": "helm", "name": "x"}}});
        let object = Object::try_from(value).unwrap();
        let by_labels = |selector: &str| picks(&Selection::everywhere().labels(selector), &object);
        assert!(by_labels("owner=helm,name in (x,y)"));
        assert!(by_labels("owner,!other,name notin (z)"));
        assert!(!by_labels("owner!=helm"));
        assert!(picks(
            &Selection::namespace("n").fields("metadata.name=a,type!=helm.sh/release.v1"),
            &object
        ));
        assert!(!picks(&Selection::namespace("m"), &object));
    }
}
