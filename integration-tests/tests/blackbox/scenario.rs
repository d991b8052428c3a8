//! A worked scenario: a small history of a dozen people, and what every one of them must be at two instants, computed
//! and checked by hand. Ids are the installation's own; the answers to the post tell which is which.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::support::app::{App, Mode, Setup, fixture};
use crate::support::compare::assert_same;
use crate::support::in_both_modes;

in_both_modes!(every_lead_of_the_worked_scenario_is_as_worked_out_by_hand);

const RECEIVED: &str = "2026-06-01T07:59:00Z";
const END: &str = "2026-06-01T08:00:00.000Z";

/// The scenario as posted: the app, and our ids for those of the examples.
struct Scenario {
    app: App,
    ids: HashMap<String, Value>,
}

fn every_lead_of_the_worked_scenario_is_as_worked_out_by_hand(mode: Mode) {
    let scenario = Scenario::post(Setup::new(mode).clock(RECEIVED).start());
    scenario.check_states();
    scenario.check_ada();
    scenario.check_ben();
    scenario.check_refusal();
    scenario.check_changes();
    scenario.at_the_end();
    scenario.check_list();
    scenario.check_follow_ups();
    scenario.check_figures();
    scenario.check_policy();
}

impl Scenario {
    fn post(app: App) -> Self {
        let facts: Vec<Value> =
            fixture("scenario.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let answer = app.post("application/json", json!(facts).to_string()).expect(202).json();
        let expected = json_fixture("post-array.json");
        let mut ids = HashMap::new();
        pair(&expected["accepted"], &answer["accepted"], &mut ids);
        let wanted = translated(&expected, &ids);
        for key in ["accepted", "rejected", "stored"] {
            let mut found = answer[key].clone();
            if key == "rejected" {
                found[0]["problem"]["trace_id"] = wanted["rejected"][0]["problem"]["trace_id"].clone();
            }
            assert_same(key, &wanted[key], &found, 0.0);
        }
        app.projected(answer["position"].as_str().unwrap());
        Self { app, ids }
    }

    /// An example with our ids.
    fn expected(&self, example: &Value) -> Value {
        let mut example = translated(example, &self.ids);
        strip_policy(&mut example);
        example
    }

    fn get(&self, path: &str) -> Value {
        let mut answer = self.app.get(path).expect(200).json();
        assert!(answer["policy"].as_str().is_none_or(|policy| policy.len() == 64), "{answer}");
        strip_policy(&mut answer);
        answer
    }

    fn check_states(&self) {
        let example = json_fixture("leads-state.json");
        for lead in example["data"].as_array().unwrap() {
            let id = lead["states"][1]["lead"]["id"].as_str().unwrap();
            let ours = self.ids[id].as_str().unwrap();
            for state in lead["states"].as_array().unwrap() {
                let instant = state["as_of"].as_str().unwrap();
                let path = format!("/v1/leads/{ours}?as_of={instant}");
                if state["lead"].is_null() {
                    assert_eq!(self.app.get(&path).expect(404).problem(), "not_found");
                } else {
                    assert_same(&path, &self.expected(&state["lead"]), &self.get(&path), 1e-9);
                }
            }
            self.check_found(&lead["find"], ours);
        }
    }

    /// Each identifier finds the lead in the list.
    fn check_found(&self, find: &Value, id: &str) {
        for (kind, values) in find.as_object().unwrap() {
            if kind == "anonymous_id" {
                continue;
            }
            for value in values.as_array().unwrap() {
                let value = value.as_str().unwrap().replace('+', "%2B");
                let found = self.app.leads(&format!("{kind}={value}"));
                assert_eq!(found.iter().map(|lead| lead["id"].clone()).collect::<Vec<_>>(), [id], "{kind}");
            }
        }
    }

    fn check_ada(&self) {
        let lead = json_fixture("lead.json");
        let id = self.ids[lead["id"].as_str().unwrap()].as_str().unwrap();
        assert_same("Ada", &self.expected(&lead), &self.get(&format!("/v1/leads/{id}?as_of={END}")), 1e-9);
        let middle = self.get(&format!("/v1/leads/{id}?as_of=2026-03-02T12:00:00Z"));
        assert_same("Ada, in the middle", &self.expected(&json_fixture("lead-as-of.json")), &middle, 1e-9);
        let history = self.get(&format!("/v1/leads/{id}/history?as_of={END}"));
        assert_same("Ada's history", &self.expected(&json_fixture("history.json")), &history, 0.0);
        let mut timeline = self.get(&format!("/v1/leads/{id}/timeline?limit=6"));
        assert!(timeline["next_cursor"].is_string());
        let expected = self.expected(&json_fixture("timeline.json"));
        timeline["next_cursor"] = expected["next_cursor"].clone();
        for (entry, wanted) in
            timeline["data"].as_array_mut().unwrap().iter_mut().zip(expected["data"].as_array().unwrap())
        {
            assert!(
                entry["received_at"].as_str().is_some_and(|at| at.starts_with("2026-06-01T07:59:")),
                "{entry}"
            );
            entry["received_at"] = wanted["received_at"].clone();
        }
        assert_same("Ada's timeline", &expected, &timeline, 1e-9);

        // The id that was told for her e-mail leads to the visitor that she was before.
        let example = json_fixture("post-one.json");
        let told = self.ids[example["lead_id"].as_str().unwrap()].as_str().unwrap();
        let moved = self.app.get(&format!("/v1/leads/{told}")).expect(308);
        assert!(moved.header("location").unwrap().ends_with(id));
    }

    fn check_ben(&self) {
        let ben = self.app.lead_of("ben@example.org");
        let score = self.get(&format!("/v1/leads/{}/score?as_of={END}", ben["id"].as_str().unwrap()));
        assert_same("Ben's score", &self.expected(&json_fixture("score.json")), &score, 1e-6);
        let contributions = score["contributions"].as_array().unwrap().iter();
        let sum: f64 = contributions.map(|contribution| contribution["points_now"].as_f64().unwrap()).sum();
        assert!((sum - score["sum"].as_f64().unwrap()).abs() < 1e-9, "{score}");
    }

    /// Line 63 is refused on purpose, line 11 again changes nothing.
    fn check_refusal(&self) {
        let lines = fixture("scenario.ndjson");
        let line = |number: usize| lines.lines().nth(number - 1).unwrap();
        let mut refused = self.app.post("application/json", line(63)).expect(422).json();
        let expected = json_fixture("problem-422.json");
        refused["trace_id"] = expected["trace_id"].clone();
        assert_same("line 63", &expected, &refused, 0.0);
        let mut again = self.app.post("application/json", line(11)).expect(202).json();
        self.app.projected(again["position"].as_str().unwrap());
        let expected = translated(&json_fixture("post-one.json"), &self.ids);
        again["position"] = expected["position"].clone();
        assert_same("line 11", &expected, &again, 0.0);
    }

    /// The feed may depend on arrival: names and nesting, and one cause of each kind.
    fn check_changes(&self) {
        let mut feed = self.app.get("/v1/changes?limit=200").expect(200).json();
        let example = json_fixture("changes.json");
        let last = feed["data"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(feed["next_cursor"], last["cursor"]);
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        for change in feed["data"].as_array_mut().unwrap() {
            assert_eq!(names(change), names(&example["data"][0]), "{change}");
            let by_time = change["because"]["rule"] == "cooling" || change["because"]["rule"] == "inactivity";
            assert_eq!(change["because"]["event_id"].is_null(), by_time, "{change}");
        }
        let ids: std::collections::BTreeSet<_> =
            feed["data"].as_array().unwrap().iter().map(|change| change["id"].to_string()).collect();
        assert_eq!(ids.len(), feed["data"].as_array().unwrap().len(), "each once");
        let same =
            |key: &str, value: &Value| feed["data"].as_array().unwrap().iter().any(|one| one[key] == *value);
        for wanted in self.expected(&example)["data"].as_array().unwrap() {
            assert!(same("at", &wanted["at"]) && same("because", &wanted["because"]), "{wanted}");
        }
    }

    /// Lists are those of the request's instant, so whoever answers them gets another clock.
    fn at_the_end(&self) {
        let name = if self.app.mode == Mode::Embedded { "batea" } else { "batea-query" };
        self.app.stop(name);
        self.app.set("BATEA_CLOCK", END);
        self.app.launch(name);
    }

    fn check_follow_ups(&self) {
        let mut queue = self.get("/v1/follow-ups");
        let expected = self.expected(&json_fixture("follow-ups.json"));
        assert!(queue["as_of"].as_str().is_some_and(|at| at.starts_with("2026-06-01T08:00:")), "{queue}");
        queue["as_of"] = expected["as_of"].clone();
        assert_same("the queue", &expected, &queue, 0.11);
        let stats = self.get(&format!("/v1/follow-ups/stats?from=2026-01-01T00:00:00Z&to={END}"));
        assert_same("times of answers", &json_fixture("follow-ups-stats.json"), &stats, 1e-9);
    }

    fn check_figures(&self) {
        assert_same("the funnel", &json_fixture("funnel.json"), &self.get("/v1/funnel"), 1e-9);
        let by_country = self.get("/v1/funnel?group_by=country");
        let groups: Vec<Value> =
            by_country["data"].as_array().unwrap().iter().map(|group| group["group"].clone()).collect();
        let countries = self.app.leads("limit=200").into_iter().map(|lead| lead["country"].clone());
        let mut countries: Vec<Value> = countries.collect();
        countries.sort_by_key(|country| (country.is_null(), country.to_string()));
        countries.dedup();
        assert_eq!(groups, countries, "as they stand in the profiles, those without one last");
    }

    fn check_policy(&self) {
        let mut policies = self.app.get("/v1/policy").expect(200).json();
        let mut expected = json_fixture("policy.json");
        let version = policies["active"]["version"].as_str().unwrap().to_owned();
        let one = self.app.get(&format!("/v1/policy/{version}")).expect(200).json();
        assert_eq!(one, policies["active"]);
        for policies in [&mut policies, &mut expected] {
            assert_eq!(policies["known"][0]["version"], policies["active"]["version"]);
            for part in ["/active", "/known/0"] {
                let part = policies.pointer_mut(part).unwrap();
                assert!(part["active_from"].is_string() && part["version"].is_string());
                part["active_from"] = Value::Null;
                part["version"] = Value::Null;
            }
        }
        assert_same("the policies", &expected, &policies, 0.0);
    }

    fn check_list(&self) {
        let mut page = self.get("/v1/leads?limit=4");
        assert!(page["as_of"].as_str().is_some_and(|at| at.starts_with("2026-06-01T08:00:")), "{page}");
        let expected = self.expected(&json_fixture("leads.json"));
        for key in ["as_of", "next_cursor"] {
            assert!(page[key].is_string());
            page[key] = expected[key].clone();
        }
        assert_same("the first four", &expected, &page, 0.11);
    }
}

fn json_fixture(name: &str) -> Value {
    serde_json::from_str(&fixture(name)).unwrap()
}

/// Learns which of our ids stands for which of the example's, from two lists of the same shape.
fn pair(example: &Value, ours: &Value, ids: &mut HashMap<String, Value>) {
    for (example, ours) in example.as_array().unwrap().iter().zip(ours.as_array().unwrap()) {
        assert_eq!(example["index"], ours["index"]);
        for key in ["event_id", "lead_id"] {
            if let Some(id) = example[key].as_str() {
                let before = ids.insert(id.to_owned(), ours[key].clone());
                assert!(before.is_none_or(|before| before == ours[key]), "{id} stands for two of ours");
            }
        }
    }
}

/// A value with every id of the example replaced by ours.
fn translated(value: &Value, ids: &HashMap<String, Value>) -> Value {
    match value {
        Value::String(text) => ids.get(text).unwrap_or(value).clone(),
        Value::Array(items) => items.iter().map(|item| translated(item, ids)).collect(),
        Value::Object(object) => {
            Value::Object(object.iter().map(|(key, item)| (key.clone(), translated(item, ids))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Versions of policies are the installation's own.
fn strip_policy(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(strip_policy),
        Value::Object(object) => {
            object.remove("policy");
            object.values_mut().for_each(strip_policy);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
