//! The files under git, and where their blocks begin and end.

use std::fs;

use crate::shell::{self, Outcome};

/// One text file of the product.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// From the root of the checkout, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// All files under git, or new and not ignored by it, that are text.
pub(super) fn tracked() -> Outcome<Vec<SourceFile>> {
    let mut git = std::process::Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(shell::root());
    let paths = shell::output(&mut git)?;
    // What is not UTF-8 is no text; what was deleted and not committed yet is gone.
    let read = |path: &str| fs::read_to_string(shell::root().join(path)).ok();
    Ok(paths
        .lines()
        .filter_map(|path| Some(SourceFile { path: path.to_owned(), text: read(path)? }))
        .collect())
}

impl SourceFile {
    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the whole file is there for tests, as the contract suites of the ports are.
    pub(super) fn is_test(&self) -> bool {
        let folders = ["/tests/", "/contract/"];
        self.path.ends_with("/tests.rs")
            || self.path.ends_with("/contract.rs")
            || self.path.ends_with("_tests.rs")
            || self.path.starts_with("integration-tests/")
            || folders.iter().any(|folder| self.path.contains(folder))
    }

    /// Its lines before the tests at its end.
    pub(super) fn product_lines(&self) -> Vec<&str> {
        self.text.lines().take_while(|line| *line != "#[cfg(test)]").collect()
    }

    /// A finding at a line, counted from zero.
    pub(super) fn finding(&self, line: usize, what: &str) -> String {
        format!("{}:{}: {what}", self.path, line + 1)
    }
}

/// How many lines the block that starts at `start` has, its first and last line included.
pub(super) fn block_length(lines: &[&str], start: usize) -> usize {
    let indent = indentation(lines[start]);
    let ends = |line: &&str| indentation(line) == indent && line.trim_start().starts_with('}');
    if !lines[start].trim_end().ends_with('{') && lines[start].contains('}') {
        return 1;
    }
    lines[start + 1..].iter().position(ends).map_or(1, |offset| offset + 2)
}

/// How far a line stands from the left.
pub(super) fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Whether the line starts a function.
pub(super) fn starts_function(line: &str) -> bool {
    let words = line.split_whitespace().take_while(|word| !word.starts_with('"'));
    let mut qualifiers = words.skip_while(|word| {
        word.starts_with("pub") || word.ends_with(')') || matches!(*word, "async" | "const" | "unsafe" | "in")
    });
    qualifiers.next() == Some("fn")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_recognised_with_all_their_qualifiers() {
        for line in
            ["fn a() {", "    pub(crate) async fn a(", "pub const fn a()", "pub(in crate::b) fn a() {}"]
        {
            assert!(starts_function(line), "{line}");
        }
        for line in ["let f = a;", "// fn of nothing", "impl Fn for A {"] {
            assert!(!starts_function(line), "{line}");
        }
    }

    #[test]
    fn a_block_ends_at_the_brace_of_its_own_indentation() {
        let text = ["fn a() {", "    if b {", "    }", "}", "fn c() {}"];
        assert_eq!((block_length(&text, 0), block_length(&text, 1), block_length(&text, 4)), (4, 2, 1));
    }
}
