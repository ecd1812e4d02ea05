//! Problems as they are shown: to people, to programs, and to a code host's checks.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde_json::json;

use super::{Problem, Severity};
use crate::config::{FileReport, FileState};

/// Problems in the look of a compiler's: the line, underlined, and what would be right. Colours (ANSI) only if asked
/// for; whatever the files hold, no control character of theirs reaches the terminal.
#[must_use]
pub fn render_text(problems: &[Problem], colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = String::new();
    for problem in problems {
        text.push_str(&one(&renderer, problem));
        text.push_str("\n\n");
    }
    text
}

/// Problems as one JSON object: `errors`, `warnings` (counts) and `problems`.
#[must_use]
pub fn render_json(problems: &[Problem]) -> String {
    let shown: Vec<Problem> = problems.iter().map(without_secret).collect();
    let (errors, warnings) = counts(problems);
    json!({ "errors": errors, "warnings": warnings, "problems": shown }).to_string()
}

/// Problems as workflow commands, one a line: `::error file=…,line=…,col=…::…`. `folder` is the configuration folder
/// as seen from the repository's root.
#[must_use]
pub fn render_github(problems: &[Problem], folder: &str) -> String {
    let folder = folder.trim_end_matches('/');
    let mut text = String::new();
    for problem in problems {
        let level = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let file = if folder.is_empty() || folder == "." {
            problem.file.clone()
        } else {
            format!("{folder}/{}", problem.file)
        };
        let file = visible(&file);
        let mut message = format!("{}: {}", problem.code, problem.message);
        for more in std::iter::once(&problem.help)
            .chain(&problem.notes)
            .filter(|more| !more.is_empty())
        {
            message.push('\n');
            message.push_str(more);
        }
        let _ = writeln!(
            text,
            "::{level} file={},line={},col={}::{}",
            escaped(&file).replace(':', "%3A").replace(',', "%2C"),
            problem.line.max(1),
            problem.column.max(1),
            escaped(&visible_lines(&message))
        );
    }
    text
}

/// The line under all problems: how many of how many files, and what became of the bad ones.
#[must_use]
pub fn closing_line(problems: &[Problem], files: &[FileReport]) -> String {
    let (errors, warnings) = counts(problems);
    let total = plural(files.len(), "file");
    if problems.is_empty() {
        return format!("No problems in {total}.");
    }
    let mut parts = Vec::new();
    if errors > 0 {
        parts.push(plural(errors, "error"));
    }
    if warnings > 0 {
        parts.push(plural(warnings, "warning"));
    }
    let mut bad: Vec<&str> = problems
        .iter()
        .map(|problem| problem.file.as_str())
        .collect();
    bad.sort_unstable();
    bad.dedup();
    let mut line = format!("{} in {} of {total}.", parts.join(", "), bad.len());
    if let Some(paths) = in_state(files, FileState::Rejected) {
        let _ = write!(line, " Nothing was loaded from {paths}.");
    }
    if let Some(paths) = in_state(files, FileState::LastGood) {
        let whose = if paths.contains(' ') { "their" } else { "its" };
        let _ = write!(
            line,
            " Nothing was loaded from {paths}; {whose} previous version stays in force."
        );
    }
    line
}

/// The first files in a state, and how many more there are.
fn in_state(files: &[FileReport], state: FileState) -> Option<String> {
    const TOLD: usize = 3;
    let mut paths = files
        .iter()
        .filter(|file| file.state == state)
        .map(|file| visible(&file.path));
    let mut told: Vec<String> = paths.by_ref().take(TOLD).collect();
    match paths.count() {
        0 => {}
        more => told.push(plural(more, "more file")),
    }
    let last = told.pop()?;
    if told.is_empty() {
        Some(last)
    } else {
        Some(format!("{} and {last}", told.join(", ")))
    }
}

fn one(renderer: &Renderer, problem: &Problem) -> String {
    let (file, message, help) = (
        visible(&problem.file),
        visible(&problem.message),
        visible(&problem.help),
    );
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let source = shown_source(problem).map(|source| source.replace(is_hidden_in_line, "\u{fffd}"));
    let mut group = Group::with_title(level.primary_title(message).id(problem.code));
    if let Some(source) = source {
        let label = Some(help.as_str()).filter(|help| !help.is_empty());
        group = group.element(
            Snippet::source(source.clone())
                .line_start(problem.line)
                .path(file)
                .annotation(
                    AnnotationKind::Primary
                        .span(octets(&source, problem))
                        .label(label),
                ),
        );
    } else {
        let mut origin = Origin::path(file);
        if problem.line > 0 {
            origin = origin.line(problem.line);
            if problem.column > 0 {
                origin = origin.char_column(problem.column);
            }
        }
        group = group.element(origin);
        if !help.is_empty() {
            group = group.element(Level::HELP.message(help));
        }
    }
    for note in &problem.notes {
        group = group.element(Level::NOTE.message(visible(note)));
    }
    renderer.render(&[group])
}

/// The underlined octets of the source line.
fn octets(source: &str, problem: &Problem) -> std::ops::Range<usize> {
    let octet = |characters: usize| {
        source
            .char_indices()
            .nth(characters)
            .map_or(source.len(), |(at, _)| at)
    };
    let first = problem.column.saturating_sub(1);
    octet(first)..octet(first.saturating_add(problem.width.max(1)))
}

/// A credentials file's line is never shown, whoever set it.
fn shown_source(problem: &Problem) -> Option<&str> {
    problem
        .source
        .as_deref()
        .filter(|_| problem.line > 0 && !problem.file.starts_with("credentials/"))
}

fn without_secret(problem: &Problem) -> Problem {
    Problem {
        source: shown_source(problem).map(str::to_owned),
        ..problem.clone()
    }
}

fn counts(problems: &[Problem]) -> (usize, usize) {
    let errors = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .count();
    (errors, problems.len() - errors)
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// Text without anything that could steer a terminal.
fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = is_hidden(c).then(|| c.escape_default());
            let plain = (!is_hidden(c)).then_some(c);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// The same line by line.
fn visible_lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(visible).collect();
    lines.join("\n")
}

fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// In a source line tabs may stay: they are shown as blanks.
fn is_hidden_in_line(c: char) -> bool {
    c != '\t' && is_hidden(c)
}

/// Text inside a workflow command.
fn escaped(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}
