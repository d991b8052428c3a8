//! Where Kafka is, and how to speak to it.

use clap::Args;

/// Variables that name the brokers or belong to others, not to the client library.
const NOT_FOR_THE_CLIENT: [&str; 1] = ["KAFKA_BROKERS"];

/// Where Kafka is.
#[derive(Clone, Debug, Args)]
pub struct KafkaArgs {
    /// Kafka's brokers: host:port, several joined by commas. Further settings of the client library are read from
    /// variables KAFKA_…: `KAFKA_SECURITY_PROTOCOL` is security.protocol
    #[arg(long = "kafka-brokers", env = "KAFKA_BROKERS", value_name = "HOST:PORT,…")]
    pub brokers: String,
}

impl KafkaArgs {
    /// Further settings of the client library, from the environment, by the library's names.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        client_settings(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }
}

fn client_settings(variables: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let ours = |(name, value): (String, String)| {
        let setting = name.strip_prefix("KAFKA_").filter(|_| !NOT_FOR_THE_CLIENT.contains(&name.as_str()))?;
        Some((setting.to_ascii_lowercase().replace('_', "."), value)).filter(|(_, value)| !value.is_empty())
    };
    let mut settings: Vec<(String, String)> = variables.filter_map(ours).collect();
    settings.sort();
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_become_settings_of_the_client_library() {
        let given = [
            ("KAFKA_SECURITY_PROTOCOL", "SSL"),
            ("KAFKA_BROKERS", "a:1"),
            ("PATH", "/"),
            ("KAFKA_CLIENT_ID", ""),
            ("KAFKA_ACKS", "1"),
        ];
        let given = given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expected = [("acks", "1"), ("security.protocol", "SSL")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(client_settings(given), expected);
    }
}
