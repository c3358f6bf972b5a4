//! STOMP 1.2, as much of it as a broker is asked with.
//!
//! Small, text, and spoken by Artemis on the port of all its protocols. Every wait has a deadline; receipts make sending as sure as
//! a call.

mod connection;
mod frame;

pub(crate) use connection::Connection;
pub(crate) use frame::Frame;
