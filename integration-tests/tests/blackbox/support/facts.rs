//! Facts for tests. Whatever names a person in them contains [`CANARY`], which must never be found in a log.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

/// Part of everything personal that tests post.
pub(crate) const CANARY: &str = "kanarie";

/// A word that no other test uses, with the canary in it.
pub(crate) fn unique(word: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{word}-{CANARY}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// An e-mail address that no other test uses.
pub(crate) fn unique_email(word: &str) -> String {
    format!("{}@example.com", unique(word))
}

/// A fact as a back end posts it.
pub(crate) fn fact(kind: &str, lead: Value, data: Value) -> Value {
    json!({"type": kind, "lead": lead, "data": data})
}

/// The fact with an instant.
pub(crate) fn at(instant: &str, mut fact: Value) -> Value {
    fact["occurred_at"] = instant.into();
    fact
}

/// The fact with an id of the sender's.
pub(crate) fn with_id(id: &str, mut fact: Value) -> Value {
    fact["id"] = id.into();
    fact
}

/// Somebody asks by a form of the company's site.
pub(crate) fn asked(email: &str) -> Value {
    let fields = json!({"name": format!("Ada {CANARY}"), "message": format!("Call me, {CANARY}")});
    fact("form.submitted", json!({"email": email}), json!({"form": "contact", "fields": fields}))
}

/// Numbers that look random and are the same in every run of the same seed (`SplitMix64`).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    pub(crate) fn one_of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// The histories of some people: every type that moves a lead, several identifiers a person that meet in some facts and
/// are shared by two people in others, instants that coincide, repeated ids with equal content.
pub(crate) fn histories(seed: u64, people: usize, facts: usize) -> Vec<Value> {
    let mut random = Random::new(seed);
    (0..facts).map(|number| history_fact(&mut random, people, number)).collect()
}

/// Later facts about the same people that move none of them: they bring rows, and nothing to announce.
pub(crate) fn quiet_facts(people: usize, facts: usize) -> Vec<Value> {
    let quiet = |number: usize| {
        let lead = json!({"email": email_of(number % people)});
        let company = json!({"company": format!("{CANARY} {number}")});
        let instant = format!("2024-05-{:02}T{:02}:00:00Z", 1 + number % 28, number % 24);
        with_id(&format!("q-{number}"), at(&instant, fact("profile.updated", lead, company)))
    };
    (0..facts).map(quiet).collect()
}

fn history_fact(random: &mut Random, people: usize, number: usize) -> Value {
    let person = random.below(people);
    let (kind, data) = happening(random, person);
    let minute = random.below(4_000);
    let instant =
        format!("2024-0{}-{:02}T{:02}:{:02}:00Z", 1 + minute % 4, 1 + minute % 28, minute % 24, minute % 60);
    let campaign = random.one_of(&[None, None, Some("spring"), Some("salon")]);
    let channel = random.one_of(&[None, None, Some("email"), Some("ads")]);
    let lead = if kind.starts_with("identity.") {
        json!({"email": email_of(person)})
    } else {
        names(random, person)
    };
    json!({
        "id": format!("h-{number}"), "type": kind, "occurred_at": instant, "lead": lead, "source": "crm",
        "campaign": campaign, "channel": channel, "data": data,
    })
}

fn email_of(person: usize) -> String {
    format!("person-{person}-{CANARY}@example.com")
}

/// By which identifiers a fact names a person. Neighbours share a phone and a browser now and then.
fn names(random: &mut Random, person: usize) -> Value {
    let email = email_of(person);
    let customer = format!("C-{CANARY}-{person}");
    let phone = format!("+3361234{:04}", person / 2);
    let browser = format!("an-{CANARY}-{}", (person + random.below(2)) / 2);
    match random.below(8) {
        0 => json!({"anonymous_id": browser}),
        1 => json!({"email": email, "anonymous_id": browser}),
        2 => json!({"external_id": customer, "email": email}),
        3 => json!({"external_id": customer, "phone": phone}),
        4 => json!({"phone": phone}),
        5 => json!({"email": email, "phone": phone}),
        6 => json!({"external_id": customer}),
        _ => json!({"email": email}),
    }
}

fn happening(random: &mut Random, person: usize) -> (&'static str, Value) {
    let document = random.below(3);
    let quote = format!("Q-{person}-{document}");
    let order = format!("O-{person}-{document}");
    let amount =
        json!({"amount_minor": 100 * random.below(1_000), "currency": random.one_of(&["EUR", "USD"])});
    match random.below(24) {
        0 => ("page.viewed", json!({"url": "/prices"})),
        1 => ("email.clicked", json!({"message_id": "m", "link": "/offer"})),
        2 => ("email.opened", json!({"message_id": "m", "machine": random.below(2) == 0})),
        3 => (
            "form.submitted",
            json!({"form": "contact", "fields": {"nom": format!("Nom {CANARY}"), "ville": "Lyon"}}),
        ),
        4 => (
            "form.submitted",
            json!({"form": "f", "intent": random.one_of(&["newsletter", "download", "demo"])}),
        ),
        5 => ("message.received", json!({"channel": "email", "text": format!("Bonjour, {CANARY}")})),
        6 => ("call.made", json!({"outcome": random.one_of(&["answered", "no_answer", "refused"])})),
        7 => ("call.made", json!({"outcome": "refused", "contact_again_at": "2027-01-01T00:00:00Z"})),
        8 => (
            "profile.updated",
            json!({"company": format!("{CANARY} SA"), "country": random.one_of(&["FR", "BE"])}),
        ),
        9 => ("profile.updated", json!({"city": null, "attributes": {"budget": random.below(9)}})),
        10 => ("role.added", json!({"role": random.one_of(&["partner", "press"])})),
        11 => ("role.removed", json!({"role": random.one_of(&["partner", "press"])})),
        12 => ("group.joined", json!({"group": random.one_of(&["north", "south"])})),
        13 => ("owner.assigned", json!({"owner": random.one_of(&[json!("kim"), json!("lou"), Value::Null])})),
        14 => {
            ("consent.given", json!({"purpose": "marketing", "channel": random.one_of(&["email", "phone"])}))
        }
        15 => ("email.unsubscribed", json!({})),
        16 => (*random.one_of(&["lead.accepted", "lead.reopened"]), json!({})),
        17 => ("lead.disqualified", json!({"reason": "budget"})),
        18 => (*random.one_of(&["lead.deferred", "lead.refused"]), json!({})),
        19 => ("quote.issued", json!({"quote": quote, "amount": amount})),
        20 => (*random.one_of(&["quote.declined", "quote.accepted"]), json!({"quote": quote})),
        21 => ("order.placed", json!({"order": order, "quote": quote, "amount": amount})),
        22 => {
            (*random.one_of(&["order.cancelled", "invoice.paid"]), json!({"order": order, "invoice": order}))
        }
        _ => (
            *random.one_of(&["identity.linked", "identity.unlinked"]),
            json!({"other": {"email": email_of((person + 1) % 7)}}),
        ),
    }
}
