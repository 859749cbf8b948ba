//! Seals as they speak on the wire, written from their makers' documents and never through `wire`, so that both are not
//! wrong together. A seal's life is one (`device`); each language is a voice of it (`languages` knows them all).

pub mod moment;
pub mod voice;
pub mod device;

pub mod languages;

pub mod jointech;
pub mod jt808;
pub mod gt06;
pub mod kingwo;
pub mod eseal;
pub mod queclink;
pub mod teltonika;
pub mod meitrack;
pub mod platforms;

mod bytes;
