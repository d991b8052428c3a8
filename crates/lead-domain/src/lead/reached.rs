//! When a lead first got as far as each stage.

use serde::{Deserialize, Serialize};

use crate::instant::Instant;
use crate::policy::Stage;

/// The first instants at which a lead had reached each stage. A later stage counts as having reached the earlier ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    suspect: Option<Instant>,
    lead: Option<Instant>,
    prospect: Option<Instant>,
    customer: Option<Instant>,
}

impl Reached {
    /// When the lead first had this stage or a later one; none if it never had.
    #[must_use]
    pub const fn at(&self, stage: Stage) -> Option<Instant> {
        match stage {
            Stage::Suspect => self.suspect,
            Stage::Lead => self.lead,
            Stage::Prospect => self.prospect,
            Stage::Customer => self.customer,
        }
    }

    pub(super) fn note(&mut self, stage: Option<Stage>, at: Instant) {
        for passed in Stage::DOWNWARDS.into_iter().filter(|passed| Some(*passed) <= stage) {
            self.slot(passed).get_or_insert(at);
        }
    }

    const fn slot(&mut self, stage: Stage) -> &mut Option<Instant> {
        match stage {
            Stage::Suspect => &mut self.suspect,
            Stage::Lead => &mut self.lead,
            Stage::Prospect => &mut self.prospect,
            Stage::Customer => &mut self.customer,
        }
    }
}
