use std::time::Instant;

use crate::support::{driver, topic};

#[tokio::test]
async fn topics_are_made_once_and_seen() {
    let Some(kafka) = driver().await else { return };
    let wanted = [topic("registration", 20), topic("websub", 1)];
    let seen = kafka.look(&wanted).await.unwrap();
    assert!(seen.iter().all(|seen| seen.partitions.is_none()));
    let started = Instant::now();
    for wanted in &wanted {
        assert!(kafka.make(wanted).await.unwrap());
    }
    eprintln!("two topics are made in {:?}", started.elapsed());
    let started = Instant::now();
    let seen = kafka.look(&wanted).await.unwrap();
    eprintln!("two topics are looked at in {:?}", started.elapsed());
    assert!(seen.iter().all(|seen| seen.is_as_wanted()));
    assert_eq!(seen[0].partitions, Some(20));
    for wanted in &wanted {
        assert!(!kafka.make(wanted).await.unwrap());
    }
}

#[tokio::test]
async fn brokers_are_proven_by_a_message_that_nobody_else_reads() {
    let Some(kafka) = driver().await else { return };
    let used = topic("in-use", 3);
    kafka.make(&used).await.unwrap();
    for round in ["first", "second"] {
        let started = Instant::now();
        let proven = kafka.verify(std::slice::from_ref(&used)).await.unwrap();
        let all = started.elapsed();
        eprintln!(
            "a message goes through Kafka in {:?}, all is proven in {all:?} ({round} time)",
            proven.took
        );
        let left = kafka.look(&[topic(&proven.name, 1)]).await.unwrap();
        assert_eq!(left[0].partitions, None, "nothing is left behind");
    }
}

#[tokio::test]
async fn what_was_cut_off_long_ago_is_removed_by_the_next_proof() {
    let Some(kafka) = driver().await else { return };
    let left = topic("mosipctl.probe.1000.x", 1);
    kafka.make(&left).await.unwrap();
    kafka.verify(&[]).await.unwrap();
    let seen = kafka.look(&[left]).await.unwrap();
    assert_eq!(seen[0].partitions, None);
}
