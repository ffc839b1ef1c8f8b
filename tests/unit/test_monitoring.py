"""Alerts and dashboard ask for metrics that exist, by labels that exist."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

import adapters.prometheus.jobs
import adapters.prometheus.queues
import entrypoints.http.metrics

DOCKER = Path(__file__).parents[2] / "docker"
DEFINED = (adapters.prometheus.jobs, adapters.prometheus.queues, entrypoints.http.metrics)
FUNCTIONS = ("sum", "rate", "max", "by", "le", "absent", "topk", "histogram_quantile", "or")
LABELS = ("queue", "state", "kind", "outcome", "reason", "status", "route")
WORDS = frozenset((*FUNCTIONS, *LABELS))


def exported() -> set[str]:
    names = set()
    for metric in REGISTRY.collect():
        endings = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
        names |= {metric.name + ending for ending in endings.get(metric.type, [""])}
    return names


def expressions() -> Iterator[str]:
    rules = yaml.safe_load((DOCKER / "prometheus" / "rules.yml").read_text())
    for group in rules["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    board = json.loads((DOCKER / "grafana" / "atelier.json").read_text())
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel["targets"])


@pytest.mark.parametrize("expression", [*expressions()])
def test_what_is_asked_for_is_exported(expression: str) -> None:
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", expression)
    named = set(re.findall(r"[a-z_]{2,}", bare)) - WORDS

    assert DEFINED
    assert named
    assert named <= exported()


def test_a_dashboard_panel_stands_alone_in_its_place() -> None:
    board = json.loads((DOCKER / "grafana" / "atelier.json").read_text())
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]

    assert len(set(places)) == len(places)
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {"prometheus"}
