//! The facts that every run posts: made from a fixed seed, so that two machines post the same bytes.

use crate::Outcome;

/// The seed of every corpus.
const SEED: u64 = 0x0b47_ea00;
/// Digits of the serial number in a fact's id.
pub(crate) const SERIAL_DIGITS: usize = 12;
/// What facts of the projection corpus begin at: 2026-01-01T00:00:00Z.
const FIRST_INSTANT: i64 = 1_767_225_600_000;
/// Between two facts of the projection corpus.
const STEP_MS: i64 = 30_000;

/// How facts fall on leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Leads {
    /// Zipf(1.0): a few leads have many facts.
    Zipf,
    /// Each fact has a lead of its own.
    Distinct,
}

/// How a corpus is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Recipe {
    /// Facts in it.
    pub(crate) facts: usize,
    /// About how many bytes one has.
    pub(crate) bytes: usize,
    /// Different leads, when they are drawn by Zipf.
    pub(crate) leads: usize,
    /// How facts fall on them.
    pub(crate) spread: Leads,
    /// Whether facts say when they happened, each later than the one before; else they happen on receipt.
    pub(crate) dated: bool,
}

/// A posted fact. Its id ends with a serial number, which stands at [`Body::serial_at`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    /// The JSON text.
    pub(crate) text: String,
    /// Where the digits of the serial number begin.
    pub(crate) serial_at: usize,
}

impl Recipe {
    /// Makes the facts.
    ///
    /// # Errors
    /// When the recipe asks for no leads.
    pub(crate) fn make(&self) -> Outcome<Vec<Body>> {
        let mut dice = Dice(SEED);
        let zipf = Zipf::over(self.leads)?;
        let one = |index: usize| {
            let lead = match self.spread {
                Leads::Zipf => zipf.draw(&mut dice),
                Leads::Distinct => index,
            };
            self.body(index, lead, &mut dice)
        };
        Ok((0..self.facts).map(one).collect())
    }

    fn body(&self, index: usize, lead: usize, dice: &mut Dice) -> Body {
        let beginning = r#"{"id":"b-"#;
        let external =
            if dice.below(4) == 0 { format!(r#","external_id":"c-{lead}""#) } else { String::new() };
        let dated =
            if self.dated { format!(r#","occurred_at":"{}""#, self.instant(index)) } else { String::new() };
        let (kind, data) = kind_and_data(lead, dice);
        let mut text = format!(
            r#"{beginning}{index:0width$}","type":"{kind}"{dated},"lead":{{"email":"lead-{lead}@example.com"{external}}},"campaign":"spring-{}","data":{{{data},"note":""#,
            lead % 20,
            width = SERIAL_DIGITS,
        );
        let missing = self.bytes.saturating_sub(text.len() + 3);
        text.extend(
            (0..missing).map(|_| char::from(b'a' + u8::try_from(dice.below(26)).unwrap_or_default())),
        );
        text.push_str(r#""}}"#);
        Body { text, serial_at: beginning.len() }
    }

    fn instant(&self, index: usize) -> lead_domain::Instant {
        let steps = i64::try_from(index).unwrap_or_default();
        lead_domain::Instant::from_millis(FIRST_INSTANT + steps * STEP_MS)
    }
}

/// Facts as a site and its mailings report them: mostly views and opens, some clicks, few forms.
fn kind_and_data(lead: usize, dice: &mut Dice) -> (&'static str, String) {
    let page = dice.below(400);
    match dice.below(10) {
        0..=3 => ("page.viewed", format!(r#""url":"https://www.example.com/offers/{page}?ref={lead}""#)),
        4 | 5 => ("email.opened", format!(r#""message_id":"m-{page}-{lead}""#)),
        6 => (
            "email.clicked",
            format!(r#""message_id":"m-{page}-{lead}","link":"https://www.example.com/{page}""#),
        ),
        7 => ("content.downloaded", format!(r#""asset":"guide-{page}.pdf""#)),
        8 => (
            "profile.updated",
            format!(
                r#""first_name":"Ada","last_name":"Lovelace {lead}","company":"Engines {page}","country":"BE""#
            ),
        ),
        _ => (
            "form.submitted",
            format!(
                r#""form":"contact","intent":"contact","fields":{{"name":"Ada Lovelace {lead}","message":"Please call me about {page}"}}"#
            ),
        ),
    }
}

/// Pseudo-random numbers (splitmix64): the same on every machine.
#[derive(Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// From 0 up to, not including, 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Zipf(1.0) by its cumulated weights.
#[derive(Debug)]
struct Zipf(Vec<f64>);

impl Zipf {
    #[expect(clippy::cast_precision_loss, reason = "numbers of leads are small")]
    fn over(leads: usize) -> Outcome<Self> {
        if leads == 0 {
            return Err("a corpus needs leads".into());
        }
        let cumulated = (1..=leads).scan(0.0, |sum, rank| {
            *sum += 1.0 / rank as f64;
            Some(*sum)
        });
        Ok(Self(cumulated.collect()))
    }

    fn draw(&self, dice: &mut Dice) -> usize {
        let sum = self.0.last().copied().unwrap_or_default();
        let point = dice.fraction() * sum;
        self.0.partition_point(|cumulated| *cumulated <= point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPE: Recipe = Recipe { facts: 2_000, bytes: 300, leads: 100, spread: Leads::Zipf, dated: true };

    #[test]
    fn a_corpus_is_the_same_each_time_and_its_facts_are_json_of_the_size_asked_for() {
        let corpus = RECIPE.make().unwrap();
        assert_eq!(corpus, RECIPE.make().unwrap());
        for body in &corpus {
            let fact: serde_json::Value = serde_json::from_str(&body.text).unwrap();
            assert!(fact["type"].is_string());
            assert!((300..420).contains(&body.text.len()), "{}", body.text);
        }
    }

    #[test]
    fn the_first_lead_of_zipf_has_about_a_fifth_of_all_facts_of_a_hundred_leads() {
        let corpus = RECIPE.make().unwrap();
        let first = corpus.iter().filter(|body| body.text.contains("lead-0@")).count();
        assert!((320..460).contains(&first), "{first}");
    }
}
