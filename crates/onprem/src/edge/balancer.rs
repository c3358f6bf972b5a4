//! nginx on a load balancer.

use mosipctl_balancer::{Files, api_alone, nginx};
use mosipctl_hosts::FileOnHost;
use mosipctl_spec::hosts::Host;

use super::{Around, CertificateFiles};
use crate::error::OnpremError;
use crate::family;
use crate::ground::Ground;
use crate::item::Item;
use crate::work::{Task, Work};

/// Name of the work that sets up a load balancer.
pub(crate) const BALANCER: &str = "balancer";
/// Where nginx reads its configuration.
const NGINX: &str = "/etc/nginx/nginx.conf";

impl Ground<'_> {
    /// nginx in front of the API, and in front of the gateways as soon as there is a certificate for their hosts.
    pub(crate) fn balancer(&self, host: &Host, hosts: &[Host]) -> Result<Work, OnpremError> {
        let name = host.name.as_str();
        let tunnel = self.edge.tunnel.as_ref().map(|tunnel| tunnel.address);
        let around = Around::new(
            host,
            hosts,
            self.hosts_file.spec.kubernetes.distribution,
            tunnel,
            |host| self.ip(host),
        )?;
        let traits = self.traits_of(host);
        let places = family::places(traits.family);
        let files = Files {
            modules: Some(places.nginx_modules.to_owned()),
            ..Files::default()
        };
        let mut items = nonlocal(&around);
        match self.full(&around, files.clone()) {
            Some((text, certificate)) => {
                items.extend(traits.selinux.items(&text));
                items.extend(certificate_files(certificate));
                // nginx reads a changed certificate only when its configuration is another
                let digest = FileOnHost::new("", certificate.chain.clone()).digest();
                items.push(configuration(format!("# certificate {digest}\n{text}")));
            }
            None => {
                let text = api_alone(
                    &around.control_planes,
                    &around.api,
                    around.supervisor,
                    &files,
                );
                items.extend(traits.selinux.items(&text));
                items.push(configuration(text));
            }
        }
        items.push(Item::Steady("nginx".to_owned()));
        let title = format!("balance the load on {name}");
        let work = Work::new(name, BALANCER, title, Task::Items(items));
        Ok(work.after(&["packages"]).taking(1))
    }

    /// The whole configuration with the certificate that it names; none when there is no certificate, or no gateway.
    fn full(&self, around: &Around, files: Files) -> Option<(String, &CertificateFiles)> {
        let edge = self.edge;
        let (certificate, gateways) = edge.certificate.as_ref().zip(edge.gateways.as_ref())?;
        // an edition without gateways has nothing to balance but its API
        let text = nginx(&around.balancer(gateways, files)).ok()?;
        Some((text, certificate))
    }
}

fn configuration(text: String) -> Item {
    Item::Nginx(FileOnHost::new(NGINX, text).mode(0o600))
}

/// The key comes first: a chain that is there has its key.
fn certificate_files(certificate: &CertificateFiles) -> [Item; 2] {
    let places = Files::default();
    [
        Item::File(FileOnHost::new(places.key, certificate.key.as_bytes()).mode(0o600)),
        Item::File(FileOnHost::new(
            places.certificate,
            certificate.chain.as_bytes(),
        )),
    ]
}

/// nginx starts also while an address is not there: that of the VPN comes later, a public one may never come to the host itself.
fn nonlocal(around: &Around) -> Vec<Item> {
    let own = around.api.first().copied();
    let sides = around.sides;
    let is_own = Some(sides.internal) == own && sides.public.is_none_or(|side| Some(side) == own);
    if is_own {
        return Vec::new();
    }
    let kinds = sides.public.into_iter().chain([sides.internal]);
    let keys = kinds.map(|side| match side.is_ipv4() {
        true => "net.ipv4.ip_nonlocal_bind",
        false => "net.ipv6.ip_nonlocal_bind",
    });
    vec![Item::Sysctls {
        name: "90-mosipctl-balancer".to_owned(),
        values: keys.map(|key| (key.to_owned(), 1)).collect(),
    }]
}
