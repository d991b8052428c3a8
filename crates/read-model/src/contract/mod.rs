//! The behaviour that every read model shows. Each adapter runs all of these cases, each on an empty read model.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a contract suite is a test")]

pub mod campaigns;
pub mod changes;
pub mod clockwork;
pub mod fence;
pub mod follow_ups;
pub mod funnel;
pub mod generations;
pub mod identities;
pub mod leads;
pub mod lists;
pub mod people;
mod sample;
mod stand;
pub mod timeline;
pub mod whole;

use lead_domain::LeadId;

use crate::{Clockwork, GenerationStore, ProjectionStore, ReadModel};

/// An empty read model to try an adapter on.
#[async_trait::async_trait]
pub trait Stand: Send + Sync {
    /// The projector of one more process.
    fn projection(&self) -> Box<dyn ProjectionStore>;

    /// The generations as one more process sees them.
    fn generations(&self) -> Box<dyn GenerationStore>;

    /// What time changed, as one more process finds it.
    fn clockwork(&self) -> Box<dyn Clockwork>;

    /// The reader.
    fn reader(&self) -> Box<dyn ReadModel>;

    /// All rows in canonical form.
    async fn dump(&self) -> String;

    /// Returns when a transaction waits for another one; where that cannot be seen, when others had their chance.
    async fn until_somebody_waits(&self);

    /// Returns when a task has ended, or waits for another one.
    async fn until_somebody_waits_or_ends(&self, task: &tokio::task::JoinHandle<Option<Vec<LeadId>>>) {
        while !task.is_finished() {
            tokio::task::yield_now().await;
            if !self.runs_side_by_side() {
                return self.until_somebody_waits().await;
            }
        }
    }

    /// Transactions about different leads go on at the same time.
    fn runs_side_by_side(&self) -> bool;

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
            fence: the_latest_instant_of_all_facts_is_told,
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
            generations: an_old_policy_comes_back_by_command_only,
            generations: a_generation_is_filled_page_by_page_and_takes_over_whole,
            generations: a_batch_writes_every_generation_that_is_filled,
            generations: a_page_that_is_dropped_is_filled_again,
            generations: what_was_wished_for_last_takes_over_last,
            generations: the_only_process_ends_the_fillings_of_others,
            generations: what_is_due_is_known_beside_the_active_generation,
            generations: the_switch_tells_what_the_new_policy_sees_otherwise,
            generations: rows_of_a_superseded_generation_are_discarded,
            generations: a_rebuild_is_a_generation_of_its_own,
            generations: a_switch_waits_for_the_open_batch_and_holds_off_the_next,
            generations: policies_are_known_for_ever,
            follow_ups: the_queue_shows_at_every_instant_what_the_schedules_say,
            follow_ups: the_queue_is_paged_and_filtered,
            follow_ups: questions_are_told_with_their_answers,
            funnel: a_funnel_counts_and_takes_medians,
            funnel: spellings_of_a_country_count_together,
            funnel: a_funnel_follows_leads_that_move_and_go,
            changes: changes_are_numbered_in_their_order_and_announced_once,
            changes: a_reader_never_sees_a_number_below_one_it_has_seen,
            campaigns: facts_about_campaigns_come_in_pages_each_campaign_in_the_order_of_facts,
            campaigns: facts_about_one_campaign_are_found_by_its_name,
            campaigns: a_touched_lead_comes_once_with_all_its_facts_that_carry_a_campaign,
            campaigns: touched_leads_are_paged_to_the_end,
            campaigns: leads_that_one_campaign_touched_come_with_what_others_did,
            campaigns: long_names_are_found_by_their_beginning,
            campaigns: a_generation_that_was_replaced_is_superseded,
            changes: a_change_comes_back_as_it_was_announced,
            clockwork: what_is_due_is_taken_once_and_noted_anew,
            clockwork: two_processes_do_not_take_the_same_lead,
            people: everybody_is_read_page_by_page,
            people: the_facts_of_a_person_stand_in_their_order,
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
