//! Ctrl-C during a long change of a list.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};

/// The exit status after Ctrl-C.
pub const STOPPED: u8 = 130;

/// Returns a flag that the first Ctrl-C sets. The second one ends the process at once; only the position of the change,
/// which was to be saved, is lost.
///
/// # Errors
/// When signals cannot be handled.
pub fn stopped_by_signal() -> std::io::Result<Arc<AtomicBool>> {
    let mut interrupts = signal(SignalKind::interrupt())?;
    let stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stopped);
    tokio::spawn(async move {
        interrupts.recv().await;
        flag.store(true, Ordering::Relaxed);
        interrupts.recv().await;
        std::process::exit(i32::from(STOPPED));
    });
    Ok(stopped)
}
