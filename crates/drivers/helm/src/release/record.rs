//! A release as the Secret that Helm keeps it in, and back.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use mosipctl_object::{Object, ReleaseName};
use serde_json::{Value, json};

use super::{Release, Status};

/// Type of the Secrets.
pub(crate) const TYPE: &str = "helm.sh/release.v1";

/// Labels that are Helm's own and belong to no release.
const HELMS_OWN: [&str; 6] = [
    "name",
    "owner",
    "status",
    "version",
    "createdAt",
    "modifiedAt",
];

/// Label that says which manifest a revision has, so that nobody has to read the record to know: `REVISION.DIGEST`.
const MANIFEST: &str = "mosipctl.io/manifest";

/// Length of the digest in it: a label may have 63 characters.
const DIGEST_LENGTH: usize = 40;

/// What an API server takes for one Secret (`MaxSecretSize` in `kubernetes:pkg/apis/core`).
const LIMIT: usize = 1024 * 1024;

/// A record that cannot be read or written. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The Secret holds no record of Helm.
    #[error("read the record of release {record}: {problem}")]
    Unreadable {
        /// The Secret.
        record: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The record is larger than a Secret may be.
    #[error(
        "keep the record of release {record}: {size} bytes are more than the {LIMIT} that a Secret may hold"
    )]
    TooLarge {
        /// The Secret.
        record: String,
        /// Its size.
        size: usize,
    },
    /// The record is no JSON: a value that JSON cannot say.
    #[error("write the record of release {record}")]
    Json {
        /// The Secret.
        record: String,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// What the metadata of a record tells: enough for a list, without reading the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseHead {
    /// Namespace and name.
    pub release: ReleaseName,
    /// Revision.
    pub revision: u32,
    /// State.
    pub status: Status,
    /// Labels beside Helm's own.
    pub labels: BTreeMap<String, String>,
}

impl ReleaseHead {
    /// From a Secret or its metadata; none when it is no record.
    pub fn of(secret: &Object) -> Option<Self> {
        let labels = secret.labels();
        if labels.get("owner") != Some(&"helm") {
            return None;
        }
        Some(Self {
            release: ReleaseName::new(secret.namespace()?, *labels.get("name")?),
            revision: labels.get("version")?.parse().ok()?,
            status: Status::of_word(labels.get("status")?),
            labels: custom(&labels),
        })
    }

    /// Whether the revision has this manifest, as far as its label tells. Helm hands labels on to the next revision, whose
    /// manifest may be another one; such a label names another revision and tells nothing.
    pub fn has_manifest(&self, manifest: &str) -> bool {
        let (name, value) = manifest_label(self.revision, manifest);
        self.labels.get(&name) == Some(&value)
    }
}

/// The label of a manifest.
pub(super) fn manifest_label(revision: u32, manifest: &str) -> (String, String) {
    let mut digest = mosipctl_object::digest(&manifest);
    digest.truncate(DIGEST_LENGTH);
    (MANIFEST.to_owned(), format!("{revision}.{digest}"))
}

impl Release {
    /// Reads a record, of Helm 3 or 4.
    ///
    /// # Errors
    /// The Secret holds no record.
    pub fn decode(secret: &Object) -> Result<Self, RecordError> {
        let unreadable = |problem: String| RecordError::Unreadable {
            record: secret.key().to_string(),
            problem,
        };
        let outer = secret.value()["data"]["release"]
            .as_str()
            .ok_or_else(|| unreadable("it has no key `release`".to_owned()))?;
        let packed = BASE64
            .decode(outer)
            .and_then(|inner| BASE64.decode(inner))
            .map_err(|error| unreadable(error.to_string()))?;
        // records of before compression are plain JSON
        let json = match packed.starts_with(&[0x1f, 0x8b, 0x08]) {
            true => unpack(&packed).map_err(|error| unreadable(error.to_string()))?,
            false => packed,
        };
        let mut release: Self =
            serde_json::from_slice(&json).map_err(|error| unreadable(error.to_string()))?;
        release.labels = custom(&secret.labels());
        Ok(release)
    }

    /// The Secret to keep it in. `noted` is when: Helm notes it in a label.
    ///
    /// # Errors
    /// It is larger than a Secret may be.
    pub fn encode(&self, noted: Noted) -> Result<Object, RecordError> {
        let record = || format!("{}/{}", self.namespace, self.record_name());
        let json_error = |source| RecordError::Json {
            record: record(),
            source,
        };
        let json = serde_json::to_vec(self).map_err(json_error)?;
        let packed = pack(&json).map_err(|error| json_error(serde_json::Error::io(error)))?;
        let inner = BASE64.encode(packed);
        if inner.len() > LIMIT {
            return Err(RecordError::TooLarge {
                record: record(),
                size: inner.len(),
            });
        }
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "type": TYPE,
            "metadata": {"name": self.record_name(), "namespace": self.namespace, "labels": self.all_labels(noted)},
            "data": {"release": BASE64.encode(inner)},
        });
        Object::try_from(secret).map_err(|error| RecordError::Unreadable {
            record: record(),
            problem: error.to_string(),
        })
    }

    fn all_labels(&self, noted: Noted) -> Value {
        let mut labels = json!(self.labels);
        let (name, time) = match noted {
            Noted::Created(time) => ("createdAt", time),
            Noted::Modified(time) => ("modifiedAt", time),
        };
        labels[name] = json!(time.as_second().to_string());
        labels["name"] = json!(self.name);
        labels["owner"] = json!("helm");
        labels["status"] = json!(self.info.status);
        labels["version"] = json!(self.revision.to_string());
        labels
    }
}

/// What Helm notes about the writing of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It is new.
    Created(Timestamp),
    /// It was changed.
    Modified(Timestamp),
}

/// Name of a record's Secret.
pub(crate) fn name(release: &str, revision: u32) -> String {
    format!("sh.helm.release.v1.{release}.v{revision}")
}

fn custom(labels: &BTreeMap<&str, &str>) -> BTreeMap<String, String> {
    labels
        .iter()
        .filter(|(name, _)| !HELMS_OWN.contains(name))
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn pack(json: &[u8]) -> std::io::Result<Vec<u8>> {
    // a record is written twice for each release; at its best, packing takes five times as long for a fifth less
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(json)?;
    encoder.finish()
}

fn unpack(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut json = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut json)?;
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::{ApplyMethod, Info};

    fn release() -> Release {
        Release {
            name: "masterdata".to_owned(),
            info: Info {
                first_deployed: Some("2026-11-23T04:15:14.229173299Z".parse().unwrap()),
                last_deployed: None,
                deleted: None,
                description: "Install complete".to_owned(),
                status: Status::Deployed,
                notes: String::new(),
            },
            chart: json!({"metadata": {"name": "c", "version": "1.0.0"}}),
            config: json!({"a": 1}).as_object().unwrap().clone(),
            manifest: "---\n# Source: c/templates/a.yaml\n".to_owned(),
            hooks: Vec::new(),
            revision: 3,
            namespace: "kernel".to_owned(),
            apply_method: ApplyMethod::ServerSide,
            labels: [("mosipctl.io/environment".to_owned(), "sandbox".to_owned())].into(),
        }
    }

    #[test]
    fn a_record_survives_a_round_trip_and_looks_as_helm_writes_it() {
        let secret = release()
            .encode(Noted::Created(Timestamp::UNIX_EPOCH))
            .unwrap();
        assert_eq!(secret.name(), "sh.helm.release.v1.masterdata.v3");
        assert_eq!(secret.value()["type"], "helm.sh/release.v1");
        let labels = secret.labels();
        assert_eq!(
            (
                labels["owner"],
                labels["status"],
                labels["version"],
                labels["createdAt"]
            ),
            ("helm", "deployed", "3", "0")
        );
        assert_eq!(Release::decode(&secret).unwrap(), release());
        let head = ReleaseHead::of(&secret).unwrap();
        assert_eq!((head.revision, head.status), (3, Status::Deployed));
        assert_eq!(head.labels, release().labels);
    }

    #[test]
    fn a_label_tells_the_manifest_of_its_own_revision_only() {
        let manifest = release().manifest;
        let mut labelled = release();
        labelled.labels.extend([manifest_label(3, &manifest)]);
        let head = |release: &Release| {
            ReleaseHead::of(
                &release
                    .encode(Noted::Created(Timestamp::UNIX_EPOCH))
                    .unwrap(),
            )
            .unwrap()
        };
        assert!(head(&labelled).has_manifest(&manifest));
        assert!(!head(&labelled).has_manifest("another"));
        // as after `helm upgrade`, which hands labels on
        labelled.revision = 4;
        assert!(!head(&labelled).has_manifest(&manifest));
    }

    #[test]
    fn a_record_that_helm_3_wrote_is_read() {
        // written by helm 3.21.4: `helm install` and then `helm upgrade` of a chart with one config map
        let secret: Object = serde_json::from_str(include_str!("record/helm-3.21.4.json")).unwrap();
        let release = Release::decode(&secret).unwrap();
        assert_eq!((release.name.as_str(), release.revision), ("demo", 2));
        assert_eq!(release.info.status, Status::Deployed);
        assert_eq!(release.info.description, "Upgrade complete");
        assert_eq!(release.config["greeting"], "hi2");
        assert_eq!(release.apply_method, ApplyMethod::Unset);
        assert!(
            release.manifest.contains("greeting: hi2"),
            "{}",
            release.manifest
        );
        assert!(release.info.first_deployed < release.info.last_deployed);
    }

    #[test]
    fn records_of_helm_3_with_go_s_ideas_of_nothing_are_read() {
        let json = json!({"name": "a", "namespace": "n", "version": 1, "config": null, "hooks": null, "manifest": "",
            "info": {"first_deployed": "2021-03-04T10:00:00.123456789+05:30", "last_deployed": "0001-01-01T00:00:00Z", "deleted": "", "status": "failed"}});
        let inner = BASE64.encode(json.to_string());
        let secret = Object::try_from(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"},
            "data": {"release": BASE64.encode(inner)}})).unwrap();
        let release = Release::decode(&secret).unwrap();
        assert_eq!(release.apply_method, ApplyMethod::Unset);
        assert_eq!(release.info.deleted, None);
        assert!(release.info.first_deployed.is_some());
        assert_eq!(release.info.last_deployed, None);
    }

    #[test]
    fn a_record_that_fits_into_no_secret_is_refused_before_it_is_sent() {
        // text that does not compress
        let mut state = 1u64;
        let noise = (0..2_000_000).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(b'!' + u8::try_from((state >> 33) % 90).unwrap_or(0))
        });
        let large = Release {
            manifest: noise.collect(),
            ..release()
        };
        let error = large
            .encode(Noted::Created(Timestamp::UNIX_EPOCH))
            .unwrap_err();
        assert!(matches!(error, RecordError::TooLarge { .. }), "{error}");
    }
}
