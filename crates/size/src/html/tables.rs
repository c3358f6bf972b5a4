//! The long tables of the page.

use mosipctl_catalogue::sizing::Basis;

use super::Page;
use super::element::{Cell, table};
use crate::components::ComponentSize;

impl Page<'_> {
    pub(super) fn components(&self) -> String {
        let rows = self.report.components.iter().map(component);
        let headings = [
            "component",
            "module",
            "pods",
            "heap MiB",
            "cores",
            "GiB",
            "all cores",
            "all GiB",
            "how",
            "rests on",
        ];
        table(&headings, rows)
    }

    pub(super) fn storage(&self) -> String {
        let mut rows = Vec::new();
        for store in &self.report.stores {
            rows.push(vec![
                Cell::strong(&store.name),
                Cell::number(store.per_day),
                Cell::number(store.total),
                Cell::number(store.with_overhead),
                Cell::small("all of it"),
                Cell::text(""),
            ]);
            let volumes = self.report.volumes.iter();
            for volume in volumes.filter(|volume| volume.store == store.name) {
                let how = format!(
                    "a day: {}; in the end: {}",
                    volume.per_day.how, volume.total.how
                );
                rows.push(vec![
                    Cell::text(&volume.total.what),
                    Cell::number(volume.per_day.value),
                    Cell::number(volume.total.value),
                    Cell::number(volume.total.value * store.with_overhead / store.total),
                    Cell::small(&how),
                    Cell::rests_on(volume.total.basis, &volume.total.sources),
                ]);
            }
        }
        table(
            &[
                "of",
                "GB a day",
                "GB in the end",
                "with overhead",
                "how",
                "rests on",
            ],
            rows.into_iter(),
        )
    }

    pub(super) fn official(&self) -> String {
        let rows = self.report.official.iter().map(|check| {
            vec![
                Cell::text(check.table),
                Cell::text(&check.what),
                Cell::exactly(check.published),
                Cell::exactly_as(check.computed, check.published),
                Cell::text(check.unit),
                Cell::text(if check.agrees() { "same" } else { "differs" }),
                Cell::rests_on(Basis::Official, &check.sources),
            ]
        });
        table(
            &[
                "table",
                "of",
                "published",
                "computed",
                "unit",
                "",
                "rests on",
            ],
            rows,
        )
    }

    pub(super) fn sources(&self) -> String {
        let rows = self.report.sources.iter();
        let rows = rows.map(|(name, source)| {
            vec![
                Cell::anchor(name),
                Cell::text(&source.title),
                Cell::small(&source.at),
            ]
        });
        table(&["name", "what", "where"], rows)
    }
}

fn component(size: &ComponentSize) -> Vec<Cell> {
    let how = format!("pods: {}; each: {}", size.how, size.pod_how);
    vec![
        Cell::text(&size.component),
        Cell::small(&size.module),
        Cell::number(f64::from(size.replicas)),
        size.heap_mib.map_or_else(|| Cell::text(""), Cell::number),
        Cell::number(size.pod.cpu),
        Cell::number(size.pod.memory_gib()),
        Cell::number(size.total.cpu),
        Cell::number(size.total.memory_gib()),
        Cell::small(&how),
        Cell::rests_on(size.basis, &size.sources),
    ]
}
