//! What cargo knows about this workspace.

use serde_json::Value;

use crate::shell::{self, Outcome};

/// Left out of tests and lints: it compiles OpenSSL from source, and changes no line of ours.
const UNTESTED_FEATURE: &str = "tls";

/// A member of the workspace, as its manifest says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) features: Vec<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A dependency as a manifest names it, used by the product or by tests alone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) tests_only: bool,
}

/// All members of the workspace, in the order of their names.
pub(crate) fn packages() -> Outcome<Vec<Package>> {
    let text =
        shell::output(&mut shell::cargo(&["metadata", "--format-version", "1", "--no-deps", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&text)?;
    let mut packages: Vec<Package> = items(&metadata["packages"]).map(package).collect();
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(packages)
}

/// All features that tests and lints switch on, as cargo takes them: `event-log/kafka,…`.
pub(crate) fn features(packages: &[Package]) -> String {
    let of = |package: &Package| -> Vec<String> {
        let tested = package.features.iter().filter(|feature| *feature != UNTESTED_FEATURE);
        tested.map(|feature| format!("{}/{feature}", package.name)).collect()
    };
    packages.iter().flat_map(of).collect::<Vec<_>>().join(",")
}

fn package(value: &Value) -> Package {
    let features = value["features"].as_object().into_iter().flatten();
    Package {
        name: text(&value["name"]),
        features: features.map(|(name, _)| name.clone()).filter(|name| name != "default").collect(),
        dependencies: items(&value["dependencies"]).map(dependency).collect(),
    }
}

fn dependency(value: &Value) -> Dependency {
    Dependency { name: text(&value["name"]), tests_only: value["kind"] == "dev" }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_qualified_and_leave_out_the_one_that_compiles_openssl() {
        let package = package(&serde_json::json!({
            "name": "event-log",
            "features": {"default": ["sqlite"], "kafka": [], "sqlite": [], "tls": []},
            "dependencies": [],
        }));
        assert_eq!(features(&[package]), "event-log/kafka,event-log/sqlite");
    }
}
