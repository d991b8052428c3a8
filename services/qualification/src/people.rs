//! Who is one person with whom, before and after the new facts of a batch (DOMAIN §5).

use std::collections::{BTreeMap, BTreeSet};

use lead_domain::fact::{Body, Fact, OrderKey};
use lead_domain::identity::{IdentifierKind, Pair, Subject, group};
use lead_domain::{IdentitySecret, LeadId};
use read_model::{IdentifierRow, LockedIdentities, NamedIdentifier};

/// Every identifier that a fact names: those in `lead`, the other end of a link, or the one that a lead id stands for.
pub(crate) fn named_by(fact: &Fact, secret: &IdentitySecret) -> Vec<NamedIdentifier> {
    let known = |identifier: &lead_domain::identity::Identifier| NamedIdentifier {
        id: identifier.lead_id(secret),
        identifier: Some(identifier.clone()),
    };
    match &fact.subject {
        Subject::Campaign(_) => Vec::new(),
        Subject::Lead(id) => vec![NamedIdentifier { id: *id, identifier: None }],
        Subject::Identified(identifiers) => {
            let mut named: Vec<_> = identifiers.all().iter().map(known).collect();
            if let Body::Link { other } | Body::Unlink { other } = &fact.body {
                named.push(known(other));
            }
            named
        }
    }
}

/// The identifiers that a batch locked, with everything that is said of them.
#[derive(Debug, Default)]
pub(crate) struct People {
    rows: BTreeMap<LeadId, IdentifierRow>,
    pairs: BTreeMap<(LeadId, LeadId), Pair>,
    kinds: BTreeMap<LeadId, IdentifierKind>,
    /// Identifiers that had facts before the batch.
    with_facts: BTreeSet<LeadId>,
    changed_rows: BTreeSet<LeadId>,
    changed_pairs: BTreeSet<(LeadId, LeadId)>,
}

/// One person after the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// The id that the lead has now.
    pub(crate) id: LeadId,
    /// Its identifiers.
    pub(crate) subjects: BTreeSet<LeadId>,
    /// It had exactly these identifiers and this id before.
    pub(crate) unchanged: bool,
    /// None of its identifiers had a fact before.
    pub(crate) is_new: bool,
}

impl People {
    /// Adds what was locked; what is known already and newer stays.
    pub(crate) fn add(&mut self, locked: LockedIdentities) {
        for row in locked.identifiers {
            self.kinds.extend(row.kind.map(|kind| (row.id, kind)));
            if row.first_fact.is_some() && !self.changed_rows.contains(&row.id) {
                self.with_facts.insert(row.id);
            }
            self.rows.entry(row.id).or_insert(row);
        }
        for pair in locked.pairs {
            self.pairs.entry(pair.ends).or_insert(pair);
        }
        self.kinds.extend(locked.other_ends);
    }

    /// Takes in what a new fact says: which identifiers belong together, and which lead is how old.
    pub(crate) fn learn(&mut self, fact: &Fact, secret: &IdentitySecret) {
        let at = fact.order_key();
        for (one, other, event) in fact.pair_events(secret) {
            let pair = self.pairs.entry(Pair::new(one, other).ends).or_insert_with(|| Pair::new(one, other));
            let before = pair.clone();
            pair.add(at, event);
            if *pair != before {
                self.changed_pairs.insert(pair.ends);
            }
        }
        let subject = fact.subject.id(secret);
        if let Some(row) = self.rows.get_mut(&subject) {
            let first = row.first_fact.map_or(at, |first| first.min(at));
            if row.first_fact != Some(first) {
                row.first_fact = Some(first);
                self.changed_rows.insert(subject);
            }
        }
    }

    /// Owners of locked identifiers that are not locked themselves: lock them, too, and ask again.
    pub(crate) fn missing(&self) -> Vec<NamedIdentifier> {
        let outside = self.grouping().outside;
        outside.into_iter().map(|id| NamedIdentifier { id, identifier: None }).collect()
    }

    fn grouping(&self) -> lead_domain::identity::Grouping {
        let members: BTreeSet<LeadId> = self.rows.keys().copied().collect();
        let pairs: Vec<Pair> = self.pairs.values().cloned().collect();
        group(&members, &self.kinds, &pairs)
    }

    /// The persons as they are now. The surviving id is that of the strongest identifier of the earliest fact.
    pub(crate) fn regroup(&mut self) -> Vec<Person> {
        let mut groups: BTreeMap<LeadId, BTreeSet<LeadId>> = BTreeMap::new();
        for (id, root) in self.grouping().roots {
            groups.entry(root).or_default().insert(id);
        }
        let before = self.subjects_by_lead();
        let persons: Vec<Person> = groups
            .into_iter()
            .map(|(root, subjects)| {
                let id = self.oldest_of(&subjects).unwrap_or(root);
                let unchanged = before.get(&id) == Some(&subjects);
                Person { id, unchanged, is_new: !self.had_facts(&subjects), subjects }
            })
            .collect();
        persons.iter().for_each(|person| self.assign(person));
        persons
    }

    /// The identifiers of each lead as it was when the batch began.
    pub(crate) fn subjects_by_lead(&self) -> BTreeMap<LeadId, BTreeSet<LeadId>> {
        let mut leads: BTreeMap<LeadId, BTreeSet<LeadId>> = BTreeMap::new();
        for row in self.rows.values() {
            leads.entry(row.lead_id).or_default().insert(row.id);
        }
        leads
    }

    /// Whether one of these identifiers had facts before the batch.
    pub(crate) fn had_facts(&self, subjects: &BTreeSet<LeadId>) -> bool {
        subjects.iter().any(|subject| self.with_facts.contains(subject))
    }

    fn oldest_of(&self, subjects: &BTreeSet<LeadId>) -> Option<LeadId> {
        let first =
            |id: &LeadId| -> Option<(OrderKey, LeadId)> { Some((self.rows.get(id)?.first_fact?, *id)) };
        subjects.iter().filter_map(first).min().map(|(_, id)| id)
    }

    fn assign(&mut self, person: &Person) {
        for subject in &person.subjects {
            let Some(row) = self.rows.get_mut(subject) else { continue };
            if row.lead_id != person.id {
                row.lead_id = person.id;
                self.changed_rows.insert(*subject);
            }
        }
    }

    /// How many identifiers the largest lead has.
    pub(crate) fn largest(&self) -> usize {
        self.subjects_by_lead().values().map(BTreeSet::len).max().unwrap_or(0)
    }

    /// The rows that the batch must write.
    pub(crate) fn changes(&self) -> (Vec<IdentifierRow>, Vec<Pair>) {
        let rows = self.changed_rows.iter().filter_map(|id| self.rows.get(id).copied()).collect();
        let pairs = self.changed_pairs.iter().filter_map(|ends| self.pairs.get(ends).cloned()).collect();
        (rows, pairs)
    }
}
