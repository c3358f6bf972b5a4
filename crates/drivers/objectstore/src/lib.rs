//! Driver of an object store that speaks S3: buckets are looked at, made as they are wanted, and proven by an object that is written,
//! read and deleted.
//!
//! Signing is a library's, what is sent is ours: a bucket's versioning, lifecycle and policy are seldom supported alike, and a store
//! that lacks one is told by a [`Note`], not by a failure. Nothing here deletes a bucket or an object that it did not write.

mod answer;
mod bucket;
mod error;
mod probe;
mod request;
mod retry;
mod setting;
mod store;

pub use bucket::{Bucket, BucketName, Expiry, NameError, Setting, Versioning};
pub use error::StoreError;
pub use probe::Proven;
pub use store::{Made, Note, ObjectStore, Presence, Seen, StoreSettings};
