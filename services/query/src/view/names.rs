//! The codes that answers use, as the contract lists them. The answers carry the codes of `lead_domain` themselves.

use utoipa::ToSchema;

/// An enumeration for the contract alone.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, ToSchema)]
        #[schema(rename_all = "snake_case")]
        #[expect(dead_code, reason = "the contract is derived from the variants")]
        pub(crate) enum $name { $($variant,)* }
    };
}

codes! {
    /// Where a lead stands: `suspect` (in the target, no interest shown) → `lead` (interest shown) → `prospect` (can and
    /// may buy, or taken over by sales, or a quote is open) → `customer` (has purchased).
    StageName { Suspect, Lead, Prospect, Customer, }
}

codes! {
    /// A stage, or `none`: no stage.
    StageFilter { Suspect, Lead, Prospect, Customer, None, }
}

codes! {
    /// How ready a lead is now.
    TemperatureName { Cold, Warm, Hot, }
}

codes! {
    /// Side state of the sale: `open`; `nurture` (not ready); `contact_later` (refused, may be asked again from a date);
    /// `refused`; `disqualified`.
    DispositionName { Open, Nurture, ContactLater, Refused, Disqualified, }
}

codes! {
    /// One purchase, or several.
    CustomerKind { OneTime, Repeat, }
}

codes! {
    /// Whether somebody who bought buys still: `active`; `inactive` (no purchase for the time that the policy sets, 365
    /// days by default); `reactivated` (active again: the latest purchase came after that time).
    CustomerStateName { Active, Inactive, Reactivated, }
}

codes! {
    /// To which of the campaigns that touched a person an event is owed: to the `first`, to the `last`, or in equal parts
    /// to all of them (`even`).
    AttributionName { First, Last, Even, }
}

codes! {
    /// What tells the rows of one campaign apart.
    GroupName { Channel, }
}

codes! {
    /// A part of the state that has a history.
    WhatName { Stage, Temperature, Disposition, CustomerState, }
}

codes! {
    /// Why somebody is to be contacted: `callback_promised` (a call was promised), `inbound_unanswered` (they asked
    /// something), `quote_open`, `missing_criteria` (a warm or hot lead misses one or two criteria), `contact_again` (they
    /// agreed to a date), `reactivate` (the latest purchase is long ago).
    ReasonName { CallbackPromised, InboundUnanswered, QuoteOpen, MissingCriteria, ContactAgain, Reactivate, }
}

codes! {
    /// What a funnel is grouped by.
    FunnelGroupName { Source, Campaign, Channel, Country, }
}

/// What changed.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the contract is derived from the variants")]
pub(crate) enum ChangeType {
    #[schema(rename = "lead.stage_changed")]
    Stage,
    #[schema(rename = "lead.temperature_changed")]
    Temperature,
    #[schema(rename = "lead.disposition_changed")]
    Disposition,
    #[schema(rename = "lead.customer_state_changed")]
    CustomerState,
}

codes! {
    /// A state of a customer, or `none`: no customer.
    CustomerStateFilter { Active, Inactive, Reactivated, None, }
}

codes! {
    /// What is known of a criterion: `met`, `unmet`, or `unknown`.
    VerdictName { Met, Unmet, Unknown, }
}

codes! {
    /// `fit` (in the target), `means` (can pay), `authority` (can decide), `need` (wants something).
    CriterionName { Fit, Means, Authority, Need, }
}

/// How well the profile fits the target: `A` (75 points of fit or more), `B` (50), `C` (25), `D` (less).
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the contract is derived from the variants")]
pub(crate) enum GradeName {
    A,
    B,
    C,
    D,
}

/// A grade, or `none`: nothing is known of the fit.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the contract is derived from the variants")]
pub(crate) enum GradeFilter {
    A,
    B,
    C,
    D,
    #[schema(rename = "none")]
    None,
}

codes! {
    /// `given`; `denied` (no, when asked); `withdrawn` (no longer).
    ConsentStatus { Given, Denied, Withdrawn, }
}
