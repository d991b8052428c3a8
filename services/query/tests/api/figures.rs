//! What the read model of these tests says of follow-ups, figures and changes: computed from its leads, one by one.

use async_trait::async_trait;
use lead_domain::fact::LeadEvent;
use lead_domain::identity::Subject;
use lead_domain::lead::{Lead, Question};
use lead_domain::policy::{Policy, Stage};
use lead_domain::{Instant, LeadId};
use read_model::{
    AnswerTimes, CampaignReader, ChangeReader, FollowUpFilter, FollowUpReader, FollowUpRow, FunnelQuestion,
    FunnelReader, FunnelRow, LeadView, NumberedChange, StoreError, TouchedLead, TouchedPage,
};

use crate::support::Fake;

impl Fake {
    fn folded(&self) -> Vec<(LeadId, Lead)> {
        let policy = Policy::default_policy();
        let one =
            |id: &LeadId| Some((*id, Lead::fold(self.leads[id].iter().map(|event| &event.fact), &policy)?));
        self.leads.keys().filter_map(one).collect()
    }
}

fn counted(times: &[(Instant, Option<Instant>)], within: [i64; 2]) -> AnswerTimes {
    let took = |(asked, answered): &(Instant, Option<Instant>)| Some((*answered)?.millis() - asked.millis());
    let mut took: Vec<i64> = times.iter().filter_map(took).collect();
    took.sort_unstable();
    let middle = |place: usize| took.get(place).map(|ms| *ms as f64);
    let median_ms = middle(took.len().saturating_sub(1) / 2).zip(middle(took.len() / 2));
    AnswerTimes {
        questions: times.len() as u64,
        answered: took.len() as u64,
        within: within.map(|limit| took.partition_point(|took| *took <= limit) as u64),
        median_ms: median_ms.map(|(low, high)| f64::midpoint(low, high)),
    }
}

#[async_trait]
impl FollowUpReader for Fake {
    async fn queue(
        &self,
        generation: i64,
        filter: &FollowUpFilter,
        after: Option<(Instant, LeadId)>,
        limit: u32,
    ) -> Result<Vec<FollowUpRow>, StoreError> {
        self.trouble().await?;
        self.still_active(generation)?;
        let policy = Policy::default_policy();
        let row = |(id, lead): (LeadId, Lead)| {
            let candidate = lead.follow_up_at(filter.at, &policy)?;
            let stage = lead.stage.map(|stage| stage.name().to_owned());
            let wanted = candidate.due_at <= filter.due_before
                && (filter.reason.is_empty()
                    || filter.reason.iter().any(|one| one == candidate.reason.name()))
                && (filter.stage.is_empty() || filter.stage.contains(&stage))
                && (filter.owner.is_empty()
                    || lead.owner.as_ref().is_some_and(|one| filter.owner.contains(one)));
            wanted.then_some(FollowUpRow {
                lead: self.view(id)?,
                reason: candidate.reason.name().to_owned(),
                due_at: candidate.due_at,
                waiting_since: candidate.waiting_since,
            })
        };
        let mut rows: Vec<FollowUpRow> = self.folded().into_iter().filter_map(row).collect();
        rows.sort_by_key(|row| (row.due_at, row.lead.id));
        let behind =
            rows.into_iter().filter(|row| after.is_none_or(|after| (row.due_at, row.lead.id) > after));
        Ok(behind.take(limit as usize).collect())
    }

    async fn answer_times(
        &self,
        generation: i64,
        from: Instant,
        to: Instant,
        within: [i64; 2],
    ) -> Result<AnswerTimes, StoreError> {
        self.trouble().await?;
        self.still_active(generation)?;
        let policy = Policy::default_policy();
        let mut times: Vec<(Instant, Option<Instant>)> = Vec::new();
        for events in self.leads.values() {
            let mut lead = None;
            for event in events {
                match Lead::fold_on(&mut lead, &event.fact, &policy).question {
                    Some(Question::Asked { at, .. }) => {
                        times.push((at, None));
                    }
                    Some(Question::Answered { at, .. }) => {
                        times.last_mut().unwrap().1 = Some(at);
                    }
                    None => {}
                }
            }
        }
        times.retain(|(asked, _)| from <= *asked && *asked < to);
        Ok(counted(&times, within))
    }
}

#[async_trait]
impl FunnelReader for Fake {
    async fn funnel(&self, generation: i64, question: FunnelQuestion) -> Result<Vec<FunnelRow>, StoreError> {
        self.trouble().await?;
        self.still_active(generation)?;
        let mut row = FunnelRow { group: question.group.map(|_| "ads".to_owned()), ..FunnelRow::default() };
        for (_, lead) in self.folded() {
            for (place, stage) in Stage::UPWARDS.into_iter().enumerate() {
                row.current[place] += u64::from(lead.stage == Some(stage));
                row.reached[place] += u64::from(lead.reached.at(stage).is_some());
            }
        }
        row.median_ms = [Some(0.0), Some(1_500.0), None];
        Ok(vec![row])
    }
}

#[async_trait]
impl CampaignReader for Fake {
    async fn about_campaigns(
        &self,
        campaign: Option<&str>,
        after: Option<&LeadEvent>,
        limit: u32,
    ) -> Result<Vec<LeadEvent>, StoreError> {
        self.trouble().await?;
        let asked = |event: &&LeadEvent| match &event.fact.subject {
            Subject::Campaign(name) => campaign.is_none_or(|campaign| campaign == name),
            Subject::Identified(_) | Subject::Lead(_) => false,
        };
        let start = after.map_or(0, |last| self.about.iter().position(|event| event == last).unwrap() + 1);
        Ok(self.about.iter().skip(start).filter(asked).take(limit as usize).cloned().collect())
    }

    async fn touched(
        &self,
        generation: i64,
        campaign: Option<&str>,
        after: Option<LeadId>,
        limit: u32,
    ) -> Result<TouchedPage, StoreError> {
        self.trouble().await?;
        self.still_active(generation)?;
        let behind = self.leads.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
        let page: Vec<_> = behind.take(limit as usize).collect();
        let touched = |(id, events): &(&LeadId, &Vec<LeadEvent>)| {
            let facts: Vec<_> =
                events.iter().filter(|event| event.fact.campaign.is_some()).cloned().collect();
            let asked = |event: &LeadEvent| campaign.is_none() || event.fact.campaign.as_deref() == campaign;
            let LeadView { id, state, .. } = self.view(**id).filter(|_| facts.iter().any(asked))?;
            Some(TouchedLead { id, state, facts })
        };
        let next = page.last().filter(|_| page.len() == limit as usize).map(|(id, _)| **id);
        Ok(TouchedPage { leads: page.iter().filter_map(touched).collect(), next })
    }
}

#[async_trait]
impl ChangeReader for Fake {
    async fn changes(&self, after: i64, limit: u32) -> Result<Vec<NumberedChange>, StoreError> {
        self.trouble().await?;
        let changes = self.changes.lock().unwrap().clone();
        let numbered = (1..).zip(changes).map(|(number, change)| NumberedChange { number, change });
        Ok(numbered.filter(|one| one.number > after).take(limit as usize).collect())
    }
}
