"""The main job, from the first list to the last error: `make demo`.

Runs over real HTTP against the embedded fake on a loopback port. With `--live` and a token in
DIGITALOCEAN_ACCESS_TOKEN the part that only reads runs against the real API.
"""

import argparse
import os
import sys
import time

from do_images import Action, Client, DOImagesError, Image, NotFoundError
from do_images.testing import FakeDigitalOcean

SNAPSHOT, BACKUP = 7555620, 7555621


def title(text: str) -> None:
    """A heading, and the call that is shown under it."""
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}")


def row(image: Image) -> str:
    """An image in a line."""
    disk = "?" if image.min_disk_size is None else image.min_disk_size
    regions = ", ".join(image.regions[:4]) + (" ..." if len(image.regions) > 4 else "")
    name = f"{image.distribution} {image.name}" if image.public else image.name
    return f"  {image.id:<10} {image.type or '?':<9} {disk:>3} GB  {name:<32.32} {regions}"


def read(do: Client) -> Image:
    """The part that only reads: lists by kind, and one image by its slug and by its id."""
    for kind in ("distribution", "application"):
        title(f'do.image.list("{kind}")')
        images = do.image.list(kind)
        for image in images[:4]:
            print(row(image))
        print(f"  {len(images)} in all")
    title("do.image.list(private=True)")
    for image in do.image.list(private=True):
        print(row(image))
    title('do.image.info("ubuntu-24-04-x64"), and the same by id')
    by_slug = do.image.info("ubuntu-24-04-x64")
    by_id = do.image.info(by_slug.id)
    print(row(by_id))
    print(f"  slug {by_id.slug}, created {by_id.created_at:%Y-%m-%d}, {by_id.size_gigabytes} GB")
    return by_id


def change(do: Client) -> None:
    """The part that changes things."""
    title(f'do.image.update({SNAPSHOT}, "Nifty renamed snapshot")')
    print(row(do.image.update(SNAPSHOT, "Nifty renamed snapshot")))

    title(f'do.image.transfer({SNAPSHOT}, "nyc3", wait=True, poll=1)')
    began = time.monotonic()

    def show(action: Action) -> None:
        elapsed = time.monotonic() - began
        print(f"  {elapsed:4.1f} s  action {action.id}  {action.status}", flush=True)

    do.image.transfer(SNAPSHOT, "nyc3", wait=True, poll=1, timeout=60, on_poll=show)
    print(row(do.image.info(SNAPSHOT)))

    title(f"do.image.convert({BACKUP}, wait=True, poll=1)")
    do.image.convert(BACKUP, wait=True, poll=1, timeout=60)
    print(row(do.image.info(BACKUP)))

    title(f"do.image.action_list({SNAPSHOT}), and the first of them")
    actions = do.image.action_list(SNAPSHOT)
    for action in actions:
        region = action.region_slug or "-"
        print(f"  {action.id}  {action.type:<9} {region:<5} {action.status}")
    print(f"  started {do.image.action_info(SNAPSHOT, actions[0].id).started_at}")

    title(f"do.image.destroy({BACKUP})")
    do.image.destroy(BACKUP)
    print("  gone")

    title(f"do.image.info({BACKUP}), which is gone")
    try:
        do.image.info(BACKUP)
    except NotFoundError as error:
        print(f"  NotFoundError: {error.message} (request id {error.request_id})")


def main() -> int:
    """Runs the demo."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--live", action="store_true", help="read from the real API")
    if parser.parse_args().live:
        if not os.environ.get("DIGITALOCEAN_ACCESS_TOKEN"):
            print("--live needs a token in DIGITALOCEAN_ACCESS_TOKEN", file=sys.stderr)
            return 2
        try:
            with Client() as do:
                read(do)
                print(f"\nquota: {do.rate_limit}")
        except DOImagesError as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return 1
        return 0
    with FakeDigitalOcean() as fake:
        fake.transfer_takes(2.5)
        fake.convert_takes(0.8)
        with fake.serve() as url, Client(fake.token(), base_url=url) as do:
            print(f"The fake API listens at {url}")
            read(do)
            change(do)
            print(f"\n{len(fake.requests)} requests; quota: {do.rate_limit}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
