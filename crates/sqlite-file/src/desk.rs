//! Gives out the writing connection, turn by turn, and tidies up after each.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc, oneshot};

use crate::Turn;
use crate::error::SqliteFileError;
use crate::open;
use crate::queue::Queue;
use crate::writer::{Line, Writer};

/// Who asks beyond this waits to ask.
const QUEUE: usize = 64;

/// One asks for a turn, or that the desk closes.
enum Ask {
    Turn(oneshot::Sender<Result<Writer, SqliteFileError>>),
    Close(oneshot::Sender<()>),
}

/// Where turns are asked for.
#[derive(Debug)]
pub(crate) struct Desk {
    appends: mpsc::Sender<Ask>,
    projections: mpsc::Sender<Ask>,
}

impl Desk {
    pub(crate) fn start(path: Arc<Path>, options: SqliteConnectOptions, writer: SqliteConnection) -> Self {
        let (appends, asked_appends) = mpsc::channel(QUEUE);
        let (projections, asked_projections) = mpsc::channel(QUEUE);
        let clerk = Clerk {
            path,
            options,
            line: Arc::new(Mutex::new(Line { connection: writer, open: false })),
            queue: Queue::new(asked_appends, asked_projections),
        };
        tokio::spawn(clerk.serve());
        Self { appends, projections }
    }

    pub(crate) async fn take(&self, turn: Turn) -> Result<Writer, SqliteFileError> {
        let queue = match turn {
            Turn::Append => &self.appends,
            Turn::Projection => &self.projections,
        };
        let (give, given) = oneshot::channel();
        queue.send(Ask::Turn(give)).await.map_err(|_closed| SqliteFileError::Closed)?;
        given.await.map_err(|_closed| SqliteFileError::Closed)?
    }

    pub(crate) async fn close(&self) {
        let (tell, told) = oneshot::channel();
        if self.appends.send(Ask::Close(tell)).await.is_ok() {
            // It ends without telling only when it was closed before.
            told.await.unwrap_or_default();
        }
    }
}

/// Serves the queue until the desk closes.
struct Clerk {
    path: Arc<Path>,
    options: SqliteConnectOptions,
    line: Arc<Mutex<Line>>,
    queue: Queue<Ask>,
}

impl Clerk {
    async fn serve(mut self) {
        let told = self.give_turns().await;
        self.close().await;
        if let Some(tell) = told
            && tell.send(()).is_err()
        {
            tracing::debug!("nobody waits for the database to be closed");
        }
    }

    /// Until all handles are gone or one says close.
    async fn give_turns(&mut self) -> Option<oneshot::Sender<()>> {
        let mut line = Arc::clone(&self.line).lock_owned().await;
        loop {
            if let Err(error) = self.tidy(&mut line).await {
                tracing::error!(error = %error, "the writing connection broke and cannot be opened again yet");
            }
            let (turn, ask) = self.queue.next().await?;
            let began = Instant::now();
            match ask {
                Ask::Turn(give) => self.give(line, give).await,
                Ask::Close(tell) => return Some(tell),
            }
            line = Arc::clone(&self.line).lock_owned().await;
            self.queue.lasted(turn, began.elapsed());
        }
    }

    async fn give(
        &self,
        mut line: OwnedMutexGuard<Line>,
        give: oneshot::Sender<Result<Writer, SqliteFileError>>,
    ) {
        let turn = self.tidy(&mut line).await.map(|()| Writer::new(line));
        if give.send(turn).is_err() {
            tracing::trace!("a turn was not wanted any more");
        }
    }

    /// Rolls back what the last turn left open; a connection that cannot even do that is replaced.
    async fn tidy(&self, line: &mut Line) -> Result<(), SqliteFileError> {
        if line.open && sqlx::query("rollback").execute(&mut line.connection).await.is_err() {
            line.connection = open::connect(&self.path, &self.options).await?;
        }
        line.open = false;
        Ok(())
    }

    /// Leaves everything in the main file, and no WAL.
    async fn close(self) {
        let Some(line) = Arc::into_inner(self.line) else {
            return tracing::warn!("the database closes while a turn is running");
        };
        let mut connection = line.into_inner().connection;
        if let Err(error) = sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut connection).await {
            tracing::warn!(error = %error, "cannot empty the WAL of the database");
        }
        if let Err(error) = connection.close().await {
            tracing::warn!(error = %error, "the database did not close cleanly");
        }
    }
}
