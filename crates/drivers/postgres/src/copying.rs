//! Rows on their way from a script into a table.

use std::io::Cursor;
use std::path::PathBuf;
use std::pin::pin;

use futures::SinkExt;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use crate::error::PostgresError;
use crate::script::{BYTE_ORDER_MARK, Copy, Folder, Place, Rows};
use crate::session::Session;

/// How much of a file is in memory: enough that a system call for each part costs nothing.
const PART: u64 = 256 * 1024;

impl Session {
    /// Rows of a script, into a table. A file in the folder is read as the server takes it.
    pub(crate) async fn copy(
        &self,
        place: &Place,
        copy: &Copy,
        folder: &Folder,
    ) -> Result<u64, PostgresError> {
        let mut parts = Parts::of(&copy.rows, folder).await?;
        let failed = |error| self.failed(place, &copy.sql, error);
        let sink = self.in_time(self.client.copy_in(&copy.sql)).await?;
        let mut sink = pin!(sink.map_err(failed)?);
        while let Some(part) = parts.next().await? {
            // of whoever takes no more, the end knows why
            if self.in_time(sink.send(part)).await?.is_err() {
                break;
            }
        }
        self.in_time(sink.finish()).await?.map_err(failed)
    }
}

/// The bytes of rows, one part after another.
enum Parts {
    /// All at once.
    Here(Option<Vec<u8>>),
    /// From a file.
    File {
        path: PathBuf,
        file: File,
        is_first: bool,
    },
}

impl Parts {
    async fn of(rows: &Rows, folder: &Folder) -> Result<Self, PostgresError> {
        let name = match rows {
            Rows::Here(bytes) => return Ok(Self::Here(Some(bytes.clone()))),
            Rows::File(name) => name,
        };
        let path = folder.0.join(name);
        match File::open(&path).await {
            Ok(file) => Ok(Self::File {
                path,
                file,
                is_first: true,
            }),
            Err(source) => Err(PostgresError::File { path, source }),
        }
    }

    /// The next part; none at the end.
    async fn next(&mut self) -> Result<Option<Cursor<Vec<u8>>>, PostgresError> {
        let (path, file, is_first) = match self {
            Self::Here(bytes) => return Ok(bytes.take().map(Cursor::new)),
            Self::File {
                path,
                file,
                is_first,
            } => (path, file, is_first),
        };
        let mut part = Vec::new();
        let read = file.take(PART).read_to_end(&mut part).await;
        read.map_err(|source| PostgresError::File {
            path: path.clone(),
            source,
        })?;
        if part.is_empty() {
            return Ok(None);
        }
        let mark = BYTE_ORDER_MARK.as_bytes();
        let is_marked = std::mem::take(is_first) && part.starts_with(mark);
        let mut part = Cursor::new(part);
        if is_marked {
            part.set_position(mark.len() as u64);
        }
        Ok(Some(part))
    }
}
