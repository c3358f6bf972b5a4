//! What one pod of a component takes.

use mosipctl_blueprint::{Blueprint, Part};
use mosipctl_catalogue::Sizing;
use mosipctl_catalogue::sizing::Server;
use mosipctl_object::Quantity;
use mosipctl_spec::environment::Profile;
use serde_json::Value;

use super::{Demand, PodSize, values};
use crate::error::SizeError;
use crate::figure::{Amount, cite};
use crate::number::number;

/// Bytes of a MiB.
const MEBIBYTE: f64 = 1024.0 * 1024.0;
/// MiB of a GB.
const GIGABYTE: f64 = 1e9 / MEBIBYTE;

/// What one pod takes; none for what has no pods that stay: Jobs, config maps, charts that only bring objects.
pub(super) fn size(
    part: &Part,
    demand: &Demand,
    blueprint: &Blueprint,
    facts: &Sizing,
) -> Result<Option<PodSize>, SizeError> {
    if part.release.is_none() || part.job.is_some() {
        return Ok(None);
    }
    let values = values(part);
    let container = &values["service"]["container"];
    let server = facts.servers.get(&part.component);
    let size = match server.and_then(|server| known(server, blueprint.profile)) {
        Some((amount, server)) => of_server(part, amount, server)?,
        None if container.is_object() => of_container(part, container, demand, facts)?,
        None if values["resources"].is_object() => of_chart(part, &values["resources"], facts)?,
        None => return Ok(None),
    };
    Ok(Some(with_sidecar(size, part, blueprint, facts)))
}

fn known(server: &Server, profile: Profile) -> Option<(Amount, &Server)> {
    let amount = match profile {
        Profile::Production => Some(server.production),
        Profile::Sandbox => server.sandbox,
    }?;
    let (cpu, memory_mib) = (amount.cpu, amount.memory);
    Some((Amount { cpu, memory_mib }, server))
}

fn of_server(part: &Part, amount: Amount, server: &Server) -> Result<PodSize, SizeError> {
    Ok(PodSize {
        amount,
        heap_mib: None,
        requested_mib: requested(part)?,
        how: server
            .about
            .clone()
            .unwrap_or_else(|| "of its sort".to_owned()),
        basis: server.basis,
        sources: server.sources.clone(),
    })
}

/// Memory that a part's pods request, in MiB.
fn requested(part: &Part) -> Result<f64, SizeError> {
    let values = values(part);
    let container = &values["service"]["container"]["resources"];
    let resources = if container.is_object() {
        container
    } else {
        &values["resources"]
    };
    let request = amount(part, &resources["requests"], "memory")?;
    Ok(request.unwrap_or_default() / MEBIBYTE)
}

fn of_chart(part: &Part, resources: &Value, facts: &Sizing) -> Result<PodSize, SizeError> {
    let (cpu, cpu_how) = cores(part, resources, facts)?;
    let (memory_mib, memory_how) = memory(part, resources, facts)?;
    Ok(PodSize {
        amount: Amount { cpu, memory_mib },
        heap_mib: None,
        requested_mib: requested(part)?,
        how: format!("{cpu_how}; {memory_how}"),
        basis: facts.pods.cores_at_once.basis,
        sources: facts.pods.cpu.sources.clone(),
    })
}

fn of_container(
    part: &Part,
    container: &Value,
    demand: &Demand,
    facts: &Sizing,
) -> Result<PodSize, SizeError> {
    let mut size = of_chart(part, &container["resources"], facts)?;
    let heap = container["heap"]["max"].as_str();
    if let Some(text) = heap {
        let heap = heap_mib(text).ok_or_else(|| wrong(part, "heap", text))?;
        let factor = &facts.pods.heap;
        size.heap_mib = Some(heap);
        size.amount.memory_mib = heap * factor.value;
        size.basis = size.basis.max(factor.basis);
        let (cpu_how, _) = size.how.split_once("; ").unwrap_or_default();
        size.how = format!(
            "{cpu_how}; heap {} MiB × {}",
            number(heap),
            number(factor.value)
        );
    }
    official(&mut size, demand);
    Ok(size)
}

/// Never less than the official calculators count.
fn official(size: &mut PodSize, demand: &Demand) {
    if demand.cpu > size.amount.cpu {
        size.amount.cpu = demand.cpu;
        size.how += &format!("; {} cores by the calculator", number(demand.cpu));
        cite(&mut size.sources, &demand.sources);
    }
    let calculated = demand.memory_gb * GIGABYTE;
    if calculated > size.amount.memory_mib {
        size.amount.memory_mib = calculated;
        size.how += &format!("; {} GB by the calculator", number(demand.memory_gb));
        cite(&mut size.sources, &demand.sources);
    }
}

fn with_sidecar(mut size: PodSize, part: &Part, blueprint: &Blueprint, facts: &Sizing) -> PodSize {
    let namespace = blueprint.namespaces.get(&part.namespace);
    let own = values(part)["service"]["sidecar"].as_bool();
    if own.unwrap_or(namespace.is_some_and(|namespace| namespace.injection)) {
        let pods = &facts.pods;
        let sidecar = Amount {
            cpu: pods.sidecar_cpu.value,
            memory_mib: pods.sidecar_memory.value,
        };
        size.amount = size.amount + sidecar;
        size.how += "; sidecar";
    }
    size
}

/// Cores of a container: the part of its limit that all use at the same time, else its request.
fn cores(part: &Part, resources: &Value, facts: &Sizing) -> Result<(f64, String), SizeError> {
    let limit = amount(part, &resources["limits"], "cpu")?;
    let request = amount(part, &resources["requests"], "cpu")?;
    Ok(match (limit, request) {
        (Some(limit), _) => {
            let share = facts.pods.cores_at_once.value;
            let how = format!("limit {} cores × {}", number(limit), number(share));
            (limit * share, how)
        }
        (None, Some(request)) => (
            request,
            format!("request {} cores, no limit", number(request)),
        ),
        (None, None) => (facts.pods.cpu.value, "cores as most".to_owned()),
    })
}

/// Memory of a container without a known heap, in MiB: its limit, else its request.
fn memory(part: &Part, resources: &Value, facts: &Sizing) -> Result<(f64, String), SizeError> {
    let mebibytes = |bytes: f64| bytes / MEBIBYTE;
    let limit = amount(part, &resources["limits"], "memory")?.map(mebibytes);
    let request = amount(part, &resources["requests"], "memory")?.map(mebibytes);
    Ok(match (limit, request) {
        (Some(limit), _) => (limit, format!("limit {} MiB", number(limit))),
        (None, Some(request)) => (
            request,
            format!("request {} MiB, no limit", number(request)),
        ),
        (None, None) => (facts.pods.memory.value, "memory as assumed".to_owned()),
    })
}

/// Cores or bytes of a resource, where it is named.
fn amount(part: &Part, list: &Value, what: &'static str) -> Result<Option<f64>, SizeError> {
    let text = match &list[what] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Ok(None),
    };
    match text.parse::<Quantity>() {
        Ok(quantity) => Ok(Some(quantity.as_f64())),
        Err(_) => Err(wrong(part, what, &text)),
    }
}

/// A Java heap in MiB. Java counts in powers of two: its `M` is a MiB.
fn heap_mib(text: &str) -> Option<f64> {
    let (number, unit) = text.split_at(text.len().checked_sub(1)?);
    let mebibytes = match unit {
        "K" | "k" => 1.0 / 1024.0,
        "M" | "m" => 1.0,
        "G" | "g" => 1024.0,
        _ => return None,
    };
    let number: u32 = number.parse().ok()?;
    Some(f64::from(number) * mebibytes)
}

fn wrong(part: &Part, what: &'static str, text: &str) -> SizeError {
    SizeError::NoAmount {
        component: part.component.clone(),
        what,
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn java_counts_in_powers_of_two() {
        let cases = [
            ("4000M", Some(4000.0)),
            ("2G", Some(2048.0)),
            ("512m", Some(512.0)),
            ("1024K", Some(1.0)),
            ("4000", None),
            ("M", None),
            ("", None),
        ];
        for (text, mebibytes) in cases {
            assert_eq!(heap_mib(text), mebibytes, "{text}");
        }
    }
}
