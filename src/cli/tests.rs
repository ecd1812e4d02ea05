//! The command line as people write it.

use clap::CommandFactory;

use super::*;

fn parse(words: &str) -> Result<CommandLine, clap::Error> {
    CommandLine::try_parse_from(words.split_whitespace())
}

#[test]
fn the_parser_is_sound() {
    CommandLine::command().debug_assert();
}

#[test]
fn every_verb_shows_an_example() {
    let mut verbs: Vec<clap::Command> = CommandLine::command().get_subcommands().cloned().collect();
    let nested: Vec<_> = verbs
        .iter()
        .flat_map(|verb| verb.get_subcommands().cloned())
        .collect();
    verbs.extend(nested);
    for verb in verbs {
        let help = verb.clone().render_help().to_string();
        assert!(help.contains("Example:\n"), "{help}");
        assert!(verb.get_about().is_some(), "{}", verb.get_name());
    }
}

#[test]
fn options_for_all_stand_before_or_behind_the_verb() {
    for words in [
        "keywarden --config /etc/k --output json check",
        "keywarden check --config /etc/k --output json",
        "keywarden -C /etc/k check --output json",
    ] {
        let line = parse(words).unwrap();
        assert_eq!(line.config, PathBuf::from("/etc/k"));
        assert_eq!(line.output, Output::Json);
    }
}

#[test]
fn what_makes_no_sense_is_usage() {
    for words in [
        "keywarden",
        "keywarden fly",
        "keywarden explain --key k GET /",
        "keywarden explain --key k --from 10.0.0.300 GET /",
        "keywarden explain --key k --from 10.0.0.1 --at tomorrow GET /",
        "keywarden init",
        "keywarden init d --listen 8080",
        "keywarden resources test GET",
        "keywarden resources test --batch GET /",
        "keywarden schema nonsense",
        "keywarden serve --workers 0",
        "keywarden check --format sarif",
    ] {
        let words = words.split_whitespace().map(OsString::from);
        assert_eq!(run_from(words), Exit::Usage);
    }
}

#[test]
fn help_and_version_are_no_failure() {
    for words in [
        "keywarden --help",
        "keywarden --version",
        "keywarden serve --help",
    ] {
        let error = parse(words).unwrap_err();
        assert!(!error.use_stderr(), "{words}");
    }
}

#[test]
fn a_missing_folder_is_told_by_every_verb_that_needs_one() {
    for words in [
        "keywarden -C /nonexistent/config check",
        "keywarden -C /nonexistent/config explain --key k --from 10.0.0.1 GET /",
        "keywarden -C /nonexistent/config resources list",
    ] {
        let words = words.split_whitespace().map(OsString::from);
        assert_eq!(run_from(words), Exit::Configuration);
    }
}
