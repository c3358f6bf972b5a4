//! A site: real Debian hosts on this machine, to prove by what is done to bare hosts over SSH.
//!
//! A host is a tree of files that systemd-nspawn boots: its own init, SSH server, network and control groups, the machine's
//! kernel. All hosts of a site hang on one bridge in a network namespace of the site, so that their addresses are nowhere else:
//! whoever wants to reach them goes into that namespace ([`Site::inside`], [`Site::command`], [`Site::ssh`]). None of this is
//! part of the program; it is for tests and for people who try.
//!
//! What is there can be told from the system alone, so a site whose owner was killed is found and taken down by the next one.
//! What is real on these hosts and what is not stands in `docs/site.md`.

mod base;
mod by_hand;
mod down;
mod error;
mod groups;
mod host;
mod hosts_file;
mod layout;
mod machine;
mod namespace;
mod offline;
mod packages;
mod private;
mod record;
mod responder;
mod run;
mod settings;
mod site;
mod status;
mod tree;

pub use base::Base;
pub use by_hand::{ByHand, Phase, total};
pub use down::{clear, take_down};
pub use error::SiteError;
pub use layout::{Host, NETWORK_PREFIX, hosts};
pub use machine::{lacks, lacks_for_cluster, lacks_programs};
pub use namespace::{Namespace, TestNamespace};
pub use offline::{Image, Offline};
pub use responder::build_responder;
pub use settings::{Keep, SiteSettings};
pub use site::Site;
pub use status::{HostState, HostStatus, SiteStatus, statuses};
pub use tree::{GUEST, USER};
