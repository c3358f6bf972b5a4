//! What must not be in the program: a second TLS stack, and licences that have not been looked at.

use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::shell::{cargo, root};

/// One TLS stack: rustls with ring. A second provider makes the choice ambiguous, and that fails only at run time.
const CRATES: &[&str] = &[
    "openssl",
    "openssl-sys",
    "native-tls",
    "aws-lc-rs",
    "aws-lc-sys",
];

/// The platform that the program is built for; crates of others are not in it.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// Licences that were looked at; each expression of a package must be satisfied by these alone.
const LICENCES: &[&str] = &[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "0BSD",
];

pub(crate) fn run() -> Result<()> {
    let output = cargo()
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
            PLATFORM,
        ])
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .context("failed to start cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", output.status);
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"]
        .as_array()
        .context("no packages in cargo metadata")?;
    let used: Vec<&str> = metadata["resolve"]["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|node| node["id"].as_str())
        .collect();
    let mut problems = Vec::new();
    for package in packages
        .iter()
        .filter(|package| package["id"].as_str().is_some_and(|id| used.contains(&id)))
    {
        let name = package["name"].as_str().unwrap_or_default();
        let licence = package["license"].as_str().unwrap_or_default();
        if CRATES.contains(&name) {
            problems.push(format!(
                "`{name}` is in the graph: `cargo tree -i {name}` says who brings it"
            ));
        }
        if !is_allowed(licence) {
            problems.push(format!(
                "`{name}` has licence `{licence}`, which has not been looked at"
            ));
        }
    }
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    eprintln!(
        "   {} crates, one TLS stack, {} licences",
        used.len(),
        LICENCES.len()
    );
    Ok(())
}

/// Whether an SPDX expression of `OR`, `AND` and brackets is satisfied by the allowed licences.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let expression = expression.trim();
    if let Some(inner) = expression
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
        && !inner.contains(['(', ')'])
    {
        return is_allowed(inner);
    }
    if let Some(parts) = split(expression, " AND ") {
        return parts.iter().all(|part| is_allowed(part));
    }
    if let Some(parts) = split(expression, " OR ") {
        return parts.iter().any(|part| is_allowed(part));
    }
    LICENCES.contains(&expression)
}

/// The parts of an expression between operators that stand outside brackets; none when there is no operator.
fn split<'a>(expression: &'a str, operator: &str) -> Option<Vec<&'a str>> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (index, character) in expression.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && expression[index..].starts_with(operator) => {
                parts.push(&expression[start..index]);
                start = index + operator.len();
            }
            _ => {}
        }
    }
    (start > 0).then(|| {
        parts.push(&expression[start..]);
        parts
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        assert!(is_allowed("MIT OR Apache-2.0"));
        assert!(is_allowed("MIT/Apache-2.0"));
        assert!(is_allowed("(MIT OR GPL-3.0) AND Unicode-3.0"));
        assert!(is_allowed("Apache-2.0 WITH LLVM-exception OR GPL-2.0"));
        assert!(!is_allowed("GPL-3.0"));
        assert!(!is_allowed("MIT AND GPL-3.0"));
        assert!(!is_allowed(""));
    }
}
