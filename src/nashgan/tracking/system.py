# mypy: disable-error-code="no-untyped-call"
"""Load of the machine (processor, memory, disk, network, GPU), as MLflow measures it."""

import time

from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor


class SystemMetrics:
    """MLflow's monitors, asked now and then by the thread that sends the other metrics."""

    def __init__(self, run_id: str, uri: str) -> None:
        self._monitor = SystemMetricsMonitor(run_id, tracking_uri=uri)  # finds out by itself whether there is a GPU
        self.interval = float(self._monitor.sampling_interval)
        self._due = time.monotonic() + self.interval
        self._collect()  # processor and network are measured between two calls

    def sample(self, now: bool = False) -> dict[str, float]:
        """The values of this moment under MLflow's names, or nothing where the interval is not over."""
        if not now and time.monotonic() < self._due:
            return {}
        self._due = time.monotonic() + self.interval
        return self._collect()

    def _collect(self) -> dict[str, float]:
        self._monitor.collect_metrics()
        values = {f"system/{key}": float(value) for key, value in self._monitor.aggregate_metrics().items()}
        for monitor in self._monitor.monitors:
            monitor.clear_metrics()
        return values
