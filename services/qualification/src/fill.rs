//! Fills a generation beside the active one, lead by lead, and lets it take over when it is complete.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lead_domain::policy::FOLD_VERSION;
use lead_domain::{IdentitySecret, Instant, LeadId};
use read_model::{
    ActivePolicy, ChangeRow, Filling, GenerationKey, GenerationPage, GenerationStore, GenerationSwitch,
    LeadRow, Moved, Refold, Standing, StoreError,
};
use service_kit::clock::Clock;
use service_kit::lifecycle::Shutdown;

use crate::due::Due;
use crate::fold::whole;
use crate::generation::{Generation, RulesError, generation};

/// Leads that are folded in one transaction. Batches of the log wait for it where there is one writer.
const PAGE: u32 = 100;
/// Leads that are compared at a time when a generation takes over, and whose old rows are removed at a time.
const MANY: u32 = 500;
const FIRST_REST: Duration = Duration::from_millis(50);
/// How often somebody may have wished for another policy.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(5);

/// Fills generations.
#[derive(Clone, Debug)]
pub struct Filler {
    store: Arc<dyn GenerationStore>,
    secret: IdentitySecret,
    clock: Clock,
}

impl Filler {
    /// A filler over a store. Changes that a switch causes are announced at the clock's instant.
    #[must_use]
    pub fn new(store: Arc<dyn GenerationStore>, secret: IdentitySecret, clock: Clock) -> Self {
        Self { store, secret, clock }
    }

    /// Fills whatever is wished for until it is told to stop. What is away is waited for; of what another process fills,
    /// each page is folded by one of them.
    ///
    /// # Errors
    /// When the rows cannot be used by this build.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), RulesError> {
        let mut rest = FIRST_REST;
        while !shutdown.is_requested() {
            match self.advance().await {
                Ok(true) => rest = FIRST_REST,
                Ok(false) => shutdown.pause(LOOK_EVERY).await,
                Err(RulesError::Store(
                    error @ (StoreError::Unavailable(_)
                    | StoreError::Conflict(_)
                    | StoreError::Superseded { .. }),
                )) => {
                    tracing::debug!(%error, "a page was not filled, trying again");
                    shutdown.pause(rest).await;
                    rest = (rest * 2).min(LONGEST_REST);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// One page of the generation that was wished for last, its switch (which ends what was wished for before), or the removal of rows nobody answers from; false
    /// when there is nothing to do.
    ///
    /// # Errors
    /// When the store is away, or the rows cannot be used by this build.
    pub async fn advance(&self) -> Result<bool, RulesError> {
        let standing = self.store.standing().await?;
        let Some(last) = standing.filling.last() else { return Ok(self.store.discard(MANY).await? > 0) };
        let wished = Wished::of(last, standing.active.as_ref())?;
        let now = Instant::from_millis(self.clock.now_ms());
        if self.fill_page(&wished, now).await?.is_none() {
            self.take_over(&wished.generation, now).await?;
        }
        Ok(true)
    }

    /// Fills a generation to the end and lets it take over at `now`.
    ///
    /// # Errors
    /// When the store is away, or another generation took over meanwhile.
    pub async fn fill(&self, number: i64, now: Instant) -> Result<(), RulesError> {
        let Standing { filling, active } = self.store.standing().await?;
        let wished = filling.iter().find(|filling| filling.generation == number);
        let wished = wished.ok_or(StoreError::Superseded { generation: number })?;
        let wished = Wished::of(wished, active.as_ref())?;
        let mut leads = 0;
        while let Some(filled) = self.fill_page(&wished, now).await? {
            leads += filled;
            tracing::debug!(generation = number, leads, "leads were folded anew");
        }
        self.take_over(&wished.generation, now).await
    }

    /// None when all are filled.
    async fn fill_page(&self, wished: &Wished, now: Instant) -> Result<Option<usize>, StoreError> {
        let number = wished.generation.number;
        let Some(mut page) = self.store.begin_page(number, PAGE).await? else { return Ok(None) };
        let rows = rows_of(page.as_mut(), wished, now).await?;
        let filled = rows.len();
        page.commit(rows).await?;
        Ok(Some(filled))
    }

    /// Announces what the new policy sees otherwise; a rebuild and a mended fold under the same policy announce nothing.
    async fn take_over(&self, generation: &Generation, now: Instant) -> Result<(), RulesError> {
        let mut switch = self.store.begin_switch(generation.number).await?;
        let Standing { active, .. } = self.store.standing().await?;
        if let Some(before) = active.filter(|active| !is_same_policy(&active.key, generation)) {
            self.announce(switch.as_mut(), &before, generation, now).await?;
        }
        switch.activate(now).await?;
        let (number, policy) = (generation.number, generation.policy.version());
        tracing::info!(policy, generation = number, "the policy took over");
        Ok(())
    }

    /// What time changed under the policy before is announced first, and what the new one sees otherwise then. What time
    /// changed long ago under the new one is a part of that, and no news.
    async fn announce(
        &self,
        switch: &mut dyn GenerationSwitch,
        before: &ActivePolicy,
        generation: &Generation,
        now: Instant,
    ) -> Result<(), RulesError> {
        if before.key.fold_version == FOLD_VERSION {
            let before = self::generation(before.generation, &before.key, &before.policy_text)?;
            self.pass(switch, &before, now, true).await?;
        }
        self.announce_moved(switch, generation, now).await?;
        Ok(self.pass(switch, generation, now, false).await?)
    }

    /// Notes that what time changed up to now in a generation is told, and tells it or not.
    async fn pass(
        &self,
        switch: &mut dyn GenerationSwitch,
        generation: &Generation,
        now: Instant,
        tell: bool,
    ) -> Result<(), StoreError> {
        loop {
            let leads = switch.due(generation.number, now, MANY).await?;
            if leads.is_empty() {
                return Ok(());
            }
            let due = Due::of(&leads, now, generation, &self.secret)?;
            let changes = if tell { due.changes.as_slice() } else { &[] };
            switch.announce(changes, generation.number, &due.next).await?;
        }
    }

    async fn announce_moved(
        &self,
        switch: &mut dyn GenerationSwitch,
        generation: &Generation,
        now: Instant,
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let moved = switch.moved(now, after, MANY).await?;
            let Some(last) = moved.last() else { return Ok(()) };
            after = Some(last.id);
            let changes: Vec<ChangeRow> =
                moved.into_iter().map(|moved| self.change(moved, generation, now)).collect();
            switch.announce(&changes, generation.number, &[]).await?;
        }
    }

    /// The rules changed, not the person.
    fn change(&self, moved: Moved, generation: &Generation, now: Instant) -> ChangeRow {
        let policy = generation.policy.version().to_owned();
        ChangeRow {
            id: self.secret.policy_change_id(generation.number, moved.id, moved.what),
            lead_id: moved.id,
            at: now,
            what: moved.what,
            from: moved.from,
            to: moved.to,
            because_event: None,
            because_rule: None,
            because_policy: Some(policy.clone()),
            policy,
        }
    }
}

/// A generation that somebody wishes for.
struct Wished {
    generation: Generation,
    /// Its policy is the one that is answered from: what is told of it is not told again, and what is not must be.
    is_of_active_policy: bool,
}

impl Wished {
    fn of(filling: &Filling, active: Option<&ActivePolicy>) -> Result<Self, RulesError> {
        let generation = generation(filling.generation, &filling.key, &filling.policy_text)?;
        let is_of_active_policy = active.is_some_and(|active| is_same_policy(&active.key, &generation));
        Ok(Self { generation, is_of_active_policy })
    }
}

fn is_same_policy(key: &GenerationKey, generation: &Generation) -> bool {
    key.policy_version == generation.policy.version()
}

async fn rows_of(
    page: &mut dyn GenerationPage,
    wished: &Wished,
    now: Instant,
) -> Result<Vec<LeadRow>, StoreError> {
    let subjects: Vec<LeadId> =
        page.leads().iter().flat_map(|refold| refold.subjects.iter().copied()).collect();
    let facts = page.facts(&subjects).await?;
    let untold = if wished.is_of_active_policy { page.next_changes().await? } else { BTreeMap::new() };
    let row = |refold: &Refold| {
        let told = untold.get(&refold.id).map_or(now, |next| next.plus_millis(-1).min(now));
        whole(refold.id, &refold.facts(&facts), &wished.generation.policy, told)
    };
    Ok(page.leads().iter().filter_map(row).collect())
}
