//! The account at an authority: made once, its key kept.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use instant_acme::{Account, AccountCredentials, ExternalAccountKey, NewAccount};
use zeroize::Zeroizing;

use super::Acme;
use super::error::{AcmeError, Asking, asking};
use crate::client::AcmeClient;
use crate::store::Store;

impl Acme {
    /// The account that is kept; else a new one.
    pub(super) async fn account(&self, store: &Store) -> Result<Account, AcmeError> {
        let Some(text) = store.account(&self.directory)? else {
            return self.new_account(store).await;
        };
        let kept: AccountCredentials =
            serde_json::from_str(&text).map_err(|_| AcmeError::AccountUnreadable)?;
        let account = Account::builder_with_http(Box::new(self.client()?));
        account
            .from_credentials(kept)
            .await
            .map_err(asking(Asking::Directory))
    }

    /// Makes an account, and keeps it. Whoever names an authority agrees to its terms.
    pub(super) async fn new_account(&self, store: &Store) -> Result<Account, AcmeError> {
        let contact: Vec<String> = self
            .contact
            .iter()
            .map(|mail| format!("mailto:{mail}"))
            .collect();
        let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
        let new = NewAccount {
            contact: &contact,
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let external = self.external_key()?;
        let builder = Account::builder_with_http(Box::new(self.client()?));
        let made = builder
            .create(&new, self.directory.clone(), external.as_ref())
            .await;
        let (account, credentials) = made.map_err(asking(Asking::Account))?;
        let text = serde_json::to_string(&credentials).map(Zeroizing::new);
        let text = text.map_err(|_| AcmeError::AccountUnreadable)?;
        store.keep_account(&self.directory, &text)?;
        Ok(account)
    }

    fn external_key(&self) -> Result<Option<ExternalAccountKey>, AcmeError> {
        let Some((id, key)) = &self.external else {
            return Ok(None);
        };
        let key = URL_SAFE_NO_PAD
            .decode(key.trim_end_matches('='))
            .map(Zeroizing::new);
        let key = key.map_err(|_| AcmeError::ExternalKey)?;
        Ok(Some(ExternalAccountKey::new(id.clone(), &key)))
    }

    fn client(&self) -> Result<AcmeClient, AcmeError> {
        AcmeClient::new(self.trust.as_deref()).map_err(AcmeError::Client)
    }
}
