//! Why the store does not do what is asked.

use mosipctl_endpoint::{EndpointError, Trouble};

use crate::bucket::BucketName;

/// Why the store does not do what is asked. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address or the certificates to trust cannot be used.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// There was no answer.
    #[error("{what}: {trouble}")]
    NoAnswer {
        /// What was tried.
        what: String,
        /// Why.
        trouble: Trouble,
    },
    /// The store does not take the keys.
    #[error("{what}: the store refuses the keys ({code})")]
    Keys {
        /// What was tried.
        what: String,
        /// The store's word for it, such as `InvalidAccessKeyId`.
        code: String,
    },
    /// The clocks differ too much for signatures.
    #[error("{what}: the clocks of this machine and of the store differ too much")]
    Clock {
        /// What was tried.
        what: String,
    },
    /// The bucket or the store is in another region.
    #[error("{what}: the region is {}", shown(.region))]
    Region {
        /// What was tried.
        what: String,
        /// The right one, if the store says it.
        region: Option<String>,
    },
    /// The bucket is not there.
    #[error("use bucket `{bucket}`: there is none of that name")]
    Absent {
        /// The bucket.
        bucket: BucketName,
    },
    /// The bucket is there, and it is somebody else's.
    #[error("use bucket `{bucket}`: it belongs to somebody else ({code})")]
    Taken {
        /// The bucket.
        bucket: BucketName,
        /// The store's word for it, such as `BucketAlreadyExists`.
        code: String,
    },
    /// The keys are right, but they may not do this.
    #[error("{what}: the keys do not allow it ({code})")]
    Refused {
        /// What was tried.
        what: String,
        /// The store's word for it, such as `AccessDenied`.
        code: String,
    },
    /// The store cannot do it just now.
    #[error("{what}: the store cannot do it just now ({status} {code}: {message})")]
    NotNow {
        /// What was tried.
        what: String,
        /// HTTP status.
        status: u16,
        /// The store's word for it, such as `InternalError`.
        code: String,
        /// What it says beside that.
        message: String,
    },
    /// The store answers what nobody expects.
    #[error("{what}: the store answers {status} {code}: {message}")]
    Unexpected {
        /// What was tried.
        what: String,
        /// HTTP status.
        status: u16,
        /// The store's word for it; empty when it has none.
        code: String,
        /// What it says beside that.
        message: String,
    },
    /// What was written is not what is read.
    #[error("verify bucket `{bucket}`: {problem}")]
    Unproven {
        /// The bucket.
        bucket: BucketName,
        /// What is not as it should be.
        problem: String,
    },
}

impl StoreError {
    /// Whether the same may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NoAnswer { trouble, .. } => trouble.is_transient(),
            Self::NotNow { .. } => true,
            _ => false,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::NoAnswer { trouble, .. } => trouble.remedy(),
            Self::Keys { .. } => Some(
                "check the access key and the secret key in the Secret that `credentials` names, or in Secret `minio/minio`",
            ),
            Self::Clock { .. } => Some("set the clocks of both by NTP"),
            Self::Region { .. } => {
                Some("set `externals.objectStore.region` in the environment file")
            }
            Self::Absent { .. } => Some("make it with `mosipctl up`"),
            Self::Taken { .. } => Some(
                "choose another `externals.objectStore.bucketPrefix`, or have its owner let these keys read and write it",
            ),
            Self::Refused { .. } => Some(
                "let these keys make, list, read and write the buckets, or make the buckets by hand",
            ),
            Self::NotNow { .. } => Some("see whether the store has space left, and try again"),
            Self::Unproven { .. } => {
                Some("see whether something between here and the store keeps or changes answers")
            }
            Self::Endpoint(_) | Self::Unexpected { .. } => None,
        }
    }
}

fn shown(region: &Option<String>) -> String {
    match region {
        Some(region) => format!("`{region}`"),
        None => "another one".to_owned(),
    }
}
