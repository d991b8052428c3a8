//! What a newcomer sees on the first screen: where the server listens, where the key lies, and what to try.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use service_kit::config::Secret;

/// What is told.
#[derive(Debug)]
pub(crate) struct Greeting<'s> {
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// Where the admin key lies.
    pub(crate) admin_key_path: PathBuf,
    /// The admin key, if it was made just now.
    pub(crate) fresh_admin_key: Option<&'s Secret>,
    /// A form that can be posted.
    pub(crate) form: Option<&'s str>,
}

impl Greeting<'_> {
    /// The text, with lines that work as pasted.
    pub(crate) fn text(&self) -> String {
        let url = url(self.address);
        let key = quoted(&self.admin_key_path);
        let mut text = format!("\nBatea listens on {url}\n");
        let mut line = |line: String| text.push_str(&(line + "\n"));
        if let Some(form) = self.form {
            line(format!("  a form page     {url}/f/{form}"));
        }
        line(format!("  reference       {url}/docs"));
        line(format!("  the admin key   {}", self.admin_key_path.display()));
        if let Some(fresh) = self.fresh_admin_key {
            line(format!("                  {} (made just now)", fresh.expose()));
        }
        line("\nTry it:".to_owned());
        if let Some(form) = self.form {
            line(format!(
                "  curl -i {url}/f/{form} -d email=ada@example.com -d name=\"Ada Lovelace\" -d message=\"Please call me\""
            ));
        }
        line(format!("  curl {url}/v1/leads -H \"Authorization: Bearer $(cat {key})\"\n"));
        text
    }
}

/// An address at which a client on this machine reaches the server.
fn url(address: SocketAddr) -> String {
    let ip = address.ip();
    let is_usual = ip.is_unspecified()
        || ip == IpAddr::from([127, 0, 0, 1])
        || ip == IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]);
    if is_usual { format!("http://localhost:{}", address.port()) } else { format!("http://{address}") }
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.chars().all(|each| each.is_alphanumeric() || "/._-".contains(each));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_start_shows_where_everything_is_and_two_lines_to_paste() {
        let key = Secret::from("batea_secret".to_owned());
        let greeting = Greeting {
            address: "127.0.0.1:8080".parse().unwrap(),
            admin_key_path: "data/admin.key".into(),
            fresh_admin_key: Some(&key),
            form: Some("demo"),
        };
        let expected = r#"
Batea listens on http://localhost:8080
  a form page     http://localhost:8080/f/demo
  reference       http://localhost:8080/docs
  the admin key   data/admin.key
                  batea_secret (made just now)

Try it:
  curl -i http://localhost:8080/f/demo -d email=ada@example.com -d name="Ada Lovelace" -d message="Please call me"
  curl http://localhost:8080/v1/leads -H "Authorization: Bearer $(cat data/admin.key)"

"#;
        assert_eq!(greeting.text(), expected);
    }

    #[test]
    fn unusual_addresses_and_paths_work_as_pasted_too() {
        assert_eq!(url("0.0.0.0:80".parse().unwrap()), "http://localhost:80");
        assert_eq!(url("[::1]:80".parse().unwrap()), "http://localhost:80");
        assert_eq!(url("10.0.0.7:80".parse().unwrap()), "http://10.0.0.7:80");
        assert_eq!(url("[fe80::1]:80".parse().unwrap()), "http://[fe80::1]:80");
        assert_eq!(quoted(Path::new("/my data/o'neil.key")), r"'/my data/o'\''neil.key'");
    }
}
