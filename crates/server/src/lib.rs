//! Gateway, engine, API, live stream, outlets.
