"""Which proxy the environment names for the API."""

import pytest

from do_images._http import proxies


def _found(
    host: str = "api.digitalocean.com", port: int = 443, scheme: str = "https"
) -> str | None:
    proxy = proxies.find(scheme, host, port)
    return None if proxy is None else proxy.name


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, None),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ({"https_proxy": "proxy:3128"}, "http://proxy:3128"),
        ({"ALL_PROXY": "http://jo:s3cret@proxy:3128"}, "http://proxy:3128"),
        ({"HTTP_PROXY": "http://proxy:3128"}, None),
        ({"HTTPS_PROXY": "https://proxy"}, "https://proxy"),
    ],
)
def test_the_variable_of_the_scheme_counts(
    variables: dict[str, str], name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    assert _found() == name


@pytest.mark.parametrize(
    ("exceptions", "host", "port", "used"),
    [
        ("", "api.example", 443, True),
        ("api.example", "api.example", 443, False),
        (".example", "api.example", 443, False),
        ("*", "api.example", 443, False),
        ("api.example:443", "api.example", 443, False),
        ("api.example:8443", "api.example", 443, True),
        ("10.0.0.0/8", "10.1.2.3", 443, False),
        ("other, 10.0.0.0/8", "10.1.2.3", 443, False),
        ("10.0.0.0/8", "11.1.2.3", 443, True),
        ("10.0.0.0/8", "api.example", 443, True),
        ("fd00::/8", "fd12::1", 443, False),
        ("[fd12::1]", "fd12::1", 443, False),
        ("anything", "127.0.0.1", 443, False),
    ],
)
def test_no_proxy(
    exceptions: str, host: str, port: int, used: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", exceptions)
    assert (_found(host, port) is not None) is used


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    "value",
    ["http://jo:s3cret@[::1", "http://proxy:abc", "proxy:99999", "http://", "ftp://proxy"],
)
def test_an_invalid_one_is_named_without_credentials(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(
        ValueError, match=f"the proxy that {variable} names can't be used"
    ) as caught:
        _found()
    assert "s3cret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_socks_needs_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy")
    with pytest.raises(ValueError, match=r"needs the package socksio"):
        _found()

    def find(name: str) -> object:
        return name

    monkeypatch.setattr("importlib.util.find_spec", find)
    assert _found() == "socks5://proxy"
