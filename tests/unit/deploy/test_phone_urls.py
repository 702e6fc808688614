"""Which addresses a number calls, and what a caller hears when nothing behind them answers."""

import ast
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from deploy.phone_urls import fallback_twiml, fallback_url, wanted_urls
from functions import twiml
from tests.deploy_settings import FUNCTIONS, deploy_settings
from tests.source import parsed


def test_the_addresses_are_those_of_our_functions() -> None:
    source = (Path(__file__).parents[3] / "functions" / "main.py").read_text()
    entry_points = {node.name for node in parsed(source).body if isinstance(node, ast.FunctionDef)}
    urls = wanted_urls(deploy_settings(functions_url=f"{FUNCTIONS}/"))
    for url in (urls.voice_url, urls.status_callback, urls.sms_url):
        assert url.removeprefix(f"{FUNCTIONS}/") in entry_points


def test_the_fallback_needs_nothing_of_ours() -> None:
    url = urlsplit(fallback_url(deploy_settings()))
    assert url.scheme == "https"
    assert url.hostname == "twimlets.com"
    assert parse_qs(url.query, strict_parsing=True) == {"Twiml": [fallback_twiml()]}
    own = deploy_settings(twilio_fallback_url="https://static.example.com/fallback.xml")
    assert wanted_urls(own).voice_fallback_url == "https://static.example.com/fallback.xml"


def test_it_says_what_our_functions_say_when_they_fail_and_hangs_up() -> None:
    said, end = list(ElementTree.fromstring(fallback_twiml()))  # noqa: S314 - a file of ours
    assert (said.tag, said.text) == ("Say", twiml.OUR_FAILURE)
    assert end.tag == "Hangup"
