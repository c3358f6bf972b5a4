//! What goes over the lines.

use mosipctl_catalogue::Sizing;

use super::storage::Volume;
use crate::figure::Figure;
use crate::load::{DOCUMENTS, HOUR, Load, PACKET, PEAK};
use crate::number::number;

/// Bits of a byte.
const BITS: f64 = 8.0;
/// Megabits of a gigabyte.
const GIGABYTE: f64 = 8000.0;
/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// Mbit/s of so many MB in so many seconds.
fn megabits(megabytes: f64, seconds: f64) -> f64 {
    megabytes * BITS / seconds
}

/// Lines into the data centre and inside it.
pub fn figures(load: &Load, volumes: &[Volume], facts: &Sizing) -> Vec<Figure> {
    let mut figures = Vec::new();
    if load.registrations_per_day > 0.0 {
        figures.push(packets(load, facts));
    }
    if load.pre_registrations_per_day > 0.0 {
        figures.push(documents(load, facts));
    }
    if load.authentications_per_second > 0.0 {
        figures.push(authentications(load, facts));
    }
    let all = figures.iter();
    let (value, parts) = (
        all.clone().map(|figure| figure.value).sum(),
        all.clone()
            .map(|figure| number(figure.value))
            .collect::<Vec<_>>()
            .join(" + "),
    );
    let sum = Figure::new(
        "line into the data centre, if all come at once",
        value,
        MBIT,
        parts,
    );
    let sum = all.fold(sum, |sum, figure| sum.on(figure.basis, &figure.sources));
    figures.push(sum);
    figures.extend(stores(volumes));
    figures
}

const MBIT: &str = "Mbit/s";

fn packets(load: &Load, facts: &Sizing) -> Figure {
    let hours = &facts.bandwidth.upload_hours;
    let megabytes = load.registrations_per_day * load.packet_megabytes;
    let how = format!(
        "{} packets × {} MB × 8 in {} h",
        number(load.registrations_per_day),
        number(load.packet_megabytes),
        number(hours.value)
    );
    let value = megabits(megabytes, hours.value * HOUR);
    Figure::new("uploads of packets, at peak", value, MBIT, how)
        .from([hours])
        .after(load.figure(PACKET))
}

fn documents(load: &Load, facts: &Sizing) -> Figure {
    let pages = &facts.bandwidth.pre_registration_kilobytes;
    let kilobytes = load.document_kilobytes + pages.value;
    let how = format!(
        "{} in the busiest hour × ({} KB of documents + {} KB of pages) × 8",
        number(load.pre_registrations_in_peak_hour()),
        number(load.document_kilobytes),
        number(pages.value)
    );
    let megabytes = load.pre_registrations_in_peak_hour() * kilobytes / 1000.0;
    Figure::new(
        "pre-registrations, at peak",
        megabits(megabytes, HOUR),
        MBIT,
        how,
    )
    .from([pages])
    .after(load.figure(DOCUMENTS))
    .after(load.figure(PEAK))
}

fn authentications(load: &Load, facts: &Sizing) -> Figure {
    let size = &facts.bandwidth.authentication_kilobytes;
    let how = format!(
        "{} a second × {} KB × 8",
        number(load.authentications_per_second),
        number(size.value)
    );
    let megabytes = load.authentications_per_second * size.value / 1000.0;
    Figure::new(
        "authentications, at peak",
        megabits(megabytes, 1.0),
        MBIT,
        how,
    )
    .from([size])
}

/// What is written to each store, on the average of a day.
fn stores(volumes: &[Volume]) -> impl Iterator<Item = Figure> {
    let mut stores: indexmap::IndexMap<&str, Figure> = indexmap::IndexMap::new();
    for volume in volumes.iter().filter(|volume| volume.per_day.value > 0.0) {
        let day = &volume.per_day;
        let value = day.value * GIGABYTE / DAY;
        let store = stores.entry(volume.store.as_str()).or_insert_with(|| {
            let what = format!("written to {}, on average", volume.store);
            Figure::new(what, 0.0, MBIT, "what is written in a day × 8 / 86,400 s")
        });
        store.value += value;
        *store = store.clone().on(day.basis, &day.sources);
    }
    stores.into_values()
}
