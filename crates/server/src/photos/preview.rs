//! A small copy to show.
