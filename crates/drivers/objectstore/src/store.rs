//! Looking at buckets and making them.

use std::fmt;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use mosipctl_endpoint::Endpoint;
use rusty_s3::Method;
use secrecy::SecretString;

use crate::bucket::{Bucket, BucketName, Setting};
use crate::error::StoreError;
use crate::request::{Request, Sender};
use crate::retry::patiently;
use crate::setting::{Compared, wanted};

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Buckets looked at at a time.
const AT_A_TIME: usize = 8;
/// The region that goes without saying.
const DEFAULT_REGION: &str = "us-east-1";

/// Which store, and who uses it.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// The store.
    pub endpoint: Endpoint,
    /// Its region; stores in a cluster have none, and take what S3 takes by default.
    pub region: Option<String>,
    /// Access key.
    pub access_key: String,
    /// Secret key.
    pub secret_key: SecretString,
}

/// An object store that speaks S3.
pub struct ObjectStore {
    pub(crate) sender: Sender,
}

/// Whether a bucket is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// There is none of that name.
    Absent,
    /// It is there, and these keys may list it.
    Present,
    /// It is there, and these keys may not even list it: it is somebody else's.
    Taken,
}

/// How a bucket is.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The bucket.
    pub bucket: BucketName,
    /// Whether it is there.
    pub presence: Presence,
    /// What is not as it is wanted.
    pub differs: Vec<Setting>,
    /// What else is to be known.
    pub notes: Vec<Note>,
}

/// What making a bucket came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Made {
    /// Whether the bucket is new.
    pub created: bool,
    /// What was set.
    pub set: Vec<Setting>,
    /// What else is to be known.
    pub notes: Vec<Note>,
}

/// What is to be known about a setting, without being a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// The store cannot do such a thing.
    Unsupported(Setting),
    /// The store took it, and shows something else.
    NotKept(Setting),
}

impl Seen {
    /// Whether there is nothing to make.
    pub fn is_as_wanted(&self) -> bool {
        self.presence == Presence::Present && self.differs.is_empty()
    }
}

impl Made {
    /// Whether nothing was changed.
    pub fn is_unchanged(&self) -> bool {
        !self.created && self.set.is_empty()
    }
}

impl ObjectStore {
    /// A store. Nothing is sent yet.
    ///
    /// # Errors
    /// The system's certificates cannot be read.
    pub fn new(settings: StoreSettings) -> Result<Self, StoreError> {
        let region = settings.region.filter(|region| !region.is_empty());
        let sender = Sender {
            client: settings.endpoint.client(PATIENCE)?,
            endpoint: settings.endpoint,
            region: region.unwrap_or_else(|| DEFAULT_REGION.to_owned()),
            access_key: settings.access_key,
            secret_key: settings.secret_key,
        };
        Ok(Self { sender })
    }

    /// Looks at buckets, several at a time. Nothing is changed.
    ///
    /// # Errors
    /// The store does not answer, or does not take the keys. A bucket of somebody else is no error here.
    pub async fn look(&self, buckets: &[Bucket]) -> Result<Vec<Seen>, StoreError> {
        let looking = futures::stream::iter(buckets.iter().map(|bucket| self.look_at(bucket)));
        looking.buffered(AT_A_TIME).try_collect().await
    }

    async fn look_at(&self, bucket: &Bucket) -> Result<Seen, StoreError> {
        let mut seen = Seen {
            bucket: bucket.name.clone(),
            presence: Presence::Absent,
            differs: Vec::new(),
            notes: Vec::new(),
        };
        seen.presence = match self.is_there(&bucket.name).await {
            Ok(true) => Presence::Present,
            Ok(false) => Presence::Absent,
            Err(StoreError::Taken { .. }) => Presence::Taken,
            Err(error) => return Err(error),
        };
        if seen.presence != Presence::Present {
            return Ok(seen);
        }
        for setting in wanted(bucket) {
            match self.sender.compare(bucket, setting).await? {
                Compared::Same => {}
                Compared::Differs => seen.differs.push(setting),
                Compared::Unsupported => seen.notes.push(Note::Unsupported(setting)),
            }
        }
        Ok(seen)
    }

    /// Makes a bucket, or what is not as it is wanted of one that is there. Nothing is deleted, and nothing is done twice.
    ///
    /// # Errors
    /// The bucket is somebody else's, or the store does not do it.
    pub async fn make(&self, bucket: &Bucket) -> Result<Made, StoreError> {
        let mut made = Made {
            created: patiently(|| self.ensure(&bucket.name)).await?,
            ..Made::default()
        };
        for setting in wanted(bucket) {
            match self.sender.compare(bucket, setting).await? {
                Compared::Same => {}
                Compared::Unsupported => made.notes.push(Note::Unsupported(setting)),
                Compared::Differs => self.set(bucket, setting, &mut made).await?,
            }
        }
        Ok(made)
    }

    async fn set(
        &self,
        bucket: &Bucket,
        setting: Setting,
        made: &mut Made,
    ) -> Result<(), StoreError> {
        if !self.sender.set(bucket, setting).await? {
            made.notes.push(Note::Unsupported(setting));
            return Ok(());
        }
        match self.sender.compare(bucket, setting).await? {
            Compared::Same => made.set.push(setting),
            _ => made.notes.push(Note::NotKept(setting)),
        }
        Ok(())
    }

    /// Whether the bucket had to be made.
    async fn ensure(&self, bucket: &BucketName) -> Result<bool, StoreError> {
        if self.is_there(bucket).await? {
            return Ok(false);
        }
        let what = format!("make bucket `{bucket}`");
        let mut request = Request::new(Method::Put, bucket);
        if self.sender.region != DEFAULT_REGION {
            request = request.body(self.location().into_bytes());
        }
        let answer = self.sender.send(request, &what).await?;
        match answer.code().as_str() {
            // somebody was faster with the same
            "BucketAlreadyOwnedByYou" => Ok(false),
            "BucketAlreadyExists" => Err(StoreError::Taken {
                bucket: bucket.clone(),
                code: answer.code(),
            }),
            _ => answer.good(&what).map(|_| true),
        }
    }

    /// Outside the default region S3 wants the region said twice.
    fn location(&self) -> String {
        let region = &self.sender.region;
        format!(
            "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
        )
    }

    /// Whether the bucket is there for these keys. The short question has an answer without words, so why not is asked again in a way
    /// that is answered with some.
    pub(crate) async fn is_there(&self, bucket: &BucketName) -> Result<bool, StoreError> {
        let what = format!("look at bucket `{bucket}`");
        let answer = self
            .sender
            .send(Request::new(Method::Head, bucket), &what)
            .await?;
        match answer.status.as_u16() {
            200..=299 => return Ok(true),
            404 => return Ok(false),
            _ => {}
        }
        let list = Request::new(Method::Get, bucket);
        let list = list.query("list-type", "2").query("max-keys", "1");
        let answer = self.sender.send(list, &what).await?;
        if answer.code() == "NoSuchBucket" {
            return Ok(false);
        }
        let code = answer.code();
        match answer.good(&what) {
            Ok(_) => Ok(true),
            Err(StoreError::Refused { .. }) => Err(StoreError::Taken {
                bucket: bucket.clone(),
                code,
            }),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Debug for ObjectStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectStore({})", self.sender.endpoint)
    }
}
