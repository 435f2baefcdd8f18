"""Read-only stubs of what most clients ask for when they start; no part of the spec."""

from typing import Final

from do_images.testing._bodies import dumps
from do_images.testing._data import REGIONS, ImageState, Json, Record, region_record, sizes
from do_images.testing._routes import Answer, Call, Route, not_found, page, visible

__all__ = ["STUBS"]


def account_get(call: Call) -> Answer:
    """Show the account of the token."""
    account: Record = {
        "droplet_limit": 25,
        "floating_ip_limit": 3,
        "reserved_ip_limit": 3,
        "volume_limit": 100,
        "email": "sammy@example.com",
        "name": "Sammy the Shark",
        "uuid": call.owner,
        "email_verified": True,
        "status": "active",
        "status_message": "",
        "team": {"uuid": call.owner, "name": "My Team"},
    }
    return 200, dumps({"account": account})


def regions_list(call: Call) -> Answer:
    """List the regions."""
    return page(call, "regions", [*REGIONS], lambda slug, _: dumps(region_record(slug)))


def sizes_list(call: Call) -> Answer:
    """List some sizes of Droplets."""
    return page(call, "sizes", sizes(), lambda size, _: dumps(size))


def snapshots_list(call: Call) -> Answer:
    """List the account's snapshots of Droplets; there are none of volumes."""
    wanted = dict(call.query).get("resource_type", "droplet")
    found = [image for image in visible(call) if _is_snapshot(image) and wanted == "droplet"]
    return page(call, "snapshots", found, lambda image, _: dumps(_snapshot(image)))


def snapshots_get(call: Call) -> Answer:
    """Show one snapshot."""
    image = call.account.image(call.owner, call.ids[0])
    if not _is_snapshot(image):
        raise not_found()
    return 200, dumps({"snapshot": _snapshot(image)})


def _is_snapshot(image: ImageState) -> bool:
    return image.type == "snapshot" and not image.public


def _snapshot(image: ImageState) -> Json:
    return {
        "id": str(image.id),
        "name": image.name,
        "created_at": image.created_at,
        "regions": [*image.regions],
        "min_disk_size": image.min_disk_size,
        "size_gigabytes": image.size_gigabytes,
        "resource_id": str(image.id + 300_000_000),
        "resource_type": "droplet",
        "tags": [*image.tags],
    }


STUBS: Final = (
    Route("GET", "/v2/account", ("account:read",), account_get),
    Route("GET", "/v2/regions", ("regions:read",), regions_list),
    Route("GET", "/v2/sizes", ("sizes:read",), sizes_list),
    Route("GET", "/v2/snapshots", ("snapshot:read",), snapshots_list),
    Route("GET", "/v2/snapshots/{snapshot_id}", ("snapshot:read",), snapshots_get),
)
"""What is served beside the operations of the spec."""
