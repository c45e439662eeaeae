"""The server's figures in Prometheus's text format. Labels are bounded and name nobody.

prometheus-client is imported when somebody asks: most servers are never asked.
"""

import asyncio
import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hearth import __version__

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from hearth.figures import CallFigures, Histogram
    from hearth.services import Services
    from hearth.wire.delivery import Delivery
    from hearth.wire.edge import Edge
    from hearth.wire.registry import Registry

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the figures are."""

    services: "Services"
    calls: "CallFigures"
    registry: "Registry"
    delivery: "Delivery"
    edge: "Edge"


async def write_metrics(sources: Sources) -> bytes:
    """Return all figures as of now."""
    if "prometheus_client" not in sys.modules:
        await asyncio.to_thread(importlib.import_module, "prometheus_client")
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
    from prometheus_client.registry import Collector

    class Figures(Collector):
        def collect(self) -> "Iterator[Metric]":
            return collect(sources)

    registry = CollectorRegistry()
    registry.register(Figures())
    ProcessCollector(registry=registry)
    return bytes(generate_latest(registry))


def collect(sources: Sources) -> "Iterator[Metric]":
    """Yield every family of figures."""
    yield from collect_wire(sources)
    yield from collect_storage(sources)
    yield from collect_calls(sources.calls)
    lag = sources.services.watch.lag
    yield make_histogram("hearth_loop_lag_seconds", "How late the event loop rang.", lag.seconds)
    yield make_gauge("hearth_loop_lag_worst_seconds", "Worst lag of the last minute.", lag.worst)
    since = sources.services.watch.since.timestamp()
    yield make_gauge("hearth_start_time_seconds", "When the server started, Unix time.", since)
    info = make_gauge("hearth_info", "Which Hearth this is.", None, labels=("version", "database"))
    info.add_metric([__version__, sources.services.database.dialect], 1.0)
    yield info


def collect_wire(sources: Sources) -> "Iterator[Metric]":
    """Yield who is connected and what goes out."""
    yield make_gauge("hearth_sockets", "Signed-in sockets.", len(sources.registry))
    connections = sources.edge.connection_count
    yield make_gauge("hearth_connections", "Connections, signed in or not yet.", connections)
    yield make_counter("hearth_deliveries", "Events handed to sockets.", sources.delivery.delivered)
    queued = sources.edge.queued_bytes
    yield make_gauge("hearth_out_queue_bytes", "Bytes that wait to go out, all sockets.", queued)


def collect_storage(sources: Sources) -> "Iterator[Metric]":
    """Yield how writing goes."""
    messages, database = sources.services.messages, sources.services.database
    yield make_histogram("hearth_commit_batch_items", "Items in a batch.", messages.figures.sizes)
    yield make_histogram("hearth_commit_seconds", "Seconds a batch took.", messages.figures.seconds)
    yield make_counter("hearth_commit_refused_items", "Items the storage refused.", messages.figures.refused)
    depths = make_gauge("hearth_queue_depth", "What waits to be written.", None, labels=("queue",))
    depths.add_metric(["committer"], messages.depth)
    depths.add_metric(["receipts"], messages.receipts_depth)
    yield depths
    failures = make_counter("hearth_storage_failures", "Storage failures.", None, labels=("reason",))
    for reason, count in sorted(database.failures.items()):
        failures.add_metric([reason], count)
    yield failures


def collect_calls(calls: "CallFigures") -> "Iterator[Metric]":
    """Yield what was asked and how it ended."""
    commands = make_counter("hearth_commands", "Commands.", None, labels=("name", "outcome"))
    for (name, outcome), count in sorted(calls.commands.items()):
        commands.add_metric([name, outcome], count)
    yield commands
    requests = make_counter("hearth_requests", "HTTP requests.", None, labels=("method", "route", "status"))
    for (method, route, status), count in sorted(calls.requests.items()):
        requests.add_metric([method, route, str(status)], count)
    yield requests


def make_gauge(name: str, help_: str, value: float | None, *, labels: tuple[str, ...] = ()) -> Any:
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(name, help_, value=value, labels=labels or None)


def make_counter(name: str, help_: str, value: float | None, *, labels: tuple[str, ...] = ()) -> Any:
    from prometheus_client.core import CounterMetricFamily

    return CounterMetricFamily(name, help_, value=value, labels=labels or None)


def make_histogram(name: str, help_: str, histogram: "Histogram") -> "Metric":
    from prometheus_client.core import HistogramMetricFamily

    return HistogramMetricFamily(name, help_, buckets=histogram.list_cumulative(), sum_value=histogram.total)
