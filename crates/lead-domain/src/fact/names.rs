//! The closed sets of names in `data`: what a form is for, how a call ended, what is judged, and papers of a sale.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A set of names with a text form.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)* }

        impl $name {
            /// All of them, in the order of DOMAIN.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];
            /// All names, for messages.
            pub const NAMES: &str = concat!($($text, " ",)*);

            /// The name in the API.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                Self::ALL.iter().copied().find(|one| one.name() == text).ok_or(())
            }
        }
    };
}

names! {
    /// What somebody wants who posts a form.
    Intent {
        /// To read news.
        Newsletter = "newsletter",
        /// To have content.
        Download = "download",
        /// To be contacted.
        Contact = "contact",
        /// To see a demonstration.
        Demo = "demo",
        /// To have a quote.
        Quote = "quote",
    }
}

names! {
    /// How a call ended.
    CallOutcome {
        /// They spoke with us.
        Answered = "answered",
        /// Nobody answered.
        NoAnswer = "no_answer",
        /// A machine answered.
        Voicemail = "voicemail",
        /// They do not want to be called.
        Refused = "refused",
        /// They want to be called back.
        Callback = "callback",
    }
}

names! {
    /// What a prospect must meet.
    Criterion {
        /// In the target.
        Fit = "fit",
        /// Can pay.
        Means = "means",
        /// Can decide.
        Authority = "authority",
        /// Wants something.
        Need = "need",
    }
}

names! {
    /// What is known of a criterion.
    Verdict {
        /// It holds.
        Met = "met",
        /// It does not hold.
        Unmet = "unmet",
        /// Nobody knows.
        Unknown = "unknown",
    }
}

names! {
    /// Papers of a sale.
    DocumentKind {
        /// What we offer.
        Quote = "quote",
        /// What both signed.
        Contract = "contract",
        /// What they want.
        Order = "order",
        /// What they owe.
        Invoice = "invoice",
    }
}
