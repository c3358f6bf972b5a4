//! The work with everything that its file leaves to defaults.

use mosipctl_catalogue::sizing::{Basis, Datum, Defaults};
use mosipctl_spec::environment::workload::Workload;
use serde::Serialize;

use crate::error::SizeError;
use crate::figure::Figure;

/// Seconds of an hour.
pub(crate) const HOUR: f64 = 3600.0;
/// Days of a month, as storage is counted.
const MONTH: f64 = 30.0;

// What the figures of a load are called.
pub(crate) const WORK: [&str; 3] = ["registrations", "authentications", "pre-registrations"];
pub(crate) const PACKET: &str = "size of a packet";
pub(crate) const DOCUMENTS: &str = "documents of a pre-registration";
pub(crate) const PEAK: &str = "work of the busiest hour";
pub(crate) const MONTHS: &str = "work that is stored";
pub(crate) const BACKLOG: &str = "packets that wait at most";
pub(crate) const CACHE: &str = "a packet in the cache";
pub(crate) const COPIES: &str = "copies in the object store";
pub(crate) const IDENTITIES: &str = "people with an identity at the end";

/// Work, in numbers that a model takes. What there is none of is zero.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Load {
    /// Registrations in a day.
    pub registrations_per_day: f64,
    /// Authentications a second, at peak.
    pub authentications_per_second: f64,
    /// Pre-registrations in a day.
    pub pre_registrations_per_day: f64,
    /// Size of a packet in MB.
    pub packet_megabytes: f64,
    /// Documents of a pre-registration in KB.
    pub document_kilobytes: f64,
    /// Share of a day's work in its busiest hour.
    pub peak_hour_share: f64,
    /// Days of work that are stored.
    pub days: f64,
    /// People with an identity at the end of them.
    pub identities: f64,
    /// Days that packets may wait in the landing zone.
    pub backlog_days: f64,
    /// Minutes that a packet stays in the cache.
    pub cache_minutes: f64,
    /// Copies of everything in the object store.
    pub object_store_copies: f64,
    /// The same as figures, each with where it is from.
    #[serde(skip)]
    pub figures: Vec<Figure>,
}

impl Load {
    /// The work of an environment.
    ///
    /// # Errors
    /// There is no work in it.
    pub fn of(workload: &Workload, defaults: &Defaults) -> Result<Self, SizeError> {
        let mut taken = Taken::default();
        let registrations = taken.work("registrations", workload.registrations_per_day, "a day");
        let authentications = taken.work(
            WORK[1],
            workload.authentications_per_second,
            "a second at peak",
        );
        let pre_registrations = taken.work(WORK[2], workload.pre_registrations_per_day, "a day");
        if taken.figures.is_empty() {
            return Err(SizeError::NoWork);
        }
        let mut or = |what, given: Option<f64>, datum| taken.or(what, given, datum);
        let small = |value: Option<u32>| value.map(f64::from);
        let packet = or(
            PACKET,
            workload.packet_megabytes,
            &defaults.packet_megabytes,
        );
        let document = or(
            DOCUMENTS,
            small(workload.document_kilobytes),
            &defaults.document_kilobytes,
        );
        let peak = or(
            PEAK,
            small(workload.peak_hour_percent),
            &defaults.peak_hour_percent,
        );
        let months = or(
            MONTHS,
            small(workload.months_to_keep),
            &defaults.months_to_keep,
        );
        let backlog_days = or(
            BACKLOG,
            small(workload.backlog_days),
            &defaults.backlog_days,
        );
        let cache_minutes = or(
            CACHE,
            small(workload.cache_minutes),
            &defaults.cache_minutes,
        );
        let object_store_copies = or(
            COPIES,
            small(workload.object_store_copies),
            &defaults.object_store_copies,
        );
        let days = months * MONTH;
        let identities = taken.identities(workload.identities, registrations * days);
        Ok(Self {
            registrations_per_day: registrations,
            authentications_per_second: authentications,
            pre_registrations_per_day: pre_registrations,
            packet_megabytes: packet,
            document_kilobytes: document,
            peak_hour_share: peak / 100.0,
            days,
            identities,
            backlog_days,
            cache_minutes,
            object_store_copies,
            figures: taken.figures,
        })
    }

    /// One of its figures, with what it rests on.
    pub(crate) fn figure(&self, what: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.what == what)
    }

    /// Authentications of the busiest hour.
    pub fn authentications_in_peak_hour(&self) -> f64 {
        self.authentications_per_second * HOUR
    }

    /// Authentications of a day: the busiest hour is a share of it.
    pub fn authentications_per_day(&self) -> f64 {
        self.authentications_in_peak_hour() / self.peak_hour_share
    }

    /// Pre-registrations of the busiest hour.
    pub fn pre_registrations_in_peak_hour(&self) -> f64 {
        self.pre_registrations_per_day * self.peak_hour_share
    }

    /// Registrations of all the days that are stored.
    pub fn registrations(&self) -> f64 {
        self.registrations_per_day * self.days
    }

    /// Pre-registrations of all the days that are stored.
    pub fn pre_registrations(&self) -> f64 {
        self.pre_registrations_per_day * self.days
    }
}

/// What was taken from the file or from the defaults.
#[derive(Default)]
struct Taken {
    figures: Vec<Figure>,
}

const GIVEN: &str = "the environment file says so";

impl Taken {
    fn work(&mut self, what: &str, given: Option<u64>, unit: &str) -> f64 {
        let value = given.map_or(0.0, from_count);
        if value > 0.0 {
            self.figures.push(Figure::new(what, value, unit, GIVEN));
        }
        value
    }

    fn or(&mut self, what: &str, given: Option<f64>, default: &Datum) -> f64 {
        let figure = match given {
            Some(value) => Figure::new(what, value, &default.unit, GIVEN),
            None => {
                let about = default.about.as_deref().map(|about| format!(": {about}"));
                let how = format!("default{}", about.unwrap_or_default());
                Figure::new(what, default.value, &default.unit, how).from([default])
            }
        };
        let value = figure.value;
        self.figures.push(figure);
        value
    }

    fn identities(&mut self, given: Option<u64>, registered: f64) -> f64 {
        let what = IDENTITIES;
        let figure = match given.map(from_count) {
            Some(people) => Figure::new(what, people, "people", GIVEN),
            None if registered == 0.0 => return 0.0,
            None => Figure::new(
                what,
                registered,
                "people",
                "default: as many as are registered until then",
            )
            .on(Basis::Assumed, &[]),
        };
        let value = figure.value;
        self.figures.push(figure);
        value
    }
}

/// A count as a number.
#[expect(
    clippy::cast_precision_loss,
    reason = "the file holds nothing above ten billion; 53 bits are plenty"
)]
fn from_count(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn defaults() -> Defaults {
        crate::model::tests::facts().defaults.clone()
    }

    #[test]
    fn a_workload_without_work_is_refused() {
        let months = Workload {
            months_to_keep: Some(3),
            ..Workload::default()
        };
        for workload in [Workload::default(), months] {
            assert_eq!(
                Load::of(&workload, &defaults()).unwrap_err(),
                SizeError::NoWork
            );
        }
    }

    #[test]
    fn what_the_file_leaves_out_has_a_default_with_its_source() {
        let workload = Workload {
            registrations_per_day: Some(1000),
            ..Workload::default()
        };
        let load = Load::of(&workload, &defaults()).unwrap();
        assert_eq!((load.packet_megabytes, load.days), (2.0, 360.0));
        assert_eq!(load.identities, 360_000.0);
        let packet = load.figures.iter().find(|f| f.unit == "MB").unwrap();
        assert_eq!(packet.sources, ["hardware"]);
        assert_eq!(packet.basis, Basis::Official);
    }

    #[test]
    fn a_day_follows_from_its_busiest_hour_as_in_the_calculator() {
        let workload = Workload {
            authentications_per_second: Some(50),
            ..Workload::default()
        };
        let load = Load::of(&workload, &defaults()).unwrap();
        assert_eq!(load.authentications_in_peak_hour(), 180_000.0);
        assert_eq!(load.authentications_per_day(), 600_000.0);
    }
}
