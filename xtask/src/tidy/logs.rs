//! How log lines are written: a lower-case message without a full stop, and no field that may hold a person's data.

use super::source::SourceFile;

const MACROS: [&str; 7] = ["trace!(", "debug!(", "info!(", "warn!(", "error!(", "event!(", "span!("];
/// Fields whose plain name says that a person's data may be in them.
const PERSONAL: [&str; 12] = [
    "email",
    "e_mail",
    "phone",
    "name",
    "first_name",
    "last_name",
    "full_name",
    "company",
    "body",
    "payload",
    "query",
    "message",
];

pub(super) fn check(file: &SourceFile) -> Vec<String> {
    if !file.is_rust() || file.is_test() || file.path.starts_with("xtask/") {
        return Vec::new();
    }
    let lines = file.product_lines();
    let mut findings = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if let Some(call) = log_call(&lines[at..]) {
            findings.extend(problems(&call).into_iter().map(|problem| file.finding(at, &problem)));
        }
        if line.trim_start().starts_with("#[tracing::instrument")
            || line.trim_start().starts_with("#[instrument")
        {
            let skips = lines[at..].iter().take(4).any(|line| line.contains("skip_all"));
            if !skips {
                findings.push(file.finding(at, "a span of all arguments: say skip_all and name the fields"));
            }
        }
    }
    findings
}

/// What stands between the parentheses of a logging macro that starts in the first line.
fn log_call(lines: &[&str]) -> Option<String> {
    let first = lines.first()?;
    let code = first.trim_start();
    if code.starts_with("//") {
        return None;
    }
    let start = MACROS.iter().find_map(|name| starts_at(first, name))?;
    let text = std::iter::once(first.get(start..)?)
        .chain(lines.iter().skip(1).copied())
        .collect::<Vec<_>>()
        .join("\n");
    Some(up_to_closing(&text))
}

/// Where the arguments of this macro begin; not inside a longer word such as `my_error!(`.
fn starts_at(line: &str, name: &str) -> Option<usize> {
    let at = line.find(name)?;
    let before = line.get(..at)?.chars().next_back();
    let longer = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    (!longer).then_some(at + name.len())
}

fn up_to_closing(text: &str) -> String {
    let (mut depth, mut quoted, mut escaped) = (1, false, false);
    let inside = text.chars().take_while(|c| {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        depth > 0
    });
    inside.collect()
}

fn problems(call: &str) -> Vec<String> {
    let arguments = split_arguments(call);
    let mut problems = Vec::new();
    for argument in &arguments {
        match argument.strip_prefix('"') {
            Some(message) => problems.extend(message_problem(message)),
            None => problems.extend(field_problem(argument)),
        }
    }
    problems
}

/// A first capital is fine where it is a name's own, as in `HTTP`.
fn message_problem(message: &str) -> Option<String> {
    let mut letters = message.chars();
    let capital = letters.next().is_some_and(char::is_uppercase);
    let shouted = letters.next().is_some_and(char::is_uppercase);
    if capital && !shouted {
        return Some("a log message starts in lower case".to_owned());
    }
    message.ends_with(".\"").then(|| "a log message has no full stop".to_owned())
}

fn field_problem(argument: &str) -> Option<String> {
    let field = argument.split('=').next().unwrap_or_default().trim().trim_start_matches(['%', '?']);
    PERSONAL.contains(&field).then(|| format!("the field {field} may hold a person's data"))
}

/// The arguments of a call, split at its outer commas.
fn split_arguments(call: &str) -> Vec<String> {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    let mut arguments = vec![String::new()];
    for c in call.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = arguments.last_mut() {
            last.push(c);
        }
    }
    arguments.into_iter().map(|argument| argument.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        check(&SourceFile { path: "a/src/b.rs".to_owned(), text: text.to_owned() })
    }

    #[test]
    fn a_lower_case_message_with_dotted_fields_is_fine() {
        let text = "info!(partition = 3, key.name = %key, \"partition taken over\");\ntracing::warn!(\n    error = %e,\n    \"HTTP, (again)\"\n);";
        assert_eq!(findings(text), Vec::<String>::new());
    }

    #[test]
    fn capitals_and_full_stops_are_found() {
        let found = findings("error!(\"Broker is away\");\nwarn!(\"broker is away.\");");
        assert_eq!(
            found,
            [
                "a/src/b.rs:1: a log message starts in lower case",
                "a/src/b.rs:2: a log message has no full stop"
            ]
        );
    }

    #[test]
    fn fields_with_a_persons_data_are_found_in_every_spelling() {
        for text in [
            "info!(email = %x, \"a\")",
            "info!(%email, \"a\")",
            "info!(?email, \"a\")",
            "info!(email, \"a\")",
        ] {
            assert_eq!(findings(text), ["a/src/b.rs:1: the field email may hold a person's data"], "{text}");
        }
    }

    #[test]
    fn a_span_names_its_fields() {
        let found = findings("#[instrument]\nfn a(email: &str) {}");
        assert_eq!(found, ["a/src/b.rs:1: a span of all arguments: say skip_all and name the fields"]);
        assert!(findings("#[instrument(skip_all)]\nfn a(email: &str) {}").is_empty());
    }
}
