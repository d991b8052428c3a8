//! Commands on the data folder of a stopped server: `verify`, `rebuild`, `policy activate`.

use std::path::Path;
use std::sync::Arc;

use lead_domain::IdentitySecret;
use qualification::{activate_policy, rebuild_store, verify_store};
use read_model::GenerationStore;
use read_model::sqlite::{SqliteProjection, SqliteReader};
use service_kit::clock::Clock;
use service_kit::config::IdentityArgs;
use sqlite_file::SqliteFile;

use crate::data_folder::DataFolder;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What is to be done with the store.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task<'a> {
    /// Fold everything anew, and name each row that differs.
    Verify,
    /// Fold every lead anew.
    Rebuild,
    /// Make the policy of this version the active one.
    Activate(&'a str),
}

/// Does it. False: it was done, and something is wrong with the rows. The server must not run meanwhile.
pub(crate) async fn work(
    path: &Path,
    identity: &IdentityArgs,
    clock: Clock,
    task: Task<'_>,
) -> Result<bool, Failure> {
    let folder = DataFolder::open_existing(path)?;
    let secret = match identity.secret()? {
        Some(secret) => secret,
        None => folder.identity_secret()?.secret,
    };
    let secret = IdentitySecret::new(secret.expose().as_bytes())?;
    folder.belongs_to(secret.fingerprint())?;
    let file = SqliteFile::open(&folder.database()).await?;
    let done = on(&file, secret, clock, task).await;
    file.close().await;
    done
}

async fn on(
    file: &SqliteFile,
    secret: IdentitySecret,
    clock: Clock,
    task: Task<'_>,
) -> Result<bool, Failure> {
    let store = Arc::new(SqliteProjection::new(file.clone()));
    let generations: Arc<dyn GenerationStore> = store.clone();
    match task {
        Task::Verify => return verify_store(store.as_ref(), &secret).await,
        Task::Rebuild => rebuild_store(&generations, secret, clock).await?,
        Task::Activate(version) => {
            let status = SqliteReader::new(file.clone());
            activate_policy(&generations, &status, version, (secret, clock)).await?;
        }
    }
    Ok(true)
}
