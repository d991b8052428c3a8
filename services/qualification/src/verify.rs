//! `verify`: folds everything anew and names each row that differs from what is stored.

use std::collections::{BTreeMap, BTreeSet};

use lead_domain::fact::{Fact, OrderKey};
use lead_domain::identity::{IdentifierKind, Pair, group};
use lead_domain::{IdentitySecret, Instant, LeadId};
use read_model::{Audit, AuditPage, AuditStore, IdentifierRow, LeadRows, StoreError};

use crate::fold::whole;
use crate::generation::{Generation, RulesError, generation};

/// Leads that are folded at a time.
const PAGE: u32 = 500;

/// A row that is not what the facts make of it. It names no person: ids are derived under the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The lead or identifier.
    pub id: LeadId,
    /// What differs: tables, and columns where a table has one row.
    pub what: Vec<String>,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Leads that were folded.
    pub leads: u64,
    /// Facts of which they were folded.
    pub facts: u64,
    /// Rows that differ.
    pub differences: u64,
}

/// Compares all rows of the active generation with a fold of all facts, as of one instant. Every difference is told to
/// `found` at once; `progress` hears how many leads were looked at.
///
/// # Errors
/// When the store cannot be read, or another fold made its rows.
pub async fn verify(
    store: &dyn AuditStore,
    secret: &IdentitySecret,
    found: impl FnMut(Difference) + Send,
    progress: impl FnMut(u64) + Send,
) -> Result<Verified, RulesError> {
    let mut audit = store.begin_audit().await?;
    let active = audit.active().await?;
    let active = active.ok_or_else(|| StoreError::Broken("no policy is active".to_owned()))?;
    let generation = generation(active.generation, &active.key, &active.policy_text)?;
    let mut verifier =
        Verifier { generation, secret, found, verified: Verified::default(), said: Said::default() };
    verifier.leads(audit.as_mut(), progress).await?;
    verifier.identities(audit.as_mut()).await?;
    Ok(verifier.verified)
}

struct Verifier<'s, F> {
    generation: Generation,
    secret: &'s IdentitySecret,
    found: F,
    verified: Verified,
    said: Said,
}

/// What the facts say of who is who.
#[derive(Debug, Default)]
struct Said {
    pairs: BTreeMap<(LeadId, LeadId), Pair>,
    first_facts: BTreeMap<LeadId, OrderKey>,
}

impl Said {
    fn hear(&mut self, fact: &Fact, secret: &IdentitySecret) {
        let at = fact.order_key();
        for (one, other, event) in fact.pair_events(secret) {
            let blank = Pair::new(one, other);
            self.pairs.entry(blank.ends).or_insert(blank).add(at, event);
        }
        let first = self.first_facts.entry(fact.subject.id(secret)).or_insert(at);
        *first = at.min(*first);
    }
}

impl<F: FnMut(Difference) + Send> Verifier<'_, F> {
    async fn leads(
        &mut self,
        audit: &mut dyn Audit,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = audit.page(after, PAGE).await?;
            let last = page.leads.last().map(|lead| lead.id);
            self.compare(page);
            if last.is_none() {
                return Ok(());
            }
            after = last;
            progress(self.verified.leads);
        }
    }

    fn compare(&mut self, page: AuditPage) {
        let AuditPage { leads, facts, mut stored } = page;
        for lead in &leads {
            let own = lead.facts(&facts);
            own.iter().for_each(|fact| self.said.hear(fact, self.secret));
            self.verified.leads += u64::from(!own.is_empty());
            self.verified.facts += own.len() as u64;
            let folded = whole(lead.id, &own, &self.generation.policy, Instant::MAX);
            let folded = folded.map(|row| LeadRows::of(&row)).unwrap_or_default();
            let what = folded.differences(&stored.remove(&lead.id).unwrap_or_default());
            self.tell(lead.id, what);
        }
        for (id, rows) in stored {
            self.tell(id, LeadRows::default().differences(&rows));
        }
    }

    /// Who is one person with whom follows from the pairs, and these from the facts.
    async fn identities(&mut self, audit: &mut dyn Audit) -> Result<(), StoreError> {
        let (rows, pairs) = (audit.identifiers().await?, audit.pairs().await?);
        for pair in pairs {
            let said = self.said.pairs.remove(&pair.ends);
            if said.as_ref() != Some(&pair) && pair != Pair::new(pair.ends.0, pair.ends.1) {
                self.tell(pair.ends.0, vec!["pairs".to_owned()]);
            }
            self.said.pairs.insert(pair.ends, said.unwrap_or(pair));
        }
        let owners = self.owners(&rows);
        for row in &rows {
            let mut what = Vec::new();
            if self.said.first_facts.get(&row.id).copied() != row.first_fact {
                what.push("identifiers.first_fact".to_owned());
            }
            if owners.get(&row.id).is_some_and(|owner| *owner != row.lead_id) {
                what.push("identifiers.lead_id".to_owned());
            }
            self.tell(row.id, what);
        }
        Ok(())
    }

    /// The lead of each identifier: the one of the earliest fact in its group.
    fn owners(&self, rows: &[IdentifierRow]) -> BTreeMap<LeadId, LeadId> {
        let members: BTreeSet<LeadId> = rows.iter().map(|row| row.id).collect();
        let kinds: BTreeMap<LeadId, IdentifierKind> =
            rows.iter().filter_map(|row| Some((row.id, row.kind?))).collect();
        let pairs: Vec<Pair> = self.said.pairs.values().cloned().collect();
        let roots = group(&members, &kinds, &pairs).roots;
        let mut oldest: BTreeMap<LeadId, (OrderKey, LeadId)> = BTreeMap::new();
        for (id, root) in &roots {
            if let Some(first) = self.said.first_facts.get(id) {
                let this = (*first, *id);
                let known = oldest.entry(*root).or_insert(this);
                *known = this.min(*known);
            }
        }
        // A group without facts has no lead: whatever stands there is as good.
        roots.iter().filter_map(|(id, root)| Some((*id, oldest.get(root)?.1))).collect()
    }

    fn tell(&mut self, id: LeadId, what: Vec<String>) {
        if !what.is_empty() {
            self.verified.differences += 1;
            (self.found)(Difference { id, what });
        }
    }
}
