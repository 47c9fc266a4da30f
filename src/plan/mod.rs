//! What to do about a position: the deployment gate (`gate`), and the plan that closes every shortfall at least cost.
//!
//! The stage compares assessments and makes none: whoever calls it brings the engine. Nothing is worked out here that the
//! engine can say: each change is made in a copy of the estate, and the position of that copy tells what it saves.
//! `purchase` searches what to buy, `candidates` finds what else may help, `decide` chooses among it, `bound` says what no
//! choice can undercut, `steps` puts the choice in order and words, `courses` sets other courses beside it, among them `true_up` and `audit`. What buying as it
//! stands takes is the same as on the rows of the position (`rules::Shop`).

mod audit;
mod bound;
mod candidates;
mod change;
mod courses;
mod dates;
mod decide;
mod gate;
mod ground;
mod make;
mod purchase;
mod steps;
mod trial;
mod true_up;

pub use change::apply;
pub use gate::{Answered, Change, Cover, Gate, gate};
pub use ground::{Assess, Request};
pub use make::plan;
