//! Compiles plugins and asks them: each question in a fresh instance, so that nothing of one call is seen in another.
//! Serves the crate's users. It must not be called on a thread that serves requests.

use crate::error::{LoadError, RunError};
use crate::limits::Limits;
use crate::ticker::Ticker;
use crate::{Answer, Question, convert};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker, Val};
use wasmtime::{Config, Store, Trap};

/// The interface that plugins export.
const INTERFACE: &str = "gatewright:guardrail/check@1.0.0";

/// Its function.
const FUNCTION: &str = "judge";

/// Most stack of a plugin, in bytes.
const MAX_STACK_BYTES: usize = 512 << 10;

/// What one question may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Time, in milliseconds.
    pub timeout_ms: u64,
    /// Work: about one unit for an instruction.
    pub max_fuel: u64,
    /// Memory, in bytes.
    pub max_memory_bytes: usize,
}

/// See the module.
pub struct Engine {
    engine: wasmtime::Engine,
    ticker: Ticker,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// A plugin, compiled.
#[derive(Clone)]
pub struct Plugin {
    before: InstancePre<Limits>,
    function: ComponentExportIndex,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin").finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine, and the thread that is its clock.
    ///
    /// # Errors
    /// The machine can not run compiled code, or gives no thread.
    pub fn new() -> std::io::Result<Self> {
        let mut config = Config::new();
        config.consume_fuel(true).epoch_interruption(true).max_wasm_stack(MAX_STACK_BYTES);
        let engine =
            wasmtime::Engine::new(&config).map_err(|error| std::io::Error::other(error.to_string()))?;
        let ticker = Ticker::start(&engine)?;
        Ok(Self { engine, ticker })
    }

    /// Compiles a component, from its binary or its text. Takes long: some milliseconds for each 100 KiB.
    ///
    /// # Errors
    /// It is no plugin.
    pub fn load(&self, bytes: &[u8]) -> Result<Plugin, LoadError> {
        let component = Component::new(&self.engine, bytes);
        let component = component.map_err(|error| LoadError::NotAComponent(first_line(&error)))?;
        let types = component.component_type();
        let is_type = |item: &ComponentItem| matches!(item, ComponentItem::Type(_));
        if let Some((name, _)) = types.imports(&self.engine).find(|(_, import)| !is_type(&import.ty)) {
            return Err(LoadError::Imports(name.to_owned()));
        }
        let missing = |what: &str| LoadError::Exports(format!("it exports no {what}"));
        let interface = component.get_export_index(None, INTERFACE);
        let interface = interface.ok_or_else(|| missing(&format!("'{INTERFACE}'")))?;
        let function = component.get_export_index(Some(&interface), FUNCTION);
        let function = function.ok_or_else(|| missing(&format!("function '{FUNCTION}'")))?;
        let before = Linker::new(&self.engine).instantiate_pre(&component);
        let before = before.map_err(|error| LoadError::Exports(first_line(&error)))?;
        Ok(Plugin { before, function })
    }

    /// Asks a plugin.
    ///
    /// # Errors
    /// It took more than it may, broke off, or gave no answer.
    pub fn judge(&self, plugin: &Plugin, question: &Question, bounds: Bounds) -> Result<Answer, RunError> {
        let _running = self.ticker.run();
        let mut store = Store::new(&self.engine, Limits::new(bounds.max_memory_bytes));
        store.limiter(|limits| limits);
        store.set_epoch_deadline(bounds.timeout_ms.max(1));
        if store.set_fuel(bounds.max_fuel).is_err() {
            return Err(RunError::OutOfFuel);
        }
        let mut out = [Val::Bool(false)];
        let called = plugin.before.instantiate(&mut store).and_then(|instance| {
            let function = instance
                .get_func(&mut store, plugin.function)
                .ok_or_else(|| wasmtime::Error::msg("the function is gone"))?;
            function.call(&mut store, &[convert::question(question)], &mut out)
        });
        match called {
            Ok(()) => convert::answer(&out[0]).ok_or(RunError::Malformed),
            Err(_) if store.data().is_denied => Err(RunError::OutOfMemory),
            Err(error) => Err(match error.downcast_ref::<Trap>() {
                Some(Trap::Interrupt) => RunError::OutOfTime,
                Some(Trap::OutOfFuel) => RunError::OutOfFuel,
                _ => RunError::Trapped,
            }),
        }
    }
}

/// What an error says first: the rest is about the engine.
fn first_line(error: &wasmtime::Error) -> String {
    let text = format!("{error:#}");
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("unknown").chars().take(200).collect()
}
