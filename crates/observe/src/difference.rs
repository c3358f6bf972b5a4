//! Which fields of two versions of an object differ.

use mosipctl_object::Object;
use serde_json::Value;

/// Parts of an object that the API server writes by itself.
const NOT_OURS: [&str; 6] = [
    "/metadata/managedFields",
    "/metadata/resourceVersion",
    "/metadata/generation",
    "/metadata/uid",
    "/metadata/creationTimestamp",
    "/status",
];

/// JSON pointers of the fields that differ, outermost first where a whole branch appears or goes.
pub fn fields(before: &Object, after: &Object) -> Vec<String> {
    let mut found = Vec::new();
    compare(
        before.value(),
        after.value(),
        &mut String::new(),
        &mut found,
    );
    found
}

fn compare(before: &Value, after: &Value, at: &mut String, found: &mut Vec<String>) {
    if NOT_OURS.contains(&at.as_str()) || before == after {
        return;
    }
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                below(key, at, |at| match after.get(key) {
                    Some(other) => compare(value, other, at, found),
                    None => note(at, found),
                });
            }
            for key in after.keys().filter(|key| !before.contains_key(*key)) {
                below(key, at, |at| note(at, found));
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (index, (value, other)) in before.iter().zip(after).enumerate() {
                below(&index.to_string(), at, |at| {
                    compare(value, other, at, found)
                });
            }
        }
        _ => note(at, found),
    }
}

fn note(at: &str, found: &mut Vec<String>) {
    if !NOT_OURS.contains(&at) {
        found.push(at.to_owned());
    }
}

fn below(step: &str, at: &mut String, visit: impl FnOnce(&mut String)) {
    let length = at.len();
    at.push('/');
    at.push_str(&step.replace('~', "~0").replace('/', "~1"));
    visit(at);
    at.truncate(length);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(extra: Value) -> Object {
        let mut value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
        value
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        Object::try_from(value).unwrap()
    }

    #[test]
    fn names_what_differs_and_passes_over_what_the_server_writes() {
        let before =
            object(json!({"data": {"a/b": "1", "c": "2"}, "list": [1, 2], "status": {"x": 1}}));
        let after =
            object(json!({"data": {"a/b": "9", "d": "2"}, "list": [1, 3], "status": {"x": 2}}));
        assert_eq!(
            fields(&before, &after),
            ["/data/a~1b", "/data/c", "/data/d", "/list/1"]
        );
        assert_eq!(fields(&before, &before), Vec::<String>::new());
    }
}
