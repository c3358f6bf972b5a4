use std::time::Duration;

use mosipctl_broker::BrokerError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::client::Client;
use crate::support::{PASSWORD, driver, port, queue, settings, start};

#[tokio::test]
async fn a_wrong_password_is_refused_for_good_and_not_shown() {
    let Some(port) = port().await else { return };
    for wrong in ["wrong-password", "line\nend"] {
        let broker = driver(port, wrong);
        let error = broker.make(&queue("any")).await.unwrap_err();
        eprintln!("failed to {error}");
        assert!(matches!(error, BrokerError::LogIn { .. }), "{error}");
        assert!(!error.is_transient() && error.remedy().is_some());
        assert!(!format!("{error} {error:?} {broker:?}").contains(wrong));
    }
}

#[tokio::test]
async fn a_queue_that_is_made_otherwise_is_left_alone_and_told() {
    let Some(port) = port().await else { return };
    let broker = driver(port, PASSWORD);
    let mut other = Client::open(port).await;
    let settings = r#"["{\"name\":\"for-all\",\"address\":\"for-all\",\"routing-type\":\"MULTICAST\",\"durable\":true}", false]"#;
    other.manage("broker", "createQueue", settings).await;
    let error = broker.make(&queue("for-all")).await.unwrap_err();
    eprintln!("failed to {error}");
    assert!(matches!(error, BrokerError::Otherwise { .. }), "{error}");
    assert!(error.to_string().contains("for-all") && error.remedy().is_some());
    assert!(broker.verify(&queue("for-all")).await.is_err());
}

#[tokio::test]
async fn a_queue_that_is_stopped_or_not_there_is_not_proven() {
    let Some(port) = port().await else { return };
    let broker = driver(port, PASSWORD);
    let error = broker.verify(&queue("not-made")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "verify queue `not-made`: there is no such queue"
    );
    let seen = broker.look(&[queue("not-made")]).await.unwrap();
    assert_eq!(seen[0].state, None, "verifying makes nothing");

    broker.make(&queue("stopped")).await.unwrap();
    let mut other = Client::open(port).await;
    other.manage("queue.stopped", "pause", "[]").await;
    let error = broker.verify(&queue("stopped")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "verify queue `stopped`: somebody stopped it"
    );
}

#[tokio::test]
async fn a_broker_that_is_started_again_has_its_queues_and_messages() {
    let mut settings = settings("artemis-restarted");
    let Some(server) = start(&settings).await else {
        return;
    };
    settings.port = Some(server.port());
    let broker = driver(server.port(), PASSWORD);
    assert!(broker.make(&queue("kept")).await.unwrap());
    Client::open(server.port()).await.put("kept", "kept").await;
    server.stop().await;
    let error = broker.make(&queue("kept")).await.unwrap_err();
    eprintln!("failed to {error}");
    assert!(error.is_transient(), "{error}");
    let server = start(&settings).await.unwrap();
    assert!(!broker.make(&queue("kept")).await.unwrap());
    let seen = broker.look(&[queue("kept")]).await.unwrap();
    assert_eq!(seen[0].state.as_ref().unwrap().messages, 1);
    broker.verify(&queue("kept")).await.unwrap();
    let mut other = Client::open(server.port()).await;
    let resource = "address.mosipctl.answers";
    let listening = other.manage(resource, "getQueueNames", "[]").await;
    assert!(listening.ends_with("[[]]"), "{listening}");
    server.stop().await;
}

#[tokio::test]
async fn a_proof_that_is_cut_off_leaves_the_queue_as_it_is() {
    let Some(port) = port().await else { return };
    let used = queue("cut-off");
    driver(port, PASSWORD).make(&used).await.unwrap();
    let mut other = Client::open(port).await;
    other.put("cut-off", "kept").await;
    for delay in 0..40 {
        let (broker, used) = (driver(port, PASSWORD), used.clone());
        let proving = tokio::spawn(async move { broker.verify(&used).await });
        tokio::time::sleep(Duration::from_millis(delay)).await;
        proving.abort();
        let _ = proving.await;
    }
    let seen = driver(port, PASSWORD)
        .look(std::slice::from_ref(&used))
        .await;
    let state = seen.unwrap().remove(0).state.unwrap();
    assert_eq!((state.messages, state.consumers), (1, 0));
    driver(port, PASSWORD).verify(&used).await.unwrap();
}

#[tokio::test]
async fn what_was_cut_off_long_ago_is_removed_by_the_next_proof() {
    let Some(port) = port().await else { return };
    let used = queue("swept");
    driver(port, PASSWORD).make(&used).await.unwrap();
    let mut other = Client::open(port).await;
    let left = r#"["{\"name\":\"mosipctl.probe.1000.x\",\"address\":\"swept\",\"routing-type\":\"ANYCAST\",\"durable\":true}", false]"#;
    other.manage("broker", "createQueue", left).await;
    let names = other.manage("broker", "getQueueNames", "[]").await;
    assert!(names.contains("mosipctl.probe.1000.x"), "{names}");
    driver(port, PASSWORD).verify(&used).await.unwrap();
    let names = other.manage("broker", "getQueueNames", "[]").await;
    assert!(!names.contains("mosipctl.probe.1000.x"), "{names}");
}

#[tokio::test]
async fn what_is_no_broker_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut stream = listener.accept().await.unwrap().0;
        let _ = stream.read(&mut [0; 4096]).await;
        let answer = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n";
        stream.write_all(answer).await.unwrap();
    });
    let error = driver(port, PASSWORD).look(&[]).await.unwrap_err();
    assert!(matches!(error, BrokerError::Strange { .. }), "{error}");
    assert!(!error.is_transient());
}
