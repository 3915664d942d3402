//! What a drill is run with: the gateway and the emulators behind its targets, its own or ones that run already. It
//! must not know a scenario's timeline or judge anything.

mod control;
mod gateway;
mod own_redis;
mod own_target;

use crate::error::DrillError;
use crate::gateway_config::{self, ALIAS};
use crate::scenario::{Address, Fault, Scenario};
use crate::wire::Server;
use std::path::PathBuf;

pub(crate) use control::{Arrival, Control};
use gateway::OwnGateway;
use own_redis::OwnRedis;
use own_target::OwnTarget;

/// Where gateway and emulators come from.
#[derive(Clone, Debug)]
pub enum Rig {
    /// They are started for the drill and end with it.
    Own {
        /// The executable of the gateway.
        executable: PathBuf,
    },
    /// They run already.
    Running {
        /// `http://` URL of the gateway.
        url: String,
        /// Its master key.
        key: String,
        /// The alias to call.
        model: String,
        /// The control URL of the emulator behind each target, by the target's name in the scenario, which is also
        /// its provider's name in the gateway.
        emulators: Vec<(String, String)>,
    },
}

/// Gateways that serve, and their targets.
pub(crate) struct Ready {
    /// Asked in turns.
    pub(crate) gateways: Vec<Server>,
    /// What callers name.
    pub(crate) model: String,
    /// In the scenario's order.
    pub(crate) targets: Vec<Door>,
    /// Models and prices are those of [`gateway_config`].
    pub(crate) is_own: bool,
    /// The processes end when these are dropped.
    _processes: Vec<OwnGateway>,
    _redis: Option<OwnRedis>,
}

/// A target's emulator, and how it is made faulty.
pub(crate) enum Door {
    /// Served by this process.
    Own(OwnTarget),
    /// Served by another one.
    Running(Control),
}

impl Door {
    /// The control of its emulator.
    pub(crate) fn control(&self) -> &Control {
        match self {
            Self::Own(target) => target.control(),
            Self::Running(control) => control,
        }
    }

    /// Makes it do this from now on.
    pub(crate) async fn apply(&mut self, fault: &Fault, share: f64) -> Result<(), DrillError> {
        let (refuses, list) = match fault {
            Fault::None => (false, ""),
            Fault::Refuse => (true, ""),
            Fault::Emulated(list) => (false, list.as_str()),
        };
        match self {
            Self::Own(target) => {
                target.control().set_faults(list, share).await?;
                if refuses { target.close().await } else { target.open() }
            }
            // The port of another process cannot be closed: connections are closed without an answer instead.
            Self::Running(control) if refuses => control.set_faults("disconnect", 1.0).await,
            Self::Running(control) => control.set_faults(list, share).await,
        }
    }
}

impl Ready {
    /// Starts what the scenario needs, or finds it.
    pub(crate) async fn prepare(rig: &Rig, scenario: &Scenario) -> Result<Self, DrillError> {
        match rig {
            Rig::Own { executable } => Self::own(executable, scenario).await,
            Rig::Running { url, key, model, emulators } => {
                if scenario.gateways > 1 {
                    let why = "asks several gateways, which the drill starts itself (no --url)";
                    return Err(DrillError::Usage(format!("'{}' {why}", scenario.name)));
                }
                let gateways = vec![Server::at(url, Some(key))?];
                let mut targets = Vec::new();
                for target in &scenario.targets {
                    let found = emulators.iter().find(|(name, _)| *name == target.name);
                    let missing = || {
                        let name = &target.name;
                        DrillError::Usage(format!(
                            "'{}' has a target '{name}': say where its emulator is with --emulator {name}=URL",
                            scenario.name
                        ))
                    };
                    if target.address != Address::Right {
                        let why = "has a target that cannot be reached by its address; that needs a gateway of its own";
                        return Err(DrillError::Usage(format!("'{}' {why} (no --url)", scenario.name)));
                    }
                    let (_, url) = found.ok_or_else(missing)?;
                    let control = Control::over_http(Server::at(url, None)?);
                    control.reset().await?;
                    targets.push(Door::Running(control));
                }
                let (_processes, _redis) = (Vec::new(), None);
                Ok(Self { gateways, model: model.clone(), targets, is_own: false, _processes, _redis })
            }
        }
    }

    async fn own(executable: &std::path::Path, scenario: &Scenario) -> Result<Self, DrillError> {
        let mut targets = Vec::new();
        let mut addresses = Vec::new();
        for _ in &scenario.targets {
            let target = OwnTarget::start()?;
            addresses.push(target.address());
            targets.push(Door::Own(target));
        }
        let redis = if scenario.gateways > 1 { Some(OwnRedis::start().await?) } else { None };
        let url = redis.as_ref().map(OwnRedis::url);
        let config = gateway_config::text(scenario, &addresses, url.as_deref());
        let (mut gateways, mut processes) = (Vec::new(), Vec::new());
        for _ in 0..scenario.gateways {
            let process = OwnGateway::start(executable, &config).await?;
            gateways.push(Server::at(process.url(), Some(process.key()))?);
            processes.push(process);
        }
        let model = ALIAS.to_owned();
        Ok(Self { gateways, model, targets, is_own: true, _processes: processes, _redis: redis })
    }
}
