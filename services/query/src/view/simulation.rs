//! What trying a policy tells, as the API shows it.

use lead_domain::policy::Policy;
use lead_domain::simulation::{Move, Outcome, Quality, Ranking};
use lead_domain::{Instant, LeadId};
use serde::Serialize;
use utoipa::ToSchema;

use super::ScoreView;

/// A candidate policy beside the active one, over every lead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Simulation)]
pub(crate) struct SimulationView {
    /// The instant at which both were compared. RFC 3339, UTC.
    #[schema(value_type = String, format = DateTime, example = "2026-06-01T08:00:00.000Z")]
    as_of: Instant,
    /// How many leads were folded, people without e-mail, phone and external id among them.
    #[schema(example = 12)]
    leads: u64,
    /// The policy that is answered from.
    active: VersionView,
    /// The policy that was tried.
    candidate: VersionView,
    /// Who would stand elsewhere.
    moves: MovesView,
    /// Some of them, at most twenty, by id; every kind of move is among them before one is there twice.
    sample: Vec<SampleView>,
    /// How well the score of each policy would have told who buys, at 1, 7, 14 and 30 days of age.
    ranking: Vec<RankingView>,
}

/// A version of a policy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyVersion)]
struct VersionView {
    /// The hash of its canonical text.
    #[schema(example = "9732cbd7624f01ce07c88c65c4ea0b74f62a8ec4ff844cc4beb888e7568f861c")]
    version: String,
}

/// How many leads would move; those that stay count nowhere.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Moves)]
struct MovesView {
    /// Between stages.
    stage: Vec<MoveView>,
    /// Between temperatures.
    temperature: Vec<MoveView>,
    /// Between grades.
    grade: Vec<MoveView>,
}

/// So many leads go from one value to another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Move)]
struct MoveView {
    /// The code under the active policy; null for no stage, and for no grade.
    #[schema(example = "warm")]
    from: Option<&'static str>,
    /// The code under the candidate.
    #[schema(example = "hot")]
    to: Option<&'static str>,
    /// How many.
    #[schema(example = 1)]
    leads: u64,
}

/// A lead that would move, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SimulationSample)]
pub(crate) struct SampleView {
    /// The lead.
    #[schema(value_type = uuid::Uuid, example = "eaaddb10-1078-8e69-a13f-1ba35b3e10e8")]
    lead_id: LeadId,
    /// Its score under the active policy.
    active: ScoreView,
    /// Its score under the candidate.
    candidate: ScoreView,
}

/// How well scores at one age would have ranked those who later bought. Each lead is scored from the facts up to that age alone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ranking)]
struct RankingView {
    /// Days after the lead's first fact.
    #[schema(example = 7)]
    age_days: u32,
    /// Leads that are old enough and had, by then, no purchase and were neither disqualified nor refused.
    #[schema(example = 6)]
    undecided: u64,
    /// Those of them who have a purchase now.
    #[schema(example = 1)]
    buyers: u64,
    /// By the score of the active policy.
    active: QualityView,
    /// By the score of the candidate.
    candidate: QualityView,
}

/// How well a score ranks buyers before others.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RankingQuality)]
struct QualityView {
    /// The share of pairs (buyer, other) in which the buyer scored higher, a tie being a half: 0.5 is chance, 1 is all of
    /// them. Null where there is no pair.
    #[schema(example = 0.786)]
    auc: Option<f64>,
    /// Lower and upper end of its 95 % interval, by DeLong's method. Null below ten buyers or ten others.
    #[schema(value_type = Option<Vec<f64>>, min_items = 2, max_items = 2, example = json!([0.761, 0.811]))]
    auc_95: Option<[f64; 2]>,
    /// The buyers' share among the best-scored tenth divided by their share among all; leads that tie at its border are in
    /// it in equal parts. Null below ten buyers or ten others.
    #[schema(example = 2.4)]
    top_decile_lift: Option<f64>,
}

impl SimulationView {
    pub(crate) fn new(
        outcome: Outcome,
        active: &Policy,
        candidate: &Policy,
        sample: Vec<SampleView>,
    ) -> Self {
        let version = |policy: &Policy| VersionView { version: policy.version().to_owned() };
        let moves = |moves: Vec<Move>| moves.into_iter().map(MoveView::new).collect();
        Self {
            as_of: outcome.at,
            leads: outcome.leads,
            active: version(active),
            candidate: version(candidate),
            moves: MovesView {
                stage: moves(outcome.moves.stage()),
                temperature: moves(outcome.moves.temperature()),
                grade: moves(outcome.moves.grade()),
            },
            sample,
            ranking: outcome.ranking.into_iter().map(RankingView::new).collect(),
        }
    }
}

impl MoveView {
    const fn new(Move { from, to, leads }: Move) -> Self {
        Self { from, to, leads }
    }
}

impl SampleView {
    pub(crate) const fn new(lead_id: LeadId, active: ScoreView, candidate: ScoreView) -> Self {
        Self { lead_id, active, candidate }
    }
}

impl RankingView {
    const fn new(ranking: Ranking) -> Self {
        let Ranking { age_days, undecided, buyers, active, candidate } = ranking;
        let (active, candidate) = (QualityView::new(active), QualityView::new(candidate));
        Self { age_days, undecided, buyers, active, candidate }
    }
}

impl QualityView {
    const fn new(Quality { auc, auc_95, top_decile_lift }: Quality) -> Self {
        Self { auc, auc_95, top_decile_lift }
    }
}
