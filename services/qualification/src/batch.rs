//! One batch of one partition, as one fenced transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant as Timer};

use lead_domain::fact::Fact;
use lead_domain::identity::Subject;
use lead_domain::lead::StepKey;
use lead_domain::{EventId, IdentitySecret, LeadId};
use read_model::{
    Appended, BatchWrite, DeadLetter, LeadRow, NamedIdentifier, PositionMove, ProjectionStore,
    ProjectionTransaction, StoreError, StoredLead, TimelineRow,
};

use crate::decode::{Decoded, Received, id_conflict};
use crate::fold::{Folded, fold_on, known_steps, read, refold, told_by_time};
use crate::generation::Generation;
use crate::people::{People, Person, named_by};
use crate::rules::Rules;

/// Persons whose facts are in memory at once while they are folded anew.
const REFOLDED_AT_ONCE: usize = 100;

/// Writes batches.
#[derive(Clone, Debug)]
pub struct Projector {
    store: Arc<dyn ProjectionStore>,
    secret: IdentitySecret,
}

/// What one batch did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Projected {
    /// Facts that were new.
    pub new: usize,
    /// Facts that were there already.
    pub duplicates: usize,
    /// Records that became dead letters.
    pub dead_letters: usize,
    /// Leads that were written.
    pub leads: usize,
    /// Identifiers of the largest lead that was touched.
    pub largest_lead: usize,
    /// How long the transaction was open; the wait for it does not count.
    pub lasted: Duration,
}

impl Projector {
    /// A projector over a store, under the secret of the installation.
    #[must_use]
    pub fn new(store: Arc<dyn ProjectionStore>, secret: IdentitySecret) -> Self {
        Self { store, secret }
    }

    /// Moves the position over the batch and writes what follows from it, or nothing at all.
    ///
    /// # Errors
    /// As the store says; nothing of the batch is left then, except where the answer to the commit was lost: then the
    /// next batch from the same place is refused as [`StoreError::Fenced`].
    pub async fn project(
        &self,
        at: PositionMove,
        batch: &Decoded,
        rules: &Rules,
    ) -> Result<Projected, StoreError> {
        let transaction = self.store.begin(at, &rules.numbers()).await?;
        let opened = Timer::now();
        let open = OpenBatch { transaction, partition: at.partition, secret: &self.secret, rules };
        let projected = open.write(batch).await?;
        Ok(Projected { lasted: opened.elapsed(), ..projected })
    }
}

struct OpenBatch<'a> {
    transaction: Box<dyn ProjectionTransaction>,
    partition: i32,
    secret: &'a IdentitySecret,
    rules: &'a Rules,
}

impl OpenBatch<'_> {
    async fn write(mut self, batch: &Decoded) -> Result<Projected, StoreError> {
        let named = named_in(&batch.facts, self.secret);
        let mut people = People::default();
        if !named.is_empty() {
            people.add(self.transaction.lock_identities(&named).await?);
        }
        let stored = self.append(&batch.facts).await?;
        let (folded, gone) = self.fold(&mut people, &stored.new).await?;
        let (identifiers, pairs) = people.changes();
        let mut write = BatchWrite { identifiers, pairs, gone, ..BatchWrite::default() };
        write.dead_letters = batch.dead_letters.iter().cloned().chain(stored.conflicts).collect();
        for one in folded.active {
            write.leads.extend(one.row);
            write.changes.extend(one.changes);
        }
        write.beside = folded.beside;
        write.changes.sort_by_key(|change| (change.at, change.lead_id));
        let projected = Projected {
            new: stored.new.len(),
            duplicates: stored.duplicates,
            dead_letters: write.dead_letters.len(),
            leads: write.leads.len(),
            largest_lead: people.largest(),
            lasted: Duration::ZERO,
        };
        self.transaction.commit(write).await?;
        Ok(projected)
    }

    /// Puts the facts into the timeline; of facts with one id in one batch the first is taken.
    async fn append<'f>(&mut self, facts: &'f [Received]) -> Result<Stored<'f>, StoreError> {
        let mut first: BTreeMap<EventId, &Received> = BTreeMap::new();
        let mut rows = Vec::with_capacity(facts.len());
        let mut taken = Vec::with_capacity(facts.len());
        let mut stored = Stored::default();
        for received in facts {
            match first.get(&received.event.fact.event_id) {
                Some(earlier) if earlier.event.content == received.event.content => stored.duplicates += 1,
                Some(_) => stored.conflicts.push(id_conflict(self.partition, received, self.secret)),
                None => {
                    first.insert(received.event.fact.event_id, received);
                    rows.push(timeline_row(received, self.secret));
                    taken.push(received);
                }
            }
        }
        let outcomes = if rows.is_empty() { Vec::new() } else { self.transaction.append(&rows).await? };
        for (received, outcome) in taken.into_iter().zip(outcomes) {
            match outcome {
                Appended::New => stored.new.push(&received.event.fact),
                Appended::Duplicate => stored.duplicates += 1,
                Appended::Conflict => {
                    stored.conflicts.push(id_conflict(self.partition, received, self.secret))
                }
            }
        }
        stored.new.sort_by_key(|fact| fact.order_key());
        Ok(stored)
    }

    /// Groups the people anew and folds every lead that the new facts touch, or whose identifiers changed.
    async fn fold(
        &mut self,
        people: &mut People,
        new: &[&Fact],
    ) -> Result<(FoldedAll, Vec<LeadId>), StoreError> {
        new.iter().for_each(|fact| people.learn(fact, self.secret));
        loop {
            let missing = people.missing();
            if missing.is_empty() {
                break;
            }
            people.add(self.transaction.lock_identities(&missing).await?);
        }
        let before = people.subjects_by_lead();
        let persons = people.regroup();
        let survivors: BTreeSet<LeadId> = persons.iter().map(|person| person.id).collect();
        let is_gone = |(id, subjects): &(&LeadId, &BTreeSet<LeadId>)| {
            !survivors.contains(id) && people.had_facts(subjects)
        };
        let mut gone: Vec<LeadId> = before.iter().filter(is_gone).map(|(id, _)| *id).collect();
        let touched = Touched::of(persons, new, self.secret);
        let rules = self.rules;
        let active = self.fold_touched(&touched, &before, &rules.active).await?;
        // Of facts that are not folded there is no lead.
        gone.extend(active.iter().filter(|folded| folded.row.is_none()).map(|folded| folded.id));
        let mut beside = Vec::with_capacity(rules.beside.len());
        for generation in &rules.beside {
            let folded = self.fold_touched(&touched, &before, generation).await?;
            beside.push((generation.number, folded.into_iter().filter_map(|one| one.row).collect()));
        }
        Ok((FoldedAll { active, beside }, gone))
    }

    /// In a generation that is still being filled a lead may have no row yet: it is folded anew.
    async fn fold_touched(
        &mut self,
        touched: &Touched<'_>,
        before: &BTreeMap<LeadId, BTreeSet<LeadId>>,
        generation: &Generation,
    ) -> Result<Vec<Folded>, StoreError> {
        let ids: Vec<LeadId> = touched.persons.iter().map(|(person, _)| person.id).collect();
        let stored =
            if ids.is_empty() { Vec::new() } else { self.transaction.leads(generation.number, &ids).await? };
        let stored: BTreeMap<LeadId, StoredLead> = stored.into_iter().map(|lead| (lead.id, lead)).collect();
        let mut folded = Vec::with_capacity(touched.persons.len());
        let mut anew = Vec::new();
        for (person, new) in &touched.persons {
            let state = stored.get(&person.id);
            if person.can_fold_on(state, new) {
                folded.push(fold_on(person, state, new, &generation.policy, self.secret)?);
            } else {
                anew.push(person);
            }
        }
        for some in anew.chunks(REFOLDED_AT_ONCE) {
            folded.extend(self.refold(some, before, &touched.new, generation).await?);
        }
        Ok(folded)
    }

    /// Folds persons anew from all their facts.
    async fn refold(
        &mut self,
        persons: &[&Person],
        before: &BTreeMap<LeadId, BTreeSet<LeadId>>,
        new: &BTreeSet<EventId>,
        generation: &Generation,
    ) -> Result<Vec<Folded>, StoreError> {
        let theirs: BTreeSet<LeadId> =
            persons.iter().flat_map(|person| person.subjects.iter().copied()).collect();
        let before: BTreeMap<LeadId, &BTreeSet<LeadId>> = before
            .iter()
            .filter(|(_, subjects)| !subjects.is_disjoint(&theirs))
            .map(|(lead, subjects)| (*lead, subjects))
            .collect();
        let subjects: BTreeSet<LeadId> = before.values().copied().flatten().copied().chain(theirs).collect();
        let rows = self.transaction.facts(&subjects.into_iter().collect::<Vec<_>>()).await?;
        let facts = BySubject::of(&rows);
        let known = self.known(&before, &facts, new, generation).await?;
        let one = |person: &&Person| {
            let all = facts.in_order(&person.subjects, |_| true);
            refold(person, &all, &known.of(person), &generation.policy, self.secret)
        };
        Ok(persons.iter().map(one).collect())
    }

    /// What the histories of the leads before had, and what was told of the time after them.
    async fn known(
        &mut self,
        before: &BTreeMap<LeadId, &BTreeSet<LeadId>>,
        facts: &BySubject<'_>,
        new: &BTreeSet<EventId>,
        generation: &Generation,
    ) -> Result<Known, StoreError> {
        let mut known = Known::default();
        for (lead, subjects) in before {
            let old = facts.in_order(subjects, |fact| !new.contains(&fact.event_id));
            known.steps.insert(*lead, known_steps(&old, &generation.policy));
            known.leads.extend(subjects.iter().map(|subject| (*subject, *lead)));
        }
        let leads: Vec<LeadId> = before.keys().copied().collect();
        for stored in self.transaction.leads(generation.number, &leads).await? {
            let told = told_by_time(&stored, &read(&stored)?, &generation.policy);
            known.steps.entry(stored.id).or_default().extend(told);
        }
        Ok(known)
    }
}

/// Lead by lead, for time does the same to many people at one instant.
#[derive(Debug, Default)]
struct Known {
    steps: BTreeMap<LeadId, BTreeSet<StepKey>>,
    /// To which lead each identifier belonged.
    leads: BTreeMap<LeadId, LeadId>,
}

impl Known {
    /// The steps of all leads from which a person was made.
    fn of(&self, person: &Person) -> BTreeSet<StepKey> {
        let leads: BTreeSet<&LeadId> =
            person.subjects.iter().filter_map(|subject| self.leads.get(subject)).collect();
        leads.into_iter().filter_map(|lead| self.steps.get(lead)).flatten().copied().collect()
    }
}

/// What became of the persons, in each generation.
struct FoldedAll {
    active: Vec<Folded>,
    beside: Vec<(i64, Vec<LeadRow>)>,
}

/// What became of the facts of a batch.
#[derive(Debug, Default)]
struct Stored<'f> {
    /// In the order of facts.
    new: Vec<&'f Fact>,
    duplicates: usize,
    conflicts: Vec<DeadLetter>,
}

/// The persons whose state must be computed, with the new facts of each.
struct Touched<'f> {
    persons: Vec<(Person, Vec<&'f Fact>)>,
    new: BTreeSet<EventId>,
}

impl<'f> Touched<'f> {
    fn of(persons: Vec<Person>, new: &[&'f Fact], secret: &IdentitySecret) -> Self {
        let mut by_subject: BTreeMap<LeadId, Vec<&'f Fact>> = BTreeMap::new();
        for fact in new.iter().filter(|fact| !matches!(fact.subject, Subject::Campaign(_))) {
            by_subject.entry(fact.subject.id(secret)).or_default().push(fact);
        }
        let with_facts = persons.into_iter().map(|person| {
            let of_subject = person.subjects.iter().filter_map(|subject| by_subject.get(subject));
            let mut facts: Vec<&Fact> = of_subject.flatten().copied().collect();
            facts.sort_by_key(|fact| fact.order_key());
            (person, facts)
        });
        let persons = with_facts.filter(|(person, facts)| !(person.unchanged && facts.is_empty())).collect();
        Self { persons, new: new.iter().map(|fact| fact.event_id).collect() }
    }
}

impl Person {
    /// Whether its new facts can be folded on: it has no others, or is the person it was and they come after all others.
    fn can_fold_on(&self, stored: Option<&StoredLead>, new: &[&Fact]) -> bool {
        let first = new.first().map(|fact| fact.order_key());
        let after = |last| first.is_some_and(|first| first > last);
        self.is_new || (self.unchanged && stored.is_some_and(|stored| after(stored.last_fact)))
    }
}

/// The facts of a few subjects.
struct BySubject<'r>(BTreeMap<LeadId, Vec<&'r Fact>>);

impl<'r> BySubject<'r> {
    fn of(rows: &'r [TimelineRow]) -> Self {
        let mut facts: BTreeMap<LeadId, Vec<&Fact>> = BTreeMap::new();
        for row in rows {
            facts.entry(row.subject).or_default().push(&row.event.fact);
        }
        Self(facts)
    }

    fn in_order(&self, subjects: &BTreeSet<LeadId>, keep: impl Fn(&Fact) -> bool) -> Vec<&'r Fact> {
        let of_subject = subjects.iter().filter_map(|subject| self.0.get(subject));
        let mut facts: Vec<&Fact> = of_subject.flatten().copied().filter(|fact| keep(fact)).collect();
        facts.sort_by_key(|fact| fact.order_key());
        facts
    }
}

fn timeline_row(received: &Received, secret: &IdentitySecret) -> TimelineRow {
    TimelineRow { subject: received.event.fact.subject.id(secret), event: received.event.clone() }
}

/// Each identifier once; where one fact knows it and another only its id, as it is known.
fn named_in(facts: &[Received], secret: &IdentitySecret) -> Vec<NamedIdentifier> {
    let mut named: BTreeMap<LeadId, NamedIdentifier> = BTreeMap::new();
    for one in facts.iter().flat_map(|received| named_by(&received.event.fact, secret)) {
        let slot = named.entry(one.id).or_insert_with(|| one.clone());
        if slot.identifier.is_none() {
            *slot = one;
        }
    }
    named.into_values().collect()
}
