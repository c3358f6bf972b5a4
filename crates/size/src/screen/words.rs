//! A report in a few words.

use std::fmt::Write;

use crate::figure::{Amount, Figure};
use crate::load::WORK;
use crate::number::number;
use crate::report::Report;

/// The work in words: `216,000 registrations a day`.
pub(crate) fn worked(report: &Report) -> String {
    let work = report.workload.iter().filter(|figure| is_work(figure));
    let said = work.map(|figure| {
        let value = number(figure.value);
        format!("{value} {} {}", figure.what, figure.unit)
    });
    said.collect::<Vec<_>>().join(", ")
}

/// What was taken for everything else.
pub(crate) fn settings(report: &Report) -> String {
    let others = report.workload.iter().filter(|figure| !is_work(figure));
    let said = others.map(|figure| {
        let value = number(figure.value);
        let unit = match (figure.value == 1.0, figure.unit.strip_suffix('s')) {
            (true, Some(one)) => one,
            _ => &figure.unit,
        };
        format!("{} {value} {unit}", figure.what)
    });
    said.collect::<Vec<_>>().join(", ")
}

fn is_work(figure: &Figure) -> bool {
    WORK.contains(&figure.what.as_str())
}

/// A node in words: `12 cores / 64 GiB`.
pub(crate) fn shape(shape: Amount) -> String {
    let (cpu, memory) = (number(shape.cpu), number(shape.memory_gib()));
    format!("{cpu} cores / {memory} GiB")
}

/// How many nodes, in words.
pub(crate) fn takes(report: &Report) -> String {
    let nodes = &report.nodes;
    let spare = match nodes.spare {
        0 => String::new(),
        spare => format!(", {spare} of which may be lost"),
    };
    let because = nodes
        .decisive()
        .map(|reason| format!("; decided by {}", reason.what));
    let (count, shape) = (number(f64::from(nodes.count)), shape(nodes.shape));
    let noun = if nodes.count == 1 { "node" } else { "nodes" };
    format!(
        "{count} {noun} of {shape}{spare}{}",
        because.unwrap_or_default()
    )
}

/// All pods in words.
pub(crate) fn pods(report: &Report) -> String {
    let pods = &report.pods;
    format!(
        "{} pods: {} cores, {} GiB; Java heaps of {} GiB against {} GiB requested",
        pods.pods,
        number(pods.amount.cpu),
        number(pods.amount.memory_gib()),
        number(pods.heap_mib / 1024.0),
        number(pods.requested_mib / 1024.0),
    )
}

/// All stores in words.
pub(crate) fn stores(report: &Report) -> String {
    let stores = report.stores.iter();
    let stores = stores.map(|store| format!("{} {} GB", store.name, number(store.with_overhead)));
    stores.collect::<Vec<_>>().join(", ")
}

/// Words on lines of a width, further lines indented.
pub(super) fn wrapped(words: &str, width: usize, indent: usize) -> String {
    let mut text = String::new();
    let mut length = 0;
    for word in words.split(' ') {
        let size = word.chars().count();
        if length > 0 && length + 1 + size > width {
            let _ = write!(text, "\n{:indent$}", "");
            length = 0;
        } else if length > 0 {
            text.push(' ');
            length += 1;
        }
        text.push_str(word);
        length += size;
    }
    text
}
