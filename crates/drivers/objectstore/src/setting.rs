//! Versioning, lifecycle and policy of a bucket.

use rusty_s3::Method;
use serde_json::Value;

use crate::answer::{Answer, elements, escaped};
use crate::bucket::{Bucket, Expiry, Setting, Versioning};
use crate::error::StoreError;
use crate::request::{Request, Sender};

/// Of documents of S3.
const SCHEMA: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
/// Answers that say "there is none".
const NONE: [&str; 2] = ["NoSuchLifecycleConfiguration", "NoSuchBucketPolicy"];

/// How a setting is, compared with how it is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    Same,
    Differs,
    Unsupported,
}

impl Setting {
    /// The parameter that asks for it.
    fn parameter(self) -> &'static str {
        match self {
            Self::Versioning => "versioning",
            Self::Lifecycle => "lifecycle",
            Self::Policy => "policy",
        }
    }
}

/// What a bucket is to have.
pub(crate) fn wanted(bucket: &Bucket) -> impl Iterator<Item = Setting> {
    let wanted = [
        bucket.versioning.map(|_| Setting::Versioning),
        bucket.lifecycle.as_ref().map(|_| Setting::Lifecycle),
        bucket.policy.as_ref().map(|_| Setting::Policy),
    ];
    wanted.into_iter().flatten()
}

impl Sender {
    /// Compares a setting with what is wanted.
    pub(crate) async fn compare(
        &self,
        bucket: &Bucket,
        setting: Setting,
    ) -> Result<Compared, StoreError> {
        let what = format!("read the {setting} of bucket `{}`", bucket.name);
        let request = Request::new(Method::Get, &bucket.name).query(setting.parameter(), "");
        let answer = self.send(request, &what).await?;
        if answer.is_unsupported() {
            return Ok(Compared::Unsupported);
        }
        let found = match NONE.contains(&answer.code().as_str()) {
            true => String::new(),
            false => answer.good(&what)?.text(),
        };
        Ok(match is_as_wanted(bucket, setting, &found) {
            true => Compared::Same,
            false => Compared::Differs,
        })
    }

    /// Sets it. False when the store cannot.
    pub(crate) async fn set(&self, bucket: &Bucket, setting: Setting) -> Result<bool, StoreError> {
        let what = format!("set the {setting} of bucket `{}`", bucket.name);
        let request = match document(bucket, setting) {
            Some(document) => Request::new(Method::Put, &bucket.name)
                .body(document.into_bytes())
                .checked(),
            None => Request::new(Method::Delete, &bucket.name),
        };
        let request = request.query(setting.parameter(), "");
        let answer: Answer = self.send(request, &what).await?;
        if answer.is_unsupported() {
            return Ok(false);
        }
        answer.good(&what).map(|_| true)
    }
}

fn is_as_wanted(bucket: &Bucket, setting: Setting, found: &str) -> bool {
    match setting {
        Setting::Versioning => {
            let status = elements(found, "Status").into_iter().next();
            match bucket.versioning {
                // a bucket that never had any says nothing
                Some(Versioning::Suspended) => status.is_none_or(|status| status != "Enabled"),
                Some(Versioning::Enabled) => status.is_some_and(|status| status == "Enabled"),
                None => true,
            }
        }
        Setting::Lifecycle => {
            let mut wanted = bucket.lifecycle.clone().unwrap_or_default();
            wanted.sort();
            rules(found).is_some_and(|found| found == wanted)
        }
        Setting::Policy => {
            let found: Option<Value> = serde_json::from_str(found).ok();
            found.map(canonical) == bucket.policy.clone().map(canonical)
        }
    }
}

/// A policy in one of the forms that mean the same: stores write lists of one as what is in them, and give lists in other orders.
fn canonical(value: Value) -> Value {
    match value {
        Value::Array(mut values) => match values.pop() {
            Some(only) if values.is_empty() => canonical(only),
            last => {
                let values = values.into_iter().chain(last).map(canonical);
                let mut values: Vec<Value> = values.collect();
                if values.iter().all(Value::is_string) {
                    values.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
                }
                Value::Array(values)
            }
        },
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(
                fields
                    .map(|(name, value)| (name, canonical(value)))
                    .collect(),
            )
        }
        value => value,
    }
}

/// The rules of a lifecycle, in order; none when there are others than ours can be.
fn rules(text: &str) -> Option<Vec<Expiry>> {
    let rule = |rule: String| {
        let first = |name| elements(&rule, name).into_iter().next();
        let enabled = first("Status")? == "Enabled";
        let days = first("Days")?.parse().ok()?;
        let prefix = first("Prefix").unwrap_or_default();
        enabled.then_some(Expiry { prefix, days })
    };
    let rules = elements(text, "Rule").into_iter().map(rule);
    let mut rules = rules.collect::<Option<Vec<_>>>()?;
    rules.sort();
    Some(rules)
}

/// What is sent to set it; none when it is to be removed.
fn document(bucket: &Bucket, setting: Setting) -> Option<String> {
    match setting {
        Setting::Versioning => {
            let status = bucket.versioning?.text();
            let root = "VersioningConfiguration";
            Some(format!(
                "<{root} xmlns=\"{SCHEMA}\"><Status>{status}</Status></{root}>"
            ))
        }
        Setting::Lifecycle => {
            let expiries = bucket.lifecycle.as_ref()?;
            let root = "LifecycleConfiguration";
            let rules: String = expiries.iter().map(rule).collect();
            (!expiries.is_empty()).then(|| format!("<{root} xmlns=\"{SCHEMA}\">{rules}</{root}>"))
        }
        Setting::Policy => bucket.policy.as_ref().map(Value::to_string),
    }
}

fn rule(expiry: &Expiry) -> String {
    let Expiry { prefix, days } = expiry;
    let prefix = escaped(prefix);
    format!(
        "<Rule><ID>mosipctl-{prefix}-{days}</ID><Filter><Prefix>{prefix}</Prefix></Filter>\
         <Status>Enabled</Status><Expiration><Days>{days}</Days></Expiration></Rule>"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_lifecycle_reads_back_as_it_was_written() {
        let mut bucket = Bucket::new("idrepo".parse().unwrap());
        let expiry = |prefix: &str, days| Expiry {
            prefix: prefix.to_owned(),
            days,
        };
        bucket.lifecycle = Some(vec![expiry("tmp/<a&b>", 3), expiry("", 30)]);
        let text = document(&bucket, Setting::Lifecycle).unwrap();
        assert!(is_as_wanted(&bucket, Setting::Lifecycle, &text));
        bucket.lifecycle = Some(Vec::new());
        assert!(!is_as_wanted(&bucket, Setting::Lifecycle, &text));
        assert!(is_as_wanted(&bucket, Setting::Lifecycle, ""));
        assert_eq!(document(&bucket, Setting::Lifecycle), None, "it is removed");
    }

    #[test]
    fn policies_that_mean_the_same_are_the_same() {
        let ours =
            json!({"Statement": [{"Action": ["s3:PutObject", "s3:GetObject"]}], "Version": "1"});
        let shown =
            json!({"Version": "1", "Statement": {"Action": ["s3:GetObject", "s3:PutObject"]}});
        let other = json!({"Version": "1", "Statement": {"Action": "s3:GetObject"}});
        assert_eq!(canonical(ours.clone()), canonical(shown));
        assert_ne!(canonical(ours), canonical(other));
    }

    #[test]
    fn rules_of_others_are_seen() {
        let text = "<Rule><Status>Enabled</Status><AbortIncompleteMultipartUpload>\
                    <DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>";
        assert_eq!(rules(text), None);
    }
}
