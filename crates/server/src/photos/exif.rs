//! What the camera says of when and where.
