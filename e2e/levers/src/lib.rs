//! Levers under a program: its wall clock is set and its disk slowed from outside, while it runs. Loaded in front of the C
//! library (`LD_PRELOAD`), it looks at a file of two numbers that the test writes (`SEGEL_LEVERS`): by how many milliseconds
//! the wall clock is wrong, and how many milliseconds each sync takes longer. The program itself knows nothing of it, so
//! no release can.
#![allow(
    unsafe_code,
    reason = "functions of the C library can only be replaced by functions of its own kind"
)]
// The names are the C library's; what each does is in its manual.
#![allow(missing_docs, clippy::missing_safety_doc)]

use std::ffi::{c_int, c_long};
use std::ptr;
use std::sync::atomic::{AtomicI64, AtomicPtr, Ordering};

use libc::{clockid_t, timespec};

const MS_PER_S: i64 = 1000;
const NS_PER_MS: i64 = 1_000_000;
const NS_PER_S: i64 = 1_000_000_000;

/// Where each lever stands in the file, in numbers of eight bytes.
const CLOCK: usize = 0;
const SYNCS: usize = 1;
const BYTES: usize = 2 * size_of::<i64>();

/// The mapped file; null where nobody holds the levers.
static LEVERS: AtomicPtr<AtomicI64> = AtomicPtr::new(ptr::null_mut());

/// Before the program's own first line, so that no call finds the file half mapped.
#[used]
#[unsafe(link_section = ".init_array")]
static FIRST: extern "C" fn() = take_hold;

extern "C" fn take_hold() {
    // SAFETY: the names end with a zero, and what each call gives is looked at before it is used.
    unsafe {
        let path = libc::getenv(c"SEGEL_LEVERS".as_ptr());
        if path.is_null() {
            return;
        }
        let file = libc::open(path, libc::O_RDONLY | libc::O_CLOEXEC);
        let mapped = libc::mmap(ptr::null_mut(), BYTES, libc::PROT_READ, libc::MAP_SHARED, file, 0);
        assert!(
            mapped != libc::MAP_FAILED,
            "the file of the levers cannot be read"
        );
        libc::close(file);
        LEVERS.store(mapped.cast(), Ordering::Release);
    }
}

fn lever(which: usize) -> i64 {
    let levers = LEVERS.load(Ordering::Acquire);
    if levers.is_null() {
        return 0;
    }
    // SAFETY: the file is mapped for ever and holds as many numbers as there are levers.
    unsafe { &*levers.add(which) }.load(Ordering::Relaxed)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    // SAFETY: the caller's clock and place go to the kernel as they came.
    let told = unsafe { libc::syscall(libc::SYS_clock_gettime, clock as c_long, time) } as c_int;
    let by_ms = lever(CLOCK);
    if told == 0 && clock == libc::CLOCK_REALTIME && by_ms != 0 {
        // SAFETY: the kernel has just written there.
        let time = unsafe { &mut *time };
        let ns = time.tv_nsec + by_ms.rem_euclid(MS_PER_S) * NS_PER_MS;
        time.tv_sec += by_ms.div_euclid(MS_PER_S) + ns / NS_PER_S;
        time.tv_nsec = ns % NS_PER_S;
    }
    told
}

/// What a slow disk adds to a sync.
fn linger() {
    let ms = lever(SYNCS);
    if 0 < ms {
        let time = timespec {
            tv_sec: ms / MS_PER_S,
            tv_nsec: ms % MS_PER_S * NS_PER_MS,
        };
        // SAFETY: the time is ours; where a signal cuts it short, the disk was a little quicker.
        unsafe { libc::nanosleep(&raw const time, ptr::null_mut()) };
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(file: c_int) -> c_int {
    linger();
    // SAFETY: the caller's file goes to the kernel as it came.
    unsafe { libc::syscall(libc::SYS_fsync, file as c_long) as c_int }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(file: c_int) -> c_int {
    linger();
    // SAFETY: the caller's file goes to the kernel as it came.
    unsafe { libc::syscall(libc::SYS_fdatasync, file as c_long) as c_int }
}
