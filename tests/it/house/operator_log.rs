//! What the operator log says, kept for every test of the binary: it is one for the whole process.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock};

/// The lines so far; the first call begins to listen.
pub fn operator_log() -> String {
    let kept = KEPT.get_or_init(|| {
        let kept = Kept::default();
        let writer = kept.clone();
        tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .init();
        kept
    });
    String::from_utf8_lossy(&kept.0.lock().expect("not poisoned")).into_owned()
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("not poisoned")
            .extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

static KEPT: OnceLock<Kept> = OnceLock::new();
