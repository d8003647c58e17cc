//! Rules about comments that take findings out. Whether such a comment is needed is known only when all
//! other findings are, so `settle::suppress` reports them; here is the place that their pages name.

use super::Check;

/// Reported by `settle::suppress`, when findings and comments have met.
pub(super) fn when_settled(_: &mut Check<'_>) {}
