//! Pre-registration, as its calculator has it.

use mosipctl_catalogue::sizing::{PreRegistration, Row};

use super::ServicePods;
use crate::load::HOUR;
use crate::number::{count, number};

/// MB of a GB, as the sheet divides.
const MEGABYTES: f64 = 1000.0;

/// Requests that one pod bears in a second.
pub fn requests_per_second(facts: &PreRegistration) -> f64 {
    facts.concurrency.value * facts.growth.value * (1.0 - facts.reduction.value)
}

/// Requests that one pod bears in an hour.
pub fn requests_per_hour(facts: &PreRegistration) -> f64 {
    requests_per_second(facts) * HOUR
}

/// Pods of the application, and as many of the booking.
pub fn application_pods(peak_hour: f64, facts: &PreRegistration) -> u32 {
    count(peak_hour / requests_per_hour(facts)).max(count(facts.least_pods.value))
}

/// Pods of what supports it.
pub fn support_pods(application_pods: u32, facts: &PreRegistration) -> u32 {
    count(f64::from(application_pods) / facts.support_divisor.value)
        .max(count(facts.least_pods.value))
}

/// Every row of the calculator for a busiest hour; none without work.
pub fn rows(peak_hour: f64, facts: &PreRegistration) -> Vec<ServicePods> {
    if peak_hour <= 0.0 {
        return Vec::new();
    }
    let application = application_pods(peak_hour, facts);
    let support = support_pods(application, facts);
    let least = number(facts.least_pods.value);
    let how_computed = format!(
        "{} pre-registrations in the busiest hour / {} requests a pod and hour, at least {least}",
        number(peak_hour),
        number(requests_per_hour(facts)),
    );
    let divisor = number(facts.support_divisor.value);
    let how_support =
        format!("{application} pods of pre-registration / {divisor}, at least {least}");
    let computed = facts.computed.iter();
    let computed = computed.map(|row| ServicePods::of(row, application, how_computed.clone()));
    let supported = facts.support.iter().map(|row| match row.pods {
        Some(pods) => ServicePods::of(row, pods, "fixed by the calculator".to_owned()),
        None => ServicePods::of(row, support, how_support.clone()),
    });
    let fixed = facts.fixed.iter().map(fixed);
    computed.chain(supported).chain(fixed).collect()
}

/// A row whose pods the calculator fixes.
pub(crate) fn fixed(row: &Row) -> ServicePods {
    let pods = row.pods.unwrap_or_default();
    ServicePods::of(row, pods, "fixed by the calculator".to_owned())
}

/// PostgreSQL in GB.
pub fn postgres_gb(pre_registrations: f64, facts: &PreRegistration) -> f64 {
    per_thousand(pre_registrations, facts.postgres.value)
}

/// Object store in GB, one copy.
pub fn object_store_gb(pre_registrations: f64, kilobytes: f64, facts: &PreRegistration) -> f64 {
    per_thousand(pre_registrations, kilobytes * facts.object_store.value)
}

/// Logs in GB.
pub fn logs_gb(pre_registrations: f64, facts: &PreRegistration) -> f64 {
    per_thousand(pre_registrations, facts.logs.value)
}

fn per_thousand(pre_registrations: f64, megabytes: f64) -> f64 {
    pre_registrations / 1000.0 * megabytes / MEGABYTES
}

/// Whole applications that two pods of the older calculator bear in an hour.
pub fn older_applications_per_hour(facts: &PreRegistration) -> f64 {
    facts.older.concurrency * HOUR / facts.older.seconds
}

#[cfg(test)]
mod tests {
    use super::super::tests::facts;
    use super::*;

    #[test]
    fn one_pod_becomes_two_so_that_one_may_be_lost() {
        let facts = &facts().pre_registration;
        assert_eq!(application_pods(1.0, facts), 2);
        assert_eq!(application_pods(252_000.0 * 2.0, facts), 2);
        assert_eq!(application_pods(252_000.0 * 2.0 + 1.0, facts), 3);
    }

    #[test]
    fn support_follows_the_application() {
        let facts = &facts().pre_registration;
        assert_eq!(
            [2, 6, 7, 30].map(|pods| support_pods(pods, facts)),
            [2, 2, 3, 10]
        );
    }

    #[test]
    fn without_pre_registrations_nothing_is_asked_for() {
        assert_eq!(rows(0.0, &facts().pre_registration), []);
    }
}
