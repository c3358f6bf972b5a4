//! Labs as a whole, against the real programs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

mosipctl_testkit::supervisor!();

#[tokio::test]
async fn a_lab_starts() {
    let lab = mosipctl_testkit::lab().await;
    println!("{:#?}", lab.lab().status().unwrap());
}
