//! Keys of MOSIP's key manager, as its table `key_alias` has them. Only read: keys are made by MOSIP's own programs.

use crate::error::PostgresError;
use crate::script::identifier;
use crate::server::Server;

const TABLE: &str = "SELECT to_regclass($1) IS NOT NULL";

/// A key, as the table has it. The key itself is in the token, or encrypted in another table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAlias {
    /// The name by which the token knows a master key.
    pub id: String,
    /// The application it is for.
    pub application: String,
    /// What for, within the application; empty for its master key.
    pub reference: String,
    /// The day of its end, such as `2029-11-26`; empty when it has none.
    pub until: String,
    /// Whether it may be used: it is not deleted, has begun and not ended.
    pub is_current: bool,
}

impl Server {
    /// All keys in the table `key_alias` of a schema; none when there is no such database or table.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses.
    pub async fn keys(&self, database: &str, schema: &str) -> Result<Vec<KeyAlias>, PostgresError> {
        let session = match self.session(database).await {
            Err(PostgresError::NoDatabase { .. }) => return Ok(Vec::new()),
            session => session?,
        };
        let table = format!("{}.key_alias", identifier(schema));
        let what = format!("read the keys in `{database}`");
        let is_there = session.value::<bool>(&what, TABLE, &[&table]).await?;
        if is_there != Some(true) {
            return Ok(Vec::new());
        }
        let rows = session.rows(&what, &question(&table), &[]).await?;
        let keys = rows.iter().map(|row| KeyAlias {
            id: row.get(0),
            application: row.get(1),
            reference: row.get(2),
            until: row.get(3),
            is_current: row.get(4),
        });
        Ok(keys.collect())
    }
}

/// MOSIP keeps universal time in columns that know no zone.
fn question(table: &str) -> String {
    format!(
        "SELECT id::text, app_id::text, coalesce(ref_id, '')::text,
                coalesce(to_char(key_expire_dtimes, 'YYYY-MM-DD'), '')::text,
                NOT coalesce(is_deleted, false)
                AND coalesce(key_gen_dtimes <= now() AT TIME ZONE 'UTC', true)
                AND coalesce(key_expire_dtimes > now() AT TIME ZONE 'UTC', true)
           FROM {table}
          ORDER BY app_id, ref_id, key_gen_dtimes"
    )
}
