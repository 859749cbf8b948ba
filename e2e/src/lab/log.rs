//! What the recorder wrote down, read back. How a line is laid out stands in the recorder's own `log`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A program started.
    Started,
    /// A file or folder was opened under this name.
    Opened {
        /// Its inode.
        inode: u64,
        /// Whether it was made now.
        is_new: bool,
        /// Whether its content went.
        is_emptied: bool,
        /// Whether it is a folder.
        is_folder: bool,
        /// Its name.
        path: PathBuf,
    },
    /// Bytes were written.
    Wrote {
        /// Into which file.
        inode: u64,
        /// From where on.
        offset: u64,
        /// What.
        bytes: Vec<u8>,
    },
    /// A file was cut or grew.
    Resized {
        /// Which.
        inode: u64,
        /// To so many bytes.
        length: u64,
    },
    /// A file got another name.
    Renamed {
        /// The old one.
        from: PathBuf,
        /// The new one.
        to: PathBuf,
    },
    /// A name went.
    Removed(PathBuf),
    /// A folder was made.
    FolderMade(PathBuf),
    /// A sync began.
    SyncBegan {
        /// Of this file or folder.
        inode: u64,
        /// Its number in this process.
        number: u64,
    },
    /// A sync has ended.
    SyncEnded {
        /// Its number in this process.
        number: u64,
        /// Whether it succeeded.
        is_done: bool,
    },
    /// Bytes left by a socket.
    Sent {
        /// Which.
        socket: u64,
        /// What.
        bytes: Vec<u8>,
    },
    /// Bytes came in by a socket.
    Heard {
        /// Which.
        socket: u64,
        /// What.
        bytes: Vec<u8>,
    },
}

/// Reads a log. A last line that was cut off in the middle is none.
pub fn read(path: &Path) -> Result<Vec<Line>> {
    let bytes = fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    let (mut rest, mut lines) = (bytes.as_slice(), Vec::new());
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let Some((line, after)) = after.split_at_checked(u32::from_le_bytes(*length) as usize) else {
            break;
        };
        lines.push(parse(line).with_context(|| format!("line {} of the log", lines.len()))?);
        rest = after;
    }
    Ok(lines)
}

fn parse(line: &[u8]) -> Result<Line> {
    let kind = line.first().context("it is empty")?;
    let number = |at: usize| -> Result<u64> {
        let bytes = line.get(at..at + 8).context("it is short")?;
        Ok(u64::from_le_bytes(bytes.try_into()?))
    };
    let (one, two, lengths) = (number(9)?, number(17)?, number(25)?);
    let texts = line.get(33..).context("it is short")?;
    let (first, second) = texts
        .split_at_checked(lengths as u32 as usize)
        .context("it is short")?;
    let path = |text: &[u8]| PathBuf::from(String::from_utf8_lossy(text).into_owned());
    Ok(match kind {
        1 => Line::Started,
        2 => Line::Opened {
            inode: one,
            is_new: two & 1 != 0,
            is_emptied: two & 2 != 0,
            is_folder: two & 4 != 0,
            path: path(first),
        },
        3 => Line::Wrote {
            inode: one,
            offset: two,
            bytes: first.to_vec(),
        },
        4 => Line::Resized {
            inode: one,
            length: two,
        },
        5 => Line::Renamed {
            from: path(first),
            to: path(second),
        },
        6 => Line::Removed(path(first)),
        7 => Line::FolderMade(path(first)),
        8 => Line::SyncBegan {
            inode: one,
            number: two,
        },
        9 => Line::SyncEnded {
            number: one,
            is_done: two == 1,
        },
        10 => Line::Sent {
            socket: one,
            bytes: first.to_vec(),
        },
        11 => Line::Heard {
            socket: one,
            bytes: first.to_vec(),
        },
        other => bail!("a line of kind {other}"),
    })
}
