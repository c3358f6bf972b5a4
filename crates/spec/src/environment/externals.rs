//! The servers that MOSIP uses and other people make.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret::SecretSource;
use crate::name::Label;

/// The servers that MOSIP uses.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Externals {
    /// PostgreSQL.
    #[serde(default)]
    pub postgres: Postgres,
    /// Keycloak.
    #[serde(default)]
    pub keycloak: Keycloak,
    /// S3 object store.
    #[serde(default)]
    pub object_store: ObjectStore,
    /// Mail and text messages.
    #[serde(default)]
    pub message_gateway: MessageGateway,
    /// reCAPTCHA keys of the public pages.
    #[serde(default)]
    pub captcha: Captcha,
}

/// Where a server runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// mosipctl runs it in the cluster.
    #[default]
    InCluster,
    /// It is there already; mosipctl prepares what is in it.
    Existing,
    /// It belongs to another environment of this organisation.
    Environment,
}

impl Mode {
    /// The name as written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InCluster => "inCluster",
            Self::Existing => "existing",
            Self::Environment => "environment",
        }
    }
}

/// PostgreSQL.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Postgres {
    /// Where it runs.
    #[serde(default)]
    pub mode: Mode,
    /// `existing`: host name or address as pods see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// `existing`: port. Default 5432.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `existing`: name of the superuser. Default `postgres`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superuser: Option<String>,
    /// `existing`: its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretSource>,
    /// `existing`: encryption between mosipctl and it. Default: on, for a certificate of an authority that this machine trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<PostgresTls>,
    /// Day, such as `2035-12-31`, to which the dates of stock policies and other seeds are moved once they have passed; MOSIP's
    /// own passed in April 2025. Rows that people made or changed are left. Default: they are told, and nothing is moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extend_seed_dates: Option<String>,
}

/// Encryption between mosipctl and a PostgreSQL that is there already.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PostgresTls {
    /// Whether to encrypt, and to refuse a server that does not want to. Default true.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// File with the certificate authorities to trust, in PEM; a relative path begins at the folder of this file. Default: those
    /// that this machine trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// The name in the server's certificate. Default: `host`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
}

impl Default for PostgresTls {
    fn default() -> Self {
        Self {
            enabled: true,
            ca: None,
            server_name: None,
        }
    }
}

/// Keycloak.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Keycloak {
    /// Where it runs.
    #[serde(default)]
    pub mode: Mode,
    /// `environment`: the other environment's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Label>,
    /// `existing`: base address, such as `https://iam.example.org/auth`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `existing`: name of the administrator of realm master. Default `admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<String>,
    /// `existing`: its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretSource>,
    /// Whether the clients get all the liberties that upstream gives them: any redirect, passwords of people, all roles in
    /// every token. Default: only what each needs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub permissive_clients: bool,
}

/// S3 object store.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ObjectStore {
    /// Where it runs.
    #[serde(default)]
    pub mode: Mode,
    /// `existing`: address, such as `https://s3.example.org`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// `existing`: region. MinIO and its likes have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `existing`: keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<S3Credentials>,
    /// Text before every bucket name, for a store that several installations share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket_prefix: Option<String>,
}

/// Keys of an S3 account.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct S3Credentials {
    /// Access key: not secret by itself, but it names the account.
    pub access_key: SecretSource,
    /// Secret key.
    pub secret_key: SecretSource,
}

/// Mail and text messages.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MessageGateway {
    /// Mail server. Default: the mock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp: Option<Smtp>,
    /// Text message provider. Default: the mock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<Sms>,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Smtp {
    /// Host name.
    pub host: String,
    /// Port. Default 587.
    #[serde(default = "default_smtp_port")]
    pub port: u16,
    /// Address in `From:`; Keycloak sends with it too.
    pub from: String,
    /// Whether to ask for encryption after connecting. Default true.
    #[serde(default = "yes")]
    pub starttls: bool,
    /// Whether to encrypt from the first byte. Default false.
    #[serde(default)]
    pub ssl: bool,
    /// User name, when the server wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Password, when the server wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretSource>,
}

/// A text message provider.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Sms {
    /// Host name.
    pub host: String,
    /// Port. Default 443.
    #[serde(default = "default_sms_port")]
    pub port: u16,
    /// User name, when the provider wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Password, when the provider wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretSource>,
    /// Key of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_key: Option<SecretSource>,
}

/// reCAPTCHA v2 keys, one pair per public host. Without them the sandbox draws keys that Google refuses.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Captcha {
    /// Pre-registration pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preregistration: Option<CaptchaKeys>,
    /// Resident pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resident: Option<CaptchaKeys>,
}

/// A pair of reCAPTCHA keys.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CaptchaKeys {
    /// Site key, shown to browsers.
    pub site_key: SecretSource,
    /// Secret key.
    pub secret_key: SecretSource,
}

fn default_smtp_port() -> u16 {
    587
}
fn default_sms_port() -> u16 {
    443
}
fn yes() -> bool {
    true
}

impl Externals {
    /// The mode of each server that has one, by its name in the file.
    pub fn modes(&self) -> BTreeMap<&'static str, Mode> {
        BTreeMap::from([
            ("postgres", self.postgres.mode),
            ("keycloak", self.keycloak.mode),
            ("objectStore", self.object_store.mode),
        ])
    }
}
