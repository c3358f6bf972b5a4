//! Where keys lie, and who makes and uses them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fact::{Fact, FactKind};

/// Where keys lie, and who makes and uses them: what a lab has to be told that does so for real. Releases and Jobs are
/// `NAMESPACE/NAME`, Secrets `NAMESPACE/NAME#KEY`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeyStore {
    /// The HSM with the master keys.
    pub token: Token,
    /// Name of the database with the table of keys and the keys that master keys encrypt.
    pub database: String,
    /// The Job that makes the keys; which ones stands in its component's `makes`, where the root key may be left out.
    pub job: String,
    /// Those of the Job's keys that belong to a master key, as `APPLICATION/REFERENCE`. The others are master keys.
    #[serde(default)]
    pub base: Vec<String>,
    /// The application whose keys sign answers and keep identities, if it is not `KERNEL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// How many random keys the Job draws beside them.
    #[serde(default)]
    pub random: u32,
    /// The client as which its service logs in.
    pub client: OwnClient,
    /// Secrets with the salts of the tokens that partners know a person by.
    pub salts: Salts,
    /// The key manager that runs on it, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<KeyService>,
}

/// A token of an HSM.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Token {
    /// The release whose pods make it at their start.
    pub release: String,
    /// Its label.
    pub label: String,
    /// The Secret with its PIN.
    pub pin: String,
    /// The container of these pods that keeps it. There `SOFTHSM2_CONF` names the settings of SoftHSM, which name the folder, and
    /// there are a shell, `tar` and `sha256sum`.
    pub container: String,
}

impl Token {
    /// What stands for it: it is known by its release.
    pub fn fact(&self) -> Fact {
        Fact::new(FactKind::Token, &self.release)
    }
}

/// A client of the realm that a service logs in as.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OwnClient {
    /// Its id.
    pub id: String,
    /// The Secret with its secret.
    pub secret: String,
}

/// Salts of the tokens that partners know a person by.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Salts {
    /// For the person's number.
    pub uin: String,
    /// For the partner.
    pub partner_code: String,
}

/// A key manager.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeyService {
    /// Its release.
    pub release: String,
    /// The port that its pods listen at.
    pub listens: u16,
}

impl KeyStore {
    /// Master keys among the keys that the Job makes, the root key first: it signs the others.
    pub fn master(&self, made: impl IntoIterator<Item = String>) -> Vec<String> {
        let mut master = vec![ROOT.to_owned()];
        let others = made.into_iter().filter(|key| !self.base.contains(key));
        master.extend(others.filter(|key| key != ROOT));
        master
    }
}

/// The key that signs master keys.
const ROOT: &str = "ROOT";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_key_is_the_first_master_key_and_base_keys_are_none() {
        let store = serde_json::json!({
            "token": {"release": "a/b", "label": "c", "pin": "a/b#c", "container": "d"},
            "database": "d",
            "job": "e/f",
            "base": ["PMS/one"],
            "client": {"id": "g", "secret": "a/h#i"},
            "salts": {"uin": "a/b#c", "partnerCode": "a/b#d"},
        });
        let store: KeyStore = serde_json::from_value(store).unwrap();
        let made = ["PMS", "ROOT", "PMS/one", "KERNEL/SIGN"].map(str::to_owned);
        assert_eq!(store.master(made), ["ROOT", "PMS", "KERNEL/SIGN"]);
        assert_eq!(store.master([]), ["ROOT"], "it may be left out");
    }
}
