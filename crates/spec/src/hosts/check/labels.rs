//! Labels and taints have the form that Kubernetes takes.

use super::{Checked, Complain, fail};
use crate::hosts::{HostEntry, HostsFile};

/// Longest name of a label and longest value (Kubernetes: object names and labels, "syntax and character set").
const LIMIT: usize = 63;
/// Longest prefix of a label, a DNS name.
const PREFIX_LIMIT: usize = 253;

pub(super) fn check(file: &HostsFile, complain: Complain<'_>) -> Checked {
    for (index, entry) in file.spec.hosts.iter().enumerate() {
        let index = index.to_string();
        labels(entry, &index, complain)?;
        taints(entry, &index, complain)?;
    }
    Ok(())
}

fn labels(entry: &HostEntry, index: &str, complain: Complain<'_>) -> Checked {
    for (key, value) in &entry.labels {
        let path = ["spec", "hosts", index, "labels", key];
        if !is_key(key) {
            let message = format!("`{key}` is not the name of a label");
            return fail(complain(&path, message).with_help(KEY));
        }
        if !is_value(value) {
            let message = format!("`{value}` is not the value of a label");
            return fail(complain(&path, message).with_help(VALUE));
        }
    }
    Ok(())
}

fn taints(entry: &HostEntry, index: &str, complain: Complain<'_>) -> Checked {
    for (number, taint) in entry.taints.iter().enumerate() {
        let number = number.to_string();
        let path = |field| ["spec", "hosts", index, "taints", &number, field];
        if !is_key(&taint.key) {
            let message = format!("`{}` is not the key of a taint", taint.key);
            return fail(complain(&path("key"), message).with_help(KEY));
        }
        if let Some(value) = taint.value.as_ref().filter(|value| !is_value(value)) {
            let message = format!("`{value}` is not the value of a taint");
            return fail(complain(&path("value"), message).with_help(VALUE));
        }
    }
    Ok(())
}

const KEY: &str =
    "at most 63 letters, digits, `-`, `_` and `.`, with a DNS name and `/` before them if you like";
const VALUE: &str =
    "at most 63 letters, digits, `-`, `_` and `.`, the first and last a letter or digit";

fn is_key(key: &str) -> bool {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let of_a_prefix = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
    let is_prefix = |prefix: &str| {
        !prefix.is_empty() && prefix.len() <= PREFIX_LIMIT && prefix.bytes().all(of_a_prefix)
    };
    prefix.is_none_or(is_prefix) && !name.is_empty() && is_value(name)
}

fn is_value(value: &str) -> bool {
    let of_a_value = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let ends = |c: char| c.is_ascii_alphanumeric();
    value.is_empty()
        || value.len() <= LIMIT
            && value.bytes().all(of_a_value)
            && value.starts_with(ends)
            && value.ends_with(ends)
}
