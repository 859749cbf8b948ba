//! How much memory a thread holds, counted where it is taken.
#![allow(
    unsafe_code,
    reason = "an allocator is asked in no other way; it counts and hands on to the one that the binary has"
)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: Counted = Counted(MiMalloc);

struct Counted(MiMalloc);

thread_local! {
    /// Bytes that this thread took and did not give back; below nought where it gave back what another took.
    static HELD: Cell<isize> = const { Cell::new(0) };
    /// The most since [`watch`].
    static MOST: Cell<isize> = const { Cell::new(0) };
}

/// Bytes that this thread holds.
pub fn held() -> isize {
    HELD.get()
}

/// Forgets the most that was held until now.
pub fn watch() {
    MOST.set(HELD.get());
}

/// The most that this thread has held since [`watch`].
pub fn most() -> isize {
    MOST.get()
}

fn took(bytes: usize) {
    // A thread that ends gives back what it took when there is nobody left who counts.
    let _ended = HELD.try_with(|held| {
        held.set(held.get() + bytes as isize);
        let _ended = MOST.try_with(|most| most.set(most.get().max(held.get())));
    });
}

fn gave(bytes: usize) {
    let _ended = HELD.try_with(|held| held.set(held.get() - bytes as isize));
}

// SAFETY: every call is handed on as it came.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller's promises are those of the inner allocator.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        gave(layout.size());
        // SAFETY: as above.
        unsafe { self.0.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        gave(layout.size());
        took(size);
        // SAFETY: as above.
        unsafe { self.0.realloc(pointer, layout, size) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_counted_until_it_is_given_back() {
        let before = held();
        watch();
        let taken = std::hint::black_box(vec![1_u8; 10_000]);
        assert_eq!(held() - before, 10_000);
        drop(taken);
        assert_eq!((held(), most() - before), (before, 10_000));
    }
}
