//! Clusters for tests: started when a test first asks, shared by all tests of the binary, gone with it.
//!
//! A test binary that uses one says [`supervisor!`] once, at its root: the process that minds the cluster is the test binary
//! itself, run once more. However the tests end, killed ones too, that process notices and stops everything.
//!
//! ```no_run
//! mosipctl_testkit::supervisor!();
//!
//! #[tokio::test]
//! async fn a_namespace_is_there() {
//!     let lab = mosipctl_testkit::lab().await;
//!     let (client, namespace) = (lab.client().await, lab.namespace("example").await);
//!     // …
//! }
//! ```

#![expect(
    clippy::expect_used,
    reason = "this crate is for tests, and tests fail by panicking"
)]

mod cluster;
mod launch;

pub use cluster::TestCluster;
pub use launch::{launcher, supervise_when_asked};
use mosipctl_lab::Kubelet;
use tokio::sync::OnceCell;

/// The lab of this test binary: with the strict kubelet, six nodes, two storage classes.
///
/// # Panics
/// It cannot be started; that fails the test.
pub async fn lab() -> &'static TestCluster {
    static LAB: OnceCell<TestCluster> = OnceCell::const_new();
    LAB.get_or_init(|| TestCluster::start("lab", Kubelet::Strict))
        .await
}

/// A cluster that does not know that it is a lab: every pod is ready at once, nothing is checked, nothing can be expected.
///
/// # Panics
/// It cannot be started; that fails the test.
pub async fn bare_control_plane() -> &'static TestCluster {
    static BARE: OnceCell<TestCluster> = OnceCell::const_new();
    BARE.get_or_init(|| TestCluster::start("bare", Kubelet::Careless))
        .await
}

/// Makes this test binary able to mind a cluster. To be said once, at the root of the binary.
#[macro_export]
macro_rules! supervisor {
    () => {
        #[test]
        fn mosipctl_testkit_supervisor() {
            $crate::supervise_when_asked();
        }
    };
}
