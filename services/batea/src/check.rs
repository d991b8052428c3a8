//! `batea check`: is the configuration file as it should be?

use std::path::PathBuf;

use service_kit::config::{ConfigArgs, ConfigErrors, ConfigFile};

use crate::company::Company;

/// Tells what the file says; a file that is named on the command line goes before the one of the environment.
pub(crate) fn check(file: Option<PathBuf>, config: ConfigArgs) -> Result<String, ConfigErrors> {
    let config = file.map_or(config, |file| ConfigArgs { config: Some(file) });
    let file = ConfigFile::load_with_unknown(&config)?;
    let company = Company::read(&file)?;
    Ok(summary(&file, &company))
}

fn summary(file: &ConfigFile, company: &Company) -> String {
    let warnings: String = file.warnings().iter().map(|warning| format!("{warning}\n")).collect();
    let forms: Vec<&str> = company.ingest.form_names().collect();
    let keys: Vec<&str> = company.keys.iter().map(|key| key.name.as_str()).collect();
    let segments: Vec<&str> = company.segments.iter().map(|segment| segment.name.as_str()).collect();
    let found = if file.is_there() { "is valid" } else { "is not there, so the defaults hold" };
    format!(
        "{warnings}{} {found}.\n  forms     {}\n  keys      {}\n  segments  {}\n  policy    {}\n",
        file.name(),
        listed(&forms),
        listed(&keys),
        listed(&segments),
        company.policy.version()
    )
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told_with_line_column_and_what_was_meant() {
        let text = include_bytes!("../tests/fixtures/mistakes.yaml");
        let file = ConfigFile::parse("batea.yaml", text).unwrap();
        let told = Company::read(&file).unwrap_err().to_string();
        assert_eq!(told.trim(), include_str!("../tests/fixtures/mistakes.txt").trim());
    }
}
