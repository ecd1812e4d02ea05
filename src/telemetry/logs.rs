//! The operator log: `tracing` on standard error, text on a terminal, JSON elsewhere.

use std::env;
use std::io::{self, IsTerminal as _};

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The variable that sets the filter, such as `debug` or `info,keywarden::gateway=trace`.
const FILTER: &str = "KEYWARDEN_LOG";

/// How the lines look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Style {
    Coloured,
    Json,
    Plain,
}

impl Style {
    /// `no_color` as <https://no-color.org> has it: set, and not empty.
    const fn of(terminal: bool, no_color: bool) -> Self {
        match (terminal, no_color) {
            (false, _) => Self::Json,
            (true, false) => Self::Coloured,
            (true, true) => Self::Plain,
        }
    }
}

/// Starts the operator log. `KEYWARDEN_LOG` sets the filter (default `info`); what it says that is no filter is
/// passed over. A second call changes nothing.
pub fn init_logs() {
    let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let style = Style::of(io::stderr().is_terminal(), no_color);
    let filter = filter(&env::var(FILTER).unwrap_or_default());
    // The only error is that a log was started before.
    let _ = subscriber(style, filter, io::stderr).try_init();
}

fn filter(directives: &str) -> EnvFilter {
    EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse_lossy(directives)
}

fn subscriber<W>(style: Style, filter: EnvFilter, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    match style {
        Style::Coloured => Box::new(builder.with_ansi(true).finish()),
        Style::Plain => Box::new(builder.with_ansi(false).finish()),
        Style::Json => Box::new(
            builder
                .json()
                .flatten_event(true)
                .with_current_span(false)
                .finish(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(octets)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn said(style: Style, directives: &str, say: fn()) -> String {
        let page = Page::default();
        let sink = page.clone();
        let subscriber = subscriber(style, filter(directives), move || sink.clone());
        tracing::subscriber::with_default(subscriber, say);
        let octets = page.0.lock().unwrap().clone();
        String::from_utf8(octets).unwrap()
    }

    #[test]
    fn away_from_a_terminal_every_line_is_an_object() {
        let line = said(Style::Json, "", || {
            tracing::warn!(file = "a\nb", "a file is bad");
        });
        let object: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(object["level"], "WARN");
        assert_eq!(object["message"], "a file is bad");
        assert_eq!(object["file"], "a\nb");
        assert!(object["timestamp"].is_string());
    }

    #[test]
    fn colours_are_for_terminals_without_no_color() {
        let say = || tracing::info!("ready");
        assert!(said(Style::Coloured, "", say).contains('\u{1b}'));
        assert!(!said(Style::Plain, "", say).contains('\u{1b}'));
        assert_eq!(Style::of(true, false), Style::Coloured);
        assert_eq!(Style::of(true, true), Style::Plain);
        assert_eq!(Style::of(false, false), Style::Json);
        assert_eq!(Style::of(false, true), Style::Json);
    }

    #[test]
    fn the_filter_is_info_unless_it_says_otherwise() {
        let say = || {
            tracing::debug!("whisper");
            tracing::info!("word");
        };
        for (directives, lines) in [("", 1), ("debug", 2), ("warn", 0), ("&%!=", 1)] {
            let text = said(Style::Plain, directives, say);
            assert_eq!(text.lines().count(), lines, "{directives}");
        }
    }

    #[test]
    fn starting_twice_is_no_harm() {
        init_logs();
        init_logs();
    }
}
