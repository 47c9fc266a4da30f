//! Components that are installed and do not run (D-25).

use jiff::ToSpan;

use crate::model::{Installation, Role};

use super::Ground;

/// Whether a component is known not to run: its service is stopped, or it was not used of late. Where nobody says, it
/// runs.
pub(super) fn is_idle(ground: &Ground<'_>, install: &Installation) -> bool {
    let limit = ground.as_of.checked_sub(i64::from(ground.settings.stale_after_days).days());
    let unused = matches!((install.last_used, limit), (Some(used), Ok(limit)) if used < limit);
    install.role == Role::Component && (install.running == Some(false) || install.running.is_none() && unused)
}
