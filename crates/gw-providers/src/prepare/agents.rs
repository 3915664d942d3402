//! Bedrock's second host: what AWS counts among agents (ranking) is served beside the runtime, under a name that
//! follows from the runtime's. Serves `prepare`. A base URL of another host keeps everything at that host.

use gw_model::catalog::ProviderKind;
use gw_model::format::WireFormat;

/// The agents' host and port, where the runtime's are AWS's own.
pub(super) fn authority(kind: ProviderKind, runtime: &str) -> Option<String> {
    let rest = runtime.strip_prefix("bedrock-runtime").filter(|_| kind == ProviderKind::Bedrock)?;
    rest.contains(".amazonaws.com").then(|| format!("bedrock-agent-runtime{rest}"))
}

/// True for formats that are served there.
pub(super) const fn serve(format: WireFormat) -> bool {
    matches!(format, WireFormat::BedrockRerank)
}

/// The name that they want of a model: its ARN.
pub(super) fn model_arn(region: &str, model: &str) -> String {
    if model.starts_with("arn:") {
        return model.to_owned();
    }
    let partition = match region {
        region if region.starts_with("us-gov-") => "aws-us-gov",
        region if region.starts_with("cn-") => "aws-cn",
        _ => "aws",
    };
    format!("arn:{partition}:bedrock:{region}::foundation-model/{model}")
}
