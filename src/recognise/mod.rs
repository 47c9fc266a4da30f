//! Software records → products, and sightings of machines → hosts.

pub mod identity;
