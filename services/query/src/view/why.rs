//! A contribution to the score as a sentence.

use lead_domain::fact::FactType;

use super::shown;

/// "Clicked an advertisement: 0.5 points (2.5 cut by the cap of the group), worth 0.0 now".
pub(super) fn why(kind: FactType, points: f64, cut: f64, points_now: f64) -> String {
    let (what, points, now) = (what_happened(kind), shown(points), shown(points_now));
    let cut =
        if cut > 0.0 { format!(" ({:.1} cut by the cap of the group)", shown(cut)) } else { String::new() };
    format!("{what}: {points:.1} points{cut}, worth {now:.1} now")
}

const fn what_happened(kind: FactType) -> &'static str {
    use FactType as T;
    match kind {
        T::ContactAdded => "Added as a contact",
        T::ListImported => "Came with a list",
        T::PageViewed => "Looked at a page",
        T::AdClicked => "Clicked an advertisement",
        T::SocialEngaged => "Reacted on a social network",
        T::ContentDownloaded => "Downloaded content",
        T::ContestEntered => "Entered a contest",
        T::SurveyAnswered => "Answered a survey",
        T::EventAttended => "Attended an event",
        T::EmailDelivered => "Received an e-mail",
        T::EmailOpened => "Opened an e-mail",
        T::EmailBounced => "An e-mail came back",
        T::EmailComplained => "Reported an e-mail as spam",
        T::EmailUnsubscribed => "Unsubscribed from e-mail",
        T::EmailClicked => "Clicked a link in an e-mail",
        T::EmailReplied => "Replied to an e-mail",
        T::FormSubmitted => "Submitted a form",
        T::FormQuarantined => "A form post was held back",
        T::FormReleased => "A form post was released",
        T::MessageReceived => "Sent a message",
        T::ActivityRecorded => "Something else that was reported",
        T::CallMade => "Was called",
        T::MeetingBooked => "Booked a meeting",
        T::MeetingHeld => "Came to a meeting",
        T::FollowUpDone => "Was followed up",
        T::NoteAdded => "A note was added",
        T::OwnerAssigned => "An owner was assigned",
        T::ProfileUpdated => "The profile was updated",
        T::RoleAdded => "A role was added",
        T::RoleRemoved => "A role was removed",
        T::GroupJoined => "Joined a group",
        T::GroupLeft => "Left a group",
        T::ConsentGiven => "Gave a consent",
        T::ConsentDenied => "Denied a consent",
        T::ConsentWithdrawn => "Withdrew a consent",
        T::CriterionAssessed => "A criterion was assessed",
        T::LeadAccepted => "Was accepted by sales",
        T::LeadDeferred => "Is not ready yet",
        T::LeadRefused => "Refused",
        T::LeadDisqualified => "Was disqualified",
        T::LeadReopened => "Was reopened",
        T::QuoteIssued => "A quote was issued",
        T::QuoteDeclined => "Declined a quote",
        T::QuoteExpired => "A quote expired",
        T::QuoteAccepted => "Accepted a quote",
        T::ContractSigned => "Signed a contract",
        T::OrderPlaced => "Placed an order",
        T::OrderCancelled => "Cancelled an order",
        T::InvoiceIssued => "An invoice was issued",
        T::InvoicePaid => "Paid an invoice",
        T::IdentityLinked => "Was linked with another identifier",
        T::IdentityUnlinked => "Was parted from another identifier",
        T::LeadErased => "Was erased",
        T::CampaignDefined => "A campaign was defined",
        T::CampaignCostRecorded => "A campaign cost was recorded",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_tells_points_cut_and_present_worth() {
        assert_eq!(
            why(FactType::EmailClicked, 5.0, 0.0, 0.334_9),
            "Clicked a link in an e-mail: 5.0 points, worth 0.3 now"
        );
        assert_eq!(
            why(FactType::AdClicked, 0.456_8, 2.543_2, 0.031),
            "Clicked an advertisement: 0.5 points (2.5 cut by the cap of the group), worth 0.0 now"
        );
        assert_eq!(
            why(FactType::EmailBounced, -20.0, 0.0, -0.01),
            "An e-mail came back: -20.0 points, worth 0.0 now"
        );
    }
}
