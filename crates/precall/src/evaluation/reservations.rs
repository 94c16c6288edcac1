//! The reservations that a call needs, at most one for each kind of counter.

use std::collections::BTreeMap;

use crate::call::Call;
use crate::frequency_cap::{CountBy, Counter, FrequencyCap, Reservation};

/// The reservations of one call.
pub(super) struct Reservations {
    by_kind: BTreeMap<CountBy, (Reservation, IsShadowOnly)>,
}

/// True if only shadow rules use the counter.
type IsShadowOnly = bool;

impl Reservations {
    pub(super) fn new() -> Self {
        Self { by_kind: BTreeMap::new() }
    }

    /// Returns the reservation of a cap's counter, and adds it if necessary. It keeps as many attempts as the cap needs.
    pub(super) fn of(&mut self, cap: &FrequencyCap, call: &Call, is_shadow: bool) -> &mut Reservation {
        let (reservation, is_shadow_only) = self.by_kind.entry(cap.count_by).or_insert_with(|| {
            let counter = cap.count_by.counter(call.from.as_ref(), &call.to);
            (Reservation { counter, limits: Vec::new(), record: false, keep: cap.limit }, true)
        });
        reservation.keep = reservation.keep.covering(cap.limit);
        *is_shadow_only &= is_shadow;
        reservation
    }

    /// Returns the counters that only shadow rules use.
    pub(super) fn shadow_only(&self) -> Vec<Counter> {
        let shadow_only = self.by_kind.values().filter(|(_, is_shadow_only)| *is_shadow_only);
        shadow_only.map(|(reservation, _)| reservation.counter.clone()).collect()
    }

    pub(super) fn into_vec(self) -> Vec<Reservation> {
        self.by_kind.into_values().map(|(reservation, _)| reservation).collect()
    }
}
