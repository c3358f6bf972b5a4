//! The driver against real servers: Keycloak 16.1.1 under `/auth`, and 26 at the root.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and print what they measured"
)]

mod catalogue;
mod connecting;
mod hand;
mod keeping;
mod making;
mod proving;
mod support;

/// Steps run on any thread, so what they await has to be able to move between threads. Compiled, never run.
#[expect(dead_code, reason = "only its types are checked")]
fn all_may_move(keycloak: &mosipctl_keycloak::Keycloak, realm: &mosipctl_keycloak::Realm) {
    fn moves<T: Send>(_: T) {}
    moves(keycloak.look(realm));
    moves(keycloak.make(realm));
    moves(keycloak.make_realm(realm));
    moves(keycloak.make_client("", &realm.clients[0]));
    moves(keycloak.look_client("", &realm.clients[0]));
    moves(keycloak.verify(realm));
    moves(keycloak.export(""));
    moves(keycloak.clients(""));
    moves(keycloak.client_secret("", ""));
}
