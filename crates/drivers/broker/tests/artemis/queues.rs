use std::time::Instant;

use mosipctl_broker::Routing;

use crate::client::Client;
use crate::support::{PASSWORD, driver, port, queue};

#[tokio::test]
async fn queues_are_made_once_and_seen() {
    let Some(port) = port().await else { return };
    let broker = driver(port, PASSWORD);
    let wanted = [
        "mosip-to-abis",
        "abis-to-mosip",
        "mosip-to-adjudication",
        "adjudication-to-mosip",
        "mosip-to-verification",
        "verification-to-mosip",
    ];
    let wanted = wanted.map(queue);
    let seen = broker.look(&wanted).await.unwrap();
    assert!(seen.iter().all(|seen| seen.state.is_none()));
    let started = Instant::now();
    for wanted in &wanted {
        assert!(broker.make(wanted).await.unwrap());
    }
    eprintln!("six queues are made in {:?}", started.elapsed());
    let started = Instant::now();
    let seen = broker.look(&wanted).await.unwrap();
    eprintln!("six queues are looked at in {:?}", started.elapsed());
    assert!(seen.iter().all(|seen| seen.is_as_wanted()));
    let state = seen[0].state.as_ref().unwrap();
    assert_eq!((state.routing, state.messages), (Routing::Anycast, 0));
    for wanted in &wanted {
        assert!(!broker.make(wanted).await.unwrap());
    }
}

#[tokio::test]
async fn the_same_queue_is_made_by_many_at_a_time() {
    let Some(port) = port().await else { return };
    let making = [(); 8].map(|()| {
        tokio::spawn(async move { driver(port, PASSWORD).make(&queue("by-many")).await })
    });
    let mut made = 0;
    for making in making {
        made += u32::from(making.await.unwrap().unwrap());
    }
    assert!(made >= 1);
    assert!(
        !driver(port, PASSWORD)
            .make(&queue("by-many"))
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_queue_is_proven_without_a_word_to_those_who_use_it() {
    let Some(port) = port().await else { return };
    let broker = driver(port, PASSWORD);
    let used = queue("in-use");
    broker.make(&used).await.unwrap();
    let mut service = Client::open(port).await;
    for body in ["one", "two", "three"] {
        service.put("in-use", body).await;
    }
    let mut reader = Client::open(port).await;
    reader.read("in-use").await;
    for body in ["one", "two", "three"] {
        assert!(reader.next().await.ends_with(body));
    }
    for round in ["first", "second"] {
        let proven = broker.verify(&used).await.unwrap();
        eprintln!(
            "a message goes through a queue in {:?} ({round} time)",
            proven.took
        );
    }
    service.put("in-use", "four").await;
    let next = reader.next().await;
    assert!(
        next.ends_with("four"),
        "the reader got something else: {next}"
    );
    let seen = broker.look(&[used]).await.unwrap();
    let state = seen[0].state.as_ref().unwrap();
    assert_eq!((state.messages, state.consumers), (4, 1));
    let beside = service
        .manage("address.in-use", "getQueueNames", "[]")
        .await;
    assert!(beside.ends_with(r#"[["in-use"]]"#), "{beside}");
}

#[tokio::test]
async fn what_somebody_sends_meanwhile_goes_where_it_always_went() {
    let Some(port) = port().await else { return };
    let broker = driver(port, PASSWORD);
    let used = queue("busy");
    broker.make(&used).await.unwrap();
    let mut service = Client::open(port).await;
    let sending = tokio::spawn(async move {
        for number in 0..300 {
            service.put("busy", &number.to_string()).await;
        }
    });
    while !sending.is_finished() {
        broker.verify(&used).await.unwrap();
    }
    sending.await.unwrap();
    let seen = broker.look(&[used]).await.unwrap();
    assert_eq!(seen[0].state.as_ref().unwrap().messages, 300);
}
