//! Looks at the world and fills the snapshot that the plan compares with, saying what it could not see.
//!
//! Read only. One metadata list per kind gives every object's mark; only objects whose mark moved are asked about, by a
//! server-side dry run or, for Secrets and copies, by comparing contents. Also home of what reading and
//! writing share: the [inventory](ledger)'s stored form, the [resolution](late) of late values, and [what people
//! supply](secret::supplied).

pub mod difference;
mod dry_run;
pub mod late;
pub mod ledger;
pub mod secret;
mod world;

pub use dry_run::without;
pub use world::{ObserveError, Scope, look};
