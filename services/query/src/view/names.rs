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
    /// `given`; `denied` (no, when asked); `withdrawn` (no longer).
    ConsentStatus { Given, Denied, Withdrawn, }
}
