"""The simulation of waits that share little of the rate limit."""

import sys
from collections.abc import Sequence

import pytest

from scripts import simulate_rate_limits
from scripts.simulate_rate_limits import SCENARIOS, simulate


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_rate_limiter_reaches_what_it_has_to(name: str) -> None:
    goal = SCENARIOS[name].goal
    # Few seeds, so that a single call of the user's own may make some difference.
    figures = simulate(SCENARIOS[name], seeds=5)
    assert figures.late <= goal.late + 3
    assert figures.delay is not None
    assert goal.delay is not None
    assert figures.delay <= goal.delay * 1.2 + 0.5
    assert figures.polls <= goal.polls * 1.2 + 1
    assert figures.refused <= goal.refused + 1


@pytest.mark.parametrize(("arguments", "lines"), [(["--seeds", "1", "B", "I"], 3), (["A"], 2)])
def test_it_prints_a_line_for_each_scenario(
    arguments: Sequence[str],
    lines: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "argv", ["simulate_rate_limits.py", *arguments])
    simulate_rate_limits.main()
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == lines
    assert all("to reach" in line or "%" in line for line in printed)
