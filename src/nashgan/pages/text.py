"""Values as text for people: numbers, durations, times and settings."""

import math
import re
from datetime import UTC, datetime


def number(value: float | None) -> str:
    """Three significant digits, or all digits of a large number, with grouped thousands: 24.9, 0.0312, 12,345."""
    if value is None or not math.isfinite(value):
        return "not finite"
    if abs(value) >= 1e9 or 0 < abs(value) < 1e-4:
        return f"{value:.2e}"
    decimals = 2 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def count(value: float) -> str:
    """A whole number with grouped thousands: 320,000."""
    return f"{value:,.0f}"


def duration(seconds: float) -> str:
    """Two units at most: 41 s, 2 min 3 s, 5 h 10 min."""
    if not math.isfinite(seconds) or seconds < 0:
        return "an unknown time"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def moment(time: datetime) -> str:
    """2026-01-02 03:04 UTC; a time that names no zone is taken for UTC."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def shown(value: object) -> str:
    """Any value of a parameter, tag or manifest as text. A password inside an address is left out."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int):
        return count(value) if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(shown(part) for part in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {shown(part)}" for key, part in value.items()) or "none"
    return re.sub(r"(?<=://)[^/@\s]*@", "", str(value))
