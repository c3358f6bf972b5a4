//! A workload must be one that can be.

use mosipctl_object::Quantity;

use super::super::Environment;
use super::super::workload::{NodeShape, Workload};
use super::{Checked, Complain, amount, fail};

/// More of anything than there are people to do it in a day or a second is a slip of the pen.
const MOST: u64 = 1_000_000_000;
/// No country has more people.
const MOST_PEOPLE: u64 = 10_000_000_000;
/// A packet of finger, iris and face has 2 MB; one of a gigabyte is a slip of the pen.
const MOST_MEGABYTES: f64 = 1000.0;

const WORKLOAD: [&str; 2] = ["spec", "workload"];

pub(super) fn check(environment: &Environment, complain: Complain<'_>) -> Checked {
    let Some(workload) = &environment.spec.workload else {
        return Ok(());
    };
    counts(workload, complain)?;
    packet(workload, complain)?;
    match &workload.node {
        Some(node) => shape(node, complain),
        None => Ok(()),
    }
}

fn counts(workload: &Workload, complain: Complain<'_>) -> Checked {
    let small = |value: Option<u32>| value.map(u64::from);
    let fields = [
        ("registrationsPerDay", workload.registrations_per_day, MOST),
        (
            "authenticationsPerSecond",
            workload.authentications_per_second,
            MOST,
        ),
        (
            "preRegistrationsPerDay",
            workload.pre_registrations_per_day,
            MOST,
        ),
        (
            "documentKilobytes",
            small(workload.document_kilobytes),
            1_000_000,
        ),
        ("peakHourPercent", small(workload.peak_hour_percent), 100),
        ("monthsToKeep", small(workload.months_to_keep), 1200),
        ("identities", workload.identities, MOST_PEOPLE),
        ("backlogDays", small(workload.backlog_days), 365),
        ("cacheMinutes", small(workload.cache_minutes), 10_080),
        ("objectStoreCopies", small(workload.object_store_copies), 20),
    ];
    for (field, value, most) in fields {
        match value {
            Some(0) => return fail(zero(field, complain)),
            Some(value) if value > most => return fail(too_much(field, value, most, complain)),
            _ => {}
        }
    }
    Ok(())
}

fn packet(workload: &Workload, complain: Complain<'_>) -> Checked {
    let field = "packetMegabytes";
    match workload.packet_megabytes {
        Some(0.0) => fail(zero(field, complain)),
        Some(size) if !(size > 0.0 && size <= MOST_MEGABYTES) => {
            let message = format!("`{field}` is {size}, which is no size of a packet");
            fail(
                complain(&[&WORKLOAD[..], &[field]].concat(), message)
                    .with_help(format!("more than 0 and at most {MOST_MEGABYTES}, in MB")),
            )
        }
        _ => Ok(()),
    }
}

fn shape(node: &NodeShape, complain: Complain<'_>) -> Checked {
    let at = |field| [&WORKLOAD[..], &["node", field]].concat();
    if !(1..=1024).contains(&node.cpu) {
        let message = format!("`node.cpu` is {}, which no machine has", node.cpu);
        return fail(complain(&at("cpu"), message).with_help("cores of one node, such as 12"));
    }
    amount(&node.memory, &at("memory"), complain)?;
    // Without a unit it would be bytes: `64` is a slip for `64Gi`.
    let gibibyte = f64::from(1 << 30);
    let bytes = node.memory.parse::<Quantity>().map(Quantity::as_f64);
    if !bytes.is_ok_and(|bytes| bytes >= gibibyte) {
        let message = format!("`node.memory` is `{}`, less than 1Gi", node.memory);
        return fail(
            complain(&at("memory"), message).with_help("memory of one node, such as `64Gi`"),
        );
    }
    Ok(())
}

fn zero(field: &str, complain: Complain<'_>) -> crate::Complaint {
    complain(
        &[&WORKLOAD[..], &[field]].concat(),
        format!("`{field}` is 0"),
    )
    .with_help("at least 1; leave the field out when there is none of it")
}

fn too_much(field: &str, value: u64, most: u64, complain: Complain<'_>) -> crate::Complaint {
    let message = match most {
        MOST => format!("`{field}` is {value}, more than a billion"),
        most => format!("`{field}` is {value}, more than {most}"),
    };
    complain(&[&WORKLOAD[..], &[field]].concat(), message)
        .with_help("is there a digit too many, or is it of another unit?")
}

#[cfg(test)]
mod tests {
    use super::super::tests;

    fn complaint(workload: &str) -> String {
        tests::complaint(&format!("  workload: {workload}\n"))
    }

    #[test]
    fn a_workload_of_whole_and_broken_numbers_is_fine() {
        assert_eq!(
            complaint("{registrationsPerDay: 216000, packetMegabytes: 2}"),
            "fine"
        );
        assert_eq!(
            complaint("{packetMegabytes: 1.5, node: {cpu: 12, memory: 64Gi}}"),
            "fine"
        );
        assert_eq!(complaint("{}"), "fine");
    }

    #[test]
    fn no_work_is_left_out_and_not_written_as_zero() {
        for field in [
            "registrationsPerDay",
            "authenticationsPerSecond",
            "preRegistrationsPerDay",
            "packetMegabytes",
            "monthsToKeep",
            "objectStoreCopies",
        ] {
            let said = complaint(&format!("{{{field}: 0}}"));
            assert_eq!(said, format!("x.yaml:7:14 `{field}` is 0"));
        }
    }

    #[test]
    fn absurd_work_is_named_with_its_field() {
        assert_eq!(
            complaint("{registrationsPerDay: 1000000001}"),
            "x.yaml:7:14 `registrationsPerDay` is 1000000001, more than a billion"
        );
        assert_eq!(complaint("{registrationsPerDay: 1000000000}"), "fine");
        assert_eq!(
            complaint("{peakHourPercent: 101}"),
            "x.yaml:7:14 `peakHourPercent` is 101, more than 100"
        );
        for size in ["-1", ".nan", ".inf", "1001"] {
            let said = complaint(&format!("{{packetMegabytes: {size}}}"));
            assert!(said.contains("packetMegabytes"), "{said}");
        }
    }

    #[test]
    fn nodes_have_cores_and_memory() {
        let cases = [
            (
                "{cpu: 0, memory: 64Gi}",
                "`node.cpu` is 0, which no machine has",
            ),
            (
                "{cpu: 12, memory: 64}",
                "`node.memory` is `64`, less than 1Gi",
            ),
            ("{cpu: 12, memory: 64 GB}", "`64 GB` is not a quantity"),
            ("{cpu: 12}", "field `memory` is missing"),
        ];
        for (node, message) in cases {
            let said = complaint(&format!("{{node: {node}}}"));
            assert!(said.contains(message), "{said}");
        }
    }
}
