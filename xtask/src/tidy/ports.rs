//! A port with more than five functions is two ports.

use super::source::{SourceFile, block_length, starts_function};

const FUNCTIONS: usize = 5;

pub(super) fn check(file: &SourceFile) -> Vec<String> {
    let has_ports = ["crates/event-log/src/", "crates/read-model/src/"];
    if !file.is_rust() || file.is_test() || !has_ports.iter().any(|folder| file.path.starts_with(folder)) {
        return Vec::new();
    }
    let lines = file.product_lines();
    let traits = (0..lines.len()).filter(|&at| lines[at].starts_with("pub trait "));
    let too_wide = traits.filter_map(|at| {
        let body = &lines[at..at + block_length(&lines, at)];
        let functions = body.iter().filter(|line| starts_function(line)).count();
        (functions > FUNCTIONS).then(|| {
            file.finding(at, &format!("a port with {functions} functions, the limit is {FUNCTIONS}"))
        })
    });
    too_wide.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sixth_function_makes_a_port_too_wide() {
        let port = |functions: usize| SourceFile {
            path: "crates/event-log/src/append.rs".to_owned(),
            text: format!("pub trait EventAppender {{\n{}}}\n", "    async fn a(&self);\n".repeat(functions)),
        };
        assert!(check(&port(5)).is_empty());
        let expected = "crates/event-log/src/append.rs:1: a port with 6 functions, the limit is 5";
        assert_eq!(check(&port(6)), [expected]);
    }
}
