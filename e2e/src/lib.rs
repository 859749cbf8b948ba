//! Drives the built binary from outside: real sockets, real files.
