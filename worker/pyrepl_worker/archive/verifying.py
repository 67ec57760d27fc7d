"""Load an archive's groups back, in a throw-away process, and compare them with what was saved."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .compare import Comparison, Difference
from .deadlines import Late, deadline
from .loading import Loader
from .manifest import EQUAL, EXACT, MISSING, REBUILT, Group, Manifest
from .packing import short

if TYPE_CHECKING:
    from .children import Report
    from .store import Store


@dataclass
class Findings:
    """Verdicts so far."""

    verdicts: dict[str, tuple[str, str]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    """Variables of groups that did not load, and why."""

    def take(self, data: list[Any]) -> None:
        """Note what the child says: name, verdict, reason."""
        name, verdict, reason = data
        if verdict == MISSING:
            self.broken[name] = reason
        self.verdicts[name] = (verdict, reason)

    def lose(self, manifest: Manifest, name: str, reason: str) -> None:
        """Note that the child was lost while it loaded the group of `name`."""
        for group in manifest.groups:
            if name in group.names:
                for each in group.names:
                    self.take([each, MISSING, reason])

    def applied(self, manifest: Manifest) -> Manifest:
        """The manifest with these verdicts; what was already known to be less stays that."""
        variables = {}
        for name, variable in manifest.variables.items():
            verdict, reason = self.verdicts.get(name, (REBUILT, "not loaded back for comparison"))
            if variable.verdict in (REBUILT, MISSING):
                verdict, reason = variable.verdict, variable.reason
            variables[name] = dataclasses.replace(variable, verdict=verdict, reason=reason)
        return dataclasses.replace(manifest, variables=variables, verified=True)


def verify(
    namespace: dict[str, Any],
    manifest: Manifest,
    store: Store,
    findings: Findings,
    seconds: float,
    report: Report,
) -> None:
    """Load and compare group after group, telling each verdict. Runs in a child."""
    after: dict[str, Any] = {
        name: namespace[name]
        for name in ("__builtins__", "__name__")
        if name in namespace
    }
    loader = Loader(manifest, store, after, trust=True, seconds=seconds)
    total = len(manifest.groups)
    for index, group in enumerate(manifest.groups, 1):
        if group.tier == "missing" or group.names[0] in findings.verdicts:
            continue
        report("at", group.names[0])
        report("progress", ["verifying", index, total])
        loader.group(group)
        for name, verdict, reason in _judge(group, namespace, after, loader, seconds):
            report("found", [name, verdict, reason])


def _judge(
    group: Group,
    before: dict[str, Any],
    after: dict[str, Any],
    loader: Loader,
    seconds: float,
) -> list[tuple[str, str, str]]:
    if any(loader.report.verdicts.get(name) == MISSING for name in group.names):
        return [
            (name, MISSING, loader.report.reasons.get(name, "it did not load"))
            for name in group.names
        ]
    comparison = Comparison(before, after)
    found = []
    for name in group.names:
        verdict, reason = EXACT, ""
        try:
            with deadline(seconds):
                comparison.compare(before[name], after[name])
        except Difference as difference:
            verdict, reason = REBUILT, str(difference)
        except Late:
            verdict, reason = REBUILT, f"comparing it took more than {seconds:g} s"
        except Exception as error:
            verdict, reason = REBUILT, f"it cannot be compared: {short(error)}"
        else:
            if comparison.opaque:
                verdict, reason = EQUAL, "compared by what it tells pickle"
        found.append((name, verdict, reason))
    return found


