//! What a seal can be told: asked from the encoders themselves, with an example of each order.

use segel_model::report::Protocol;
use segel_wire::{Profile, speaks, vocabulary};

/// The orders that a language has words for, by name.
pub fn orders_of(protocol: Protocol, profile: Profile) -> Vec<&'static str> {
    let examples = vocabulary::examples();
    let spoken = examples
        .iter()
        .filter(|order| speaks(protocol, profile, order).is_ok());
    spoken.map(|order| order.name()).collect()
}

#[cfg(test)]
mod tests {
    use segel_wire::Dialect;

    use super::*;

    #[test]
    fn the_encoder_says_what_can_be_told() {
        let jointech = orders_of(Protocol::Jointech, Profile::of(Dialect::Jt701d));
        assert!(jointech.contains(&"unlock_dynamic"), "{jointech:?}");
        assert_eq!(orders_of(Protocol::Osmand, Profile::ANY), [""; 0]);
        assert!(orders_of(Protocol::Meitrack, Profile::ANY).contains(&"interval"));
    }
}
