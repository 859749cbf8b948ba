//! Who somebody is: passwords, sessions, tokens, one-time codes; and how often one may try.

pub mod attempts;
pub mod passwords;
pub mod secrets;
pub mod sessions;
pub mod tokens;
