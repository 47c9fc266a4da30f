//! Record → product: which raw statements prove an installation, which only belong to one, which never count.
//!
//! [`normalise`] makes names comparable, [`Matcher`] holds the rules of all products and answers once for each distinct
//! record, [`fold`] turns the records of a host into its installations, and [`score`] measures the rules on labelled rows.
//! [`identity`] joins what several sources say of one machine.

mod expression;
pub mod identity;
mod matcher;
pub mod normalise;
mod sales;
mod score;
mod software;

pub use matcher::{Matcher, MatcherError, Memory, Recognition};
pub use sales::{Sold, Titles, subscription_name};
pub use score::{LabelFault, LabelledRow, Score, ScoreError, read_labels, score};
pub use software::{Contradiction, HostSoftware, Locate, Seen, Unconfirmed, fold};
