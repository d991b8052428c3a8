//! What the company decided: `batea.yaml`, read by those who know its sections.

use ingest::IngestConfig;
use lead_domain::policy::Policy;
use service_kit::auth::Key;
use service_kit::config::{ConfigErrors, ConfigFile};

/// The whole configuration file, understood.
#[derive(Debug)]
pub(crate) struct Company {
    /// Sites and forms.
    pub(crate) ingest: IngestConfig,
    /// Who may come in.
    pub(crate) keys: Vec<Key>,
    /// What makes a lead.
    pub(crate) policy: Policy,
}

impl Company {
    /// Reads all sections; everything that is wrong is told at once.
    pub(crate) fn read(file: &ConfigFile) -> Result<Self, ConfigErrors> {
        let sections = (IngestConfig::read(file), file.keys(), policy(file));
        match sections {
            (Ok(ingest), Ok(keys), Ok(policy)) => Ok(Self { ingest, keys, policy }),
            (ingest, keys, policy) => Err(all([ingest.err(), keys.err(), policy.err()])),
        }
    }
}

fn policy(file: &ConfigFile) -> Result<Policy, ConfigErrors> {
    Policy::parse(file.section("policy")).map_err(|problems| {
        file.problems("/policy", problems.into_iter().map(|problem| (problem.pointer, problem.detail)))
    })
}

/// In the order of the file.
fn all(errors: [Option<ConfigErrors>; 3]) -> ConfigErrors {
    let mut problems: Vec<_> = errors.into_iter().flatten().flat_map(|errors| errors.0).collect();
    problems.sort_by_key(|problem| problem.place.map(|place| (place.line, place.column)));
    ConfigErrors(problems)
}
