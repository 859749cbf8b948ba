//! The C library's own functions, behind the ones that stand in front of them.

use std::ffi::CStr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A function that is looked up once.
pub struct Real {
    name: &'static CStr,
    found: AtomicUsize,
}

impl Real {
    pub const fn named(name: &'static CStr) -> Self {
        Self {
            name,
            found: AtomicUsize::new(0),
        }
    }

    /// Its address. Without it the program could not have been linked, so there is no going on.
    pub fn address(&self) -> usize {
        let known = self.found.load(Ordering::Relaxed);
        if known != 0 {
            return known;
        }
        // SAFETY: the name ends with a zero; the answer is an address or nothing.
        let found = unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) } as usize;
        assert!(found != 0, "the C library has no function of this name");
        self.found.store(found, Ordering::Relaxed);
        found
    }
}

/// Calls the C library's function of that name and kind.
macro_rules! real {
    ($name:ident($($argument:expr => $kind:ty),*) -> $answer:ty) => {{
        static REAL: $crate::real::Real = $crate::real::Real::named(
            match std::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                Ok(name) => name,
                Err(_) => panic!("a name has no zero in it"),
            },
        );
        // SAFETY: the C library declares it with these kinds; whoever called us keeps what it asks of its callers.
        unsafe {
            let function: unsafe extern "C" fn($($kind),*) -> $answer = std::mem::transmute(REAL.address());
            function($($argument),*)
        }
    }};
}
pub(crate) use real;
