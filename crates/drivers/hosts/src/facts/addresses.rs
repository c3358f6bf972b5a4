//! Interfaces, routes and listeners, from the forms in which the kernel and `ip` tell them.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Interface, InterfaceAddress, Listener, Route};

/// What was read so far.
#[derive(Default)]
pub(super) struct Raw {
    pub(super) interfaces: Vec<Interface>,
    pub(super) routes: Vec<Route>,
    pub(super) listening: BTreeSet<Listener>,
}

impl Raw {
    /// Takes a line; none when it is not understood.
    pub(super) fn take(&mut self, fields: &[&str]) -> Option<()> {
        match fields {
            ["interface", name, mtu] => self.interfaces.push(Interface {
                name: (*name).to_owned(),
                mtu: mtu.parse().ok()?,
                addresses: Vec::new(),
            }),
            ["address", name, "inet" | "inet6", address] => {
                let address = address_of(address)?;
                let interface = self.interfaces.iter_mut().find(|each| each.name == *name);
                // one that came up between two lines of the script has no MTU, and nothing is said of it
                if let Some(interface) = interface {
                    interface.addresses.push(address);
                }
            }
            ["address", _, _, _] => {}
            ["route", to, rest] => self.routes.push(route(to, rest)),
            ["listens", place] => {
                self.listening.insert(listener(place)?);
            }
            _ => return None,
        }
        Some(())
    }
}

/// `10.0.0.1/24`; a point-to-point address has no bits.
fn address_of(text: &str) -> Option<InterfaceAddress> {
    let (ip, bits) = match text.split_once('/') {
        Some((ip, bits)) => (ip.parse().ok()?, bits.parse().ok()?),
        None => {
            let ip: IpAddr = text.parse().ok()?;
            (ip, if ip.is_ipv4() { 32 } else { 128 })
        }
    };
    Some(InterfaceAddress { ip, bits })
}

/// `ip route` begins a line of a route that is no way (`blackhole 10.0.0.0/8`) with its kind; those keep it as their target.
fn route(to: &str, rest: &str) -> Route {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let after = |key: &str| {
        let at = words.iter().position(|word| *word == key)?;
        words.get(at + 1).map(|word| (*word).to_owned())
    };
    Route {
        to: to.to_owned(),
        via: after("via"),
        device: after("dev"),
    }
}

/// `0100007F:1F90`: the kernel writes each 32 bits of an address as a number of this machine, the port as it is.
fn listener(text: &str) -> Option<Listener> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| {
        let digits = address.get(at * 8..at * 8 + 8)?;
        // all machines that MOSIP's images are made for are little-endian
        u32::from_str_radix(digits, 16).ok().map(u32::to_le_bytes)
    };
    let ip = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some(Listener { port, ip })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_are_read_as_the_kernel_writes_them() {
        let read = |text| listener(text).map(|each| (each.ip.to_string(), each.port));
        assert_eq!(read("0100007F:1F90"), Some(("127.0.0.1".to_owned(), 8080)));
        assert_eq!(read("00000000:0016"), Some(("0.0.0.0".to_owned(), 22)));
        let six = "00000000000000000000000001000000:0016";
        assert_eq!(read(six), Some(("::1".to_owned(), 22)));
        for bad in ["0100007F", "01007F:0016", "G100007F:0016", "ü000007F:0016"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_route_has_a_router_or_an_interface_or_neither() {
        let default = route("default", "via 10.0.0.1 dev eth0 proto dhcp");
        assert_eq!(default.via.as_deref(), Some("10.0.0.1"));
        assert_eq!(default.device.as_deref(), Some("eth0"));
        let hole = route("blackhole", "10.0.0.0/8");
        assert_eq!((hole.via, hole.device), (None, None));
    }
}
