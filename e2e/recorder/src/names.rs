//! Names: opening, renaming, removing, folders.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use libc::{AT_FDCWD, c_char, c_int, mode_t};

use crate::log::{Kind, Log, log};
use crate::real::real;

/// Opens by the real function; notes the name where it counts.
fn opening(folder: c_int, name: *const c_char, flags: c_int, open: impl FnOnce() -> c_int) -> c_int {
    let Some(mut log) = log() else { return open() };
    let path = log.path(folder, name);
    let was_there = path.as_deref().is_some_and(Path::exists);
    let file = open();
    if 0 <= file {
        let is_new = u64::from(!was_there && flags & libc::O_CREAT != 0);
        let is_emptied = u64::from(flags & libc::O_TRUNC != 0);
        log.opened(file, path.as_deref(), is_new + 2 * is_emptied);
    }
    file
}

macro_rules! opens {
    ($($name:ident, $name_at:ident);*) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
            opening(AT_FDCWD, name, flags, || {
                real!($name(name => *const c_char, flags => c_int, mode => mode_t) -> c_int)
            })
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name_at(
            folder: c_int,
            name: *const c_char,
            flags: c_int,
            mode: mode_t,
        ) -> c_int {
            opening(folder, name, flags, || {
                real!($name_at(folder => c_int, name => *const c_char, flags => c_int, mode => mode_t) -> c_int)
            })
        }
    )*};
}
opens!(open, openat; open64, openat64);

fn renaming(
    (old_folder, old): (c_int, *const c_char),
    (new_folder, new): (c_int, *const c_char),
    rename: impl FnOnce() -> c_int,
) -> c_int {
    let Some(mut log) = log() else { return rename() };
    let paths = log.path(old_folder, old).zip(log.path(new_folder, new));
    let done = rename();
    if let (0, Some((from, to))) = (done, paths) {
        let (from, to) = (from.as_os_str().as_bytes(), to.as_os_str().as_bytes());
        log.note(Kind::Renamed, [0, 0], from, to);
    }
    done
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(old: *const c_char, new: *const c_char) -> c_int {
    renaming(
        (AT_FDCWD, old),
        (AT_FDCWD, new),
        || real!(rename(old => *const c_char, new => *const c_char) -> c_int),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn renameat(
    old_folder: c_int,
    old: *const c_char,
    new_folder: c_int,
    new: *const c_char,
) -> c_int {
    renaming(
        (old_folder, old),
        (new_folder, new),
        || real!(renameat(old_folder => c_int, old => *const c_char, new_folder => c_int, new => *const c_char) -> c_int),
    )
}

/// Changes a name and notes it.
fn naming(kind: Kind, folder: c_int, name: *const c_char, change: impl FnOnce() -> c_int) -> c_int {
    let Some(mut log) = log() else { return change() };
    let path = log.path(folder, name);
    let done = change();
    if let (0, Some(path)) = (done, path) {
        noted(&mut log, kind, &path);
    }
    done
}

fn noted(log: &mut Log, kind: Kind, path: &Path) {
    log.note(kind, [0, 0], path.as_os_str().as_bytes(), b"");
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(name: *const c_char) -> c_int {
    naming(
        Kind::Removed,
        AT_FDCWD,
        name,
        || real!(unlink(name => *const c_char) -> c_int),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlinkat(folder: c_int, name: *const c_char, flags: c_int) -> c_int {
    naming(
        Kind::Removed,
        folder,
        name,
        || real!(unlinkat(folder => c_int, name => *const c_char, flags => c_int) -> c_int),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmdir(name: *const c_char) -> c_int {
    naming(
        Kind::Removed,
        AT_FDCWD,
        name,
        || real!(rmdir(name => *const c_char) -> c_int),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdir(name: *const c_char, mode: mode_t) -> c_int {
    naming(
        Kind::FolderMade,
        AT_FDCWD,
        name,
        || real!(mkdir(name => *const c_char, mode => mode_t) -> c_int),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdirat(folder: c_int, name: *const c_char, mode: mode_t) -> c_int {
    naming(
        Kind::FolderMade,
        folder,
        name,
        || real!(mkdirat(folder => c_int, name => *const c_char, mode => mode_t) -> c_int),
    )
}

/// Second names are not modelled, and nothing that is watched gives any: the call is refused there rather than missed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn link(old: *const c_char, new: *const c_char) -> c_int {
    if log().is_some_and(|log| log.path(AT_FDCWD, new).is_some()) {
        crate::mood::refuse(libc::EPERM);
        return -1;
    }
    real!(link(old => *const c_char, new => *const c_char) -> c_int)
}
