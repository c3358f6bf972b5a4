//! Kubeconfigs for people and for mosipctl, each with a client certificate that is good for a day.

use std::time::Duration;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{ControlPlanes, unexpected};
use crate::error::OnpremError;

/// Lays the request before the cluster, approves it, and tells the certificate and the authority of the API.
const SIGN: &str = include_str!("sign.sh");
/// Those who may do everything. Kubernetes signs for nobody the group that could not be taken its rights again.
const ADMINS: &str = "mosipctl:cluster-admins";
/// How long a certificate is good, in seconds.
const DAY: u32 = 24 * 3600;
/// How long signing may take.
const PATIENCE: Duration = Duration::from_secs(60);

impl ControlPlanes {
    /// A kubeconfig for somebody, for the API at an address. The key is made here, and nobody else has seen it.
    pub(crate) async fn kubeconfig(
        &self,
        user: &str,
        endpoint: &str,
    ) -> Result<Zeroizing<String>, OnpremError> {
        let what = "make a kubeconfig";
        let (key, request) = request(user).map_err(|error| unexpected(what, &error))?;
        let name = format!("mosipctl-{}", short(&request));
        // all in it is base64 or ours: no quote ends the line
        let objects = objects(&name, &request);
        let line = SIGN.replace("@NAME@", &name);
        let line = line.replace("@OBJECTS@", &objects.to_string());
        let told = self.ask(what, &line, PATIENCE).await?;
        let mut words = told.split_whitespace();
        let (Some(certificate), Some(authority)) = (words.next(), words.next()) else {
            return Err(unexpected(what, &"no certificate was told"));
        };
        Ok(text(user, endpoint, (certificate, &key), authority))
    }
}

/// A new key, PEM, and a request for a certificate of it.
fn request(user: &str) -> Result<(Zeroizing<String>, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, ADMINS);
    name.push(DnType::CommonName, user);
    params.distinguished_name = name;
    let request = params.serialize_request(&key)?.pem()?;
    Ok((Zeroizing::new(key.serialize_pem()), request))
}

fn short(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The request as the cluster takes it, and what the group may do.
fn objects(name: &str, request: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": ADMINS},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": ADMINS}],
        },
        {
            "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
            "metadata": {"name": name},
            "spec": {
                "request": base64(request.as_bytes()),
                "signerName": "kubernetes.io/kube-apiserver-client",
                "expirationSeconds": DAY,
                "usages": ["client auth"],
            },
        },
    ]})
}

/// Certificate and authority are base64 already.
fn text(
    user: &str,
    endpoint: &str,
    (certificate, key): (&str, &str),
    authority: &str,
) -> Zeroizing<String> {
    let key = Zeroizing::new(base64(key.as_bytes()));
    let context = format!("{user}@kubernetes");
    Zeroizing::new(format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {context}\n\
         clusters:\n- name: kubernetes\n  cluster:\n    certificate-authority-data: {authority}\n    server: {endpoint}\n\
         contexts:\n- name: {context}\n  context: {{cluster: kubernetes, user: {user}}}\n\
         users:\n- name: {user}\n  user:\n    client-certificate-data: {certificate}\n    client-key-data: {}\n",
        key.as_str()
    ))
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_user_and_group_and_holds_no_key() {
        let (key, request) = request("alice").unwrap();
        assert!(key.contains("PRIVATE KEY"));
        let objects = objects("x", &request).to_string();
        assert!(!objects.contains('\'') && !objects.contains("PRIVATE"));
        assert!(request.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
    }

    #[test]
    fn a_kubeconfig_is_for_the_address_that_was_asked_for() {
        let text = text(
            "alice",
            "https://192.0.2.9:6443",
            ("Y2VydA==", "key"),
            "Y2E=",
        );
        assert!(text.contains("    server: https://192.0.2.9:6443\n"));
        assert!(text.contains("client-key-data: a2V5\n"));
    }
}
