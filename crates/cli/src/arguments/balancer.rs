//! The words of `mosipctl balancer`.

use std::net::IpAddr;

use clap::Args;

use super::File;

const BALANCER: &str = "\
With a hosts file (`cluster: {kind: onprem, hosts: hosts.yaml}`) every address is taken from it, and `mosipctl up` brings the file to the load
balancers; this prints it. Elsewhere addresses have to be given:
  mosipctl balancer production.yaml --public 203.0.113.4 --internal 10.0.0.4 \\
      --node 10.0.0.21 --node 10.0.0.22 --control-plane 10.0.0.11 > nginx.conf
  nginx -t -c $PWD/nginx.conf";

#[derive(Debug, Args)]
#[command(after_long_help = BALANCER)]
pub(crate) struct Balancer {
    #[command(flatten)]
    pub(crate) file: File,
    /// The balancer's address that everybody reaches. Default: that of the hosts file
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) public: Option<IpAddr>,
    /// The balancer's address that is reached from inside the VPN alone. Default: that of the hosts file
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) internal: Option<IpAddr>,
    /// A node of the cluster; say it for each. Default: the workers of the hosts file
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) node: Vec<IpAddr>,
    /// A node with an API server; say it for each. Default: the control planes of the hosts file
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) control_plane: Vec<IpAddr>,
    /// Where the balancer has the chain of its certificate
    #[arg(long, value_name = "PATH")]
    pub(crate) certificate: Option<String>,
    /// Where the balancer has the key of its certificate
    #[arg(long, value_name = "PATH")]
    pub(crate) key: Option<String>,
}
