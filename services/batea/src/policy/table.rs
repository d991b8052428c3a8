//! A comparison of two policies, to be read by people.

use std::fmt::Write;

use serde_json::Value;

/// What stands for null.
const NONE: &str = "none";

/// The document as tables; none if it is no such document.
pub(super) fn text(document: &Value) -> Option<String> {
    let mut text = String::new();
    let version = |policy: &str| document[policy]["version"].as_str();
    let (leads, as_of) = (document["leads"].as_u64()?, document["as_of"].as_str()?);
    writeln!(text, "{leads} leads as of {as_of}").ok()?;
    writeln!(text, "  active     {}", version("active")?).ok()?;
    writeln!(text, "  candidate  {}", version("candidate")?).ok()?;
    text.push_str("\nHow many would move\n");
    for part in ["stage", "temperature", "grade"] {
        moves(&mut text, part, document["moves"][part].as_array()?)?;
    }
    sample(&mut text, document["sample"].as_array()?)?;
    ranking(&mut text, document["ranking"].as_array()?)?;
    Some(text)
}

fn moves(text: &mut String, part: &str, moves: &[Value]) -> Option<()> {
    if moves.is_empty() {
        writeln!(text, "  {part:<11}  nobody").ok()?;
    }
    for (index, one) in moves.iter().enumerate() {
        let part = if index == 0 { part } else { "" };
        let (from, to) = (code(&one["from"]), code(&one["to"]));
        writeln!(text, "  {part:<11}  {:<20} {:>9}", format!("{from} → {to}"), one["leads"].as_u64()?)
            .ok()?;
    }
    Some(())
}

/// Stages are not part of an explanation; whoever wants to know more reads the lead.
fn sample(text: &mut String, sample: &[Value]) -> Option<()> {
    if sample.is_empty() {
        return Some(());
    }
    text.push_str("\nSome of them, by score, temperature and grade\n");
    for one in sample {
        let id = one["lead_id"].as_str()?;
        let side = |policy: &str| {
            let score = one[policy]["score"].as_f64()?;
            let (temperature, grade) = (code(&one[policy]["temperature"]), code(&one[policy]["grade"]));
            Some(format!("{score:>6.1} {temperature:<4} {grade:<4}"))
        };
        writeln!(text, "  {id}  {} → {}", side("active")?, side("candidate")?.trim_end()).ok()?;
    }
    Some(())
}

fn ranking(text: &mut String, ranking: &[Value]) -> Option<()> {
    text.push_str(
        "\nWould the score have told who buys? At each age, of those then undecided: the share of pairs of a buyer and
another in which the buyer scored higher (0.5 is chance), its 95 % interval, and how many times more buyers than
on average are in the best tenth.\n",
    );
    let head = ("active", "lift", "candidate", "lift");
    writeln!(text, "   age  undecided  buyers  {:<23} {:<6}  {:<23} {}", head.0, head.1, head.2, head.3)
        .ok()?;
    for age in ranking {
        let (days, undecided, buyers) =
            (age["age_days"].as_u64()?, age["undecided"].as_u64()?, age["buyers"].as_u64()?);
        let (active, candidate) = (quality(&age["active"]), quality(&age["candidate"]));
        writeln!(text, "  {days:>2} d  {undecided:>9}  {buyers:>6}  {active}  {}", candidate.trim_end())
            .ok()?;
    }
    Some(())
}

fn quality(quality: &Value) -> String {
    let auc = quality["auc"].as_f64().map_or_else(|| "-".to_owned(), |auc| format!("{auc:.3}"));
    let interval = match [&quality["auc_95"][0], &quality["auc_95"][1]].map(Value::as_f64) {
        [Some(low), Some(high)] => format!("({low:.3} to {high:.3})"),
        _ => String::new(),
    };
    let lift =
        quality["top_decile_lift"].as_f64().map_or_else(|| "-".to_owned(), |lift| format!("{lift:.2}"));
    format!("{:<23} {lift:<6}", format!("{auc} {interval}"))
}

fn code(value: &Value) -> &str {
    value.as_str().unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_comparison_is_shown_as_tables() {
        let nothing = json!({"auc": null, "auc_95": null, "top_decile_lift": null});
        let good = json!({"auc": 0.7861, "auc_95": [0.7611, 0.8109], "top_decile_lift": 2.417});
        let explained =
            |score, temperature, grade| json!({"score": score, "temperature": temperature, "grade": grade});
        let document = json!({
            "as_of": "2026-06-01T08:00:00.000Z", "leads": 12,
            "active": {"version": "5d39"}, "candidate": {"version": "9732"},
            "moves": {
                "stage": [],
                "temperature": [{"from": "warm", "to": "hot", "leads": 1}],
                "grade": [{"from": null, "to": "A", "leads": 1}, {"from": null, "to": "B", "leads": 3}],
            },
            "sample": [{
                "lead_id": "eaaddb10-1078-8e69-a13f-1ba35b3e10e8",
                "active": explained(44.594, "warm", None), "candidate": explained(39.128, "hot", Some("D")),
            }],
            "ranking": [
                {"age_days": 1, "undecided": 1200, "buyers": 100, "active": good, "candidate": good},
                {"age_days": 30, "undecided": 5, "buyers": 0, "active": nothing, "candidate": nothing},
            ],
        });
        let expected = "\
12 leads as of 2026-06-01T08:00:00.000Z
  active     5d39
  candidate  9732

How many would move
  stage        nobody
  temperature  warm → hot                   1
  grade        none → A                     1
               none → B                     3

Some of them, by score, temperature and grade
  eaaddb10-1078-8e69-a13f-1ba35b3e10e8    44.6 warm none →   39.1 hot  D

Would the score have told who buys? At each age, of those then undecided: the share of pairs of a buyer and
another in which the buyer scored higher (0.5 is chance), its 95 % interval, and how many times more buyers than
on average are in the best tenth.
   age  undecided  buyers  active                  lift    candidate               lift
   1 d       1200     100  0.786 (0.761 to 0.811)  2.42    0.786 (0.761 to 0.811)  2.42
  30 d          5       0  -                       -       -                       -
";
        assert_eq!(text(&document).unwrap(), expected);
        assert_eq!(text(&json!({"status": "ok"})), None);
    }
}
