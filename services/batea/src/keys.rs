//! `batea keys`: secrets for callers, and the lines of the configuration file that let them in.

use std::io::{self, IsTerminal, Read, Write};

use clap::Subcommand;
use service_kit::auth::{ADMIN, Scope, generate_key, hash_of};
use service_kit::config::unknown_key;
use service_kit::random::RandomError;

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key: prints the secret, once, and the line for the configuration file. Changes no file
    Add {
        /// What the key is called, as in answers and logs
        #[arg(long, value_parser = name)]
        name: String,
        /// What it may do, joined by commas: events:write, leads:read, leads:export, leads:erase, admin
        #[arg(long, value_delimiter = ',', required = true, value_parser = scope)]
        scopes: Vec<Scope>,
        /// The source of facts that come through it [default: its name]
        #[arg(long, value_parser = name)]
        source: Option<String>,
    },
    /// Print the hash of a key that is read from standard input
    Hash,
}

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error("standard input cannot be read: {0}")]
    Input(#[from] io::Error),
    #[error("standard input holds no key")]
    NoKey,
}

/// Gives the text to print.
pub(crate) fn run(command: KeysCommand) -> Result<String, KeysError> {
    match command {
        KeysCommand::Add { name, scopes, source } => add(&name, &scopes, source.as_deref()),
        KeysCommand::Hash => Ok(format!("{}\n", hex_hash(&key_of_input()?))),
    }
}

fn add(name: &str, scopes: &[Scope], source: Option<&str>) -> Result<String, KeysError> {
    let key = generate_key()?;
    Ok(format!(
        "{}\n\nThis is the key of {name}. Keep it: it is not shown again. Put this line under `keys:` in batea.yaml:\n\n  {}\n",
        key.expose(),
        line(name, scopes, source, &hex_hash(key.expose()))
    ))
}

fn line(name: &str, scopes: &[Scope], source: Option<&str>, hash: &str) -> String {
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    let source = source.map(|source| format!(", source: {}", yaml(source))).unwrap_or_default();
    format!("- {{name: {}, hash: \"{hash}\", scopes: [{}]{source}}}", yaml(name), scopes.join(", "))
}

/// A text as a YAML scalar that means that text.
fn yaml(text: &str) -> String {
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let word = !["null", "true", "false"].contains(&text.to_ascii_lowercase().as_str());
    // What JSON calls a string, YAML reads alike.
    if plain && word { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

fn hex_hash(key: &str) -> String {
    hex::encode(hash_of(key))
}

/// The key without the end of its line.
fn key_of_input() -> Result<String, KeysError> {
    if io::stdin().is_terminal() {
        writeln!(io::stderr().lock(), "Type the key, then Enter and Ctrl-D:")?;
    }
    let mut text = String::new();
    io::stdin().lock().take(64 * 1024).read_to_string(&mut text)?;
    let key = text.trim_end_matches(['\r', '\n']);
    if key.is_empty() { Err(KeysError::NoKey) } else { Ok(key.to_owned()) }
}

fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text == ADMIN {
        return Err("this name belongs to the admin key of the server".to_owned());
    }
    let fits = (1..=128).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err("not a name of 1 to 128 characters".to_owned()) }
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::named(text.trim()).ok_or_else(|| unknown_key("scope", text.trim(), &Scope::ALL.map(Scope::as_str)))
}

#[cfg(test)]
mod tests {
    use service_kit::auth::Key;
    use service_kit::config::ConfigFile;

    use super::*;

    #[test]
    fn the_line_that_is_printed_lets_the_key_in() {
        for name in ["crm", "null", "Ada's \"crm\": #1", "7", "- é"] {
            let scopes = [Scope::EventsWrite, Scope::LeadsRead];
            let line = line(name, &scopes, Some("shop"), &hex_hash("secret"));
            let file = ConfigFile::parse("batea.yaml", format!("keys:\n  {line}\n").as_bytes()).unwrap();
            assert_eq!(file.keys(), Ok(vec![Key::new(name, "shop", hash_of("secret"), scopes)]), "{line}");
        }
    }
}
