"""OpenTelemetry for a process: spans go to an OTLP endpoint when there is one; without one nothing is recorded."""

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased

from volt_runtime.settings import Settings


def configure(name: str, settings: Settings) -> None:
    """Set the process's tracer provider. Sampling is decided once per inbound frame and carried in `traceparent`."""
    if not settings.otlp_endpoint:
        return
    # Loaded where it is needed: it takes every other process and every command a sixth of a second, and 10 MB.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    resource = Resource.create({"service.name": name, "service.namespace": "voltlog"})
    provider = TracerProvider(resource=resource, sampler=ParentBased(ALWAYS_ON))
    endpoint = settings.otlp_endpoint.rstrip("/") + "/v1/traces"
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint), schedule_delay_millis=500))
    trace.set_tracer_provider(provider)


def shutdown() -> None:
    """Send what is left; spans that were not exported would leave holes in traces."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()
