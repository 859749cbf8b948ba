//! Copies of the state, so that a start replays minutes and not years.
//!
//! A snapshot is never the truth: one that is torn, of another program, or of another past is passed over, and the
//! state is built from the journal and the reports instead. Staged reports stay until the oldest kept snapshot has them.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use segel_custody::State;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::StoreError;
use crate::chain::Hash;
use crate::error::{Doing, OnFile, form};
use crate::folder::{Folder, write_whole};
use crate::reader::Reader;
use crate::recover::recover_until;
use crate::store::Position;

/// How many are kept: the newest, and one to fall back on.
const KEPT: usize = 2;

/// The first bytes of every snapshot.
const MAGIC: &[u8; 16] = b"segel snapshot 1";

/// Compression: the quickest; a snapshot lives for minutes.
const LEVEL: i32 = 1;

/// The largest state taken from a file: some four million seals.
const STATE_BYTES_MAX: usize = 4 << 30;

/// What stands before the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    form: u64,
    position: Position,
    head: Hash,
    body_hash: Hash,
}

/// The snapshots of a folder, for one program.
#[derive(Debug, Clone)]
pub struct Snapshots {
    folder: PathBuf,
    form: u64,
}

/// A state with the moment it is of.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Everything up to here is in it.
    pub position: Position,
    /// The journal's hash there: another past has another.
    pub head: Hash,
    /// The state.
    pub state: State,
}

impl Snapshots {
    /// The snapshots in a folder that a program of this form can read.
    pub fn new(folder: &Folder, form: u64) -> Self {
        Self {
            folder: folder.snapshots(),
            form,
        }
    }

    /// Those of this very program. The bytes of a state do not describe themselves, so a snapshot of another build is not
    /// trusted to mean the same.
    pub fn of_this_program(folder: &Folder) -> Result<Self, StoreError> {
        Ok(Self::new(folder, form_of_this_program()?))
    }

    /// Keeps a frozen state (`State::freeze`). The caller froze it between two commits; writing may take its time on
    /// another thread.
    pub fn write(&self, position: Position, head: Hash, frozen: &[u8]) -> Result<(), StoreError> {
        let body =
            zstd::bulk::compress(frozen, LEVEL).map_err(|error| form("compress a snapshot", &error))?;
        let header = Header {
            form: self.form,
            position,
            head,
            body_hash: Sha256::digest(&body).into(),
        };
        let mut bytes = MAGIC.to_vec();
        bytes = postcard::to_extend(&header, bytes).doing("write a snapshot")?;
        bytes.extend(body);
        write_whole(&self.path_of(position), &bytes)?;
        self.drop_all_but(KEPT)
    }

    /// Writes the next snapshot without the engine: the latest one is read back, what was committed since is folded, the
    /// result is frozen. The loop never stops for it, and each snapshot proves that the state can be rebuilt. Says up to
    /// where; nothing where nothing was committed since.
    pub fn advance(&self, reader: &Reader) -> Result<Option<Position>, StoreError> {
        let commit = reader.last_commit()?;
        if self.newest_commit()? == Some(commit) {
            return Ok(None);
        }
        let recovered = recover_until(reader, self, commit)?;
        let position = Position {
            commit,
            seq: recovered.position.seq,
        };
        self.write(position, reader.head_at(position.seq)?, &recovered.state.freeze())?;
        Ok(Some(position))
    }

    /// The newest that is whole, of this program and of this past; `is_past` says whether a position and hash lie on the
    /// journal's chain.
    pub fn latest(
        &self,
        is_past: impl Fn(Position, &Hash) -> Result<bool, StoreError>,
    ) -> Result<Option<Snapshot>, StoreError> {
        for path in self.files()?.into_iter().rev() {
            match self.read(&path) {
                Ok(snapshot) if is_past(snapshot.position, &snapshot.head)? => return Ok(Some(snapshot)),
                Ok(_) => tracing::warn!(file = %path.display(), "snapshot of another past passed over"),
                Err(error) => tracing::warn!(file = %path.display(), %error, "snapshot passed over"),
            }
        }
        Ok(None)
    }

    /// The commit up to which the oldest kept snapshot reaches: compaction goes no further. Nothing without a snapshot.
    pub fn oldest_commit(&self) -> Result<Option<u64>, StoreError> {
        let oldest = self.files()?.into_iter().next();
        Ok(oldest.and_then(|path| commit_of(&path)))
    }

    fn newest_commit(&self) -> Result<Option<u64>, StoreError> {
        Ok(self.files()?.pop().and_then(|path| commit_of(&path)))
    }

    fn read(&self, path: &Path) -> Result<Snapshot, StoreError> {
        let bytes = fs::read(path).on_file("read", path)?;
        let rest = bytes
            .strip_prefix(MAGIC)
            .ok_or_else(|| unfit("it does not begin like one"))?;
        let (header, body) = postcard::take_from_bytes::<Header>(rest).map_err(unfit)?;
        if header.form != self.form {
            return Err(unfit("another program wrote it"));
        }
        if Sha256::digest(body)[..] != header.body_hash {
            return Err(unfit("it is torn"));
        }
        let frozen =
            zstd::bulk::decompress(body, STATE_BYTES_MAX.min(size_of_frozen(body))).map_err(unfit)?;
        let state = State::thaw(&frozen).map_err(unfit)?;
        Ok(Snapshot {
            position: header.position,
            head: header.head,
            state,
        })
    }

    fn path_of(&self, position: Position) -> PathBuf {
        self.folder
            .join(format!("{:020}-{:020}.state", position.commit, position.seq))
    }

    /// Oldest first: the names sort as the positions do.
    fn files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut found = Vec::new();
        for item in fs::read_dir(&self.folder).on_file("list", &self.folder)? {
            let path = item.on_file("list", &self.folder)?.path();
            if commit_of(&path).is_some() {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }

    fn drop_all_but(&self, kept: usize) -> Result<(), StoreError> {
        let files = self.files()?;
        let surplus = files.len().saturating_sub(kept);
        for path in &files[..surplus] {
            fs::remove_file(path).on_file("remove", path)?;
        }
        Ok(())
    }
}

fn size_of_frozen(body: &[u8]) -> usize {
    let size = zstd::zstd_safe::get_frame_content_size(body).ok().flatten();
    size.and_then(|size| usize::try_from(size).ok())
        .unwrap_or(STATE_BYTES_MAX)
}

fn commit_of(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?.strip_suffix(".state")?;
    name.split_once('-')?.0.parse().ok()
}

fn unfit(detail: impl std::fmt::Display) -> StoreError {
    form("use a snapshot", &detail)
}

/// A number that changes with every build: the beginning of the SHA-256 over the running program's file, read once.
pub fn form_of_this_program() -> Result<u64, StoreError> {
    static FORM: OnceLock<u64> = OnceLock::new();
    if let Some(form) = FORM.get() {
        return Ok(*form);
    }
    let form = form_of_program(&std::env::current_exe().on_file("find", Path::new("this program"))?)?;
    Ok(*FORM.get_or_init(|| form))
}

/// The same of another program.
pub fn form_of_program(path: &Path) -> Result<u64, StoreError> {
    let mut file = fs::File::open(path).on_file("open", path)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => hash.update(&piece[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).on_file("read", path),
        }
    }
    let digest: Hash = hash.finalize().into();
    Ok(digest
        .iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
