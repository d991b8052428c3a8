//! The behaviour that every read model shows. Each adapter runs all of these cases, each on an empty read model.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a contract suite is a test")]

pub mod changes;
pub mod fence;
pub mod generations;
pub mod identities;
pub mod leads;
pub mod lists;
mod sample;
mod stand;
pub mod timeline;
pub mod whole;

use lead_domain::EventId;

use crate::{GenerationStore, LeadReader, ProjectionStore, ReadModelStatus};

/// An empty read model to try an adapter on.
#[async_trait::async_trait]
pub trait Stand: Send + Sync {
    /// The projector of one more process.
    fn projection(&self) -> Box<dyn ProjectionStore>;

    /// The generations as one more process sees them.
    fn generations(&self) -> Box<dyn GenerationStore>;

    /// The reader.
    fn reader(&self) -> Box<dyn LeadReader>;

    /// How far it has come.
    fn status(&self) -> Box<dyn ReadModelStatus>;

    /// All rows in canonical form.
    async fn dump(&self) -> String;

    /// The change feed: numbers and ids, in the order of numbers.
    async fn changes(&self) -> Vec<(i64, EventId)>;

    /// Returns when a transaction waits for another one; where that cannot be seen, when others had their chance.
    async fn until_somebody_waits(&self);

    /// Removes it.
    async fn remove(&self);
}

/// Makes a test of each case. The argument is an `async fn() -> Arc<dyn Stand>`, after attributes for every test.
#[macro_export]
macro_rules! read_model_contract {
    ($([$($attribute:tt)*])? $stand:path) => {
        $crate::read_model_contract! { @all [$($($attribute)*)?] $stand;
            fence: a_claim_finds_where_the_one_before_left_off_and_has_a_greater_epoch,
            fence: a_position_moves_only_from_where_its_owner_left_it,
            fence: the_batch_of_an_older_claim_is_fenced,
            fence: a_dropped_batch_leaves_nothing,
            fence: a_claim_waits_for_the_open_batch,
            fence: positions_are_told_per_partition,
            fence: a_batch_of_a_generation_that_is_not_active_is_superseded,
            timeline: a_fact_goes_in_once_and_the_first_content_stays,
            timeline: facts_of_subjects_come_in_the_order_of_facts,
            timeline: the_facts_of_a_lead_are_those_of_all_its_identifiers,
            timeline: a_timeline_is_paged_newest_first,
            timeline: a_fact_comes_back_as_it_was_stored,
            identities: an_identifier_is_inserted_once_and_completed_later,
            identities: one_identifier_locks_all_of_its_lead,
            identities: pairs_come_back_whole,
            identities: a_pair_with_an_end_outside_tells_its_kind,
            identities: two_batches_about_one_person_take_turns,
            identities: many_batches_about_the_same_people_lose_nothing,
            leads: a_lead_comes_back_as_written,
            leads: a_lead_is_replaced_whole,
            leads: a_lead_that_is_gone_is_found_no_more,
            leads: an_id_that_was_merged_leads_to_the_lead,
            leads: an_identifier_without_facts_is_no_lead,
            leads: a_lead_that_misses_a_record_is_incomplete,
            lists: each_filter_keeps_what_it_says,
            lists: filters_hold_together,
            lists: a_part_of_a_text_is_found_whatever_its_characters,
            lists: each_order_is_paged_to_the_end,
            lists: places_keep_the_bits_of_their_keys,
            lists: a_place_in_another_order_is_refused,
            generations: a_generation_is_registered_once_and_becomes_active,
            generations: an_old_policy_does_not_come_back,
            generations: a_switch_refolds_every_lead_and_takes_over_whole,
            generations: a_dropped_switch_leaves_nothing,
            generations: only_a_new_generation_takes_over,
            generations: a_switch_waits_for_the_open_batch_and_holds_off_the_next,
            changes: changes_are_numbered_in_their_order_and_announced_once,
            changes: a_reader_never_sees_a_number_below_one_it_has_seen,
            whole: equal_stores_dump_equal_text,
        }
    };
    (@all $attributes:tt $stand:path; $($part:ident: $case:ident,)*) => {
        $($crate::read_model_contract! { @one $attributes $stand; $part $case })*
    };
    (@one [$($attribute:tt)*] $stand:path; $part:ident $case:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        $($attribute)*
        async fn $case() {
            let stand = $stand().await;
            let tried = std::sync::Arc::clone(&stand);
            let outcome = tokio::spawn(async move { $crate::contract::$part::$case(tried.as_ref()).await }).await;
            stand.remove().await;
            outcome.unwrap();
        }
    };
}
