//! What to do about a position: the deployment gate (`gate`).
//!
//! The stage compares assessments and makes none: whoever calls it brings them.

mod gate;

pub use gate::{Answered, Change, Cover, Gate, gate};
