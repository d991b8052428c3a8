//! From the fields of a post to its facts: who it was, what was said, and a consent if one was ticked.

use lead_domain::fact::{profile_field, profile_of};
use lead_domain::identity::{Identifier, IdentifierKind};
use serde_json::{Map, Value, json};
use service_kit::problem::{Code, Problem, ProblemError};

use super::controls::Post;
use crate::config::{Consent, Form};
use crate::record::FactRecord;
use crate::sender::Sender;
use crate::state::Desk;

/// The facts of a post, that of the form first.
///
/// # Errors
/// `invalid_form` with the fields to correct.
pub(super) fn facts(
    desk: &Desk,
    form: &Form,
    post: &Post,
    sender: &Sender<'_>,
) -> Result<Vec<FactRecord>, Problem> {
    let Named { lead, rest } = named_in(&post.fields, sender.region)?;
    let submitted = sender.admit(desk, submitted(form, post, &lead, rest), 0).map_err(in_the_form)?;
    let mut facts = vec![submitted];
    if let Some(consent) = form.consent.as_ref().filter(|consent| is_ticked(&post.fields, consent)) {
        facts.push(sender.admit(desk, consent_given(form, consent, &lead), 1).map_err(in_the_form)?);
    }
    Ok(facts)
}

fn submitted(form: &Form, post: &Post, lead: &Map<String, Value>, rest: Map<String, Value>) -> Value {
    let mut data = json!({ "form": form.name, "fields": rest, "intent": form.intent.name() });
    if let Some(page_url) = &post.page_url {
        data["page_url"] = page_url.as_str().into();
    }
    if let Some(referrer) = &post.referrer {
        data["referrer"] = referrer.as_str().into();
    }
    if !post.utm.is_empty() {
        data["utm"] = post.utm.clone().into();
    }
    json!({ "type": "form.submitted", "lead": lead, "data": data })
}

fn consent_given(form: &Form, consent: &Consent, lead: &Map<String, Value>) -> Value {
    let data = json!({ "purpose": consent.purpose, "collected_via": format!("form {}", form.name) });
    json!({ "type": "consent.given", "lead": lead, "data": data })
}

/// Browsers leave out a box that is not ticked; scripts may send it with a value that says no.
fn is_ticked(fields: &Map<String, Value>, consent: &Consent) -> bool {
    let says_yes = |value: &Value| match value {
        Value::Bool(ticked) => *ticked,
        Value::String(text) => {
            let text = text.trim().to_ascii_lowercase();
            !["", "0", "false", "off", "no", "non", "nee"].contains(&text.as_str())
        }
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    };
    match fields.get(&consent.field) {
        Some(Value::Array(list)) => list.iter().any(says_yes),
        value => value.is_some_and(says_yes),
    }
}

/// Who posted: the identifiers in canonical form, and the fields without those that gave them.
struct Named {
    lead: Map<String, Value>,
    rest: Map<String, Value>,
}

/// The valid ones of e-mail and phone; one of them must be. What is no valid one stays among the fields.
fn named_in(fields: &Map<String, Value>, region: Option<&str>) -> Result<Named, Problem> {
    let mut wrong = Vec::new();
    let mut named = Named { lead: Map::new(), rest: fields.clone() };
    for (kind, key) in [(IdentifierKind::Email, "email"), (IdentifierKind::Phone, "phone")] {
        let Some((field, identifier)) = valid(kind, key, fields, region, &mut wrong) else { continue };
        named.lead.insert(key.to_owned(), identifier.value().into());
        if !fields.get(field).is_some_and(Value::is_array) {
            named.rest.remove(field);
        }
    }
    if !named.lead.is_empty() {
        return Ok(named);
    }
    if wrong.is_empty() {
        let detail = "Give an e-mail address or a phone number.".to_owned();
        wrong.push(ProblemError { pointer: "/email".to_owned(), code: "required".into(), detail });
    }
    Err(Problem::new(Code::InvalidForm).errors(wrong))
}

/// The first valid identifier of a kind, and the field that holds it; else what is wrong with each that should.
fn valid<'f>(
    kind: IdentifierKind,
    key: &str,
    fields: &'f Map<String, Value>,
    region: Option<&str>,
    wrong: &mut Vec<ProblemError>,
) -> Option<(&'f str, Identifier)> {
    let preferred = profile_of(fields).get(key).copied();
    let mut named: Vec<_> = fields.iter().filter(|(name, _)| profile_field(name) == Some(key)).collect();
    named.sort_by_key(|(_, value)| !preferred.is_some_and(|preferred| std::ptr::eq(preferred, *value)));
    for (name, value) in named {
        for text in texts_of(value) {
            match Identifier::parse(kind, &text, "", region) {
                Ok(identifier) => return Some((name, identifier)),
                Err(invalid) => {
                    let (code, detail) = (invalid.code().into(), invalid.to_string());
                    wrong.push(ProblemError { pointer: pointer_to(name), code, detail });
                }
            }
        }
    }
    None
}

fn pointer_to(field: &str) -> String {
    format!("/{}", field.replace('~', "~0").replace('/', "~1"))
}

/// The texts that a field holds, blank ones left out.
fn texts_of(value: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let texts: Vec<String> = match value.as_array() {
        Some(list) => list.iter().filter_map(text).collect(),
        None => text(value).into_iter().collect(),
    };
    texts.into_iter().filter(|text| !text.trim().is_empty()).collect()
}

/// A problem of the fact, told as one of the form: each pointer names a field.
fn in_the_form(problem: Problem) -> Problem {
    if problem.code() != Code::InvalidFact {
        return problem;
    }
    let moved = problem.map_pointers(|pointer| {
        let inner = pointer.strip_prefix("/data").unwrap_or(pointer);
        inner.strip_prefix("/fields").unwrap_or(inner).to_owned()
    });
    Problem::new(Code::InvalidForm).errors(moved.into_errors())
}
