//! No path of one person's machine.

use super::source::SourceFile;

/// Folders that only exist on the machine of whoever wrote the line.
const FOLDERS: [&str; 4] = ["/home/", "/Users/", "/root/", "/work/"];

pub(super) fn check(file: &SourceFile) -> Vec<String> {
    // This file must name what it looks for.
    if file.path == "xtask/src/tidy/paths.rs" {
        return Vec::new();
    }
    let lines = file.text.lines().enumerate();
    let with_path = lines.filter(|(_, line)| FOLDERS.iter().any(|folder| starts_a_path(line, folder)));
    with_path.map(|(at, _)| file.finding(at, "an absolute path of one machine")).collect()
}

/// Whether the folder stands at the start of a path, not in the middle of one, as in a URL.
fn starts_a_path(line: &str, folder: &str) -> bool {
    let before = |at: usize| line.get(..at).and_then(|before| before.chars().next_back());
    line.match_indices(folder).any(|(at, _)| {
        !before(at).is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '}' | '*'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_machine_are_found_and_others_are_not() {
        let file = |text: &str| SourceFile { path: "README.md".to_owned(), text: text.to_owned() };
        assert_eq!(check(&file("see /home/ada/x")), ["README.md:1: an absolute path of one machine"]);
        assert!(check(&file("see https://example.com/home/ada and ./work/x")).is_empty());
    }
}
