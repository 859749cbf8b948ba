//! One conversation with the decoder that this binary is named after: eight bytes are the number that cuts it and puts orders
//! in between, the others are what is said.
#![no_main]

use libfuzzer_sys::fuzz_target;
use segel_fuzz::Conversation;
use segel_model::report::Protocol;

fuzz_target!(|data: &[u8]| {
    let Some((seed, bytes)) = data.split_first_chunk() else {
        return;
    };
    let conversation = Conversation {
        protocol: Protocol::from_name(env!("CARGO_BIN_NAME")).expect("a binary is named after its decoder"),
        seed: u64::from_le_bytes(*seed),
        bytes,
    };
    conversation.hold();
    conversation.check();
});
