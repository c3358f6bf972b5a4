//! The ways to the brokers.

use std::fmt;
use std::sync::Arc;

use mosipctl_reach::Reach;

/// The ways to the brokers of one Kafka, by where they say they are.
pub trait Routes: Send + Sync + fmt::Debug {
    /// The way to a broker; none when there is no such broker.
    fn to(&self, host: &str, port: u16) -> Option<Arc<dyn Reach>>;
}

/// A Kafka with one broker: whatever it calls itself, there is one way to it. With more than one this leads astray, as a Service leads
/// to any of them.
#[derive(Debug, Clone)]
pub struct OneBroker(pub Arc<dyn Reach>);

impl Routes for OneBroker {
    fn to(&self, _host: &str, _port: u16) -> Option<Arc<dyn Reach>> {
        Some(Arc::clone(&self.0))
    }
}
