//! Servers that stand outside the cluster or that no edition has.

use mosipctl_catalogue::Sizing;

use super::registration;
use crate::figure::Figure;
use crate::load::{CACHE, Load, PACKET};
use crate::number::number;

/// Minutes of a day.
const DAY: f64 = 24.0 * 60.0;
/// The component that holds what is known of PostgreSQL.
const POSTGRES: &str = "postgres";

/// What servers outside take, as far as anybody says. `postgres` tells whether PostgreSQL stands outside.
pub fn figures(load: &Load, postgres: bool, facts: &Sizing) -> Vec<Figure> {
    let mut figures = Vec::new();
    if let Some(server) = facts.servers.get(POSTGRES).filter(|_| postgres) {
        let how = server.about.clone().unwrap_or_default();
        let rest = |figure: Figure| figure.on(server.basis, &server.sources);
        let (cpu, memory) = (server.production.cpu, server.production.memory);
        figures.push(rest(Figure::new(
            "PostgreSQL, cores",
            cpu,
            "cores",
            how.clone(),
        )));
        figures.push(rest(Figure::new("PostgreSQL, memory", memory, "MiB", how)));
    }
    if load.registrations_per_day > 0.0 {
        figures.extend(cache(load, facts));
    }
    figures
}

/// The cache of packets (Redis).
fn cache(load: &Load, facts: &Sizing) -> [Figure; 3] {
    let registration = &facts.registration;
    let cache = &registration.cache;
    let packets = load.registrations_per_day / DAY;
    let size = registration::cache_gb(packets, load.packet_megabytes, load.cache_minutes);
    let memory = registration::cache_memory_gb(size, registration);
    let how_size = format!(
        "{} MB × {} packets a minute × {} min",
        number(load.packet_megabytes),
        number(packets),
        number(load.cache_minutes)
    );
    let how_memory = format!("{} GB × {}", number(size), number(cache.memory.value));
    let how_cpu = format!(
        "{} packets a minute / {}, {} to {}",
        number(packets),
        number(cache.packets_per_cpu.value),
        number(cache.least_cpu.value),
        number(cache.most_cpu.value)
    );
    let on_load = |figure: Figure| figure.after(load.figure(CACHE)).after(load.figure(PACKET));
    [
        on_load(Figure::new("Redis, packets in it", size, "GB", how_size).from([&cache.memory])),
        on_load(Figure::new("Redis, memory", memory, "GB", how_memory).from([&cache.memory])),
        Figure::new(
            "Redis, cores",
            registration::cache_cpu(packets, registration),
            "cores",
            how_cpu,
        )
        .from([&cache.packets_per_cpu, &cache.least_cpu]),
    ]
}
