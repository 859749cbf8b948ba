//! Bytes on sockets: what was heard and what was said, so that what had been promised at any moment is known to the byte.

use std::sync::MutexGuard;

use libc::{c_int, c_void, msghdr, size_t, sockaddr, socklen_t, ssize_t};

use crate::files::{bytes, gathered};
use crate::log::{Kind, Log, inode, log};
use crate::real::real;

/// The number of a TCP socket and its two ports; nothing for anything else.
fn connection(file: c_int) -> Option<[u64; 2]> {
    let (number, kind) = inode(file)?;
    if kind != libc::S_IFSOCK {
        return None;
    }
    let here = port(|address, length| {
        // SAFETY: there is room for so many bytes of answer.
        unsafe { libc::getsockname(file, address, length) }
    })?;
    let there = port(|address, length| {
        // SAFETY: as above.
        unsafe { libc::getpeername(file, address, length) }
    })?;
    Some([number, u64::from(here) << 16 | u64::from(there)])
}

fn port(ask: impl FnOnce(*mut sockaddr, *mut socklen_t) -> c_int) -> Option<u16> {
    let mut address = libc::sockaddr_in6 {
        sin6_family: 0,
        sin6_port: 0,
        sin6_flowinfo: 0,
        sin6_addr: libc::in6_addr { s6_addr: [0; 16] },
        sin6_scope_id: 0,
    };
    let mut length = size_of::<libc::sockaddr_in6>() as socklen_t;
    let answered = ask((&raw mut address).cast(), &raw mut length) == 0;
    let is_tcp = [libc::AF_INET, libc::AF_INET6].contains(&c_int::from(address.sin6_family));
    // The port stands at the same place in addresses of both versions.
    (answered && is_tcp).then(|| u16::from_be(address.sin6_port))
}

/// Sends by the real function and notes what the socket took, before anything else can happen to a file.
pub(crate) fn sending(
    mut log: MutexGuard<'static, Log>,
    file: c_int,
    what: impl Fn(usize) -> Vec<u8>,
    send: impl FnOnce() -> ssize_t,
) -> ssize_t {
    let Some(numbers) = connection(file) else {
        drop(log);
        return send();
    };
    let sent = send();
    if 0 < sent {
        log.note(Kind::Sent, numbers, &what(sent as usize), b"");
    }
    sent
}

/// Receives by the real function, which may wait long and holds nobody up, and notes what came.
pub(crate) fn hearing(
    log: MutexGuard<'static, Log>,
    file: c_int,
    into: *mut c_void,
    hear: impl FnOnce() -> ssize_t,
) -> ssize_t {
    drop(log);
    let heard = hear();
    // SAFETY: the C library gives each thread a place for it.
    let failure = unsafe { *libc::__errno_location() };
    if 0 < heard {
        note_heard(file, bytes(into, heard as usize));
    }
    crate::mood::refuse(failure);
    heard
}

fn note_heard(file: c_int, heard: &[u8]) {
    if let (Some(mut log), Some(numbers)) = (log(), connection(file)) {
        log.note(Kind::Heard, numbers, heard, b"");
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn send(file: c_int, from: *const c_void, count: size_t, flags: c_int) -> ssize_t {
    let really =
        || real!(send(file => c_int, from => *const c_void, count => size_t, flags => c_int) -> ssize_t);
    match log() {
        Some(log) => sending(log, file, |taken| bytes(from, taken).to_vec(), really),
        None => really(),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn sendto(
    file: c_int,
    from: *const c_void,
    count: size_t,
    flags: c_int,
    to: *const sockaddr,
    length: socklen_t,
) -> ssize_t {
    let really = || real!(sendto(file => c_int, from => *const c_void, count => size_t, flags => c_int, to => *const sockaddr, length => socklen_t) -> ssize_t);
    match log() {
        Some(log) => sending(log, file, |taken| bytes(from, taken).to_vec(), really),
        None => really(),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn sendmsg(file: c_int, message: *const msghdr, flags: c_int) -> ssize_t {
    let really = || real!(sendmsg(file => c_int, message => *const msghdr, flags => c_int) -> ssize_t);
    // SAFETY: the caller hands over a message that is there as long as the call lasts.
    let pieces = unsafe { ((*message).msg_iov, (*message).msg_iovlen) };
    match log() {
        Some(log) => sending(log, file, |taken| gathered(pieces.0, pieces.1, taken), really),
        None => really(),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn recv(file: c_int, into: *mut c_void, count: size_t, flags: c_int) -> ssize_t {
    let really =
        || real!(recv(file => c_int, into => *mut c_void, count => size_t, flags => c_int) -> ssize_t);
    // Bytes that are only looked at come again.
    match log() {
        Some(log) if flags & libc::MSG_PEEK == 0 => hearing(log, file, into, really),
        _ => really(),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn recvfrom(
    file: c_int,
    into: *mut c_void,
    count: size_t,
    flags: c_int,
    from: *mut sockaddr,
    length: *mut socklen_t,
) -> ssize_t {
    let really = || real!(recvfrom(file => c_int, into => *mut c_void, count => size_t, flags => c_int, from => *mut sockaddr, length => *mut socklen_t) -> ssize_t);
    match log() {
        Some(log) if flags & libc::MSG_PEEK == 0 => hearing(log, file, into, really),
        _ => really(),
    }
}
