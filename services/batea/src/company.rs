//! What the company decided: `batea.yaml`, read by those who know its sections.

use ingest::IngestConfig;
use lead_domain::policy::Policy;
use lead_domain::segment::Segments;
use service_kit::auth::Key;
use service_kit::config::{ConfigErrors, ConfigFile};

/// The whole configuration file, understood.
#[derive(Debug)]
pub(crate) struct Company {
    /// Sites and forms.
    pub(crate) ingest: IngestConfig,
    /// Who may come in.
    pub(crate) keys: Vec<Key>,
    /// Named sets of leads.
    pub(crate) segments: Segments,
    /// What makes a lead.
    pub(crate) policy: Policy,
}

impl Company {
    /// Reads all sections; everything that is wrong is told at once.
    pub(crate) fn read(file: &ConfigFile) -> Result<Self, ConfigErrors> {
        let sections = (IngestConfig::read(file), file.keys(), query::segments(file), policy(file));
        match (sections, file.unknown_sections()) {
            ((Ok(ingest), Ok(keys), Ok(segments), Ok(policy)), Ok(())) => {
                Ok(Self { ingest, keys, segments, policy })
            }
            ((ingest, keys, segments, policy), unknown) => {
                Err(all([unknown.err(), ingest.err(), keys.err(), segments.err(), policy.err()]))
            }
        }
    }
}

fn policy(file: &ConfigFile) -> Result<Policy, ConfigErrors> {
    Policy::parse(file.section("policy")).map_err(|problems| {
        file.problems("/policy", problems.into_iter().map(|problem| (problem.pointer, problem.detail)))
    })
}

/// In the order of the file.
fn all(errors: [Option<ConfigErrors>; 5]) -> ConfigErrors {
    let mut problems: Vec<_> = errors.into_iter().flatten().flat_map(|errors| errors.0).collect();
    problems.sort_by_key(|problem| problem.place.map(|place| (place.line, place.column)));
    ConfigErrors(problems)
}
