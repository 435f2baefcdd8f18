"""Wrong calls. Each marked line must be flagged with these rules, of mypy and of pyright."""

# ruff: noqa: T201 - what is assigned has to be used
# What follows from a mistake is left out.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

import re

import httpx

from do_images import Action, AsyncClient, Client, Image
from do_images.testing import FakeDigitalOcean


def clients() -> None:
    Client(12)  # wrong: arg-type reportArgumentType
    Client("token", "https://api.digitalocean.com")  # wrong: call-arg reportCallIssue
    Client(timeout="5")  # wrong: arg-type reportArgumentType
    Client(max_retries=1.5)  # wrong: arg-type reportArgumentType
    Client(retries=1)  # wrong: call-arg reportCallIssue
    Client(http_client=httpx.AsyncClient())  # wrong: arg-type reportArgumentType
    AsyncClient(http_client=httpx.Client())  # wrong: arg-type reportArgumentType
    FakeDigitalOcean(seed="1")  # wrong: arg-type reportArgumentType


def client(do: Client) -> None:
    do.images  # wrong: attr-defined reportAttributeAccessIssue
    do.aclose()  # wrong: attr-defined reportAttributeAccessIssue
    do.with_options(token="other")  # wrong: call-arg reportCallIssue
    do.rate_limit.remaining  # wrong: union-attr reportOptionalMemberAccess
    do.rate_limit = None  # wrong: misc reportAttributeAccessIssue


def finding(do: Client) -> None:
    do.image.search("golden")  # wrong: attr-defined reportAttributeAccessIssue
    do.image.info()  # wrong: call-arg reportCallIssue
    do.image.info(1.5)  # wrong: arg-type reportArgumentType
    do.image.info(None)  # wrong: arg-type reportArgumentType
    do.image.list(["distribution"])  # wrong: arg-type reportArgumentType
    do.image.list(private="yes")  # wrong: arg-type reportArgumentType
    do.image.list(tag="prod")  # wrong: call-arg reportCallIssue
    do.image.list("distribution", True, "prod")  # wrong: call-arg reportCallIssue
    number: int = do.image.info(1)  # wrong: assignment reportAssignmentType
    text: str = do.image.list()[0]  # wrong: assignment reportAssignmentType
    pages: list[Image] = do.image.iter()  # wrong: assignment reportAssignmentType
    print(number, text, pages)


def changing(do: Client) -> None:
    do.image.create(name="golden", region="nyc3")  # wrong: call-arg reportCallIssue
    do.image.create("golden", "https:", "nyc3")  # wrong: call-arg reportCallIssue
    do.image.update("7555620", "renamed")  # wrong: arg-type reportArgumentType
    do.image.update(7555620, "renamed", "described")  # wrong: call-arg reportCallIssue
    gone: bool = do.image.destroy(7)  # wrong: func-returns-value assignment reportAssignmentType
    do.image.account_transfer(7555620, "owner@example.com")  # wrong: call-arg reportCallIssue
    print(gone)


def selecting(do: Client) -> None:
    do.image.find("web-*", "snapshot")  # wrong: call-arg reportCallIssue
    do.image.find(re.compile(b"web"))  # wrong: arg-type reportArgumentType
    do.image.find(tag="prod")  # wrong: call-arg reportCallIssue
    do.image.find(newer_than=30)  # wrong: arg-type reportArgumentType
    do.image.latest(older_than="30d")  # wrong: arg-type reportArgumentType
    image: Image = do.image.find("web-*")  # wrong: assignment reportAssignmentType
    do.image.prune(keep_last=5)  # wrong: call-arg reportCallIssue
    do.image.prune("web-*", 5)  # wrong: call-arg reportCallIssue
    do.image.prune(None, keep_last=5)  # wrong: arg-type reportArgumentType
    do.image.prune("web-*", keep_within=30)  # wrong: arg-type reportArgumentType
    do.image.prune("web-*", keep_hourly=24)  # wrong: call-arg reportCallIssue
    do.image.prune("web-*", keep_last=5).kept = []  # wrong: misc reportAttributeAccessIssue
    do.image.destroy_many(7555620)  # wrong: arg-type reportArgumentType
    do.image.destroy_many(["7555620"])  # wrong: list-item reportArgumentType
    print(image)


def copying(do: Client, polls: list[str]) -> None:
    do.image.transfer("7555620", "nyc3")  # wrong: arg-type reportArgumentType
    do.image.transfer(7555620)  # wrong: call-arg reportCallIssue
    do.image.transfer(7555620, 3)  # wrong: arg-type reportArgumentType
    do.image.transfer(7555620, ["nyc3", "ams3"])  # wrong: arg-type reportArgumentType
    do.image.transfer(7555620, "nyc3", wait="yes")  # wrong: arg-type reportArgumentType
    do.image.transfer(7555620, "nyc3", poll="5")  # wrong: arg-type reportArgumentType
    do.image.transfer(7555620, "nyc3", poll=None)  # wrong: arg-type reportArgumentType
    do.image.transfer(7555620, "nyc3", timeout="300")  # wrong: arg-type reportArgumentType
    do.image.transfer(7555620, "nyc3", on_poll=polls.append)  # wrong: arg-type reportArgumentType
    do.image.transfer(7555620, "nyc3", True, 5, 300, print)  # wrong: call-arg reportCallIssue
    do.image.transfer_many(7555620, 3)  # wrong: arg-type reportArgumentType
    do.image.transfer_many(7555620, [3])  # wrong: list-item reportArgumentType
    do.image.convert(7555620, "nyc3")  # wrong: arg-type reportArgumentType
    one: Action = do.image.transfer_many(7, ["a"])  # wrong: assignment reportAssignmentType
    print(one)


def waiting(do: Client, image: Image, action: Action) -> None:
    do.action.wait("7")  # wrong: arg-type reportArgumentType
    do.action.wait(image)  # wrong: arg-type reportArgumentType
    do.action.wait_all(action)  # wrong: arg-type reportArgumentType
    do.action.wait_all([7])  # wrong: list-item reportArgumentType
    do.action.transfer(7555620)  # wrong: attr-defined reportAttributeAccessIssue
    do.action.info("7")  # wrong: arg-type reportArgumentType
    do.image.wait(action)  # wrong: arg-type reportArgumentType
    do.image.wait("7555620")  # wrong: arg-type reportArgumentType
