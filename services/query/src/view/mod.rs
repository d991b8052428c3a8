//! What an answer shows. The names and the nesting are the contract.

mod campaign;
mod change;
mod criteria;
mod fact;
mod follow_up;
mod funnel;
mod history;
mod lead;
pub(crate) mod names;
mod policy;
mod row;
mod score;
mod sentences;
mod simulation;
mod why;

pub(crate) use campaign::CampaignPage;
pub(crate) use change::{ChangePage, ChangeView};
pub(crate) use fact::{FactView, TimelinePage};
pub(crate) use follow_up::{AnswerTimesView, FollowUpPage, FollowUpView, NextFollowUpView, WITHIN_MS};
pub(crate) use funnel::FunnelView;
pub(crate) use history::HistoryView;
pub(crate) use lead::{LeadPage, LeadView, Seen};
pub(crate) use policy::{PoliciesView, PolicyView};
pub(crate) use row::lead_of;
pub(crate) use score::ScoreView;
pub(crate) use simulation::{SampleView, SimulationView};

/// Points as a list or a lead shows them: one decimal, halves away from zero, never "minus zero".
fn shown(points: f64) -> f64 {
    (points * 10.0).round() / 10.0 + 0.0
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn points_are_shown_to_one_decimal_and_zero_has_no_sign() {
        assert_eq!([72.94, 72.95, 0.04, -0.26].map(shown), [72.9, 73.0, 0.0, -0.3]);
        assert!(shown(-0.04).is_sign_positive());
    }
}
