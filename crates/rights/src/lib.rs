//! The least rights in a cluster that mosipctl needs for one environment, each with its reason.
//!
//! Pure. [`rights`] takes what is desired and gives [`Rule`]s; nothing is kept in a list of its own that could grow old.
//! The flow: every object is asked what is done with it (`needs`), what was found out is put together so that no right
//! stands twice (`book`), and [`manifest`] makes the objects that an administrator applies.
//!
//! What Kubernetes grants every user is not repeated: asking what is served (`system:discovery`) and who one is
//! (`system:basic-user`).

mod book;
mod manifest;
mod needs;
mod resource;
mod rule;

pub use manifest::{ACCOUNT, NAMESPACE, manifest, name};
pub use needs::{Asked, Rights, rights};
pub use resource::Resource;
pub use rule::{Grant, Place, Purpose, Rule, Task};
