//! What each module and Kafka write.

use mosipctl_catalogue::Sizing;
use mosipctl_catalogue::sizing::Basis;

use super::{
    GB, KAFKA, Kept, LANDING_ZONE, LOGS, MONITORING, OBJECT_STORE, POSTGRES, Volume, logs_kept,
    stored, volume,
};
use crate::figure::Figure;
use crate::load::{BACKLOG, COPIES, DOCUMENTS, IDENTITIES, Load, PACKET, PEAK};
use crate::model::{authentication, pre_registration, registration};
use crate::number::number;

pub(super) fn of_registration(load: &Load, facts: &Sizing) -> [Volume; 4] {
    let registration = &facts.registration;
    let (day, packet) = (load.registrations_per_day, load.packet_megabytes);
    let packets = number(day);
    let copies = load.object_store_copies;
    let size = packet / registration.reference.packet_megabytes;
    let reference = number(registration.reference.registrations_per_day);
    let postgres = Figure::new(
        "registrations, all databases",
        registration::postgres_gb(day, registration),
        GB,
        format!(
            "{packets} × {} GB a million",
            number(registration.postgres.value)
        ),
    );
    let object_store = Figure::new(
        "packets",
        registration::object_store_gb(day, packet, registration) * copies,
        GB,
        format!(
            "{packets} × {} GB a million × {} for the size of a packet × {} copies",
            number(registration.object_store.value),
            number(size),
            number(copies)
        ),
    );
    let logs = Figure::new(
        "registration",
        registration::logs_gb(day, registration),
        GB,
        format!(
            "{} GB × {packets} / {reference}",
            number(registration.logs.value)
        ),
    );
    [
        volume(
            POSTGRES,
            postgres.from([&registration.postgres]),
            &stored(load),
        ),
        volume(
            OBJECT_STORE,
            object_store
                .from([&registration.object_store])
                .after(load.figure(COPIES))
                .after(load.figure(PACKET)),
            &stored(load),
        ),
        landing_zone(load, facts),
        volume(
            LOGS,
            logs.from([&registration.logs, &registration.logs_kept]),
            &logs_kept(facts),
        ),
    ]
}

/// Packets wait there until they are processed; nothing is added for good.
pub(super) fn landing_zone(load: &Load, facts: &Sizing) -> Volume {
    let unprocessed = load.registrations_per_day * load.backlog_days;
    let how = format!(
        "{} unprocessed packets × {} MB",
        number(unprocessed),
        number(load.packet_megabytes)
    );
    let what = "packets that wait";
    let value = registration::landing_zone_gb(unprocessed, load.packet_megabytes);
    let sources = &facts.registration.reference.sources;
    let rest = |figure: Figure| {
        figure
            .on(Basis::Official, sources)
            .after(load.figure(BACKLOG))
            .after(load.figure(PACKET))
    };
    Volume {
        store: LANDING_ZONE.to_owned(),
        per_day: rest(Figure::new(what, 0.0, GB, "processed and removed")),
        total: rest(Figure::new(what, value, GB, how)),
    }
}

pub(super) fn of_pre_registration(load: &Load, facts: &Sizing) -> [Volume; 3] {
    let calculator = &facts.pre_registration;
    let (day, kilobytes) = (load.pre_registrations_per_day, load.document_kilobytes);
    let number_of = number(day);
    let copies = load.object_store_copies;
    let postgres = Figure::new(
        "pre-registrations",
        pre_registration::postgres_gb(day, calculator),
        GB,
        format!(
            "{number_of} × {} MB a thousand",
            number(calculator.postgres.value)
        ),
    );
    let object_store = Figure::new(
        "documents of pre-registrations",
        pre_registration::object_store_gb(day, kilobytes, calculator) * copies,
        GB,
        format!(
            "{number_of} × {} MB a thousand × {} copies",
            number(kilobytes * calculator.object_store.value),
            number(copies)
        ),
    );
    let logs = Figure::new(
        "pre-registration",
        pre_registration::logs_gb(day, calculator),
        GB,
        format!(
            "{number_of} × {} MB a thousand",
            number(calculator.logs.value)
        ),
    );
    [
        volume(
            POSTGRES,
            postgres.from([&calculator.postgres]),
            &stored(load),
        ),
        volume(
            OBJECT_STORE,
            object_store
                .from([&calculator.object_store])
                .after(load.figure(COPIES))
                .after(load.figure(DOCUMENTS)),
            &stored(load),
        ),
        volume(
            LOGS,
            logs.from([&calculator.logs, &facts.registration.logs_kept]),
            &logs_kept(facts),
        ),
    ]
}

/// Identities of authentication: those that are there, however many days the work is stored.
pub(super) fn identities(load: &Load, facts: &Sizing) -> Volume {
    let calculator = &facts.authentication;
    let datum = &calculator.postgres_identities;
    let of = |people: f64| {
        let how = format!("{} × {} MB", number(people), number(datum.value));
        let value = authentication::postgres_identities_gb(people, calculator);
        Figure::new("identities for authentication", value, GB, how).from([datum])
    };
    Volume {
        store: POSTGRES.to_owned(),
        per_day: of(load.registrations_per_day),
        total: of(load.identities).after(load.figure(IDENTITIES)),
    }
}

pub(super) fn of_authentication(load: &Load, facts: &Sizing) -> Vec<Volume> {
    let calculator = &facts.authentication;
    let day = load.authentications_per_day();
    let authentications = number(day);
    let postgres = Figure::new(
        "authentications",
        authentication::postgres_authentications_gb(day, calculator),
        GB,
        format!(
            "{authentications} × {} GB per 100,000",
            number(calculator.postgres_authentications.value)
        ),
    );
    let logs = Figure::new(
        "authentication",
        authentication::logs_authentications_gb(day, calculator),
        GB,
        format!(
            "{authentications} × {} GB per 10,000",
            number(calculator.logs_authentications.value)
        ),
    );
    let issued = Figure::new(
        "identities issued to authentication",
        authentication::logs_identities_gb(load.registrations_per_day, calculator),
        GB,
        format!(
            "{} × {} GB per 10,000",
            number(load.registrations_per_day),
            number(calculator.logs_identities.value)
        ),
    );
    let kept = &facts.registration.logs_kept;
    let mut volumes = vec![
        volume(
            POSTGRES,
            postgres
                .from([&calculator.postgres_authentications])
                .after(load.figure(PEAK)),
            &stored(load),
        ),
        volume(
            LOGS,
            logs.from([&calculator.logs_authentications, kept])
                .after(load.figure(PEAK)),
            &logs_kept(facts),
        ),
    ];
    if load.registrations_per_day > 0.0 {
        let issued = issued.from([&calculator.logs_identities, kept]);
        volumes.push(volume(LOGS, issued, &logs_kept(facts)));
    }
    volumes
}

pub(super) fn monitoring(load: &Load, facts: &Sizing) -> Volume {
    let registration = &facts.registration;
    let how = format!(
        "{} GB at {} registrations a day and below, in proportion above",
        number(registration.monitoring.value),
        number(registration.reference.registrations_per_day)
    );
    let value = registration::monitoring_gb(load.registrations_per_day, registration);
    let day = Figure::new("Prometheus", value, GB, how)
        .from([&registration.monitoring, &registration.logs_kept]);
    volume(MONITORING, day, &logs_kept(facts))
}

/// Events of each kind of work, in all copies.
pub(super) fn kafka(load: &Load, facts: &Sizing) -> Vec<Volume> {
    let kafka = &facts.kafka;
    let kept = Kept {
        days: kafka.days_kept.value,
        how: format!("{} days", number(kafka.days_kept.value)),
        rests_on: None,
    };
    let sorts = [
        (
            "registrations",
            load.registrations_per_day,
            &kafka.events_per_registration,
        ),
        (
            "authentications",
            load.authentications_per_day(),
            &kafka.events_per_authentication,
        ),
    ];
    let worked = sorts.into_iter().filter(|(_, work, _)| *work > 0.0);
    let volumes = worked.map(|(what, work, events)| {
        let how = format!(
            "{} × {} events × {} KB × {} copies",
            number(work),
            number(events.value),
            number(kafka.event_kilobytes.value),
            number(kafka.copies.value)
        );
        let kilobytes = work * events.value * kafka.event_kilobytes.value * kafka.copies.value;
        let day = Figure::new(format!("events of {what}"), kilobytes / 1e6, GB, how);
        let data = [
            events,
            &kafka.event_kilobytes,
            &kafka.copies,
            &kafka.days_kept,
        ];
        volume(KAFKA, day.from(data), &kept)
    });
    volumes.collect()
}
