//! Files and functions that outgrew their room.

use super::source::{SourceFile, block_length, starts_function};

const FILE: usize = 400;
const FUNCTION: usize = 80;
const MAIN: usize = 60;

pub(super) fn check(file: &SourceFile) -> Vec<String> {
    if !file.is_rust() || file.is_test() {
        return Vec::new();
    }
    let lines = file.product_lines();
    let limit = if is_main_of_service(&file.path) { MAIN } else { FILE };
    let long_file = (lines.len() > limit)
        .then(|| file.finding(0, &format!("{} lines outside tests, the limit is {limit}", lines.len())));
    let functions = (0..lines.len()).filter(|&at| starts_function(lines[at]));
    let long_functions = functions.filter_map(|at| {
        let length = block_length(&lines, at);
        (length > FUNCTION)
            .then(|| file.finding(at, &format!("a function of {length} lines, the limit is {FUNCTION}")))
    });
    long_file.into_iter().chain(long_functions).collect()
}

fn is_main_of_service(path: &str) -> bool {
    path.starts_with("services/") && path.ends_with("src/main.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: String) -> Vec<String> {
        check(&SourceFile { path: path.to_owned(), text })
    }

    #[test]
    fn long_files_are_found_and_their_tests_do_not_count() {
        let long = "use a;\n".repeat(401);
        assert_eq!(findings("a/src/b.rs", long), ["a/src/b.rs:1: 401 lines outside tests, the limit is 400"]);
        assert!(findings("a/src/b.rs", format!("#[cfg(test)]\n{}", "use a;\n".repeat(500))).is_empty());
        assert!(findings("a/tests/b.rs", "use a;\n".repeat(500)).is_empty());
    }

    #[test]
    fn a_main_file_has_a_limit_of_its_own() {
        let text = "use a;\n".repeat(61);
        assert_eq!(
            findings("services/query/src/main.rs", text),
            ["services/query/src/main.rs:1: 61 lines outside tests, the limit is 60"]
        );
    }

    #[test]
    fn long_functions_are_found_at_their_line() {
        let text = format!("\nfn a() {{\n{}}}\n", "    b();\n".repeat(79));
        assert_eq!(findings("a/src/b.rs", text), ["a/src/b.rs:2: a function of 81 lines, the limit is 80"]);
    }
}
