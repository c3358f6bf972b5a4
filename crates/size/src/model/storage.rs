//! Volumes, and what is added to them in a day.

use mosipctl_catalogue::Sizing;
use serde::Serialize;

use crate::figure::Figure;
use crate::load::{Load, MONTHS};
use crate::number::number;

mod modules;

use modules::{
    identities, kafka, monitoring, of_authentication, of_pre_registration, of_registration,
};

/// What one kind of data takes in one store.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// The store: PostgreSQL, object store, logs …
    pub store: String,
    /// In a day.
    pub per_day: Figure,
    /// After all the days that are stored.
    pub total: Figure,
}

/// Everything in one store.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Store {
    /// The store.
    pub name: String,
    /// In a day, in GB.
    pub per_day: f64,
    /// After all the days that are stored, in GB.
    pub total: f64,
    /// The same with the official overhead, in GB: what to provide.
    pub with_overhead: f64,
}

/// How long something stays.
struct Kept<'a> {
    days: f64,
    how: String,
    rests_on: Option<&'a Figure>,
}

const POSTGRES: &str = "PostgreSQL";
const OBJECT_STORE: &str = "object store";
const LOGS: &str = "logs";
const MONITORING: &str = "monitoring";
const LANDING_ZONE: &str = "landing zone";
const KAFKA: &str = "Kafka";

/// Every volume of a load.
pub fn volumes(load: &Load, facts: &Sizing) -> Vec<Volume> {
    let mut volumes = Vec::new();
    if load.registrations_per_day > 0.0 {
        volumes.extend(of_registration(load, facts));
    }
    if load.pre_registrations_per_day > 0.0 {
        volumes.extend(of_pre_registration(load, facts));
    }
    if load.identities > 0.0 {
        volumes.push(identities(load, facts));
    }
    if load.authentications_per_second > 0.0 {
        volumes.extend(of_authentication(load, facts));
    }
    volumes.push(monitoring(load, facts));
    volumes.extend(kafka(load, facts));
    let place = |store: &str| {
        let order = [
            POSTGRES,
            OBJECT_STORE,
            LANDING_ZONE,
            KAFKA,
            LOGS,
            MONITORING,
        ];
        order.iter().position(|name| *name == store)
    };
    volumes.sort_by_key(|volume| place(&volume.store));
    volumes
}

/// Everything by store.
pub fn stores(volumes: &[Volume], facts: &Sizing) -> Vec<Store> {
    let mut stores: Vec<Store> = Vec::new();
    for volume in volumes {
        let known = stores.iter().position(|store| store.name == volume.store);
        let index = known.unwrap_or_else(|| {
            stores.push(Store {
                name: volume.store.clone(),
                per_day: 0.0,
                total: 0.0,
                with_overhead: 0.0,
            });
            stores.len() - 1
        });
        let store = &mut stores[index];
        store.per_day += volume.per_day.value;
        store.total += volume.total.value;
        store.with_overhead = store.total * facts.overhead.value;
    }
    stores
}

const GB: &str = "GB";

/// A volume of so many GB in a day, kept for some days.
fn volume(store: &str, per_day: Figure, kept: &Kept<'_>) -> Volume {
    let how = format!("{} GB a day × {}", number(per_day.value), kept.how);
    let total = Figure::new(per_day.what.clone(), per_day.value * kept.days, GB, how)
        .after([&per_day])
        .after(kept.rests_on);
    Volume {
        store: store.to_owned(),
        per_day,
        total,
    }
}

/// As long as the work is stored.
fn stored(load: &Load) -> Kept<'_> {
    Kept {
        days: load.days,
        how: format!("{} days", number(load.days)),
        rests_on: load.figure(MONTHS),
    }
}

fn logs_kept(facts: &Sizing) -> Kept<'static> {
    let days = facts.registration.logs_kept.value;
    Kept {
        days,
        how: format!("{} days, archived then", number(days)),
        rests_on: None,
    }
}
