//! Proof that a bucket can be used: one object of our own is written, read, compared and deleted.

use std::time::{Duration, Instant};

use rand::Rng;
use rusty_s3::Method;

use crate::bucket::BucketName;
use crate::error::StoreError;
use crate::request::{Request, Sender};
use crate::retry::patiently;
use crate::store::ObjectStore;

/// Bytes of the object: more than fits beside its name.
const SIZE: usize = 64 << 10;

/// A bucket that was written to and read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The bucket.
    pub bucket: BucketName,
    /// How long that took altogether.
    pub took: Duration,
}

impl ObjectStore {
    /// Writes an object of a name that nobody else uses, reads it, compares, and deletes it with all that is left of it.
    ///
    /// # Errors
    /// There is no such bucket, one of these cannot be done, or what is read is not what was written. The object is then deleted if that can be done.
    pub async fn verify(&self, bucket: &BucketName) -> Result<Proven, StoreError> {
        let started = Instant::now();
        // some stores make a bucket when something is written to it
        if !self.is_there(bucket).await? {
            return Err(StoreError::Absent {
                bucket: bucket.clone(),
            });
        }
        let mut random = vec![0; SIZE];
        rand::rng().fill(random.as_mut_slice());
        let probe = Probe {
            sender: &self.sender,
            bucket,
            key: format!("mosipctl-probe-{:032x}", rand::rng().random::<u128>()),
        };
        let version = patiently(|| probe.write(&random)).await?;
        let read = probe.read().await;
        // whatever was read, nothing stays behind
        let deleted = probe.delete(version.as_deref()).await;
        let read = read?.ok_or_else(|| probe.problem("what was written is not there"))?;
        if read != random {
            return Err(probe.problem("what is read is not what was written"));
        }
        deleted?;
        if probe.read().await?.is_some() {
            return Err(probe.problem("what was deleted is still there"));
        }
        Ok(Proven {
            bucket: bucket.clone(),
            took: started.elapsed(),
        })
    }
}

struct Probe<'a> {
    sender: &'a Sender,
    bucket: &'a BucketName,
    key: String,
}

impl Probe<'_> {
    /// Gives the version it became, where versions are kept.
    async fn write(&self, body: &[u8]) -> Result<Option<String>, StoreError> {
        let what = format!("write to bucket `{}`", self.bucket);
        let request = self.request(Method::Put).body(body.to_vec());
        let answer = self.sender.send(request, &what).await?.good(&what)?;
        Ok(answer.version)
    }

    async fn read(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let what = format!("read from bucket `{}`", self.bucket);
        let answer = self.sender.send(self.request(Method::Get), &what).await?;
        match answer.status.as_u16() {
            404 => Ok(None),
            _ => Ok(Some(answer.good(&what)?.body)),
        }
    }

    /// Where versions are kept, deleting without naming one would leave it, and a mark beside it.
    async fn delete(&self, version: Option<&str>) -> Result<(), StoreError> {
        let what = format!("delete from bucket `{}`", self.bucket);
        let mut request = self.request(Method::Delete);
        if let Some(version) = version {
            request = request.query("versionId", version);
        }
        self.sender.send(request, &what).await?.good(&what)?;
        Ok(())
    }

    fn request(&self, method: Method) -> Request<'_> {
        Request::new(method, self.bucket).object(&self.key)
    }

    fn problem(&self, problem: &str) -> StoreError {
        StoreError::Unproven {
            bucket: self.bucket.clone(),
            problem: problem.to_owned(),
        }
    }
}
