//! Bytes in files: writing, cutting, syncing, and reading where a read is to fail.

use libc::{c_int, c_void, iovec, off_t, size_t, ssize_t};

use crate::log::{Kind, Log, log};
use crate::mood::{mood, refuse};
use crate::real::real;
use crate::sockets;

/// The bytes that a caller hands over.
pub(crate) fn bytes<'a>(from: *const c_void, count: size_t) -> &'a [u8] {
    if from.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: whoever calls a writing function promises that so many bytes are there, as long as the call lasts.
    unsafe { std::slice::from_raw_parts(from.cast(), count) }
}

/// The first bytes of several pieces, in a row.
pub(crate) fn gathered(pieces: *const iovec, count: usize, taken: usize) -> Vec<u8> {
    // SAFETY: as above, for each piece and for the list of them.
    let pieces = unsafe { std::slice::from_raw_parts(pieces, count) };
    let mut all: Vec<u8> = pieces
        .iter()
        .flat_map(|piece| bytes(piece.iov_base, piece.iov_len).iter().copied())
        .collect();
    all.truncate(taken);
    all
}

/// Where the next write without an offset goes.
fn place(file: c_int) -> u64 {
    // SAFETY: asks for flags and place, and changes neither.
    let (flags, here) = unsafe {
        (
            libc::fcntl(file, libc::F_GETFL),
            libc::lseek(file, 0, libc::SEEK_CUR),
        )
    };
    if flags & libc::O_APPEND == 0 {
        return here.max(0) as u64;
    }
    let mut facts = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: there is room for the answer, which is only read where it was given.
    unsafe {
        match libc::fstat(file, facts.as_mut_ptr()) {
            0 => facts.assume_init().st_size as u64,
            _ => 0,
        }
    }
}

/// Writes by the real function and notes what was taken.
fn writing(
    file: c_int,
    offset: Option<off_t>,
    what: impl Fn(usize) -> Vec<u8>,
    write: impl FnOnce() -> ssize_t,
) -> ssize_t {
    let Some(mut log) = log() else { return write() };
    let Some(inode) = log.watched(file) else {
        return sockets::sending(log, file, what, write);
    };
    if mood().is_full() {
        refuse(libc::ENOSPC);
        return -1;
    }
    let offset = offset.map_or_else(|| place(file), |offset| offset as u64);
    let written = write();
    if 0 < written {
        log.note(Kind::Wrote, [inode, offset], &what(written as usize), b"");
    }
    written
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(file: c_int, from: *const c_void, count: size_t) -> ssize_t {
    writing(
        file,
        None,
        |taken| bytes(from, taken).to_vec(),
        || real!(write(file => c_int, from => *const c_void, count => size_t) -> ssize_t),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn writev(file: c_int, pieces: *const iovec, count: c_int) -> ssize_t {
    writing(
        file,
        None,
        |taken| gathered(pieces, count as usize, taken),
        || real!(writev(file => c_int, pieces => *const iovec, count => c_int) -> ssize_t),
    )
}

macro_rules! pwrites {
    ($($name:ident),*) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(file: c_int, from: *const c_void, count: size_t, offset: off_t) -> ssize_t {
            writing(
                file,
                Some(offset),
                |taken| bytes(from, taken).to_vec(),
                || real!($name(file => c_int, from => *const c_void, count => size_t, offset => off_t) -> ssize_t),
            )
        }
    )*};
}
pwrites!(pwrite, pwrite64);

macro_rules! resizes {
    ($($name:ident),*) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(file: c_int, length: off_t) -> c_int {
            let Some(mut log) = log() else {
                return real!($name(file => c_int, length => off_t) -> c_int);
            };
            let done = real!($name(file => c_int, length => off_t) -> c_int);
            if let (0, Some(inode)) = (done, log.watched(file)) {
                log.note(Kind::Resized, [inode, length as u64], b"", b"");
            }
            done
        }
    )*};
}
resizes!(ftruncate, ftruncate64);

/// Syncs by the real function; what is written between the two lines may be lost.
fn syncing(file: c_int, sync: impl FnOnce() -> c_int) -> c_int {
    let begun = log().and_then(|mut log| log.watched(file).map(|inode| begin(&mut log, inode)));
    let Some(number) = begun else { return sync() };
    if mood().ignores_syncs {
        return 0;
    }
    let done = if mood().fails_sync() { -1 } else { sync() };
    if let Some(mut log) = log() {
        log.note(Kind::SyncEnded, [number, u64::from(done == 0)], b"", b"");
    }
    if done != 0 {
        refuse(libc::EIO);
    }
    done
}

fn begin(log: &mut Log, inode: u64) -> u64 {
    let number = log.next_sync();
    if !mood().ignores_syncs {
        log.note(Kind::SyncBegan, [inode, number], b"", b"");
    }
    number
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(file: c_int) -> c_int {
    syncing(file, || real!(fsync(file => c_int) -> c_int))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(file: c_int) -> c_int {
    syncing(file, || real!(fdatasync(file => c_int) -> c_int))
}

/// Ways round `write`: refused for files that count, so that callers take the plain way.
macro_rules! refused {
    ($($name:ident($file:ident; $($argument:ident: $kind:ty),*) -> $answer:ty, $number:expr, $fails:expr);* $(;)?) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $kind),*) -> $answer {
            if log().is_some_and(|log| log.watched($file).is_some()) {
                refuse($number);
                return $fails;
            }
            real!($name($($argument => $kind),*) -> $answer)
        }
    )*};
}
refused! {
    copy_file_range(to; from: c_int, from_offset: *mut off_t, to: c_int, to_offset: *mut off_t, count: size_t, flags: libc::c_uint) -> ssize_t, libc::ENOSYS, -1;
    sendfile(to; to: c_int, from: c_int, offset: *mut off_t, count: size_t) -> ssize_t, libc::ENOSYS, -1;
    sendfile64(to; to: c_int, from: c_int, offset: *mut off_t, count: size_t) -> ssize_t, libc::ENOSYS, -1;
    fallocate(file; file: c_int, mode: c_int, offset: off_t, length: off_t) -> c_int, libc::EOPNOTSUPP, -1;
    fallocate64(file; file: c_int, mode: c_int, offset: off_t, length: off_t) -> c_int, libc::EOPNOTSUPP, -1;
    posix_fallocate(file; file: c_int, offset: off_t, length: off_t) -> c_int, libc::EINVAL, libc::EINVAL;
    posix_fallocate64(file; file: c_int, offset: off_t, length: off_t) -> c_int, libc::EINVAL, libc::EINVAL;
    pwritev(file; file: c_int, pieces: *const iovec, count: c_int, offset: off_t) -> ssize_t, libc::ENOSYS, -1;
    pwritev64(file; file: c_int, pieces: *const iovec, count: c_int, offset: off_t) -> ssize_t, libc::ENOSYS, -1;
}

/// Reads by the real function, unless this read is to fail.
fn reading(file: c_int, into: *mut c_void, read: impl FnOnce() -> ssize_t) -> ssize_t {
    let Some(log) = log() else { return read() };
    if log.watched(file).is_none() {
        return sockets::hearing(log, file, into, read);
    }
    drop(log);
    if mood().fails_read() {
        refuse(libc::EIO);
        return -1;
    }
    read()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn read(file: c_int, into: *mut c_void, count: size_t) -> ssize_t {
    reading(
        file,
        into,
        || real!(read(file => c_int, into => *mut c_void, count => size_t) -> ssize_t),
    )
}

macro_rules! preads {
    ($($name:ident),*) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(file: c_int, into: *mut c_void, count: size_t, offset: off_t) -> ssize_t {
            reading(file, into, || {
                real!($name(file => c_int, into => *mut c_void, count => size_t, offset => off_t) -> ssize_t)
            })
        }
    )*};
}
preads!(pread, pread64);
