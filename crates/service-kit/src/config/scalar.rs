//! What a plain scalar means: the core schema of YAML 1.2 (§10.3), in which `on`, `NO` and `yes` are words.

use serde_json::{Number, Value};

/// The value of an unquoted scalar.
///
/// # Errors
/// For numbers that JSON has not: infinities, and what is no number.
pub(super) fn plain(text: &str) -> Result<Value, &'static str> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        _ => {}
    }
    if is_infinite_or_none(text) {
        return Err("Infinities and .nan are not numbers here.");
    }
    Ok(number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number))
}

fn is_infinite_or_none(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

fn number(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0o") {
        return whole(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return whole(digits, 16);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if is_digits(unsigned) {
        let text = text.strip_prefix('+').unwrap_or(text);
        let whole =
            text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok();
        return whole.or_else(|| fraction(text));
    }
    is_fraction(unsigned).then(|| fraction(text)).flatten()
}

fn whole(digits: &str, radix: u32) -> Option<Number> {
    let unsigned = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    unsigned.then(|| u64::from_str_radix(digits, radix).ok()).flatten().map(Number::from)
}

fn fraction(text: &str) -> Option<Number> {
    text.parse().ok().and_then(Number::from_f64)
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_fraction(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits_or_none = |text: &str| text.is_empty() || is_digits(text);
    let mantissa =
        digits_or_none(before) && digits_or_none(after) && !(before.is_empty() && after.is_empty());
    mantissa
        && exponent.is_none_or(|exponent| is_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_stay_words() {
        for word in [
            "on",
            "off",
            "NO",
            "yes",
            "y",
            "nULL",
            "1_000",
            "0b1",
            "1:30",
            "2026-01-01",
            "1e",
            "e5",
            ".",
            "-",
            "0o9",
            "0x",
            "+0x1",
            "12h",
        ] {
            assert_eq!(plain(word), Ok(json!(word)), "{word}");
        }
    }

    #[test]
    fn numbers_null_and_truth_are_those_of_the_core_schema() {
        let cases = [
            ("", json!(null)),
            ("~", json!(null)),
            ("true", json!(true)),
            ("FALSE", json!(false)),
            ("0", json!(0)),
            ("-7", json!(-7)),
            ("+7", json!(7)),
            ("007", json!(7)),
            ("0o17", json!(15)),
            ("0xFf", json!(255)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1.", json!(1.0)),
            ("-1e3", json!(-1000.0)),
            ("1E-2", json!(0.01)),
            ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
            ("100000000000000000000", json!(1e20)),
        ];
        for (text, value) in cases {
            assert_eq!(plain(text), Ok(value), "{text}");
        }
        assert!(plain(".inf").is_err() && plain("-.INF").is_err() && plain(".nan").is_err());
    }
}
