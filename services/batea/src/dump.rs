//! `batea dump`: all rows, to compare one installation with another.

use std::path::Path;

use read_model::sqlite::SqliteReader;
use sqlite_file::SqliteFile;

use crate::data_folder::DataFolder;

/// Gives all rows as lines. The server must not run meanwhile.
pub(crate) async fn dump(path: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let folder = DataFolder::open_existing(path)?;
    let file = SqliteFile::open(&folder.database()).await?;
    let text = SqliteReader::new(file.clone()).dump().await;
    file.close().await;
    Ok(text?)
}
