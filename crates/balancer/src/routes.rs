//! The hosts that gateways answer for.

use std::collections::BTreeMap;

use mosipctl_object::Object;
use mosipctl_plan::Desired;
use serde_json::Value;

use crate::channel::Channel;

/// A host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its name.
    pub host: String,
    /// Who can reach it.
    pub channel: Channel,
    /// Whether browsers and programs speak HTTP to it, over TLS that ends in front of the gateway.
    pub http: bool,
}

/// The hosts of all gateways and ingresses, each once. Wildcards are left out: nobody can look one up.
pub fn routes(desired: &Desired) -> Vec<Route> {
    let releases = desired.releases.values();
    let objects = releases.flat_map(|release| &release.rendered.objects);
    let mut routes: BTreeMap<String, Route> = BTreeMap::new();
    for route in objects.flat_map(of_object) {
        let known = routes.entry(route.host.clone()).or_insert(route.clone());
        known.http |= route.http;
        known.channel = known.channel.min(route.channel);
    }
    routes.into_values().collect()
}

fn of_object(object: &Object) -> Vec<Route> {
    let kind = object.kind();
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("networking.istio.io", "Gateway") => of_gateway(object.value()),
        ("networking.k8s.io", "Ingress") => of_ingress(object.value()),
        _ => Vec::new(),
    }
}

fn of_gateway(gateway: &Value) -> Vec<Route> {
    let ingress = gateway.pointer("/spec/selector/istio");
    let channel = Channel::of_ingress(ingress.and_then(Value::as_str).unwrap_or_default());
    let servers = items(&gateway["spec"]["servers"]);
    let hosts = servers.flat_map(|server| {
        let http = server["port"]["protocol"].as_str().is_some_and(|protocol| {
            protocol.eq_ignore_ascii_case("http") || protocol.eq_ignore_ascii_case("https")
        });
        items(&server["hosts"]).filter_map(move |host| route(host.as_str()?, channel, http))
    });
    hosts.collect()
}

fn of_ingress(ingress: &Value) -> Vec<Route> {
    let rules = items(&ingress["spec"]["rules"]);
    let hosts = rules.filter_map(|rule| route(rule["host"].as_str()?, Channel::Public, true));
    hosts.collect()
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn route(host: &str, channel: Channel, http: bool) -> Option<Route> {
    // a gateway may say for which namespace a host is
    let host = host.rsplit('/').next().unwrap_or(host);
    (!host.contains('*') && !host.is_empty()).then(|| Route {
        host: host.to_owned(),
        channel,
        http,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_gateway_tells_its_hosts_with_their_channel() {
        let gateway = json!({"spec": {
            "selector": {"istio": "ingressgateway-internal"},
            "servers": [
                {"port": {"number": 80, "protocol": "HTTP"}, "hosts": ["a/iam.example.org", "*"]},
                {"port": {"number": 5432, "protocol": "TCP"}, "hosts": ["postgres.example.org"]},
            ],
        }});
        let routes = of_gateway(&gateway);
        assert_eq!(routes.len(), 2);
        assert_eq!(routes[0].host, "iam.example.org");
        assert_eq!(routes[0].channel, Channel::Internal);
        assert!(routes[0].http && !routes[1].http);
    }

    #[test]
    fn every_host_of_an_ingress_is_public() {
        let ingress = json!({"spec": {"rules": [{"host": "www.example.org"}, {"http": {}}]}});
        let routes = of_ingress(&ingress);
        assert_eq!(routes.len(), 1);
        assert_eq!(routes[0].channel, Channel::Public);
    }
}
