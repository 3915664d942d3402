//! A thread that advances the engine's time each millisecond while plugins run, so that one that does not end is stopped.
//! Serves the engine. It sleeps while nothing runs, and ends with the engine.

use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Engine;

/// One tick.
const TICK: Duration = Duration::from_millis(1);

#[derive(Default)]
struct State {
    running: usize,
    is_over: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// See the module.
pub(crate) struct Ticker {
    shared: Arc<Shared>,
}

impl Ticker {
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (of_thread, engine) = (Arc::clone(&shared), engine.weak());
        std::thread::Builder::new().name("plugin-clock".to_owned()).spawn(move || {
            let mut state = of_thread.state.lock();
            while !state.is_over {
                if state.running == 0 {
                    of_thread.changed.wait(&mut state);
                    continue;
                }
                let _ = of_thread.changed.wait_for(&mut state, TICK);
                let Some(engine) = engine.upgrade() else { return };
                engine.increment_epoch();
            }
        })?;
        Ok(Self { shared })
    }

    /// Time goes on while this is held.
    pub(crate) fn run(&self) -> Running {
        self.shared.state.lock().running += 1;
        self.shared.changed.notify_one();
        Running { shared: Arc::clone(&self.shared) }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.state.lock().is_over = true;
        self.shared.changed.notify_one();
    }
}

/// A plugin runs.
pub(crate) struct Running {
    shared: Arc<Shared>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.state.lock().running -= 1;
    }
}
