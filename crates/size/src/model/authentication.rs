//! Authentication, as its calculator has it.

use mosipctl_catalogue::sizing::Authentication;

use super::{ServicePods, pre_registration};
use crate::load::HOUR;
use crate::number::{count, number};

/// Pods that bear a busiest hour.
pub fn pods(peak_hour: f64, requests_per_second: f64, facts: &Authentication) -> u32 {
    count(peak_hour / (requests_per_second * HOUR)).max(count(facts.least_pods.value))
}

/// Every row of the calculator for a busiest hour; none without work.
pub fn rows(peak_hour: f64, facts: &Authentication) -> Vec<ServicePods> {
    if peak_hour <= 0.0 {
        return Vec::new();
    }
    let computed = facts.computed.iter().map(|row| ServicePods {
        service: row.service.clone(),
        component: Some(row.component.clone()),
        pods: pods(peak_hour, row.requests_per_second, facts),
        cpu: row.cpu,
        memory_gb: row.memory_gb,
        counted: !row.uncounted,
        how: format!(
            "{} authentications in the busiest hour / ({} a pod and second × 3600), at least {}",
            number(peak_hour),
            number(row.requests_per_second),
            number(facts.least_pods.value),
        ),
    });
    computed
        .chain(facts.fixed.iter().map(pre_registration::fixed))
        .collect()
}

/// PostgreSQL in GB: identities, and what a day of authentications adds.
pub fn postgres_gb(identities: f64, authentications_per_day: f64, facts: &Authentication) -> f64 {
    postgres_identities_gb(identities, facts)
        + postgres_authentications_gb(authentications_per_day, facts)
}

/// PostgreSQL for identities, in GB.
pub fn postgres_identities_gb(identities: f64, facts: &Authentication) -> f64 {
    facts.postgres_identities.value * identities / 1000.0
}

/// PostgreSQL for authentications, in GB.
pub fn postgres_authentications_gb(authentications: f64, facts: &Authentication) -> f64 {
    facts.postgres_authentications.value * authentications / 100_000.0
}

/// Logs of issuing identities, in GB.
pub fn logs_identities_gb(identities: f64, facts: &Authentication) -> f64 {
    facts.logs_identities.value * identities / 10_000.0
}

/// Logs of authentications, in GB.
pub fn logs_authentications_gb(authentications: f64, facts: &Authentication) -> f64 {
    facts.logs_authentications.value * authentications / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::super::tests::facts;
    use super::*;

    #[test]
    fn one_pod_becomes_two_so_that_one_may_be_lost() {
        let facts = &facts().authentication;
        assert_eq!(pods(1.0, 30.0, facts), 2);
        assert_eq!(pods(30.0 * HOUR * 2.0 + 1.0, 30.0, facts), 3);
    }

    #[test]
    fn fifty_a_second_take_as_many_pods_as_one_pod_bears_a_second() {
        let facts = &facts().authentication;
        let rows = rows(50.0 * HOUR, facts);
        let pods = |service: &str| rows.iter().find(|r| r.service == service).unwrap().pods;
        assert_eq!((pods("IDA auth"), pods("IDA OTP")), (10, 13));
        assert_eq!(pods("Auditmanager"), 4);
    }

    #[test]
    fn without_authentications_nothing_is_asked_for() {
        assert_eq!(rows(0.0, &facts().authentication), []);
    }
}
