//! Through the leads of a list, in its order: those that are in a segment are picked out here, one look at each.
//!
//! A segment is a condition over a lead as the API shows it, which no column holds and no SQL repeats.

use lead_domain::Instant;
use lead_domain::segment::Segment;
use read_model::{After, LeadFilter, LeadSort, Listed};
use serde_json::Value;
use service_kit::problem::Problem;

use crate::state::{Active, Reads, ask_generation};
use crate::view::{LeadView, lead_of};

/// How many leads one read brings, where most may not be asked for.
const CHUNK: u32 = 500;
/// The same where all are looked at: a read that has to sort what it finds does it for each of them.
const COUNTED_AT_ONCE: u32 = 4_000;
/// How many leads are looked at for one page.
const LOOKED_AT: u32 = 20_000;

/// Leads in an order, and the instant at which they are looked at.
pub(crate) struct Walk<'a> {
    pub(crate) reads: &'a Reads,
    pub(crate) active: &'a Active,
    pub(crate) filter: LeadFilter,
    pub(crate) sort: LeadSort,
    pub(crate) at: Instant,
}

/// Some leads of a walk, and where to go on; nowhere at its end.
pub(crate) struct Stretch {
    pub(crate) found: Vec<LeadView>,
    pub(crate) next: Option<After>,
}

impl Walk<'_> {
    /// The first `limit` leads behind `after` that are in one of the segments; any, if there are none. Fewer than that
    /// where so many leads were looked at that the caller has to ask again. None where the generation of the rows was
    /// replaced meanwhile.
    ///
    /// # Errors
    /// What [`step`] says, and when a row cannot be read.
    pub(crate) async fn page(
        &self,
        segments: &[&Segment],
        after: Option<After>,
        limit: u32,
    ) -> Result<Option<Stretch>, Problem> {
        // One more than the page holds tells whether there is a next one.
        let chunk = if segments.is_empty() { limit + 1 } else { CHUNK };
        let (mut found, mut looked_at, mut behind) = (Vec::new(), 0, after);
        loop {
            let Some(rows) = self.rows(behind.as_ref(), chunk).await? else { return Ok(None) };
            let is_last = rows.len() < chunk as usize;
            behind = rows.last().map(|row| row.place.clone());
            for row in rows {
                let shown = self.view(&row)?;
                if is_in_one(segments, &shown)? {
                    found.push((shown, row.place));
                }
            }
            looked_at += chunk;
            if is_last || found.len() > limit as usize || looked_at >= LOOKED_AT {
                let end = if is_last { None } else { behind };
                let (found, next) = cut(found, limit as usize, end);
                return Ok(Some(Stretch { found, next }));
            }
        }
    }

    /// How many leads are in each of the segments. None where the generation of the rows was replaced meanwhile.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub(crate) async fn sizes(&self, segments: &[&Segment]) -> Result<Option<Vec<u64>>, Problem> {
        let mut sizes = vec![0; segments.len()];
        let mut behind = None;
        loop {
            let Some(rows) = self.rows(behind.as_ref(), COUNTED_AT_ONCE).await? else { return Ok(None) };
            for row in &rows {
                let shown = json(&self.view(row)?)?;
                for (size, segment) in sizes.iter_mut().zip(segments) {
                    *size += u64::from(segment.has(&shown));
                }
            }
            if rows.len() < COUNTED_AT_ONCE as usize {
                return Ok(Some(sizes));
            }
            behind = rows.last().map(|row| row.place.clone());
        }
    }

    async fn rows(&self, after: Option<&After>, limit: u32) -> Result<Option<Vec<Listed>>, Problem> {
        let reader = &self.reads.state.reader;
        ask_generation(reader.list(self.active.generation, &self.filter, self.sort, after, limit)).await
    }

    fn view(&self, row: &Listed) -> Result<LeadView, Problem> {
        lead_of(&row.lead, self.at, &self.active.policy)
    }
}

/// The page, and the place of its last lead if there are more. Else the walk goes on where it ended.
fn cut<T>(mut found: Vec<(T, After)>, limit: usize, end: Option<After>) -> (Vec<T>, Option<After>) {
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().map(|(_, place)| place.clone());
    let next = if more { last } else { end };
    (found.into_iter().map(|(lead, _)| lead).collect(), next)
}

fn is_in_one(segments: &[&Segment], shown: &LeadView) -> Result<bool, Problem> {
    if segments.is_empty() {
        return Ok(true);
    }
    let shown = json(shown)?;
    Ok(segments.iter().any(|segment| segment.has(&shown)))
}

fn json(shown: &LeadView) -> Result<Value, Problem> {
    serde_json::to_value(shown).map_err(|error| Problem::internal(&error))
}

#[cfg(test)]
mod tests {
    use lead_domain::LeadId;

    use super::*;

    fn place(number: u128) -> After {
        After::Name(None, LeadId(uuid::Uuid::from_u128(number)))
    }

    #[test]
    fn a_page_goes_on_behind_its_last_lead_or_where_the_walk_ended() {
        let found = || vec![("a", place(1)), ("b", place(2)), ("c", place(3))];
        assert_eq!(cut(found(), 2, Some(place(9))), (vec!["a", "b"], Some(place(2))));
        assert_eq!(cut(found(), 2, None), (vec!["a", "b"], Some(place(2))));
        assert_eq!(cut(found(), 3, Some(place(9))), (vec!["a", "b", "c"], Some(place(9))));
        assert_eq!(cut(found(), 3, None), (vec!["a", "b", "c"], None));
        assert_eq!(cut(Vec::<(&str, After)>::new(), 3, Some(place(9))), (vec![], Some(place(9))));
    }
}
