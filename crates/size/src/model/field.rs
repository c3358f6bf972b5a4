//! Devices in the field, as their calculator has them.

use mosipctl_catalogue::sizing::Field;

use crate::figure::Figure;
use crate::load::Load;
use crate::number::{ceil, number};

/// Weeks of a month, as the calculator counts.
const WEEKS: f64 = 4.0;

/// Registrations of a day for a population.
pub fn registrations_per_day(population: f64, months: f64, working_days: f64) -> f64 {
    population / (months * WEEKS) / working_days
}

/// Authentications inside registration in a day.
pub fn internal_authentications(registrations_per_day: f64, facts: &Field) -> f64 {
    registrations_per_day + registrations_per_day * facts.introducers.value
}

/// Kits in the field.
pub fn field_kits(registrations_per_day: f64, per_station: f64) -> f64 {
    registrations_per_day / per_station
}

/// Quality checks of a day, and as many extractions.
pub fn checks(registrations_per_day: f64, facts: &Field) -> f64 {
    registrations_per_day * facts.modalities.value
}

/// What registration takes in the field.
pub fn figures(load: &Load, facts: &Field) -> Vec<Figure> {
    let registrations = load.registrations_per_day;
    if registrations == 0.0 {
        return Vec::new();
    }
    let day = number(registrations);
    let station = facts.per_station.value;
    let kits = ceil(field_kits(registrations, station)) + facts.other_kits.value;
    let modalities = number(facts.modalities.value);
    let operator = facts.operator_modalities.value;
    let internal = internal_authentications(registrations, facts) * operator;
    let introduced = 1.0 + facts.introducers.value;
    let checks = |what| {
        let how = format!("{day} registrations × {modalities} modalities");
        let value = self::checks(registrations, facts);
        Figure::new(what, value, "a day", how).from([&facts.modalities])
    };
    vec![
        Figure::new(
            "registration kits",
            kits,
            "kits",
            format!(
                "{day} registrations a day / {} a station, and {} outside production",
                number(station),
                number(facts.other_kits.value)
            ),
        )
        .from([&facts.per_station, &facts.other_kits]),
        checks("quality checks by the biometric SDK"),
        checks("extractions by the biometric SDK"),
        Figure::new(
            "matches inside registration",
            internal,
            "a day",
            format!(
                "{day} registrations × {} with introducers × {} modality of operators",
                number(introduced),
                number(operator)
            ),
        )
        .from([&facts.introducers, &facts.operator_modalities]),
    ]
}
