//! The types of facts (DOMAIN §3). Their order is their rank: it decides between facts of one instant.

use std::fmt;
use std::str::FromStr;

macro_rules! fact_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What kind of thing happened. The variants stand in rank order, the order of the table in DOMAIN §3.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FactType {
            $($(#[$doc])* $variant,)*
        }

        impl FactType {
            /// All types in rank order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in the API, `noun.verb`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

fact_types! {
    /// Somebody wrote the contact down by hand.
    ContactAdded = "contact.added",
    /// The contact came with a list.
    ListImported = "list.imported",
    /// A page was looked at.
    PageViewed = "page.viewed",
    /// An advertisement was clicked.
    AdClicked = "ad.clicked",
    /// Something was done on a social network.
    SocialEngaged = "social.engaged",
    /// Content was downloaded.
    ContentDownloaded = "content.downloaded",
    /// A contest was entered.
    ContestEntered = "contest.entered",
    /// A survey was answered.
    SurveyAnswered = "survey.answered",
    /// An event was attended.
    EventAttended = "event.attended",
    /// A mail reached the mailbox.
    EmailDelivered = "email.delivered",
    /// A mail was opened.
    EmailOpened = "email.opened",
    /// A mail came back.
    EmailBounced = "email.bounced",
    /// A mail was reported as spam.
    EmailComplained = "email.complained",
    /// The person unsubscribed.
    EmailUnsubscribed = "email.unsubscribed",
    /// A link in a mail was clicked.
    EmailClicked = "email.clicked",
    /// A mail was answered.
    EmailReplied = "email.replied",
    /// A form was posted.
    FormSubmitted = "form.submitted",
    /// A form post was held back as suspected spam.
    FormQuarantined = "form.quarantined",
    /// A held-back form post was released.
    FormReleased = "form.released",
    /// A message came in.
    MessageReceived = "message.received",
    /// Something else that a back end reports.
    ActivityRecorded = "activity.recorded",
    /// We called.
    CallMade = "call.made",
    /// A meeting was agreed.
    MeetingBooked = "meeting.booked",
    /// A meeting took place.
    MeetingHeld = "meeting.held",
    /// Sales followed up.
    FollowUpDone = "follow_up.done",
    /// A note was written.
    NoteAdded = "note.added",
    /// The lead was given to somebody.
    OwnerAssigned = "owner.assigned",
    /// Something was learned about the person.
    ProfileUpdated = "profile.updated",
    /// The person has a role.
    RoleAdded = "role.added",
    /// The person no longer has a role.
    RoleRemoved = "role.removed",
    /// A group was joined.
    GroupJoined = "group.joined",
    /// A group was left.
    GroupLeft = "group.left",
    /// Consent was given.
    ConsentGiven = "consent.given",
    /// Consent was denied.
    ConsentDenied = "consent.denied",
    /// Consent was withdrawn.
    ConsentWithdrawn = "consent.withdrawn",
    /// Somebody judged a criterion.
    CriterionAssessed = "criterion.assessed",
    /// Sales took the lead over.
    LeadAccepted = "lead.accepted",
    /// The lead is not ready yet.
    LeadDeferred = "lead.deferred",
    /// The lead said no.
    LeadRefused = "lead.refused",
    /// The lead is out of the question.
    LeadDisqualified = "lead.disqualified",
    /// The lead is open again.
    LeadReopened = "lead.reopened",
    /// A quote was sent.
    QuoteIssued = "quote.issued",
    /// A quote was declined.
    QuoteDeclined = "quote.declined",
    /// A quote ran out.
    QuoteExpired = "quote.expired",
    /// A quote was accepted.
    QuoteAccepted = "quote.accepted",
    /// A contract was signed.
    ContractSigned = "contract.signed",
    /// An order was placed.
    OrderPlaced = "order.placed",
    /// An order was cancelled.
    OrderCancelled = "order.cancelled",
    /// An invoice was sent.
    InvoiceIssued = "invoice.issued",
    /// An invoice was paid.
    InvoicePaid = "invoice.paid",
    /// Two identifiers are one person.
    IdentityLinked = "identity.linked",
    /// Two identifiers are not one person.
    IdentityUnlinked = "identity.unlinked",
    /// The person is to be forgotten.
    LeadErased = "lead.erased",
    /// A campaign was described.
    CampaignDefined = "campaign.defined",
    /// A campaign cost money.
    CampaignCostRecorded = "campaign.cost_recorded",
}

impl FactType {
    /// The place of the type in the order of facts of one instant.
    #[must_use]
    pub const fn rank(self) -> i16 {
        self as i16
    }

    /// Something the person did, by the table of DOMAIN §3. `activity.recorded` is for the policy to say.
    #[must_use]
    pub const fn is_inbound(self) -> bool {
        use FactType as T;
        matches!(
            self,
            T::PageViewed
                | T::AdClicked
                | T::SocialEngaged
                | T::ContentDownloaded
                | T::ContestEntered
                | T::SurveyAnswered
                | T::EventAttended
                | T::EmailClicked
                | T::EmailReplied
                | T::FormSubmitted
                | T::MessageReceived
                | T::MeetingBooked
                | T::MeetingHeld
        )
    }

    /// The subject is a campaign, not a lead.
    #[must_use]
    pub const fn is_about_a_campaign(self) -> bool {
        matches!(self, Self::CampaignDefined | Self::CampaignCostRecorded)
    }
}

impl fmt::Display for FactType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No fact has this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no fact has this type")]
pub struct UnknownType;

impl FromStr for FactType {
    type Err = UnknownType;

    fn from_str(name: &str) -> Result<Self, UnknownType> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name).ok_or(UnknownType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_is_the_place_in_the_table() {
        assert_eq!(FactType::ContactAdded.rank(), 0);
        assert!(FactType::ConsentGiven.rank() < FactType::ConsentWithdrawn.rank());
        assert_eq!(FactType::CampaignCostRecorded.rank(), 54);
    }

    #[test]
    fn every_name_reads_back() {
        for kind in FactType::ALL {
            assert_eq!(kind.name().parse(), Ok(*kind));
        }
    }
}
