//! trueup works out an organisation's Effective Licence Position from the inventories and purchase records it has.
//!
//! The stages form a star: each knows only the foundation ([`model`], [`diag`], [`rules`]); only [`pipeline`] and
//! [`assess`] import stages. A test keeps it so.

pub mod diag;
pub mod model;
pub mod read;
pub mod recognise;
pub mod rules;
pub mod store;
