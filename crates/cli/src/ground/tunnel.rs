//! The way to the API: over SSH, like everything else on hosts, so that nothing of them need be open to this machine but that.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mosipctl_hosts::Hosts;
use mosipctl_onprem::API;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A port of this machine behind which the API answers, and a kubeconfig that names it. Both end when this is dropped.
pub(super) struct Tunnel {
    address: SocketAddr,
    serving: JoinHandle<()>,
    kubeconfig: PathBuf,
}

impl Tunnel {
    /// Opens it. `control_planes` are hosts with their addresses: whichever can be reached carries a connection.
    pub(super) async fn open(
        hosts: Arc<Hosts>,
        control_planes: Vec<(String, String)>,
        folder: &Path,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let serving = tokio::spawn(serve(listener, hosts, control_planes.into()));
        // several commands may run at once, each with a port of its own
        let kubeconfig = folder.join(format!("kubeconfig.{}", std::process::id()));
        Ok(Self {
            address,
            serving,
            kubeconfig,
        })
    }

    /// Where the kubeconfig lies.
    pub(super) fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A kubeconfig that goes through here. The certificate of the API is still that of its own name.
    pub(super) fn through(&self, kubeconfig: &str) -> String {
        let lines = kubeconfig.lines().map(|line| {
            let server = line.trim_start();
            let Some(url) = server.strip_prefix("server: https://") else {
                return format!("{line}\n");
            };
            let indent = &line[..line.len() - server.len()];
            let name = url.rsplit_once(':').map_or(url, |(host, _)| host);
            let name = name.trim_matches(['[', ']']);
            let address = self.address;
            format!("{indent}server: https://{address}\n{indent}tls-server-name: {name}\n")
        });
        lines.collect()
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.serving.abort();
        let _ = std::fs::remove_file(&self.kubeconfig);
    }
}

async fn serve(listener: TcpListener, hosts: Arc<Hosts>, control_planes: Arc<[(String, String)]>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(carry(stream, hosts.clone(), control_planes.clone()));
    }
}

/// A connection that nobody carries is closed, and whoever asked tries again.
async fn carry(mut stream: TcpStream, hosts: Arc<Hosts>, control_planes: Arc<[(String, String)]>) {
    for (name, address) in control_planes.iter() {
        let Ok(connection) = hosts.connection(name).await else {
            continue;
        };
        if let Ok(mut way) = connection.tunnel(address, API).await {
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut way).await;
            return;
        }
    }
}
