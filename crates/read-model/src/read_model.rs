//! All of the reading ports as one.

use crate::campaigns::CampaignReader;
use crate::change_feed::ChangeReader;
use crate::follow_up::FollowUpReader;
use crate::funnel::FunnelReader;
use crate::people::PeopleReader;
use crate::reader::{LeadReader, ReadModelStatus};

/// All that query asks of the read model.
pub trait ReadModel:
    LeadReader + FollowUpReader + FunnelReader + CampaignReader + ChangeReader + PeopleReader + ReadModelStatus
{
}

impl<T> ReadModel for T where
    T: LeadReader
        + FollowUpReader
        + FunnelReader
        + CampaignReader
        + ChangeReader
        + PeopleReader
        + ReadModelStatus
{
}
