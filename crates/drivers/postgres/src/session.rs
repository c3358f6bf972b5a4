//! One connection, with an end to every wait.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures::TryStreamExt;
use tokio_postgres::error::ErrorPosition;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use crate::error::PostgresError;
use crate::script::Place;
use crate::server::Pump;

/// One connection.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    /// Ends the connection when it is dropped.
    pub(crate) _pump: Pump,
    pub(crate) target: String,
    pub(crate) patience: Duration,
}

impl Session {
    /// Rows of a question.
    pub(crate) async fn rows(
        &self,
        what: &str,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, PostgresError> {
        let rows = self.in_time(self.client.query(sql, values)).await?;
        rows.map_err(|error| refused(&self.target, what, error))
    }

    /// The first value of the first row.
    pub(crate) async fn value<T>(
        &self,
        what: &str,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<T>, PostgresError>
    where
        T: for<'a> tokio_postgres::types::FromSql<'a>,
    {
        let rows = self.rows(what, sql, values).await?;
        let value = rows.first().map(|row| row.try_get(0)).transpose();
        value.map_err(|error| refused(&self.target, what, error))
    }

    /// Statements of our own, with nothing to come back.
    pub(crate) async fn run(&self, what: &str, sql: &str) -> Result<(), PostgresError> {
        let done = self.in_time(self.client.batch_execute(sql)).await?;
        done.map_err(|error| refused(&self.target, what, error))
    }

    /// Statements of scripts, sent one behind the other without waiting for each answer: a server far away is asked as fast as a
    /// near one. Each has an answer of its own, so the one that fails is known.
    pub(crate) async fn statements(&self, all: &[(Place, String)]) -> Result<(), PostgresError> {
        self.in_time(async {
            let mut answers = Vec::with_capacity(all.len());
            for (_, sql) in all {
                answers.push(self.client.simple_query_raw(sql).await);
            }
            for ((place, sql), answer) in all.iter().zip(answers) {
                let failed = |error| self.failed(place, sql, error);
                let mut answer = pin!(answer.map_err(failed)?);
                while answer.try_next().await.map_err(failed)?.is_some() {}
            }
            Ok(())
        })
        .await?
    }

    pub(crate) async fn in_time<T>(
        &self,
        asking: impl Future<Output = T>,
    ) -> Result<T, PostgresError> {
        let answer = tokio::time::timeout(self.patience, asking).await;
        answer.map_err(|_| PostgresError::Silent {
            target: self.target.clone(),
            seconds: self.patience.as_secs(),
        })
    }

    /// The error of a statement of a script, with the line within it.
    pub(crate) fn failed(
        &self,
        place: &Place,
        sql: &str,
        error: tokio_postgres::Error,
    ) -> PostgresError {
        let Some(refusal) = error.as_db_error() else {
            return refused(&self.target, "", error);
        };
        let before = match refusal.position() {
            Some(ErrorPosition::Original(position)) => *position as usize,
            _ => 0,
        };
        let lines = sql.chars().take(before).filter(|c| *c == '\n').count();
        PostgresError::Statement {
            place: Place {
                file: place.file.clone(),
                line: place.line + lines,
            },
            message: words_of(&error),
            code: refusal.code().code().to_owned(),
        }
    }
}

/// The server's words.
pub(crate) fn words_of(error: &tokio_postgres::Error) -> String {
    let Some(refusal) = error.as_db_error() else {
        return error.to_string();
    };
    let more = [refusal.detail(), refusal.hint(), refusal.where_()];
    let more = more.into_iter().flatten();
    std::iter::once(refusal.message())
        .chain(more)
        .collect::<Vec<_>>()
        .join("; ")
}

/// The error of a statement that is ours.
pub(crate) fn refused(target: &str, what: &str, error: tokio_postgres::Error) -> PostgresError {
    match error.code() {
        Some(code) => PostgresError::Refused {
            what: what.to_owned(),
            message: words_of(&error),
            code: code.code().to_owned(),
        },
        None => PostgresError::Connection {
            target: target.to_owned(),
            source: error,
        },
    }
}
