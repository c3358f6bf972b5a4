//! An address, the way to it, and whom to trust there.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mosipctl_reach::Tunnel;
use reqwest::{Certificate, Client, Url};

use crate::trouble::Trouble;

/// A firewall that drops packets says nothing; after this time it is taken for one.
const CONNECTING: Duration = Duration::from_secs(10);

/// An address that cannot be used. Reads after "failed to".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The text is no address of a server.
    #[error("read the address `{text}`: {problem}")]
    Address {
        /// What was given, without passwords.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The certificates to trust cannot be read.
    #[error("read the certificates to trust for {url}: {problem}")]
    Trust {
        /// The server they are for.
        url: String,
        /// What is wrong with them.
        problem: String,
    },
}

/// Where a server is spoken to by HTTP.
#[derive(Clone)]
pub struct Endpoint {
    url: Url,
    way: Option<Arc<Tunnel>>,
    roots: Vec<Certificate>,
}

impl Endpoint {
    /// A server by its address, such as `https://s3.example.org` or `http://keycloak.keycloak/auth`.
    ///
    /// # Errors
    /// It is no address of a server, or it holds a password: those do not belong into addresses, which are printed.
    pub fn new(text: &str) -> Result<Self, EndpointError> {
        let url: Url = text
            .parse()
            .map_err(|error| problem(without_user(text), format!("{error}")))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            let text = without_user(text);
            return Err(problem(text, "it is not of the form https://NAME"));
        }
        let plain = bare(&url);
        if !url.username().is_empty() || url.password().is_some() {
            return Err(problem(&plain, "it holds a user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(problem(&plain, "it goes on after the path"));
        }
        Ok(Self {
            url,
            way: None,
            roots: Vec::new(),
        })
    }

    /// The same server by the way of a tunnel, which is kept open as long as this lives. Its name stays in the requests, the
    /// port gives way to the tunnel's.
    #[must_use]
    pub fn through(mut self, tunnel: Arc<Tunnel>) -> Self {
        // a port in the address would be taken instead of the tunnel's; an address without a name cannot be led elsewhere
        let _ = self.url.set_port(None);
        if let Some(address) = self.address() {
            let near = tunnel.local_addr();
            let host = near.ip();
            if address != host {
                let _ = self.url.set_ip_host(host);
            }
            let _ = self.url.set_port(Some(near.port()));
        }
        self.way = Some(tunnel);
        self
    }

    /// Trusts these certificates, in PEM, beside those that the system trusts.
    ///
    /// # Errors
    /// They cannot be read, or there are none.
    pub fn trusting(mut self, pem: &[u8]) -> Result<Self, EndpointError> {
        let wrong = |problem: String| EndpointError::Trust {
            url: bare(&self.url),
            problem,
        };
        let roots = Certificate::from_pem_bundle(pem).map_err(|error| wrong(error.to_string()))?;
        if roots.is_empty() {
            return Err(wrong("there are none".to_owned()));
        }
        self.roots.extend(roots);
        Ok(self)
    }

    /// Its address. With a tunnel, the name is the server's own and the port is not to be relied on.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// A client for it that follows no redirection: each request of a driver is meant for this server.
    ///
    /// # Errors
    /// The system's certificates cannot be read.
    pub fn client(&self, patience: Duration) -> Result<Client, EndpointError> {
        // reqwest asks the process for its TLS provider; ring is the only one there is, whoever sets it first
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("mosipctl/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECTING)
            .timeout(patience)
            .tls_certs_merge(self.roots.iter().cloned());
        if let (Some(tunnel), Some(name)) = (&self.way, self.url.host_str()) {
            builder = builder.no_proxy().resolve(name, tunnel.local_addr());
        }
        builder.build().map_err(|error| EndpointError::Trust {
            url: bare(&self.url),
            problem: error.to_string(),
        })
    }

    /// Why a request got no answer: the way's own words when the way is at fault.
    pub fn trouble(&self, error: &reqwest::Error) -> Trouble {
        let trouble = Trouble::of(error);
        match (&trouble, self.way.as_ref().and_then(|way| way.failure())) {
            (Trouble::Connection(_), Some(failure)) => Trouble::Way(failure),
            _ => trouble,
        }
    }

    /// The address when the server has no name.
    fn address(&self) -> Option<IpAddr> {
        let host = self.url.host_str()?;
        host.trim_matches(['[', ']']).parse().ok()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bare(&self.url))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

fn problem(text: &str, problem: impl Into<String>) -> EndpointError {
    EndpointError::Address {
        text: text.to_owned(),
        problem: problem.into(),
    }
}

/// What is no address may hold a user name and password anywhere before an `@`.
fn without_user(text: &str) -> &str {
    text.rsplit('@').next().unwrap_or_default()
}

/// An address as people write it: nothing secret, no lonely slash at the end.
fn bare(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url.set_query(None);
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests;
