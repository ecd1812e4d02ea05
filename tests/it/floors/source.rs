//! A source file as the house rules see it: without tests, comments and strings, and with the paths that it names.

use std::fs;
use std::path::{Path, PathBuf};

/// A file below `src`, with its test code taken out.
pub(super) struct Source {
    /// Relative to `src`.
    pub(super) path: String,
    /// Without tests; as many lines as it has of its own.
    pub(super) text: String,
    /// Each path that the code names, with its line.
    pub(super) paths: Vec<(usize, String)>,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let text = without_tests(text);
        let paths = paths(&tokens(&code(&text)));
        Self {
            path: path.to_owned(),
            text,
            paths,
        }
    }

    /// The folder directly below `src`; `None` for `lib.rs` and `main.rs`.
    pub(super) fn floor(&self) -> Option<&str> {
        self.path.split_once('/').map(|(folder, _)| folder)
    }

    /// How many `super::` lead to the crate's root.
    fn depth(&self) -> usize {
        let segments = self.path.split('/').count();
        if self.path.ends_with("mod.rs") {
            segments - 1
        } else {
            segments
        }
    }

    /// The paths below the crate's root, however they were spelled.
    pub(super) fn own_paths(&self) -> impl Iterator<Item = (usize, &str)> {
        self.paths.iter().filter_map(|(line, path)| {
            let rest = path
                .strip_prefix("crate::")
                .or_else(|| path.strip_prefix("keywarden::"));
            let climbed = path.strip_prefix(&*"super::".repeat(self.depth()));
            rest.or(climbed).map(|rest| (*line, rest))
        })
    }
}

pub(super) fn manifest() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(super) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(super) fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

pub(super) fn entries(folder: &Path) -> Vec<PathBuf> {
    let listing =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Every Rust file below `src` that is not itself test code.
pub(super) fn sources() -> Vec<Source> {
    let root = manifest().join("src");
    let (mut folders, mut files, mut only_tests) = (vec![root.clone()], Vec::new(), Vec::new());
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = read(&path);
                only_tests.extend(
                    test_modules(&text)
                        .iter()
                        .map(|module| below(&path).join(module)),
                );
                files.push((path, text));
            }
        }
    }
    files
        .iter()
        .filter(|(path, _)| !only_tests.iter().any(|module| belongs(path, module)))
        .map(|(path, text)| {
            let relative = path.strip_prefix(&root).unwrap_or(path).to_string_lossy();
            Source::new(&relative, text)
        })
        .collect()
}

/// Where the modules that a file declares lie.
fn below(file: &Path) -> PathBuf {
    match name(file).as_str() {
        "lib.rs" | "main.rs" | "mod.rs" => file.parent().unwrap_or(file).to_owned(),
        _ => file.with_extension(""),
    }
}

/// Whether `file` is `module.rs`, or lies in `module/`.
fn belongs(file: &Path, module: &Path) -> bool {
    file.with_extension("") == module || file.starts_with(module)
}

/// The modules declared as `#[cfg(test)] mod name;`.
fn test_modules(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines
        .windows(2)
        .filter_map(|pair| match pair {
            ["#[cfg(test)]", declaration] => declaration.split_once("mod ")?.1.strip_suffix(';'),
            _ => None,
        })
        .map(str::to_owned)
        .collect()
}

/// Without the items under `#[cfg(test)]`. Relies on rustfmt: an item ends where a line at its own depth closes it.
fn without_tests(text: &str) -> String {
    let (mut kept, mut inside) = (String::new(), None);
    for line in text.lines() {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        match inside {
            None if body.starts_with("#[cfg(test)]") => inside = Some(indent),
            None => {
                kept.push_str(line);
                kept.push('\n');
            }
            Some(depth) if indent == depth && !body.is_empty() => {
                let ends = body.starts_with('}') || body.ends_with(';') || body.ends_with("{}");
                if ends && !body.starts_with("//") {
                    inside = None;
                }
            }
            Some(_) => {}
        }
    }
    kept
}

/// Without comments and the contents of strings and characters; lines stay where they are.
fn code(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => quoted(rest, '"'),
            'r' if raw_hashes(rest).is_some() && !ends_in_word(&out) => raw_string(rest),
            '\'' if is_character(rest) => quoted(rest, '\''),
            _ => 0,
        };
        let (taken, left) = rest.split_at(if length == 0 {
            first.len_utf8()
        } else {
            length
        });
        if length == 0 {
            out.push(first);
        } else {
            out.push(' ');
            out.extend(taken.chars().filter(|c| *c == '\n'));
        }
        rest = left;
    }
    out
}

fn ends_in_word(text: &str) -> bool {
    text.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0_usize);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The hashes of a raw string that begins here.
fn raw_hashes(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let body = after.trim_start_matches('#');
    body.starts_with('"').then(|| after.len() - body.len())
}

fn raw_string(text: &str) -> usize {
    let hashes = raw_hashes(text).unwrap_or_default();
    let begin = 2 + hashes;
    let end = format!("\"{}", "#".repeat(hashes));
    text.get(begin..)
        .and_then(|body| body.find(&end))
        .map_or(text.len(), |at| begin + at + end.len())
}

/// Whether a quote begins a character and not a lifetime.
fn is_character(text: &str) -> bool {
    let mut next = text.chars().skip(1);
    match next.next() {
        Some('\\') => true,
        Some(_) => next.next() == Some('\''),
        None => false,
    }
}

/// Words, `::`, and every other sign by itself, each with its line.
fn tokens(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(code.lines()) {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if first.is_alphanumeric() || first == '_' {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            let (token, left) = rest.split_at(length);
            found.push((number, token));
            rest = left.trim_start();
        }
    }
    found
}

/// Every path of two segments or more, groups of `use` spread out, without those that begin at a name the file made itself.
fn paths(tokens: &[(usize, &str)]) -> Vec<(usize, String)> {
    let mut reader = PathReader {
        tokens,
        at: 0,
        found: Vec::new(),
    };
    let (mut uses, mut own) = (Vec::new(), Vec::new());
    while let Some((_, token)) = reader.peek() {
        match token {
            "use" => {
                reader.at += 1;
                let from = reader.found.len();
                reader.tree("");
                uses.extend(reader.found.drain(from..));
            }
            "mod" => {
                reader.at += 1;
                own.extend(reader.peek().map(|(_, module)| module.to_owned()));
            }
            word if is_word(word) => reader.expression(),
            _ => reader.at += 1,
        }
    }
    own.extend(uses.iter().filter_map(|(_, path)| {
        let (root, last) = (path.split("::").next()?, path.rsplit("::").next()?);
        (root != last).then(|| last.to_owned())
    }));
    let foreign = |path: &str| !own.iter().any(|name| path.split("::").next() == Some(name));
    let expressions = reader.found.into_iter().filter(|(_, path)| foreign(path));
    uses.iter().cloned().chain(expressions).collect()
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Walks over the tokens of one file.
struct PathReader<'t> {
    tokens: &'t [(usize, &'t str)],
    at: usize,
    found: Vec<(usize, String)>,
}

impl<'t> PathReader<'t> {
    fn peek(&self) -> Option<(usize, &'t str)> {
        self.tokens.get(self.at).copied()
    }

    /// A path outside a `use`: words with `::` between them.
    fn expression(&mut self) {
        let follows = self.at > 0 && self.tokens.get(self.at - 1).is_some_and(|t| t.1 == "::");
        let rooted = self.at > 1 && self.tokens.get(self.at - 2).is_some_and(|t| is_word(t.1));
        let (mut path, begin) = (String::new(), self.at);
        while let Some((_, word)) = self.peek().filter(|(_, token)| is_word(token)) {
            path.push_str(word);
            self.at += 1;
            if self.peek().is_none_or(|(_, token)| token != "::") {
                break;
            }
            self.at += 1;
            path.push_str("::");
        }
        let line = self.tokens.get(begin).map_or(0, |(line, _)| *line);
        if path.contains("::") && !(follows && rooted) {
            self.found
                .push((line, path.trim_end_matches("::").to_owned()));
        }
    }

    /// A tree of a `use`, below `prefix`.
    fn tree(&mut self, prefix: &str) {
        let mut path = prefix.to_owned();
        while let Some((line, token)) = self.peek() {
            match token {
                "{" => {
                    self.at += 1;
                    while self.peek().is_some_and(|(_, token)| token != "}") {
                        let from = self.at;
                        self.tree(&path);
                        let comma = self.peek().is_some_and(|(_, token)| token == ",");
                        self.at += usize::from(comma || self.at == from);
                    }
                    self.at += 1;
                    return;
                }
                "as" => {
                    self.at += 2;
                    return;
                }
                "::" | "*" | "self" => self.at += 1,
                word if is_word(word) => {
                    let joint = if path.is_empty() { "" } else { "::" };
                    path = format!("{path}{joint}{word}");
                    self.at += 1;
                }
                _ => return,
            }
            let ends = self
                .peek()
                .is_none_or(|(_, next)| !matches!(next, "::" | "{"));
            if ends {
                self.found.push((line, path.clone()));
            }
        }
    }
}
