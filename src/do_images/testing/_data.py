"""The images that an account of the fake has at first, and the regions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from do_images.testing._clock import timestamp

__all__ = [
    "OURS",
    "REGIONS",
    "ImageState",
    "Json",
    "Record",
    "first_images",
    "region_record",
    "sizes",
]

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
Record: TypeAlias = dict[str, Json]

OURS = "f8a1c2de-4b70-4a5e-9a3c-5d0e6b7f8091"
"""The UUID of the account that the fake's tokens belong to, if they name no other."""


@dataclass(slots=True)
class ImageState:
    """An image as the server knows it."""

    id: int
    name: str
    created_at: str
    type: str = "snapshot"
    distribution: str = "Ubuntu"
    slug: str | None = None
    public: bool = False
    regions: list[str] = field(default_factory=list[str])
    min_disk_size: int = 25
    size_gigabytes: float = 2.34
    description: str | None = ""
    tags: list[str] = field(default_factory=list[str])
    status: str = "available"
    error_message: str = ""
    owner: str = OURS
    importing_to: str | None = None
    """The region of an import that has not succeeded yet: much is not known before."""
    born: int = -(10**18)
    """When it was created, in nanoseconds of the fake's time."""
    deleted: int = 0
    """When it was deleted, in nanoseconds of the fake's time."""
    body: bytes = b""
    """As it is sent; empty after each change."""


REGIONS = {
    "ams1": "Amsterdam 1",
    "ams2": "Amsterdam 2",
    "ams3": "Amsterdam 3",
    "atl1": "Atlanta 1",
    "blr1": "Bangalore 1",
    "fra1": "Frankfurt 1",
    "lon1": "London 1",
    "nyc1": "New York 1",
    "nyc2": "New York 2",
    "nyc3": "New York 3",
    "ric1": "Richmond 1",
    "sfo1": "San Francisco 1",
    "sfo2": "San Francisco 2",
    "sfo3": "San Francisco 3",
    "sgp1": "Singapore 1",
    "syd1": "Sydney 1",
    "tor1": "Toronto 1",
}
# Not for new Droplets any more; images can still be copied there.
_CLOSED = frozenset({"ams1", "ams2", "sfo1"})
_FEATURES = ("backups", "ipv6", "metadata", "install_agent", "storage", "image_transfer")
# slug: vCPUs, memory in MB, disk in GB, transfer in TB, dollars a month
_SIZES = {
    "s-1vcpu-512mb-10gb": (1, 512, 10, 0.5, 4.0),
    "s-1vcpu-1gb": (1, 1024, 25, 1.0, 6.0),
    "s-1vcpu-2gb": (1, 2048, 50, 2.0, 12.0),
    "s-2vcpu-2gb": (2, 2048, 60, 3.0, 18.0),
    "s-2vcpu-4gb": (2, 4096, 80, 4.0, 24.0),
    "s-4vcpu-8gb": (4, 8192, 160, 5.0, 48.0),
    "c-2": (2, 4096, 25, 4.0, 42.0),
    "g-2vcpu-8gb": (2, 8192, 25, 4.0, 63.0),
}

# id, slug, name, distribution, smallest disk in GB, size in GB, status, age in days: a base image
# is rebuilt now and then, so that its age says nothing about its version.
_SYSTEMS = (
    (112929454, "ubuntu-22-04-x64", "22.04 (LTS) x64", "Ubuntu", 7, 0.64, "available", 19.62),
    (155133621, "ubuntu-24-04-x64", "24.04 (LTS) x64", "Ubuntu", 7, 0.66, "available", 47.19),
    (195932981, "ubuntu-25-10-x64", "25.10 x64", "Ubuntu", 7, 0.73, "available", 131.84),
    (93524084, "ubuntu-20-04-x64", "20.04 (LTS) x64", "Ubuntu", 7, 0.61, "retired", 352.07),
    (159651797, "debian-12-x64", "12 x64", "Debian", 7, 0.56, "available", 33.41),
    (196010532, "debian-13-x64", "13 x64", "Debian", 7, 0.58, "available", 96.28),
    (187424651, "fedora-42-x64", "42 x64", "Fedora", 7, 0.46, "available", 204.55),
    (154870521, "centos-stream-9-x64", "9 Stream x64", "CentOS", 10, 1.18, "available", 271.33),
    (159653254, "almalinux-9-x64", "9 x64", "AlmaLinux", 10, 1.51, "available", 158.9),
    (159654188, "rockylinux-9-x64", "9 x64", "Rocky Linux", 10, 1.87, "available", 176.73),
)
_APPLICATIONS = (
    (186442665, "docker-20-04", "Docker on Ubuntu 22.04", "Ubuntu", 25, 2.22, "available", 61.5),
    (
        174632128,
        "wordpress-20-04",
        "WordPress on Ubuntu 22.04",
        "Ubuntu",
        25,
        2.96,
        "available",
        118.26,
    ),
    (178156472, "mysql-20-04", "MySQL on Ubuntu 22.04", "Ubuntu", 25, 1.94, "available", 89.97),
)


def first_images(start: int) -> Iterator[ImageState]:
    """Return the images of a new account, created before `start`, a Unix time in nanoseconds."""
    for type_, rows in (("base", _SYSTEMS), ("snapshot", _APPLICATIONS)):
        for id_, slug, name, distribution, disk, size, status, age in rows:
            yield ImageState(
                id_,
                name,
                _before(start, age),
                type=type_,
                distribution=distribution,
                slug=slug,
                public=True,
                regions=[*REGIONS],
                min_disk_size=disk,
                size_gigabytes=size,
                description=f"{distribution} {name}" if type_ == "base" else name,
                status=status,
            )
    yield ImageState(
        7555620,
        "web-01-before-upgrade",
        _before(start, 57.06734),
        regions=["nyc1", "nyc2"],
        min_disk_size=20,
    )
    yield ImageState(
        7555621,
        f"web-01 {_before(start, 3.86612)[:10]}",
        _before(start, 3.86612),
        type="backup",
        regions=["ams3"],
        size_gigabytes=3.1,
    )
    yield ImageState(
        7555622,
        f"base-{_before(start, 30.66608)[:7]}",
        _before(start, 30.66608),
        type="custom",
        distribution="Debian",
        regions=["fra1"],
        min_disk_size=15,
        size_gigabytes=1.2,
        description="Debian with our agents",
        tags=["base-image", "prod"],
    )


def _before(start: int, days: float) -> str:
    return timestamp(start - round(days * 86_400) * 1_000_000_000)


def region_record(slug: str) -> Record:
    """Return a region as actions have it."""
    return {
        "name": REGIONS[slug],
        "slug": slug,
        "features": [*_FEATURES],
        "available": slug not in _CLOSED,
        "sizes": [*_SIZES],
    }


def sizes() -> list[Record]:
    """Return the sizes of Droplets that regions name."""
    return [
        {
            "slug": slug,
            "vcpus": vcpus,
            "memory": memory,
            "disk": disk,
            "transfer": transfer,
            "price_monthly": price,
            "price_hourly": round(price / 672, 5),
            "regions": [region for region in REGIONS if region not in _CLOSED],
            "available": True,
            "description": "Basic",
        }
        for slug, (vcpus, memory, disk, transfer, price) in _SIZES.items()
    ]
