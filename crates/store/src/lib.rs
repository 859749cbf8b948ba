//! Journal, history, read models, blobs.
