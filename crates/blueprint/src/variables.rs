//! What the `${…}` of the catalogue stand for.

use std::collections::BTreeMap;

use mosipctl_catalogue::Catalogue;
use mosipctl_spec::{Complaint, Document, Environment, nearest};
use serde_json::Value;

use crate::error::BlueprintError;
use crate::interpolate::fill_text;

/// Names of hosts end in this; no two of them may be the same.
const HOST: &str = "-host";

/// Every variable: the environment's own, the edition's, and any path into the environment file.
pub(crate) struct Variables {
    named: BTreeMap<String, String>,
    file: Value,
}

impl Variables {
    pub(crate) fn new(
        environment: &Environment,
        document: &Document<'_>,
        catalogue: &Catalogue,
    ) -> Result<Self, BlueprintError> {
        known_hosts(environment, document, catalogue)?;
        let spec = &environment.spec;
        let file = serde_json::to_value(environment).unwrap_or_default();
        let named = BTreeMap::from([
            ("name".to_owned(), environment.name().to_string()),
            ("domain".to_owned(), spec.domain.to_string()),
            ("version".to_owned(), spec.mosip.to_string()),
            ("profile".to_owned(), spec.profile.as_str().to_owned()),
            (
                "language".to_owned(),
                spec.languages.first().cloned().unwrap_or_default(),
            ),
            ("languages".to_owned(), spec.languages.join(",")),
        ]);
        let mut variables = Self { named, file };
        for (name, text) in &catalogue.edition.variables {
            let own = spec.hosts.get(name).map(ToString::to_string);
            let value = match own {
                Some(host) => host,
                None => variables
                    .fill(text)
                    .map_err(|unknown| unknown_in_edition(name, unknown))?,
            };
            variables.named.insert(name.clone(), value);
        }
        variables.no_equal_hosts()?;
        Ok(variables)
    }

    /// What a name stands for in a namespace.
    pub(crate) fn look_up(&self, name: &str, namespace: &str) -> Option<String> {
        match name {
            "namespace" => Some(namespace.to_owned()),
            _ => self.named.get(name).cloned().or_else(|| self.in_file(name)),
        }
    }

    /// A known name that looks like an unknown one.
    pub(crate) fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.named.keys().map(String::as_str))
    }

    fn fill(&self, text: &str) -> Result<String, String> {
        fill_text(text, &|name| self.look_up(name, ""))
    }

    /// The value at a dotted path such as `spec.externals.postgres.host`; maps and lists as JSON.
    fn in_file(&self, path: &str) -> Option<String> {
        let value = path
            .split('.')
            .try_fold(&self.file, |value, step| value.get(step))?;
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    fn no_equal_hosts(&self) -> Result<(), BlueprintError> {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, host) in self.named.iter().filter(|(name, _)| name.ends_with(HOST)) {
            if let Some(first) = seen.insert(host, name) {
                let (first, second, host) = (first.to_owned(), name.clone(), host.clone());
                return Err(BlueprintError::SameHost {
                    first,
                    second,
                    host,
                });
            }
        }
        Ok(())
    }
}

/// The hosts of an edition, by the names that `spec.hosts` may give another name to.
pub fn hosts(catalogue: &Catalogue) -> impl Iterator<Item = &str> {
    let names = catalogue.edition.variables.keys();
    names
        .map(String::as_str)
        .filter(|name| name.ends_with(HOST))
}

/// `spec.hosts` may only name hosts that the edition has.
fn known_hosts(
    environment: &Environment,
    document: &Document<'_>,
    catalogue: &Catalogue,
) -> Result<(), BlueprintError> {
    let known = || hosts(catalogue);
    for name in environment.spec.hosts.keys() {
        if known().any(|host| host == name) {
            continue;
        }
        let complaint = Complaint::at(
            document,
            &["spec", "hosts", name],
            format!("unknown host `{name}`"),
        );
        let complaint = match nearest(name, known()) {
            Some(meant) => complaint.with_label(format!("did you mean `{meant}`?")),
            None => complaint,
        };
        let all = known().collect::<Vec<_>>().join(", ");
        return Err(Box::new(complaint.with_help(format!("known hosts: {all}"))).into());
    }
    Ok(())
}

fn unknown_in_edition(variable: &str, name: String) -> BlueprintError {
    let (component, pointer) = ("edition".to_owned(), format!("/variables/{variable}"));
    BlueprintError::UnknownVariable {
        component,
        pointer,
        name,
        help: None,
    }
}
