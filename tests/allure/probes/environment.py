"""Hooks that break where ``PROBE_BREAKS`` says so."""

import os

from probe_runner import begin, finish


def _breaks(name):
    if os.environ.get("PROBE_BREAKS") == name:
        raise RuntimeError(f"{name} broke")


def before_all(context):
    _breaks("before_all")


def after_all(context):
    _breaks("after_all")


def before_feature(context, feature):
    _breaks("before_feature")


def after_feature(context, feature):
    if os.environ.get("PROBE_BREAKS") == "between":
        context.abort()  # as behave does when Ctrl-C comes between two scenarios
    _breaks("after_feature")


def before_rule(context, rule):
    _breaks("before_rule")


def before_tag(context, tag):
    if tag == "P0":
        _breaks("before_tag")


def after_tag(context, tag):
    if tag == "P0":
        _breaks("after_tag")


def before_scenario(context, scenario):
    begin(context, scenario)
    if os.environ.get("PROBE_BREAKS") == "skip":
        scenario.mark_skipped("not today")
    _breaks("before_scenario")


def before_step(context, step):
    _breaks("before_step")


def after_step(context, step):
    _breaks("after_step")


def after_scenario(context, scenario):
    if os.environ.get("PROBE_BREAKS") != "evidence":
        finish(context, scenario)
    _breaks("after_scenario")
