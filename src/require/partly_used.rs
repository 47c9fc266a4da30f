//! Components that are installed and do not run (D-25).

use crate::model::{Installation, Role};

use super::Ground;

/// Whether a component is known not to run: its service is stopped, or it was not used of late. Where nobody says, it
/// runs.
pub(super) fn is_idle(ground: &Ground<'_>, install: &Installation) -> bool {
    install.role == Role::Component
        && (install.running == Some(false) || install.running.is_none() && ground.is_long_ago(install.last_used))
}
