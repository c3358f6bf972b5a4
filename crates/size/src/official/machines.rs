//! Machines of the guides: the sums of their rows.

use mosipctl_catalogue::Sizing;
use mosipctl_catalogue::sizing::machines::MachineRow;

use super::{Check, Table};

pub(super) fn checks(facts: &Sizing) -> Vec<Check> {
    let tables = facts.machines.iter().flat_map(|machines| {
        let name = match machines.kinds.first().map(String::as_str) {
            Some("eks") => "Machines of the guide for Amazon",
            _ => "Machines of the guide for own machines",
        };
        let mut table = Table::new(name, &machines.sources);
        let sum = |of: fn(&MachineRow) -> f64| -> f64 {
            let rows = machines.rows.iter();
            rows.map(|row| f64::from(row.count) * of(row)).sum()
        };
        table.check("cores", machines.cpu, sum(|row| row.cpu), "cores");
        table.check("memory", machines.memory_gb, sum(|row| row.memory_gb), "GB");
        table.check("disk", machines.disk_gb, sum(|row| row.disk_gb), "GB");
        table.checks
    });
    tables.collect()
}
