//! Whoever prepares something in a server logs in with a Secret, which must be there before.

use mosipctl_catalogue::{Catalogue, Component, Source};
use mosipctl_spec::environment::rehearsal::Part;

/// The server that a component prepares something in, when it is the first to do so there: clients need their realm.
fn server(component: &Component) -> Option<Part> {
    match component {
        one if !one.databases.is_empty() => Some(Part::Postgres),
        one if one.realm.is_some() => Some(Part::Keycloak),
        one if !one.buckets.is_empty() => Some(Part::ObjectStore),
        one if !one.queues.is_empty() => Some(Part::Activemq),
        _ => None,
    }
}

#[test]
fn the_secret_of_a_login_is_needed_by_all_that_log_in() {
    let catalogue: Catalogue = Source::Embedded.load(&"1.2.0.1".parse().unwrap()).unwrap();
    let mut checked = 0;
    for (name, entry) in &catalogue.components {
        let Some(part) = server(&entry.component) else {
            continue;
        };
        let password = &catalogue.edition.servers[&part].password;
        let secret = password.split('#').next().unwrap();
        let needs = entry.component.needs.iter().map(ToString::to_string);
        let needs: Vec<String> = needs.collect();
        let secret = format!("secret {secret}");
        assert!(needs.contains(&secret), "{name}: {secret} not in {needs:?}");
        checked += 1;
    }
    assert!(checked >= 8, "{checked}");
}
