//! Hosts behind others.

use mosipctl_hosts::{Command, HostError, Shell, Target};

use crate::support::Site;

fn behind(site: &Site, name: &str, port: u16, jump: &str) -> Target {
    Target {
        jump: Some(jump.to_owned()),
        ..site.target(name, port)
    }
}

#[tokio::test]
async fn a_host_is_reached_through_two_others() {
    let Some(site) = Site::new().await else {
        return;
    };
    let (outer, inner, last) = (
        site.server("outer").await,
        site.server("inner").await,
        site.server("last").await,
    );
    let targets = vec![
        site.target("outer", outer.port()),
        behind(&site, "inner", inner.port(), "outer"),
        behind(&site, "last", last.port(), "inner"),
    ];
    let hosts = site.hosts(targets).await;
    let host = hosts.connection("last").await.unwrap();
    let output = host
        .run(&Command::line("try", "echo $SSH_CONNECTION"))
        .await;
    let text = output.unwrap().text();
    assert!(text.trim().ends_with(&last.port().to_string()), "{text}");
    // one connection to each, and the last came from the second
    assert_eq!(
        [outer.connections(), inner.connections(), last.connections()],
        [1, 1, 1]
    );
}

#[tokio::test]
async fn a_host_that_its_jump_cannot_reach_is_told_with_both_names() {
    let Some(site) = Site::new().await else {
        return;
    };
    let outer = site.server("outer").await;
    let port = mosipctl_servers::free_port().unwrap();
    let targets = vec![
        site.target("outer", outer.port()),
        behind(&site, "w1", port, "outer"),
    ];
    let hosts = site.strangers(targets);
    let first = &hosts.targets()[0];
    hosts
        .known()
        .pin(first, hosts.key("outer").await.unwrap())
        .unwrap();
    let error = hosts.connection("w1").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("reach host `w1` through `outer`: it gets no connection to 127.0.0.1:{port}")
    );
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_jump_that_forwards_nothing_is_told() {
    let Some(site) = Site::new().await else {
        return;
    };
    let mut settings = site.settings("outer");
    settings.lines = vec!["AllowTcpForwarding no".to_owned()];
    let outer = mosipctl_servers::Sshd::start(&settings).await.unwrap();
    let last = site.server("last").await;
    let targets = vec![
        site.target("outer", outer.port()),
        behind(&site, "w1", last.port(), "outer"),
    ];
    let hosts = site.strangers(targets);
    let first = &hosts.targets()[0];
    hosts
        .known()
        .pin(first, hosts.key("outer").await.unwrap())
        .unwrap();
    let error = hosts.connection("w1").await.unwrap_err();
    assert!(error.to_string().contains("may not forward"), "{error}");
    assert!(error.remedy().unwrap().contains("AllowTcpForwarding"));
}

#[tokio::test]
async fn a_jump_that_is_not_trusted_is_the_cause() {
    let Some(site) = Site::new().await else {
        return;
    };
    let (outer, last) = (site.server("outer").await, site.server("last").await);
    let targets = vec![
        site.target("outer", outer.port()),
        behind(&site, "w1", last.port(), "outer"),
    ];
    let hosts = site.strangers(targets);
    let error = hosts.connection("w1").await.unwrap_err();
    let HostError::Jump {
        source: Some(source),
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert!(matches!(**source, HostError::UnknownKey { .. }), "{source}");
    assert!(error.remedy().unwrap().contains("on outer itself"));
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_cut_of_the_jump_is_healed_by_the_next_connection() {
    let Some(site) = Site::new().await else {
        return;
    };
    let (outer, last) = (site.server("outer").await, site.server("last").await);
    let targets = vec![
        site.target("outer", outer.port()),
        behind(&site, "w1", last.port(), "outer"),
    ];
    let hosts = site.hosts(targets).await;
    let command = Command::new("try", ["echo", "hello"]);
    hosts
        .connection("w1")
        .await
        .unwrap()
        .run(&command)
        .await
        .unwrap();
    outer.cut();
    // the connection notices by itself, or the command does
    let _ = hosts.connection("w1").await.unwrap().run(&command).await;
    let output = hosts.connection("w1").await.unwrap().run(&command).await;
    assert_eq!(output.unwrap().text(), "hello\n");
}
