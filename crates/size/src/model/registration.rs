//! Registration, in proportion to the one deployment that was published.

use mosipctl_catalogue::sizing::{Registration, Sizing};

use crate::number::{ceil, count};

/// Nodes of the reference's shape, in proportion, without overhead.
pub fn nodes(registrations_per_day: f64, facts: &Registration) -> f64 {
    let reference = &facts.reference;
    ceil(f64::from(reference.nodes) * share(registrations_per_day, facts))
}

/// Cores and GB, in proportion, without overhead.
pub fn compute(registrations_per_day: f64, facts: &Registration) -> (f64, f64) {
    let total = facts.reference.total;
    let share = share(registrations_per_day, facts);
    (total.cpu * share, total.memory_gb * share)
}

/// How much of the reference's work it is.
pub fn share(registrations_per_day: f64, facts: &Registration) -> f64 {
    registrations_per_day / facts.reference.registrations_per_day
}

/// Pods of each component on the way of a packet.
pub fn replicas(registrations_per_day: f64, facts: &Registration) -> u32 {
    count(registrations_per_day / facts.per_replica.value)
}

/// Object store in GB, one copy.
pub fn object_store_gb(registrations: f64, packet_megabytes: f64, facts: &Registration) -> f64 {
    let size = packet_megabytes / facts.reference.packet_megabytes;
    facts.object_store.value * millions(registrations) * size
}

/// PostgreSQL in GB.
pub fn postgres_gb(registrations: f64, facts: &Registration) -> f64 {
    facts.postgres.value * millions(registrations)
}

/// Logs of a day in GB.
pub fn logs_gb(registrations_per_day: f64, facts: &Registration) -> f64 {
    facts.logs.value * share(registrations_per_day, facts)
}

/// Measurements of a day in GB; they are taken also when nobody registers.
pub fn monitoring_gb(registrations_per_day: f64, facts: &Registration) -> f64 {
    facts.monitoring.value * share(registrations_per_day, facts).max(1.0)
}

/// Landing zone in GB.
pub fn landing_zone_gb(unprocessed: f64, packet_megabytes: f64) -> f64 {
    unprocessed * packet_megabytes / 1000.0
}

/// Packets in the cache, in GB.
pub fn cache_gb(packets_per_minute: f64, packet_megabytes: f64, minutes: f64) -> f64 {
    packet_megabytes * packets_per_minute * minutes / 1000.0
}

/// Memory of the cache's server, in GB.
pub fn cache_memory_gb(cache_gb: f64, facts: &Registration) -> f64 {
    cache_gb * facts.cache.memory.value
}

/// Cores of the cache's server.
pub fn cache_cpu(packets_per_minute: f64, facts: &Registration) -> f64 {
    let cache = &facts.cache;
    ceil(packets_per_minute / cache.packets_per_cpu.value)
        .clamp(cache.least_cpu.value, cache.most_cpu.value)
}

/// Cores and GB of all modules by the official numbers, with their overhead.
pub fn official_compute(
    registrations_per_day: f64,
    calculators: [(f64, f64); 2],
    facts: &Sizing,
) -> (f64, f64) {
    let (cpu, memory) = compute(registrations_per_day, &facts.registration);
    let [(pre_cpu, pre_memory), (auth_cpu, auth_memory)] = calculators;
    let overhead = facts.overhead.value;
    (
        (cpu + pre_cpu + auth_cpu) * overhead,
        (memory + pre_memory + auth_memory) * overhead,
    )
}

fn millions(packets: f64) -> f64 {
    packets / 1_000_000.0
}

#[cfg(test)]
mod tests {
    use super::super::tests::facts;
    use super::*;

    #[test]
    fn the_reference_takes_its_own_nodes_and_half_of_it_half() {
        let facts = &facts().registration;
        assert_eq!(nodes(216_000.0, facts), 21.0);
        assert_eq!(nodes(108_000.0, facts), 11.0);
        assert_eq!(nodes(1.0, facts), 1.0);
    }

    #[test]
    fn larger_packets_take_more_of_the_object_store_and_no_more_rows() {
        let facts = &facts().registration;
        assert_eq!(object_store_gb(1e6, 2.0, facts), 3200.0);
        assert_eq!(object_store_gb(1e6, 3.0, facts), 4800.0);
        assert_eq!(postgres_gb(1e6, facts), 30.0);
    }

    #[test]
    fn the_cache_has_four_to_sixteen_cores() {
        let facts = &facts().registration;
        assert_eq!(
            [1.0, 50.0, 150.0, 9000.0].map(|packets| cache_cpu(packets, facts)),
            [4.0, 5.0, 15.0, 16.0]
        );
    }

    #[test]
    fn an_hour_of_150_packets_a_minute_is_18_gb_and_27_of_memory() {
        let cache = cache_gb(150.0, 2.0, 60.0);
        assert_eq!(cache, 18.0);
        assert_eq!(cache_memory_gb(cache, &facts().registration), 27.0);
    }
}
