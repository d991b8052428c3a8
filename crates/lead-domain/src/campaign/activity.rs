//! What people did and what was done to them on behalf of a campaign.

/// One value for each kind of activity. "Machine" is what a machine did, which counts apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity<T> {
    /// A mail was delivered, or the contact came with a list.
    pub reached: T,
    /// A mail was opened, a page viewed, an advertisement clicked, something done on a social network.
    pub seen: T,
    /// The same by a machine.
    pub seen_machine: T,
    /// A link in a mail or an advertisement was clicked.
    pub clicked: T,
    /// The same by a machine.
    pub clicked_machine: T,
    /// Somebody asked something of us.
    pub contacted: T,
}

impl<T> Activity<T> {
    /// Adds the values of `other`, each to its own.
    pub(super) fn add<U>(&mut self, other: &Activity<U>, add: impl Fn(&mut T, &U)) {
        add(&mut self.reached, &other.reached);
        add(&mut self.seen, &other.seen);
        add(&mut self.seen_machine, &other.seen_machine);
        add(&mut self.clicked, &other.clicked);
        add(&mut self.clicked_machine, &other.clicked_machine);
        add(&mut self.contacted, &other.contacted);
    }
}

/// How many people, and how many times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// People, each once.
    pub unique: u64,
    /// Facts.
    pub total: u64,
}

impl Tally {
    /// One person, so many times.
    pub(super) fn add(&mut self, times: u64) {
        self.unique += u64::from(times > 0);
        self.total += times;
    }
}
