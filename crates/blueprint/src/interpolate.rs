//! `${…}` in the texts of the catalogue.
//!
//! `${name}` stands for a variable, `${name|default}` for the default when the variable is not set, and `$${` for a
//! literal `${`.

use serde_json::Value;

/// A name that stands for nothing, and where it was used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unknown {
    /// JSON pointer of the text.
    pub(crate) pointer: String,
    /// The name.
    pub(crate) name: String,
}

/// Fills in every text of a value. `look_up` gives what a name stands for.
pub(crate) fn fill(
    value: &mut Value,
    look_up: &dyn Fn(&str) -> Option<String>,
) -> Result<(), Unknown> {
    walk(value, look_up, &mut String::new())
}

/// Fills in one text.
pub(crate) fn fill_text(
    text: &str,
    look_up: &dyn Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, after) = (&rest[..start], &rest[start + 2..]);
        if let Some(literal) = before.strip_suffix('$') {
            out.push_str(literal);
            out.push_str("${");
            rest = after;
            continue;
        }
        let Some((expression, behind)) = after.split_once('}') else {
            break;
        };
        out.push_str(before);
        let (name, default) = match expression.split_once('|') {
            Some((name, default)) => (name.trim(), Some(default.trim())),
            None => (expression.trim(), None),
        };
        let found = look_up(name).or_else(|| default.map(str::to_owned));
        out.push_str(&found.ok_or_else(|| name.to_owned())?);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

fn walk(
    value: &mut Value,
    look_up: &dyn Fn(&str) -> Option<String>,
    at: &mut String,
) -> Result<(), Unknown> {
    match value {
        Value::String(text) if text.contains("${") => {
            *text = fill_text(text, look_up).map_err(|name| Unknown {
                pointer: at.clone(),
                name,
            })?;
            Ok(())
        }
        Value::Array(items) => {
            let entries = items.iter_mut().enumerate();
            entries
                .map(|(index, item)| (index.to_string(), item))
                .try_for_each(|e| below(e, look_up, at))
        }
        Value::Object(map) => {
            let entries = map.iter_mut().map(|(key, item)| (key.clone(), item));
            entries
                .into_iter()
                .try_for_each(|entry| below(entry, look_up, at))
        }
        _ => Ok(()),
    }
}

fn below(
    (step, value): (String, &mut Value),
    look_up: &dyn Fn(&str) -> Option<String>,
    at: &mut String,
) -> Result<(), Unknown> {
    let length = at.len();
    at.push('/');
    at.push_str(&step);
    walk(value, look_up, at)?;
    at.truncate(length);
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn look_up(name: &str) -> Option<String> {
        (name == "domain").then(|| "example.org".to_owned())
    }

    #[test]
    fn names_defaults_and_literals() {
        let fill = |text| fill_text(text, &look_up);
        assert_eq!(fill("api.${domain}"), Ok("api.example.org".to_owned()));
        assert_eq!(
            fill("${ x | y }-${domain|z}"),
            Ok("y-example.org".to_owned())
        );
        assert_eq!(fill("$${HOME} ${domain"), Ok("${HOME} ${domain".to_owned()));
        assert_eq!(fill("${absent}"), Err("absent".to_owned()));
    }

    #[test]
    fn an_unknown_name_is_reported_with_its_place() {
        let mut value = json!({"a": [{"b": "${nope}"}]});
        let unknown = fill(&mut value, &look_up).unwrap_err();
        assert_eq!(
            unknown,
            Unknown {
                pointer: "/a/0/b".to_owned(),
                name: "nope".to_owned()
            }
        );
    }
}
