//! The folder with everything that the embedded server keeps; readable by its owner only, used by one process at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use service_kit::auth::generate_key;
use service_kit::config::Secret;
use service_kit::random::{self, RandomError};

const LOCK: &str = "lock";
const DATABASE: &str = "batea.db";
const ADMIN_KEY: &str = "admin.key";
const IDENTITY_SECRET: &str = "identity.secret";
const FINGERPRINT: &str = "identity.fingerprint";

/// The folder, locked for this process as long as this lives.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

/// A secret that lies in the folder.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The secret.
    pub(crate) secret: Secret,
    /// Whether it was made just now.
    pub(crate) is_new: bool,
}

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataFolderError {
    #[error("the data folder {} cannot be used: {error}", path.display())]
    Unusable { path: PathBuf, error: io::Error },
    #[error("there is no data in {}", .0.display())]
    NoData(PathBuf),
    #[error(
        "the data in {} is in use by another Batea{holder}; stop that one, or choose another folder with --data",
        path.display()
    )]
    InUse { path: PathBuf, holder: String },
    #[error(
        "{} is missing, but there are leads whose ids derive from it: put it back from a backup",
        .0.display()
    )]
    SecretLost(PathBuf),
    #[error(
        "the leads in {} have ids from another identity secret: give that one, or choose another folder with --data",
        .0.display()
    )]
    OtherSecret(PathBuf),
    #[error("{} is empty: put the secret back from a backup, or delete the file to have a new one made", .0.display())]
    Empty(PathBuf),
    #[error(transparent)]
    Random(#[from] RandomError),
}

type Outcome<T> = Result<T, DataFolderError>;

impl DataFolder {
    /// Takes the folder for this process; makes it when it is not there.
    pub(crate) fn open(path: &Path) -> Outcome<Self> {
        make(path).map_err(|error| DataFolderError::Unusable { path: path.to_owned(), error })?;
        Self::lock(path)
    }

    /// Takes a folder that a server has used.
    pub(crate) fn open_existing(path: &Path) -> Outcome<Self> {
        if path.join(DATABASE).exists() {
            Self::lock(path)
        } else {
            Err(DataFolderError::NoData(path.to_owned()))
        }
    }

    fn lock(path: &Path) -> Outcome<Self> {
        let unusable = |error| DataFolderError::Unusable { path: path.to_owned(), error };
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut lock = options.open(path.join(LOCK)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DataFolderError::InUse { path: path.to_owned(), holder: holder(lock) });
            }
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        sign(&mut lock).map_err(unusable)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// Where the admin key lies.
    pub(crate) fn admin_key_path(&self) -> PathBuf {
        self.path.join(ADMIN_KEY)
    }

    /// The key that may do everything; made when there is none.
    pub(crate) fn admin_key(&self) -> Outcome<Kept> {
        self.kept(ADMIN_KEY, generate_key)
    }

    /// The secret from which ids derive; made at the first start.
    pub(crate) fn identity_secret(&self) -> Outcome<Kept> {
        let path = self.path.join(IDENTITY_SECRET);
        if !path.exists() && self.database().exists() {
            return Err(DataFolderError::SecretLost(path));
        }
        self.kept(IDENTITY_SECRET, || random::bytes::<32>().map(|bytes| Secret::from(hex::encode(bytes))))
    }

    /// Refuses a secret that is not the one with which the folder was begun: the same people would get other ids.
    pub(crate) fn belongs_to(&self, fingerprint: &str) -> Outcome<()> {
        let path = self.path.join(FINGERPRINT);
        let unusable = |error| DataFolderError::Unusable { path: path.clone(), error };
        match fs::read_to_string(&path) {
            Ok(text) if text.trim() == fingerprint => Ok(()),
            Ok(_) => Err(DataFolderError::OtherSecret(self.path.clone())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                write_whole(&path, fingerprint).map_err(unusable)
            }
            Err(error) => Err(unusable(error)),
        }
    }

    fn kept(&self, name: &str, make: impl Fn() -> Result<Secret, RandomError>) -> Outcome<Kept> {
        let path = self.path.join(name);
        let unusable = |error| DataFolderError::Unusable { path: path.clone(), error };
        match fs::read_to_string(&path) {
            Ok(text) if text.trim().is_empty() => Err(DataFolderError::Empty(path)),
            Ok(text) => Ok(Kept { secret: Secret::from(text.trim().to_owned()), is_new: false }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let secret = make()?;
                write_whole(&path, secret.expose()).map_err(unusable)?;
                Ok(Kept { secret, is_new: true })
            }
            Err(error) => Err(unusable(error)),
        }
    }
}

/// Makes the folder for its owner only. One that was there is closed to others when it is ours or empty; a folder with
/// other things in it is left as it is, our files in it are closed all the same.
fn make(path: &Path) -> io::Result<()> {
    if !path.exists() {
        return DirBuilder::new().recursive(true).mode(0o700).create(path);
    }
    let is_open = fs::metadata(path)?.permissions().mode() & 0o077 != 0;
    let is_ours = path.join(DATABASE).exists() || fs::read_dir(path)?.next().is_none();
    if is_open && is_ours {
        fs::set_permissions(path, Permissions::from_mode(0o700))?;
    } else if is_open {
        tracing::warn!(data = %path.display(), "others of this machine can list the data folder");
    }
    Ok(())
}

/// Leaves the number of this process, for the message to the next one.
fn sign(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

fn holder(mut lock: File) -> String {
    let mut text = String::new();
    match lock.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => format!(" (process {})", text.trim()),
        Ok(_) | Err(_) => String::new(),
    }
}

/// Writes a file for its owner only, so that it is there whole or not at all, also after a crash.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    File::open(path.parent().unwrap_or(path))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_folder_and_its_files_are_for_their_owner_only() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("deep/data");
        let folder = DataFolder::open(&path).unwrap();
        assert!(folder.admin_key().unwrap().is_new && folder.identity_secret().unwrap().is_new);
        let modes = [path.clone(), path.join(LOCK), path.join(ADMIN_KEY), path.join(IDENTITY_SECRET)]
            .map(|path| mode(&path));
        assert_eq!(modes, [0o700, 0o600, 0o600, 0o600]);
    }

    #[test]
    fn an_empty_folder_is_closed_to_others_and_one_with_other_things_is_left_alone() {
        let (empty, full) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(full.path().join("other"), "").unwrap();
        for folder in [&empty, &full] {
            fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
            DataFolder::open(folder.path()).unwrap();
        }
        assert_eq!([mode(empty.path()), mode(full.path())], [0o700, 0o755]);
    }

    #[test]
    fn secrets_are_made_once() {
        let path = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(path.path()).unwrap();
        let (key, secret) = (folder.admin_key().unwrap(), folder.identity_secret().unwrap());
        assert_eq!(secret.secret.expose().len(), 64);
        let again = folder.admin_key().unwrap();
        assert_eq!((again.secret, again.is_new), (key.secret, false));
        assert_eq!(folder.identity_secret().unwrap().secret, secret.secret);
    }

    #[test]
    fn a_lost_identity_secret_is_not_replaced() {
        let path = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(path.path()).unwrap();
        fs::write(folder.database(), "").unwrap();
        assert!(matches!(folder.identity_secret(), Err(DataFolderError::SecretLost(_))));
        fs::write(path.path().join(IDENTITY_SECRET), "\n").unwrap();
        assert!(matches!(folder.identity_secret(), Err(DataFolderError::Empty(_))));
    }

    #[test]
    fn a_folder_belongs_to_the_secret_with_which_it_was_begun() {
        let path = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(path.path()).unwrap();
        folder.belongs_to("one").unwrap();
        folder.belongs_to("one").unwrap();
        assert!(matches!(folder.belongs_to("other"), Err(DataFolderError::OtherSecret(_))));
    }

    #[test]
    fn a_second_process_is_told_who_has_the_folder() {
        let path = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(path.path()).unwrap();
        let message = DataFolder::open(path.path()).unwrap_err().to_string();
        assert!(
            message.contains(&format!("in use by another Batea (process {})", std::process::id())),
            "{message}"
        );
        drop(folder);
        assert!(DataFolder::open(path.path()).is_ok());
        let nothing = DataFolder::open_existing(path.path()).unwrap_err();
        assert!(matches!(nothing, DataFolderError::NoData(_)));
    }
}
