//! Seeds whose dates have passed: told always, moved on request, in databases that are there too.

use mosipctl_catalogue::Fact;
use mosipctl_plan::observed::Standing;
use serde_json::json;

use crate::outside::{NAME, Outside, partners};

const TOLD: &str =
    "2 dates of its seeds have passed (`externals.postgres.extendSeedDates` moves them)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dates_that_have_passed_are_told_and_moved_on_request() {
    let Some(outside) = Outside::start().await else {
        return;
    };
    let fact: Fact = "database lab_partners=1.2.0.1".parse().unwrap();
    let partners = partners();
    let wanted = [(&fact, &partners)];
    let tls = json!({"ca": "ca.pem", "serverName": NAME});
    let declared = outside.declared(&json!({"tls": tls}));
    let servers = outside.servers(&declared).await;
    assert_eq!(servers.notes(&wanted).await, Vec::<String>::new());
    let note = servers.prepare(&partners, None).await.unwrap().unwrap();
    assert!(note.ends_with(&format!(" rows; {TOLD}")), "{note}");
    let seen = servers.look(&wanted).await;
    assert_eq!(seen.standings[&fact], Standing::Holds);
    assert_eq!(
        servers.notes(&wanted).await,
        [format!("lab_partners: {TOLD}")]
    );
    let found = &servers.verify(&wanted).await[0];
    assert!(
        found.wrong.is_empty() && found.proof.ends_with(TOLD),
        "{found:?}"
    );

    let declared = outside.declared(&json!({"tls": tls, "extendSeedDates": "2098-12-31"}));
    let servers = outside.servers(&declared).await;
    let seen = servers.look(&wanted).await;
    let differs = Standing::Differs(vec!["2 dates of its seeds".to_owned()]);
    assert_eq!(seen.standings[&fact], differs);
    let found = &servers.verify(&wanted).await[0];
    assert_eq!(found.wrong, ["2 dates of its seeds have passed"]);
    let note = servers.prepare(&partners, None).await.unwrap().unwrap();
    assert_eq!(
        note,
        "it was as it should be; 2 dates of its seeds that had passed: moved to 2098-12-31"
    );
    let seen = servers.look(&wanted).await;
    assert_eq!(seen.standings[&fact], Standing::Holds);
    let note = servers.prepare(&partners, None).await.unwrap().unwrap();
    assert_eq!(note, "it was as it should be");
    outside.postgres.stop().await;
}
