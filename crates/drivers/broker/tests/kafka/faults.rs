use mosipctl_broker::BrokerError;

use crate::support::{by_name, driver, settings, start, straight, topic};

#[tokio::test]
async fn a_topic_with_fewer_partitions_is_left_alone_and_told() {
    let Some(kafka) = driver().await else { return };
    kafka.make(&topic("small", 2)).await.unwrap();
    assert!(!kafka.make(&topic("small", 1)).await.unwrap());
    let error = kafka.make(&topic("small", 4)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "use topic `small`: it has 2 partitions, and 4 are wanted"
    );
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_name_that_is_none_and_a_topic_that_is_not_there_are_told() {
    let Some(kafka) = driver().await else { return };
    let error = kafka.make(&topic("no topic!", 1)).await.unwrap_err();
    eprintln!("failed to {error}");
    assert!(matches!(error, BrokerError::Refused { .. }), "{error}");
    assert!(!error.is_transient());
    let missing = [topic("not-made", 1)];
    assert!(kafka.verify(&missing).await.is_err());
    let seen = kafka.look(&missing).await.unwrap();
    assert_eq!(seen[0].partitions, None, "asking makes nothing");
}

#[tokio::test]
async fn a_broker_that_is_started_again_has_its_topics() {
    let mut settings = settings("kafka-restarted", None);
    let Some(server) = start(&settings).await else {
        return;
    };
    let port = server.port();
    settings.port = Some(port);
    let kafka = straight(port);
    assert!(kafka.make(&topic("kept", 3)).await.unwrap());
    server.stop().await;
    for kafka in [straight(port), by_name(port)] {
        let error = kafka.make(&topic("kept", 3)).await.unwrap_err();
        eprintln!("failed to {error}");
        assert!(error.is_transient() && error.remedy().is_some(), "{error}");
    }
    let server = start(&settings).await.unwrap();
    assert!(!kafka.make(&topic("kept", 3)).await.unwrap());
    kafka.verify(&[topic("kept", 3)]).await.unwrap();
    server.stop().await;
}
