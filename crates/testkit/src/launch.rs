//! The test binary as the process that minds a cluster.

use std::ffi::OsStr;

use mosipctl_lab::{Launcher, supervise};

/// The test that [`supervisor!`](crate::supervisor) makes.
const TEST: &str = "mosipctl_testkit_supervisor";
/// Says that the test is to mind a cluster, and not to pass at once.
const ASKED: &str = "MOSIPCTL_TESTKIT_SUPERVISE";

/// How a cluster for tests is minded: by this test binary, run once more with nothing but the test of [`supervisor!`](crate::supervisor).
///
/// # Panics
/// The system does not tell where the test binary lies.
pub fn launcher() -> Launcher {
    // what the supervisor is told stands where the test harness looks for names of tests; it finds none
    let arguments = ["--exact", "--nocapture", "--test-threads=1", "--", TEST];
    let mut launcher = Launcher::this_program(arguments).expect("the test binary lies somewhere");
    launcher.environment.insert(ASKED.into(), "yes".into());
    launcher
}

/// What the test of [`supervisor!`](crate::supervisor) does: nothing, unless it was started to mind a cluster.
///
/// # Panics
/// There is no runtime to be had.
pub fn supervise_when_asked() {
    if std::env::var_os(ASKED).is_none() {
        return;
    }
    let mut arguments = std::env::args_os();
    arguments.find(|argument| argument == OsStr::new(TEST));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    runtime.block_on(supervise(arguments));
    // the harness has nothing more to do, and its report would end in a log
    std::process::exit(0);
}
