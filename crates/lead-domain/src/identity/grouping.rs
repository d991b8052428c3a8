//! Which identifiers are one person: a function of the pairs in which facts named them (DOMAIN §5).
//!
//! Strong identifiers (e-mails, external ids) are joined by every standing pair. A weak one (phone, anonymous id)
//! belongs to one owner at a time: the latest standing link decides, else the first standing sighting.

use std::collections::{BTreeMap, BTreeSet};

use super::IdentifierKind;
use crate::fact::OrderKey;
use crate::ids::LeadId;

/// Two identifiers that facts named together, and what the facts said of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The two ends, the smaller id first.
    pub ends: (LeadId, LeadId),
    /// The first fact that showed both, if one did.
    pub sighted: Option<OrderKey>,
    /// The latest `identity.linked` of the two, and which end it gives to the other (weak ends only).
    pub linked: Option<(OrderKey, LeadId)>,
    /// The latest `identity.unlinked` of the two.
    pub unlinked: Option<OrderKey>,
}

/// What one fact says of two identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairEvent {
    /// Both stood in its `lead`.
    Sighted,
    /// It links them; the end named here goes to the other one.
    Linked {
        /// The end that goes.
        given: LeadId,
    },
    /// It cancels their links.
    Unlinked,
}

impl Pair {
    /// Two identifiers of which nothing is said yet.
    #[must_use]
    pub fn new(one: LeadId, other: LeadId) -> Self {
        Self { ends: (one.min(other), one.max(other)), sighted: None, linked: None, unlinked: None }
    }

    /// Adds what a fact says. Taking facts in any order, or twice, gives the same pair.
    pub fn add(&mut self, at: OrderKey, event: PairEvent) {
        match event {
            PairEvent::Sighted => self.sighted = Some(self.sighted.map_or(at, |first| first.min(at))),
            PairEvent::Linked { given } => self.linked = self.linked.max(Some((at, given))),
            PairEvent::Unlinked => self.unlinked = self.unlinked.max(Some(at)),
        }
    }

    /// The latest link, unless an unlink came after it.
    fn standing_link(&self) -> Option<(OrderKey, LeadId)> {
        self.linked.filter(|(at, _)| self.unlinked.is_none_or(|unlinked| unlinked < *at))
    }

    /// The first sighting, unless an unlink stands: only a later link ends that.
    fn standing_sighting(&self) -> Option<OrderKey> {
        let parted = self.unlinked.is_some() && self.standing_link().is_none();
        self.sighted.filter(|_| !parted)
    }

    fn stands(&self) -> bool {
        self.standing_link().is_some() || self.standing_sighting().is_some()
    }

    fn other_end(&self, end: LeadId) -> LeadId {
        if self.ends.0 == end { self.ends.1 } else { self.ends.0 }
    }
}

/// The outcome: each identifier that was asked about, under the root of its person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// Identifier → root; two identifiers are one person exactly when their roots are equal.
    pub roots: BTreeMap<LeadId, LeadId>,
    /// Identifiers that were not among those asked about, but own one of them: ask again with their groups.
    pub outside: BTreeSet<LeadId>,
}

/// Groups `members`, given every pair that touches one of them and the kind of every end of those pairs.
#[must_use]
pub fn group(
    members: &BTreeSet<LeadId>,
    kinds: &BTreeMap<LeadId, IdentifierKind>,
    pairs: &[Pair],
) -> Grouping {
    let mut roots = join_strong(members, kinds, pairs);
    let owners = Owners::choose(members, kinds, pairs);
    let outside = owners.chosen().map(|(_, owner)| owner).filter(|owner| !members.contains(owner)).collect();
    for (weak, person) in owners.persons() {
        let root = roots.get(&person).copied().unwrap_or(person);
        roots.insert(weak, root);
    }
    Grouping { roots, outside }
}

fn is_weak(kinds: &BTreeMap<LeadId, IdentifierKind>, id: LeadId) -> bool {
    kinds.get(&id).is_some_and(|kind| !kind.is_strong())
}

/// Every strong identifier under the smallest id that standing pairs join it to.
fn join_strong(
    members: &BTreeSet<LeadId>,
    kinds: &BTreeMap<LeadId, IdentifierKind>,
    pairs: &[Pair],
) -> BTreeMap<LeadId, LeadId> {
    let strong: Vec<LeadId> = members.iter().copied().filter(|id| !is_weak(kinds, *id)).collect();
    let mut parents: BTreeMap<LeadId, LeadId> = strong.iter().map(|id| (*id, *id)).collect();
    for pair in pairs.iter().filter(|pair| pair.stands()) {
        let ends = (root_of(&mut parents, pair.ends.0), root_of(&mut parents, pair.ends.1));
        let (Some(one), Some(other)) = ends else { continue };
        parents.insert(one.max(other), one.min(other));
    }
    strong.iter().filter_map(|id| Some((*id, root_of(&mut parents, *id)?))).collect()
}

/// Follows the parents up, and shortens the way for the next; none for what is not a strong member.
fn root_of(parents: &mut BTreeMap<LeadId, LeadId>, id: LeadId) -> Option<LeadId> {
    let mut at = id;
    loop {
        let parent = *parents.get(&at)?;
        if parent == at {
            return Some(at);
        }
        let above = *parents.get(&parent)?;
        parents.insert(at, above);
        at = above;
    }
}

/// The owners that each weak identifier could have, best first, and which of them it has.
struct Owners {
    options: BTreeMap<LeadId, Vec<Owner>>,
}

#[derive(Clone, Copy)]
struct Owner {
    id: LeadId,
    since: OrderKey,
}

impl Owners {
    fn choose(members: &BTreeSet<LeadId>, kinds: &BTreeMap<LeadId, IdentifierKind>, pairs: &[Pair]) -> Self {
        let mut touching: BTreeMap<LeadId, Vec<&Pair>> = BTreeMap::new();
        for pair in pairs {
            touching.entry(pair.ends.0).or_default().push(pair);
            touching.entry(pair.ends.1).or_default().push(pair);
        }
        let options = members.iter().filter(|id| is_weak(kinds, **id)).map(|id| {
            let touching = touching.get(id).map(Vec::as_slice).unwrap_or_default();
            (*id, options_of(*id, kinds, touching))
        });
        let mut owners = Self { options: options.collect() };
        owners.break_circles();
        owners
    }

    fn chosen(&self) -> impl Iterator<Item = (LeadId, LeadId)> + '_ {
        self.options.iter().filter_map(|(weak, options)| Some((*weak, options.first()?.id)))
    }

    fn owner_of(&self, id: LeadId) -> Option<Owner> {
        self.options.get(&id)?.first().copied()
    }

    /// Each weak identifier, and the end of its way up; circles must be broken before.
    fn persons(&self) -> BTreeMap<LeadId, LeadId> {
        let mut persons: BTreeMap<LeadId, LeadId> = BTreeMap::new();
        for start in self.options.keys() {
            let (mut at, mut way) = (*start, Vec::new());
            while let (None, Some(owner)) = (persons.get(&at), self.owner_of(at)) {
                way.push(at);
                at = owner.id;
            }
            let person = persons.get(&at).copied().unwrap_or(at);
            persons.extend(way.into_iter().map(|id| (id, person)));
            persons.entry(*start).or_insert(person);
        }
        persons
    }

    /// In each circle the oldest link does not count. Only links between weak identifiers of one kind can close a
    /// circle: everything else goes from weaker to stronger. What is in one circle is in no other.
    fn break_circles(&mut self) {
        loop {
            let circles = self.circles();
            if circles.is_empty() {
                return;
            }
            for circle in circles {
                let since = |id: &LeadId| self.owner_of(*id).map(|owner| owner.since);
                if let Some(options) =
                    circle.into_iter().min_by_key(since).and_then(|oldest| self.options.get_mut(&oldest))
                {
                    options.remove(0);
                }
            }
        }
    }

    fn circles(&self) -> Vec<Vec<LeadId>> {
        let mut seen: BTreeSet<LeadId> = BTreeSet::new();
        let mut circles = Vec::new();
        for start in self.options.keys() {
            let (mut at, mut way) = (Some(*start), Vec::new());
            while let Some(id) = at.filter(|id| seen.insert(*id)) {
                way.push(id);
                at = self.owner_of(id).map(|owner| owner.id);
            }
            let entry = at.and_then(|id| way.iter().position(|on_the_way| *on_the_way == id));
            circles.extend(entry.map(|entry| way.split_off(entry)));
        }
        circles
    }
}

/// Standing links that give it away, latest first; then standing sightings beside something stronger, first first.
fn options_of(weak: LeadId, kinds: &BTreeMap<LeadId, IdentifierKind>, touching: &[&Pair]) -> Vec<Owner> {
    let link = |pair: &&Pair| {
        let (since, given) = pair.standing_link()?;
        (given == weak).then(|| Owner { id: pair.other_end(weak), since })
    };
    let mut links: Vec<Owner> = touching.iter().filter_map(link).collect();
    links.sort_by_key(|owner| std::cmp::Reverse(owner.since));
    let stronger = touching.iter().filter(|pair| kinds.get(&pair.other_end(weak)) < kinds.get(&weak));
    let sighting = |pair: &&Pair| Some(Owner { id: pair.other_end(weak), since: pair.standing_sighting()? });
    let mut sightings: Vec<Owner> = stronger.filter_map(sighting).collect();
    sightings.sort_by_key(|owner| owner.since);
    links.extend(sightings);
    links
}

#[cfg(test)]
#[path = "grouping_tests.rs"]
mod tests;
