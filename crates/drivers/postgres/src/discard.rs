//! Drops a database, for a person who typed its name.

use crate::error::PostgresError;
use crate::lock::lock;
use crate::script::identifier;
use crate::server::Server;
use crate::wanted::Wanted;

impl Server {
    /// Drops a database, whoever is logged in to it. Its role stays: another database may use it. One that is not there is dropped.
    ///
    /// # Errors
    /// `typed` is not its name, somebody else works at it, or the server cannot be reached or refuses.
    pub async fn drop(&self, wanted: &Wanted, typed: &str) -> Result<(), PostgresError> {
        let database = &wanted.database;
        if typed != database {
            return Err(PostgresError::Mistyped {
                database: database.clone(),
                typed: typed.to_owned(),
            });
        }
        let hub = self.session(&self.maintenance).await?;
        lock(&hub, wanted).await?;
        let name = identifier(database);
        let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        hub.run(&format!("drop database `{database}`"), &sql).await
    }
}
