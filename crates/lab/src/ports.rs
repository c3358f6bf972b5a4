//! Free ports of this machine.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use serde::{Deserialize, Serialize};

/// The ports of one lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ports {
    pub(crate) etcd: u16,
    pub(crate) etcd_peer: u16,
    pub(crate) api_server: u16,
    pub(crate) controller_manager: u16,
    pub(crate) scheduler: u16,
    pub(crate) kwok: u16,
}

impl Ports {
    /// Ports that nobody uses now. Somebody may take one before the program does; then the lab is started again with others.
    pub(crate) fn find() -> io::Result<Self> {
        // all are held until all are known, or the system would give one twice
        let mut held = Vec::new();
        let mut free = || -> io::Result<u16> {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let port = listener.local_addr()?.port();
            held.push(listener);
            Ok(port)
        };
        Ok(Self {
            etcd: free()?,
            etcd_peer: free()?,
            api_server: free()?,
            controller_manager: free()?,
            scheduler: free()?,
            kwok: free()?,
        })
    }
}
