//! How gateways are entered: by the ports of nodes, or by a load balancer of a cloud.

use serde_json::{Value, json};

use crate::render::{block_on, blueprint_of, edition, render};

/// The Service of a gateway in an environment that says more.
fn service(name: &str, more: &str) -> Value {
    let edition = edition();
    let blueprint = blueprint_of(&edition, more);
    let parts = block_on(render(&edition, &blueprint));
    let objects = parts.into_iter().flat_map(|part| part.objects);
    let mut named =
        objects.filter(|object| object.kind().kind == "Service" && object.name() == name);
    named.next().unwrap().value().clone()
}

#[test]
fn a_cloud_makes_the_load_balancer_that_annotations_describe() {
    let values = "components:\n    istio-ingressgateway:\n      values:\n        service:\n          type: LoadBalancer\n          \
         loadBalancerClass: service.k8s.aws/nlb\n          https: true\n          annotations:\n            \
         service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing\n            \
         service.beta.kubernetes.io/aws-load-balancer-ssl-ports: 443";
    let service = service("istio-ingressgateway", values);
    assert_eq!(service["spec"]["type"], "LoadBalancer");
    assert_eq!(service["spec"]["loadBalancerClass"], "service.k8s.aws/nlb");
    let annotations = &service["metadata"]["annotations"];
    let annotation = |name: &str| {
        let name = format!("service.beta.kubernetes.io/aws-load-balancer-{name}");
        annotations[&name].clone()
    };
    assert_eq!(annotation("scheme"), "internet-facing");
    // whatever YAML makes of it, Kubernetes takes text alone
    assert_eq!(annotation("ssl-ports"), "443");
    let ports = service["spec"]["ports"].as_array().unwrap();
    let https = json!({"name": "https", "port": 443, "targetPort": 8080, "protocol": "TCP"});
    assert!(ports.contains(&https), "{ports:?}");
}

#[test]
fn without_a_word_a_gateway_is_entered_by_the_ports_of_nodes() {
    let service = service("istio-ingressgateway", "");
    assert_eq!(service["spec"]["type"], "NodePort");
    let ports = service["spec"]["ports"].as_array().unwrap();
    assert!(ports.iter().any(|port| port["nodePort"] == 30080));
    assert!(ports.iter().all(|port| port["port"] != 443));
}
