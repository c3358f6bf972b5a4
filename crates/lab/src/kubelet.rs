//! The strict kubelet: no pod starts before everything that it names is there.
//!
//! kwok alone calls any pod ready. This one watches pods and what they name, and judges each pod as the kubelet of a real node
//! would: volumes first, then images, then the environment of each container. A pod that lacks something waits with the
//! kubelet's own reason and words, in its status and in an event, and is judged again when something in its namespace changes.
//! A pod that lacks nothing runs from then on and has the condition [`ADMITTED`](crate::stages::ADMITTED), without which no stage of kwok begins.
//! Beyond a kubelet's duty it sees that probes and Services meet a port; while they do not, [`ANSWERS`](crate::stages::ANSWERS)
//! is false and the pod runs without getting ready.
//!
//! Values of config maps and Secrets are dropped as they arrive; only their keys are kept.

mod answers;
mod judge;
mod pod;
mod report;
mod status;
mod table;
mod verdict;
mod world;

pub(crate) use judge::run;

#[cfg(test)]
mod tests;
