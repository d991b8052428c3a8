//! Ids for facts that nobody named.

use lead_domain::{EventId, Instant};
use service_kit::problem::Problem;
use service_kit::random;
use uuid::Builder;

/// The ids that one request may give. They are drawn once: a request with many facts asks the system once for chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FreshIds {
    millis: u64,
    random: [u8; 10],
}

impl FreshIds {
    /// For a request received then.
    pub(crate) fn draw(received_at: Instant) -> Result<Self, Problem> {
        let random = random::bytes().map_err(|error| Problem::internal(&error))?;
        Ok(Self { millis: u64::try_from(received_at.millis()).unwrap_or_default(), random })
    }

    /// The id of the fact at `index`: a UUID version 7 of its receipt. Those of one request ascend, until the last
    /// bytes overflow.
    pub(crate) fn of(&self, index: usize) -> EventId {
        let [a, b, c, d, e, f, g, h, i, j] = self.random;
        let last = u32::from_be_bytes([g, h, i, j]).wrapping_add(u32::try_from(index).unwrap_or_default());
        let [g, h, i, j] = last.to_be_bytes();
        let random = [a, b, c, d, e, f, g, h, i, j];
        EventId(Builder::from_unix_timestamp_millis(self.millis, &random).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_ids_of_a_request_differ_and_are_uuids_of_its_receipt() {
        let ids = FreshIds { millis: 1_700_000_000_000, random: [0xff; 10] };
        let all: BTreeSet<EventId> = (0..1_000).map(|index| ids.of(index)).collect();
        assert_eq!(all.len(), 1_000);
        assert!(all.iter().all(|id| id.0.get_version_num() == 7));
        assert!(all.iter().all(|id| id.0.to_string().starts_with("018bcfe5-6800-7")));
    }

    #[test]
    fn two_requests_at_one_instant_share_no_ids() {
        let draw = || FreshIds::draw(Instant::from_millis(1)).unwrap().of(0);
        assert_ne!(draw(), draw());
    }
}
