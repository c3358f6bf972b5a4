//! The ports at which a cluster can be entered from outside.

use mosipctl_object::Object;
use mosipctl_plan::Desired;
use serde_json::Value;

use crate::channel::Channel;

/// A port of a gateway that every node of the cluster offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// Who can use it.
    pub channel: Channel,
    /// Its name, such as `http2` or `postgres`.
    pub name: String,
    /// The gateway's own port, such as 80 or 5432.
    pub port: u16,
    /// The port of every node.
    pub node_port: u16,
}

/// The gateway's port for programs that ask whether it lives; nobody outside needs it.
const STATUS: &str = "status-port";

impl Entrance {
    /// Whether HTTP is spoken there.
    pub fn is_http(&self) -> bool {
        self.name.starts_with("http")
    }
}

/// The entrances of all gateways: Services of pods that are labelled as an Istio ingress, with a port of each node.
pub fn entrances(desired: &Desired) -> Vec<Entrance> {
    let releases = desired.releases.values();
    let objects = releases.flat_map(|release| &release.rendered.objects);
    let mut entrances: Vec<Entrance> = objects.flat_map(of_object).collect();
    entrances.sort_by_key(|entrance| (entrance.channel, entrance.port));
    entrances.dedup();
    entrances
}

fn of_object(object: &Object) -> Vec<Entrance> {
    match object.kind().kind.as_str() {
        "Service" => of_service(object.value()),
        _ => Vec::new(),
    }
}

fn of_service(service: &Value) -> Vec<Entrance> {
    let ingress = service
        .pointer("/spec/selector/istio")
        .and_then(Value::as_str);
    let Some(ingress) = ingress.filter(|name| name.starts_with("ingressgateway")) else {
        return Vec::new();
    };
    let channel = Channel::of_ingress(ingress);
    let ports = service["spec"]["ports"].as_array().into_iter().flatten();
    let entrances = ports.filter_map(|port| {
        let number = |field: &str| u16::try_from(port[field].as_u64()?).ok();
        Some(Entrance {
            channel,
            name: port["name"].as_str().unwrap_or_default().to_owned(),
            port: number("port")?,
            node_port: number("nodePort")?,
        })
    });
    entrances
        .filter(|entrance| entrance.name != STATUS)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_gateway_is_entered_by_the_ports_of_nodes_alone() {
        let service = json!({"spec": {
            "selector": {"istio": "ingressgateway-internal"},
            "ports": [
                {"name": "status-port", "port": 15021, "nodePort": 31521},
                {"name": "http2", "port": 80, "nodePort": 31080},
                {"name": "inside", "port": 81},
                {"name": "postgres", "port": 5432, "nodePort": 31432},
            ],
        }});
        let entrances = of_service(&service);
        let ports: Vec<_> = entrances
            .iter()
            .map(|entrance| (entrance.port, entrance.node_port))
            .collect();
        assert_eq!(ports, [(80, 31080), (5432, 31432)]);
        assert!(entrances[0].is_http() && !entrances[1].is_http());
        assert!(of_service(&json!({"spec": {"selector": {"app": "web"}}})).is_empty());
    }
}
