//! trueup works out an organisation's Effective Licence Position from the inventories and purchase records it has.
//!
//! The stages form a star: each knows only the foundation ([`model`], [`diag`], [`rules`]); only [`pipeline`] and
//! [`assess`] import stages. A test keeps it so.

#[cfg(test)]
extern crate self as trueup;

pub mod allocate;
pub mod assess;
pub mod case_check;
pub mod cli;
pub mod diag;
pub mod discover;
pub mod entitle;
pub mod explain;
pub mod model;
pub mod pipeline;
pub mod plan;
pub mod read;
pub mod recognise;
pub mod report;
pub mod require;
pub mod rules;
pub mod store;
pub mod support;
