//! What happened, as the beginning of a sentence, in English, French and Dutch.

use lead_domain::fact::FactType as T;

/// In the order of the languages; an entry for each type of fact.
pub(super) const WHAT_HAPPENED: [(T, [&str; 3]); 55] = [
    (T::ContactAdded, ["Added as a contact", "Ajouté aux contacts", "Als contact toegevoegd"]),
    (T::ListImported, ["Came with a list", "Arrivé avec une liste", "Meegekomen met een lijst"]),
    (T::PageViewed, ["Looked at a page", "A regardé une page", "Bekeek een pagina"]),
    (T::AdClicked, ["Clicked an advertisement", "A cliqué sur une publicité", "Klikte op een advertentie"]),
    (
        T::SocialEngaged,
        ["Reacted on a social network", "A réagi sur un réseau social", "Reageerde op een sociaal netwerk"],
    ),
    (T::ContentDownloaded, ["Downloaded content", "A téléchargé un contenu", "Downloadde materiaal"]),
    (T::ContestEntered, ["Entered a contest", "A participé à un concours", "Deed mee aan een wedstrijd"]),
    (T::SurveyAnswered, ["Answered a survey", "A répondu à une enquête", "Beantwoordde een enquête"]),
    (T::EventAttended, ["Attended an event", "A assisté à un événement", "Was op een evenement"]),
    (T::EmailDelivered, ["Received an e-mail", "A reçu un e-mail", "Ontving een e-mail"]),
    (T::EmailOpened, ["Opened an e-mail", "A ouvert un e-mail", "Opende een e-mail"]),
    (T::EmailBounced, ["An e-mail came back", "Un e-mail est revenu", "Een e-mail kwam terug"]),
    (
        T::EmailComplained,
        ["Reported an e-mail as spam", "A signalé un e-mail comme indésirable", "Meldde een e-mail als spam"],
    ),
    (
        T::EmailUnsubscribed,
        ["Unsubscribed from e-mail", "S’est désabonné des e-mails", "Meldde zich af voor e-mail"],
    ),
    (
        T::EmailClicked,
        [
            "Clicked a link in an e-mail",
            "A cliqué sur un lien dans un e-mail",
            "Klikte op een link in een e-mail",
        ],
    ),
    (T::EmailReplied, ["Replied to an e-mail", "A répondu à un e-mail", "Antwoordde op een e-mail"]),
    (T::FormSubmitted, ["Submitted a form", "A envoyé un formulaire", "Verstuurde een formulier"]),
    (
        T::FormQuarantined,
        ["A form post was held back", "Un formulaire a été retenu", "Een formulier werd tegengehouden"],
    ),
    (
        T::FormReleased,
        ["A form post was released", "Un formulaire a été libéré", "Een formulier werd vrijgegeven"],
    ),
    (T::MessageReceived, ["Sent a message", "A envoyé un message", "Stuurde een bericht"]),
    (
        T::ActivityRecorded,
        ["Something else that was reported", "Autre activité signalée", "Iets anders dat werd gemeld"],
    ),
    (T::CallMade, ["Was called", "A été appelé", "Werd gebeld"]),
    (T::MeetingBooked, ["Booked a meeting", "A pris rendez-vous", "Maakte een afspraak"]),
    (T::MeetingHeld, ["Came to a meeting", "Est venu à un rendez-vous", "Kwam naar een afspraak"]),
    (T::FollowUpDone, ["Was followed up", "A été recontacté", "Werd opgevolgd"]),
    (T::NoteAdded, ["A note was added", "Une note a été ajoutée", "Er werd een notitie toegevoegd"]),
    (
        T::OwnerAssigned,
        ["An owner was assigned", "Un responsable a été désigné", "Er werd een verantwoordelijke aangewezen"],
    ),
    (
        T::ProfileUpdated,
        ["The profile was updated", "Le profil a été mis à jour", "Het profiel werd bijgewerkt"],
    ),
    (T::RoleAdded, ["A role was added", "Un rôle a été ajouté", "Er werd een rol toegevoegd"]),
    (T::RoleRemoved, ["A role was removed", "Un rôle a été retiré", "Er werd een rol verwijderd"]),
    (T::GroupJoined, ["Joined a group", "A rejoint un groupe", "Kwam bij een groep"]),
    (T::GroupLeft, ["Left a group", "A quitté un groupe", "Verliet een groep"]),
    (T::ConsentGiven, ["Gave a consent", "A donné son consentement", "Gaf toestemming"]),
    (T::ConsentDenied, ["Denied a consent", "A refusé son consentement", "Weigerde toestemming"]),
    (T::ConsentWithdrawn, ["Withdrew a consent", "A retiré son consentement", "Trok een toestemming in"]),
    (
        T::CriterionAssessed,
        ["A criterion was assessed", "Un critère a été évalué", "Een criterium werd beoordeeld"],
    ),
    (
        T::LeadAccepted,
        ["Was accepted by sales", "A été pris en charge par les ventes", "Werd overgenomen door verkoop"],
    ),
    (T::LeadDeferred, ["Is not ready yet", "N’est pas encore prêt", "Is nog niet zover"]),
    (T::LeadRefused, ["Refused", "A refusé", "Weigerde"]),
    (T::LeadDisqualified, ["Was disqualified", "A été écarté", "Werd afgewezen"]),
    (T::LeadReopened, ["Was reopened", "A été rouvert", "Werd heropend"]),
    (T::QuoteIssued, ["A quote was issued", "Un devis a été établi", "Er werd een offerte gemaakt"]),
    (T::QuoteDeclined, ["Declined a quote", "A refusé un devis", "Wees een offerte af"]),
    (T::QuoteExpired, ["A quote expired", "Un devis a expiré", "Een offerte verliep"]),
    (T::QuoteAccepted, ["Accepted a quote", "A accepté un devis", "Aanvaardde een offerte"]),
    (T::ContractSigned, ["Signed a contract", "A signé un contrat", "Tekende een contract"]),
    (T::OrderPlaced, ["Placed an order", "A passé une commande", "Plaatste een bestelling"]),
    (T::OrderCancelled, ["Cancelled an order", "A annulé une commande", "Annuleerde een bestelling"]),
    (T::InvoiceIssued, ["An invoice was issued", "Une facture a été émise", "Er werd een factuur gemaakt"]),
    (T::InvoicePaid, ["Paid an invoice", "A payé une facture", "Betaalde een factuur"]),
    (
        T::IdentityLinked,
        [
            "Was linked with another identifier",
            "A été lié à un autre identifiant",
            "Werd aan een andere identiteit gekoppeld",
        ],
    ),
    (
        T::IdentityUnlinked,
        [
            "Was parted from another identifier",
            "A été séparé d’un autre identifiant",
            "Werd van een andere identiteit losgemaakt",
        ],
    ),
    (T::LeadErased, ["Was erased", "A été effacé", "Werd gewist"]),
    (
        T::CampaignDefined,
        ["A campaign was defined", "Une campagne a été définie", "Er werd een campagne vastgelegd"],
    ),
    (
        T::CampaignCostRecorded,
        [
            "A campaign cost was recorded",
            "Un coût de campagne a été noté",
            "Er werden campagnekosten genoteerd",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_type_of_fact_has_a_sentence_of_its_own_in_each_language() {
        assert_eq!(WHAT_HAPPENED.map(|(kind, _)| kind), T::ALL);
        for language in 0..3 {
            let told: BTreeSet<&str> = WHAT_HAPPENED.iter().map(|(_, told)| told[language]).collect();
            assert_eq!(told.len(), T::ALL.len());
        }
    }
}
