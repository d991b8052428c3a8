//! The facts of people who look like those of a company: the same people in every run.

use serde_json::{Value, json};

use crate::corpus::Dice;

const FIRST: [&str; 16] = [
    "Ada", "Ben", "Chloé", "Dirk", "Eva", "Farid", "Gita", "Hugo", "Inès", "Jan", "Karim", "Lea", "Mia",
    "Noor", "Olaf", "Paul",
];
const SYLLABLES: [&str; 16] = [
    "mor", "van", "ber", "lan", "del", "ric", "tho", "mas", "hel", "gar", "pin", "sel", "dor", "nay", "kos",
    "lev",
];
const TRADES: [&str; 8] = ["Engines", "Foods", "Tools", "Paper", "Travel", "Books", "Steel", "Design"];
const TITLES: [&str; 6] = ["CEO", "Directrice", "Buyer", "Assistant", "Engineer", "Owner"];
/// Three in four are from the first three.
const COUNTRIES: [&str; 8] = ["FR", "BE", "NL", "FR", "BE", "FR", "DE", "US"];
const CHANNELS: [&str; 4] = ["email", "ads", "social", "fair"];

/// The instant of the last fact that there can be, 2026-06-01T00:00:00Z, and the time over which facts spread.
const END_MS: i64 = 1_780_272_000_000;
const SPREAD_MS: u64 = 730 * 86_400_000;

/// The facts by which a person becomes known, in their order.
pub(super) fn first_facts(person: usize) -> [Value; 3] {
    let mut dice = Dice(person as u64);
    let ago = dice.below(SPREAD_MS);
    let name =
        format!("{}{}{}", one(&SYLLABLES, &mut dice), one(&SYLLABLES, &mut dice), one(&SYLLABLES, &mut dice));
    let profile = json!({
        "first_name": one(&FIRST, &mut dice), "last_name": capital(&name),
        "company": format!("{} {}", capital(one(&SYLLABLES, &mut dice)), one(&TRADES, &mut dice)),
        "job_title": one(&TITLES, &mut dice), "country": one(&COUNTRIES, &mut dice),
    });
    let mut known = fact(person, "0", "profile.updated", ago, profile);
    known["campaign"] = json!(format!("spring-{}", dice.below(40)));
    known["channel"] = json!(one(&CHANNELS, &mut dice));
    let viewed = json!({"url": format!("/offers/{}", dice.below(400))});
    let asked = match dice.below(5) {
        0 => ("form.submitted", json!({"form": "contact", "intent": "contact"})),
        1 => ("form.submitted", json!({"form": "demo", "intent": "demo"})),
        2 => ("content.downloaded", json!({"asset": "guide.pdf"})),
        _ => ("email.opened", json!({"message_id": "m"})),
    };
    [known, fact(person, "1", "page.viewed", ago / 2, viewed), fact(person, "2", asked.0, ago / 3, asked.1)]
}

/// Something that a person does who is known. `serial` makes it a fact of its own.
pub(super) fn later_fact(person: usize, serial: u64) -> Value {
    let url = json!({"url": format!("/offers/{}", serial % 400)});
    fact(person, &format!("later-{serial}"), "page.viewed", 0, url)
}

fn fact(person: usize, id: &str, kind: &str, ago_ms: u64, data: Value) -> Value {
    let at = END_MS - i64::try_from(ago_ms).unwrap_or_default();
    json!({
        "id": format!("{person}-{id}"), "type": kind,
        "occurred_at": lead_domain::Instant::from_millis(at).to_string(),
        "lead": {"email": format!("person-{person}@example.com")}, "data": data,
    })
}

fn one<'a>(of: &[&'a str], dice: &mut Dice) -> &'a str {
    let chosen = usize::try_from(dice.below(of.len() as u64)).unwrap_or_default();
    of.get(chosen).copied().unwrap_or_default()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
