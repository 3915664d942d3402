"""A collector of OpenTelemetry made of the official messages and services. It checks what it gets against the published conventions:
names of attributes, instruments and units of metrics, ids and parents of spans. The first line that it prints has its two addresses;
`GET /report` tells what came and what was wrong with it."""

import gzip
import importlib
import json
import pkgutil
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

import grpc
import opentelemetry.semconv._incubating.attributes as incubating
import opentelemetry.semconv.attributes as stable
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2_grpc as logs_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as metrics_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as trace
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as trace_grpc
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics

OWN = "gatewright."
# Of the SDK's specification, not of the conventions' list.
BESIDES = {"otel.metric.overflow"}


def known_attributes():
    names = set(BESIDES)
    for package in (stable, incubating):
        for module in pkgutil.iter_modules(package.__path__):
            loaded = importlib.import_module(f"{package.__name__}.{module.name}")
            names.update(value for value in vars(loaded).values() if isinstance(value, str) and "." in value)
    return names


class Meter:
    """Notes what an instrument of the conventions is."""

    def create_histogram(self, name, unit, description):
        return name, ("histogram", unit)

    def create_counter(self, name, unit, description):
        return name, ("sum", unit)


def known_metrics():
    makers = [value for name, value in vars(gen_ai_metrics).items() if name.startswith("create_")]
    return dict(make(Meter()) for make in makers)


ATTRIBUTES = known_attributes()
METRICS = known_metrics()
REQUIRED = {
    "gen_ai.client.operation.duration": {"gen_ai.operation.name", "gen_ai.provider.name"},
    "gen_ai.client.token.usage": {"gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.token.type"},
    "gen_ai.server.request.duration": {"gen_ai.operation.name", "gen_ai.provider.name"},
}
CLIENT_SPAN = {"gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"}
INTEGERS = ("_tokens", "status_code", "server.port", "resend_count")

lock = Lock()
faults = []
spans = {}
MESSAGES = {"gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages"}
seen = {"content": 0, "spans": [], "metrics": [], "logs": [], "services": []}


def fault(text):
    if text not in faults:
        faults.append(text)


def check_attributes(where, attributes):
    names = [pair.key for pair in attributes]
    if len(set(names)) != len(names):
        fault(f"{where}: an attribute stands twice: {names}")
    for pair in attributes:
        if pair.key not in ATTRIBUTES and not pair.key.startswith(OWN):
            fault(f"{where}: the conventions have no attribute {pair.key}")
        kind = pair.value.WhichOneof("value")
        if kind is None or (pair.key.endswith(INTEGERS) and kind != "int_value"):
            fault(f"{where}: {pair.key} is {kind}")
    return set(names)


def check_resource(where, part):
    names = check_attributes(where, part.resource.attributes)
    if not {"service.name", "service.version", "service.instance.id"} <= names:
        fault(f"{where}: the resource has only {names}")
    if not part.schema_url:
        fault(f"{where}: no schema")
    seen["services"] = [pair.value.string_value for pair in part.resource.attributes if pair.key == "service.name"]


def check_messages(span):
    """Prompts and answers, where they are told: JSON in the conventions' schema of messages."""
    texts = {pair.key: pair.value.string_value for pair in span.attributes if pair.key in MESSAGES}
    for name, text in texts.items():
        seen["content"] += 1
        messages = json.loads(text)
        parts = messages if name == "gen_ai.system_instructions" else [part for one in messages for part in one["parts"]]
        if not isinstance(messages, list) or not all(isinstance(part.get("type"), str) for part in parts):
            fault(f"span {span.name}: {name} is {text}")
        if name != "gen_ai.system_instructions" and not all(one.get("role") for one in messages):
            fault(f"span {span.name}: {name} has no roles: {text}")
        if name == "gen_ai.output.messages" and not all(one.get("finish_reason") for one in messages):
            fault(f"span {span.name}: {name} has no reasons: {text}")


def take_traces(message):
    for part in message.resource_spans:
        check_resource("traces", part)
        for span in (span for scope in part.scope_spans for span in scope.spans):
            names = check_attributes(f"span {span.name}", span.attributes)
            if len(span.trace_id) != 16 or len(span.span_id) != 8 or len(span.parent_span_id) not in (0, 8):
                fault(f"span {span.name}: malformed ids")
            if not 0 < span.start_time_unix_nano <= span.end_time_unix_nano:
                fault(f"span {span.name}: ends before it begins")
            is_attempt = "gatewright.attempt" in names
            if is_attempt and not CLIENT_SPAN <= names:
                fault(f"span {span.name}: has only {names}")
            if is_attempt and span.kind != span.SPAN_KIND_CLIENT:
                fault(f"span {span.name}: is of kind {span.kind}")
            if span.status.code == span.status.STATUS_CODE_ERROR and "error.type" not in names:
                fault(f"span {span.name}: failed without error.type")
            check_messages(span)
            spans[span.span_id] = span
            parent = span.parent_span_id.hex()
            seen["spans"].append({"name": span.name, "trace": span.trace_id.hex(), "parent": parent, "id": span.span_id.hex()})


def take_metrics(message):
    for part in message.resource_metrics:
        check_resource("metrics", part)
        for metric in (metric for scope in part.scope_metrics for metric in scope.metrics):
            kind = metric.WhichOneof("data")
            is_own = metric.name.startswith("gatewright_")
            if not is_own and METRICS.get(metric.name) != (kind, metric.unit):
                fault(f"metric {metric.name}: {(kind, metric.unit)} is not {METRICS.get(metric.name)}")
            for point in getattr(metric, kind).data_points:
                if is_own:
                    continue
                names = check_attributes(f"metric {metric.name}", point.attributes)
                if "otel.metric.overflow" not in names and not REQUIRED.get(metric.name, set()) <= names:
                    fault(f"metric {metric.name}: has only {names}")
                if sum(point.bucket_counts) != point.count or len(point.bucket_counts) != len(point.explicit_bounds) + 1:
                    fault(f"metric {metric.name}: its buckets do not add up")
            seen["metrics"].append(metric.name)


def take_logs(message):
    for part in message.resource_logs:
        check_resource("logs", part)
        for record in (record for scope in part.scope_logs for record in scope.log_records):
            check_attributes("event", record.attributes)
            if record.severity_number not in (9, 13, 17) or not record.event_name:
                fault("event: without name or severity")
            seen["logs"].append({"trace": record.trace_id.hex(), "span": record.span_id.hex(), "event": record.event_name})


WAYS = {
    "/v1/traces": (trace.ExportTraceServiceRequest, trace.ExportTraceServiceResponse, take_traces),
    "/v1/metrics": (metrics.ExportMetricsServiceRequest, metrics.ExportMetricsServiceResponse, take_metrics),
    "/v1/logs": (logs.ExportLogsServiceRequest, logs.ExportLogsServiceResponse, take_logs),
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, kind, body):
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        with lock:
            report = json.dumps({"faults": faults, **seen}).encode()
        self.answer("application/json", report)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        request, response, take = WAYS[self.path]
        with lock:
            if self.headers["content-type"] != "application/x-protobuf":
                fault(f"content type {self.headers['content-type']}")
            take(request.FromString(body))
        self.answer("application/x-protobuf", response().SerializeToString())


def service(base, response, take):
    class Service(base):
        def Export(self, request, context):
            with lock:
                take(request)
            return response()

    return Service()


server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
trace_grpc.add_TraceServiceServicer_to_server(
    service(trace_grpc.TraceServiceServicer, trace.ExportTraceServiceResponse, take_traces), server
)
metrics_grpc.add_MetricsServiceServicer_to_server(
    service(metrics_grpc.MetricsServiceServicer, metrics.ExportMetricsServiceResponse, take_metrics), server
)
logs_grpc.add_LogsServiceServicer_to_server(
    service(logs_grpc.LogsServiceServicer, logs.ExportLogsServiceResponse, take_logs), server
)
grpc_port = server.add_insecure_port("127.0.0.1:0")
server.start()
web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{web.server_port} http://127.0.0.1:{grpc_port}", flush=True)
web.serve_forever()
