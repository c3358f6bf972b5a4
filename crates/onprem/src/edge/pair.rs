//! Addresses that load balancers share, by keepalived.

use std::net::IpAddr;

use mosipctl_hosts::FileOnHost;
use mosipctl_spec::hosts::{Host, HostRole, VirtualAddresses};

use crate::error::OnpremError;
use crate::ground::{Ground, of_role};
use crate::item::{HEAD, Item, Script};
use crate::work::{Task, Work};

/// Name of the work.
pub(crate) const PAIR: &str = "pair";
/// Package of a load balancer that shares addresses.
pub(crate) const PACKAGE: &str = "keepalived";
/// Where keepalived reads its configuration.
const CONFIGURATION: &str = "/etc/keepalived/keepalived.conf";
/// Looks at a changed configuration and gives it to keepalived, which keeps its addresses meanwhile.
const RELOAD: &str = include_str!("pair/reload.sh");
/// Says when keepalived runs with another configuration.
const OLD: &str = include_str!("pair/old.sh");
/// Whether the host is well.
const ASK_NGINX: &str = "/usr/bin/systemctl -q is-active nginx";
/// Which load balancer is asked first; each that follows in the hosts file comes after it.
const PRIORITY: usize = 150;

/// What keepalived of one host is told.
struct Instance<'a> {
    shared: &'a VirtualAddresses,
    host: &'a str,
    own: IpAddr,
    /// The addresses of the others.
    peers: Vec<IpAddr>,
    priority: usize,
    /// The interface of its own address.
    interface: &'a str,
    /// That of the public address.
    public_interface: &'a str,
    /// How it asks whether the host is well.
    asks: String,
}

impl Ground<'_> {
    /// keepalived on a load balancer; none where it shares nothing.
    pub(crate) fn pair(&self, host: &Host, hosts: &[Host]) -> Result<Option<Work>, OnpremError> {
        let Some(shared) = &self.hosts_file.spec.virtual_addresses else {
            return Ok(None);
        };
        let name = host.name.as_str();
        let own = self.ip(host)?;
        let balancers = of_role(hosts, HostRole::LoadBalancer);
        let place = balancers.iter().position(|other| other.name == host.name);
        let others = balancers.iter().filter(|other| other.name != host.name);
        let others: Vec<&Host> = others.copied().collect();
        let traits = self.traits_of(host);
        let (asks, program) = traits.selinux.asks(ASK_NGINX);
        let instance = Instance {
            shared,
            host: name,
            own,
            peers: self.ips(&others)?,
            priority: PRIORITY.saturating_sub(place.unwrap_or_default()).max(1),
            interface: traits.interface_for(shared.internal, own),
            public_interface: traits.interface_for(shared.public.unwrap_or(own), own),
            asks,
        };
        let text = instance.text();
        let digest = FileOnHost::new("", text.clone()).digest();
        let mut items = Vec::from_iter(program);
        items.extend([
            Item::File(FileOnHost::new(CONFIGURATION, text)),
            Item::Steady(PACKAGE.to_owned()),
            Item::Script(Script {
                what: "give keepalived its configuration".to_owned(),
                check: OLD.replace("@DIGEST@", &digest),
                run: RELOAD.replace("@DIGEST@", &digest),
            }),
        ]);
        let title = format!("let {name} bear the shared address when it is its turn");
        let work = Work::new(name, PAIR, title, Task::Items(items));
        Ok(Some(work.after(&["packages", super::BALANCER]).taking(2)))
    }
}

impl Instance<'_> {
    /// Whoever is well and has an address keeps it: it moves when it must, and not back when somebody returns.
    fn text(&self) -> String {
        let Self {
            shared,
            host,
            own,
            priority,
            interface,
            asks,
            ..
        } = self;
        let peers: String = self
            .peers
            .iter()
            .map(|peer| format!("        {peer}\n"))
            .collect();
        let single = |address: IpAddr, interface: &str| {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            format!("        {address}/{bits} dev {interface}\n")
        };
        let internal = single(shared.internal, interface);
        // announcements name the addresses of one side; those of the other move with them
        let public = shared
            .public
            .map(|public| single(public, self.public_interface));
        let public =
            public.map(|line| format!("    virtual_ipaddress_excluded {{\n{line}    }}\n"));
        let (router, public) = (shared.router, public.unwrap_or_default());
        format!(
            "{HEAD}\
             global_defs {{\n    router_id {host}\n    script_user root\n    enable_script_security\n}}\n\n\
             vrrp_script nginx {{\n    script \"{asks}\"\n    interval 1\n    timeout 5\n    fall 2\n    rise 2\n}}\n\n\
             vrrp_instance mosipctl {{\n    state BACKUP\n    nopreempt\n    interface {interface}\n    virtual_router_id {router}\n    \
             priority {priority}\n    advert_int 1\n    unicast_src_ip {own}\n    unicast_peer {{\n{peers}    }}\n    \
             virtual_ipaddress {{\n{internal}    }}\n{public}    track_script {{\n        nginx\n    }}\n}}\n"
        )
    }
}
