use tempfile::TempDir;

use super::*;

struct World {
    store: Store,
    _folder: TempDir,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    World {
        store: Store::open(folder.path()).unwrap(),
        _folder: folder,
    }
}

fn own() -> Maker {
    Maker::Own {
        environment: "blue".to_owned(),
        days: 90,
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl World {
    async fn renew(
        &self,
        maker: &Maker,
        names: &[String],
        now: Timestamp,
    ) -> Result<Outcome, RenewError> {
        let request = Request {
            names,
            asked: false,
            now,
        };
        renew(&self.store, maker, &request, &|_| {}).await
    }

    async fn reason(&self, maker: &Maker, names: &[String], now: Timestamp) -> Option<Reason> {
        match self.renew(maker, names, now).await.unwrap() {
            Outcome::Renewed { reason, .. } => Some(reason),
            Outcome::Good(_) => None,
        }
    }

    fn pair(&self) -> Pair {
        let current = self.store.current().unwrap().unwrap();
        self.store.pair(&current).unwrap()
    }
}

#[tokio::test]
async fn a_certificate_is_made_once_and_again_when_a_third_of_its_life_is_left() {
    let (world, start) = (world(), Timestamp::now());
    let wanted = names(&["*.example.org", "example.org"]);
    let days = |days: i64| start + SignedDuration::from_hours(24 * days);
    assert_eq!(
        world.reason(&own(), &wanted, start).await,
        Some(Reason::None)
    );
    let trust = world.store.trust().unwrap();
    assert_eq!(world.reason(&own(), &wanted, days(59)).await, None);
    // 30 days and an hour are a third of it
    let due = reason(
        world.store.current().unwrap().as_ref(),
        &own(),
        &Request {
            names: &wanted,
            asked: false,
            now: days(61),
        },
    );
    assert_eq!(due, Some(Reason::Late));
    let others = names(&["api.example.org"]);
    assert_eq!(
        world.reason(&own(), &others, start).await,
        Some(Reason::OtherNames)
    );
    assert_eq!(
        world.store.trust().unwrap(),
        trust,
        "the authority stays the same"
    );
}

#[tokio::test]
async fn a_lost_key_is_a_reason_and_so_is_another_maker() {
    let (world, now) = (world(), Timestamp::now());
    let wanted = names(&["example.org"]);
    world.renew(&own(), &wanted, now).await.unwrap();
    let pair = world.pair();
    let current = world.store.current().unwrap().unwrap();
    std::fs::remove_file(world.store.key_file(&current)).unwrap();
    let lost = world.reason(&own(), &wanted, now).await;
    assert_eq!(lost, Some(Reason::Flawed(Flaw::NoCertificate)));
    let brought = Maker::Supplied(pair);
    assert_eq!(
        world.reason(&brought, &wanted, now).await,
        Some(Reason::Brought)
    );
    assert_eq!(world.reason(&brought, &wanted, now).await, None);
    assert_eq!(
        world.reason(&own(), &wanted, now).await,
        Some(Reason::OtherAuthority)
    );
}

#[tokio::test]
async fn what_is_brought_is_not_taken_when_it_is_not_good_and_the_one_before_stays() {
    let (world, now) = (world(), Timestamp::now());
    let wanted = names(&["example.org"]);
    world.renew(&own(), &wanted, now).await.unwrap();
    let before = world.store.current().unwrap();
    let wrong = Maker::Supplied(world.pair());
    let error = world
        .renew(&wrong, &names(&["example.com"]), now)
        .await
        .unwrap_err();
    assert!(
        matches!(error, RenewError::Supplied(Flaw::Names { .. })),
        "{error}"
    );
    assert!(error.remedy().contains("example.com"));
    assert_eq!(world.store.current().unwrap(), before);
}
