//! Makes the database itself, and its role.

use super::Making;
use crate::error::PostgresError;
use crate::script::mentions;
use crate::wanted::{Role, Wanted};

/// What the server says of a locale that it lacks; there is no code that says this alone.
const NO_LOCALE: [&str; 2] = ["invalid locale name: ", "invalid LC_COLLATE locale name: "];

impl Making<'_> {
    /// Makes the database and its role. The database comes first: when it cannot be made, nothing was.
    pub(super) async fn create(&self) -> Result<Role, PostgresError> {
        let Self { wanted, work, .. } = self;
        // unless the role is to own it
        let owns = work
            .create
            .iter()
            .any(|(_, sql)| mentions(sql, &wanted.role));
        let before = match owns {
            true => Some(self.role().await?),
            false => None,
        };
        let created = self.hub.statements(&work.create).await;
        created.map_err(|error| without_locale(wanted, error))?;
        let role = match before {
            Some(role) => role,
            None => self.role().await?,
        };
        self.hub.statements(&work.outside).await?;
        Ok(role)
    }
}

fn without_locale(wanted: &Wanted, error: PostgresError) -> PostgresError {
    let PostgresError::Statement { message, .. } = &error else {
        return error;
    };
    let named = NO_LOCALE
        .iter()
        .find_map(|words| message.strip_prefix(words));
    let named = named.map(|rest| rest.split(';').next().unwrap_or(rest));
    match named {
        Some(locale) => PostgresError::Locale {
            database: wanted.database.clone(),
            locale: locale.trim_matches('"').to_owned(),
        },
        None => error,
    }
}
