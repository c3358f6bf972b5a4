//! Secrets of the catalogue: how each key comes into being, and what it is bound to.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A Secret that mosipctl makes once, adopts when present, or asks people for.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Secret {
    /// Name; the namespace is the component's.
    pub name: String,
    /// What changing it would mean.
    pub class: Class,
    /// Kubernetes type. Default `Opaque`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Every key.
    pub keys: IndexMap<String, Key>,
}

/// What changing a secret would mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Class {
    /// Can be drawn again when its consumers restart with it: client secrets, passwords.
    Rotatable,
    /// Belongs to stored data and is never drawn again: HSM PINs, salts, encryption keys.
    Bound,
    /// People supply it: mail and text gateways, captcha keys, registries.
    Supplied,
}

/// How the value of a key comes into being.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Key {
    /// Drawn from the system's random source.
    Generate(Generate),
    /// A text that is no secret but stands beside one, such as a user name; `${…}` is filled in.
    Value(String),
    /// Taken from a place that the environment names, by its path under `spec`, such as
    /// `externals.messageGateway.smtp.password`.
    Supplied(Supplied),
    /// The value of another Secret's key, `NAMESPACE/NAME#KEY`.
    CopyOf(String),
}

/// Random text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Generate {
    /// What it is made of.
    pub alphabet: Alphabet,
    /// Characters; for `base64`, random bytes before encoding.
    pub length: u16,
}

/// What random text is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Alphabet {
    /// `0-9A-Za-z`.
    Alphanumeric,
    /// `0-9`.
    Numeric,
    /// Random alphanumeric text in base64 (the official chart's form of `mosip-ida-kyc-token-secret`).
    Base64,
}

/// A value that people supply.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Supplied {
    /// Path under `spec` of the environment.
    pub by: String,
    /// What stands there when nobody supplied it and it is not needed, such as an empty password of a server that asks
    /// for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<String>,
    /// What stands there when nobody supplied it and the profile is `sandbox`; it comes before `without`. With neither,
    /// the plan asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<SandboxValue>,
}

/// A value for a sandbox where people supplied none.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SandboxValue {
    /// A fixed text, such as the mock gateway's key.
    Value(String),
    /// Drawn; it makes pods start, and the real service refuses it.
    Generate(Generate),
}
