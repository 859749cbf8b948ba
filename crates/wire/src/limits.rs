//! How much a stranger may ask of us.

/// The longest frame believed. The longest real ones are a piece of a photo of a Teltonika unit, 2079 bytes, its packets of
/// records, 1280, and a blind-area frame of an old Jointech tracker, 800; a claim above this is an oddity and the bytes behind
/// it are read anew.
pub const FRAME_BYTES: u32 = 4096;
/// The longest HTTP request of a phone, head and body: a batch of [`FIXES`] as JSON.
pub const REQUEST_BYTES: u32 = 32 * 1024;
/// The longest JSON object that is posted: as a request at a door of its own it is still one.
pub const OBJECT_BYTES: usize = 31 * 1024;
/// The most values that are kept beside a report, and the longest name or word among them: strangers may send anything.
pub const EXTRAS: usize = 48;
/// See [`EXTRAS`].
pub const EXTRA_BYTES: usize = 128;
/// The most fixes one request may hold. Each is kept with the whole request, so the product is what one request costs.
pub const FIXES: usize = 64;
/// How many bytes without meaning may come between two reports before the connection is closed. A seal that starts in
/// the middle of a frame sends fewer than one frame of them.
pub const GARBAGE_BYTES: u32 = 4096;
/// How long the rest of a started frame may take: a mobile network repeats a lost packet well within it.
pub const PARTIAL_S: u32 = 60;
/// How many orders may wait on one connection; more are refused.
pub const ORDERS: u8 = 16;
/// How long a seal may take to answer an order; it answers within seconds once it is awake.
pub const ANSWER_S: u32 = 60;
/// The most bytes an oddity carries.
pub const ODDITY_BYTES: usize = 256;

/// The most bytes of memory that a session holds once it is drained, whatever was said to it: a phone's requests of which one
/// waits for the one before, in a buffer that grew. Sessions of seals hold far less: the beginning of a frame, the pieces of a
/// message, [`ORDERS`], acknowledgements that wait.
pub const HELD_BYTES: usize = 256 * 1024;
/// What leaves a session takes at most so many times the memory of what came: a frame of many small records is kept whole with
/// each of them.
pub const LEAVES_TIMES: usize = 1024;

/// The limits of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest frame.
    pub frame_bytes: u32,
    /// The longest HTTP request.
    pub request_bytes: u32,
    /// Bytes without meaning between two reports before the connection is closed.
    pub garbage_bytes: u32,
    /// Seconds until a started frame is given up.
    pub partial_s: u32,
    /// Seconds until an order counts as unanswered.
    pub answer_s: u32,
    /// Orders that may wait.
    pub orders: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes: FRAME_BYTES,
            request_bytes: REQUEST_BYTES,
            garbage_bytes: GARBAGE_BYTES,
            partial_s: PARTIAL_S,
            answer_s: ANSWER_S,
            orders: ORDERS,
        }
    }
}
