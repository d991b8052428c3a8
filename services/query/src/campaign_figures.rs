//! Campaign figures, computed when they are asked for: how events are attributed is chosen then.

use lead_domain::campaign::{CampaignFigures, CampaignRow, Campaigns};
use lead_domain::fact::LeadEvent;
use lead_domain::lead::Lead;
use read_model::TouchedLead;
use service_kit::problem::Problem;

use crate::campaign_question::AskedCampaigns;
use crate::state::{Active, Reads, ask, ask_generation};

/// How many facts, or people, are read in one step: a step must not take long, and memory must hold it.
const STEP: u32 = 250;

impl Reads {
    /// The rows that are asked for, one more than the page holds if there are more; none before qualification ran for
    /// the first time.
    ///
    /// # Errors
    /// What [`ask`] says.
    pub(crate) async fn campaign_rows(
        &self,
        asked: &AskedCampaigns,
    ) -> Result<Option<Vec<CampaignRow>>, Problem> {
        let found = self.under_one(async |active| self.count(asked, active).await).await?;
        Ok(found.map(|(_, rows)| rows))
    }

    /// None where the next generation took over meanwhile.
    async fn count(
        &self,
        asked: &AskedCampaigns,
        active: &Active,
    ) -> Result<Option<Vec<CampaignRow>>, Problem> {
        let mut figures = CampaignFigures::new(asked.question.clone(), self.campaigns(asked).await?);
        let (generation, campaign) = (active.generation, asked.question.campaign.as_deref());
        let mut after = None;
        loop {
            let step = self.state.reader.touched(generation, campaign, after, STEP);
            let Some(page) = ask_generation(step).await? else { return Ok(None) };
            page.leads.iter().try_for_each(|lead| count_lead(&mut figures, lead))?;
            after = page.next;
            if after.is_none() {
                return Ok(Some(figures.rows()));
            }
        }
    }

    /// What is told of the campaigns themselves.
    async fn campaigns(&self, asked: &AskedCampaigns) -> Result<Campaigns, Problem> {
        let (mut campaigns, mut last): (_, Option<LeadEvent>) = (Campaigns::within(asked.period), None);
        loop {
            let campaign = asked.question.campaign.as_deref();
            let facts = ask(self.state.reader.about_campaigns(campaign, last.as_ref(), STEP)).await?;
            facts.iter().for_each(|event| campaigns.learn(&event.fact));
            if facts.len() < STEP as usize {
                return Ok(campaigns);
            }
            last = facts.into_iter().next_back();
        }
    }
}

fn count_lead(figures: &mut CampaignFigures, lead: &TouchedLead) -> Result<(), Problem> {
    let unreadable = |_| Problem::internal(&"the state of a lead in the read model cannot be read");
    let state = Lead::from_json(&lead.state).map_err(unreadable)?;
    figures.add_lead(&state, lead.facts.iter().map(|event| &event.fact));
    Ok(())
}
