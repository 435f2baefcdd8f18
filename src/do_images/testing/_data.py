"""What an account of the fake holds at first: images of every kind, and the regions."""

from typing import TypeAlias

__all__ = ["REGIONS", "Json", "Record", "first_images", "region"]

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Record: TypeAlias = dict[str, Json]

REGIONS = {
    "ams3": "Amsterdam 3",
    "atl1": "Atlanta 1",
    "blr1": "Bangalore 1",
    "fra1": "Frankfurt 1",
    "lon1": "London 1",
    "nyc1": "New York 1",
    "nyc2": "New York 2",
    "nyc3": "New York 3",
    "ric1": "Richmond 1",
    "sfo2": "San Francisco 2",
    "sfo3": "San Francisco 3",
    "sgp1": "Singapore 1",
    "syd1": "Sydney 1",
    "tor1": "Toronto 1",
}

_SIZES = ["s-1vcpu-1gb", "s-1vcpu-2gb", "s-2vcpu-4gb", "s-4vcpu-8gb", "c-2", "g-2vcpu-8gb"]
_EVERYWHERE: list[Json] = list(REGIONS)

# id, slug, name, distribution, smallest disk in GB, size in GB
_SYSTEMS = (
    (53893572, "ubuntu-22-04-x64", "22.04 (LTS) x64", "Ubuntu", 7, 0.64),
    (155133621, "ubuntu-24-04-x64", "24.04 (LTS) x64", "Ubuntu", 7, 0.76),
    (173772346, "debian-12-x64", "12 x64", "Debian", 7, 0.56),
    (181120834, "fedora-42-x64", "42 x64", "Fedora", 7, 0.46),
    (159653254, "almalinux-9-x64", "9 x64", "AlmaLinux", 10, 1.51),
    (159651797, "rockylinux-9-x64", "9 x64", "Rocky Linux", 10, 1.87),
)
_APPLICATIONS = (
    (186442665, "docker-20-04", "Docker on Ubuntu 22.04", "Ubuntu", 25, 2.22),
    (174632128, "wordpress-20-04", "WordPress on Ubuntu 22.04", "Ubuntu", 25, 2.96),
)


def first_images() -> list[Record]:
    """The images of a new account; `_kind` is what the list's filter `type` goes by."""
    return [
        *(_public(*row, kind="distribution") for row in _SYSTEMS),
        *(_public(*row, kind="application") for row in _APPLICATIONS),
        private(7555620, "Nifty New Snapshot", "snapshot", ["nyc1", "nyc2"], 20, 2.34),
        private(7555621, "web-01 weekly", "backup", ["ams3"], 25, 3.1),
        private(
            7555622, "golden-2025-12", "custom", ["fra1"], 15, 1.2, tags=["base-image", "prod"]
        ),
    ]


def _public(
    id_: int, slug: str, name: str, distribution: str, disk: int, size: float, *, kind: str
) -> Record:
    return {
        "id": id_,
        "name": name,
        "distribution": distribution,
        "slug": slug,
        "public": True,
        "regions": list(_EVERYWHERE),
        "created_at": "2025-06-02T19:10:32Z",
        "min_disk_size": disk,
        "type": "base" if kind == "distribution" else "snapshot",
        "size_gigabytes": size,
        "description": f"{distribution} {name}",
        "tags": [],
        "status": "available",
        "error_message": "",
        "_kind": kind,
    }


def private(
    id_: int,
    name: str,
    type_: str,
    regions: list[str],
    disk: int,
    size: float,
    tags: list[str] | None = None,
) -> Record:
    """An image of the account's own."""
    return {
        "id": id_,
        "name": name,
        "distribution": "Ubuntu",
        "slug": None,
        "public": False,
        "regions": [*regions],
        "created_at": "2025-11-04T22:23:02Z",
        "min_disk_size": disk,
        "type": type_,
        "size_gigabytes": size,
        "description": None,
        "tags": [*(tags or [])],
        "status": "available",
        "error_message": "",
        "_kind": None,
    }


def region(slug: str) -> Record:
    """The record of a region, as it stands in actions."""
    return {
        "name": REGIONS[slug],
        "slug": slug,
        "features": ["backups", "ipv6", "metadata", "install_agent", "storage", "image_transfer"],
        "available": True,
        "sizes": [*_SIZES],
    }
