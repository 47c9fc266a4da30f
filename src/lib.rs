//! trueup works out an organisation's Effective Licence Position from the inventories and purchase records it has.
//!
//! The stages form a star: each knows only the foundation ([`model`], [`diag`], [`rules`]); only [`pipeline`] and
//! `assess` import stages. A test keeps it so.

#[cfg(test)]
extern crate self as trueup;

pub mod cli;
pub mod diag;
pub mod explain;
pub mod model;
pub mod pipeline;
pub mod read;
pub mod report;
pub mod rules;
