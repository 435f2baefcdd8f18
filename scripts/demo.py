"""The main job, from the first list to the last error: `make demo`.

Runs over real HTTP against the embedded fake on a loopback port. With `--live` and a token in
DIGITALOCEAN_ACCESS_TOKEN the part that only reads runs against the real API.
"""

import argparse
import os
import sys
import time

from do_images import Action, Client, DOImagesError, NotFoundError
from do_images.cli._fields import (
    ACTION_TABLE,
    HISTORY_TABLE,
    IMAGE_TABLE,
    action_row,
    image_row,
    seconds_of,
)
from do_images.cli._progress import Progress, Task
from do_images.cli._screen import Screen
from do_images.cli._settings import Settings
from do_images.testing import FakeDigitalOcean

SNAPSHOT, BACKUP = 7555620, 7555621
PUBLIC = ("id", "slug", "distribution", "name", "min_disk_size")


def title(screen: Screen, text: str) -> None:
    """The call that is shown under it."""
    screen.out.print(f"\n{text}", style="bold")


def read(do: Client, screen: Screen) -> None:
    """The part that only reads: lists by kind, and one image by its slug and by its id."""
    for kind in ("distribution", "application"):
        title(screen, f'do.image.list("{kind}")')
        images = do.image.list(kind)
        screen.rows(map(image_row, images[:4]), PUBLIC)
        screen.say(f"{len(images)} in all")
    title(screen, "do.image.list(private=True)")
    screen.rows(map(image_row, do.image.list(private=True)), IMAGE_TABLE)
    title(screen, 'do.image.info("ubuntu-24-04-x64"), and the same by id')
    by_slug = do.image.info("ubuntu-24-04-x64")
    by_id = do.image.info(by_slug.id)
    screen.record(image_row(by_id), (*PUBLIC, "size_gigabytes", "created_at", "regions"))


def copy(do: Client, screen: Screen) -> None:
    """A wait, with a row that moves where there is a terminal, else a line for each change."""
    title(screen, f'do.image.transfer({SNAPSHOT}, "nyc3", wait=True, poll=1)')
    task = Task("nyc3", "starting")
    progress = Progress(screen, time.monotonic, [task])

    def on_poll(action: Action) -> None:
        progress.see(task, action.status, action.id, seconds_of(action))

    with progress.shown():
        do.image.transfer(SNAPSHOT, "nyc3", wait=True, poll=1, timeout=60, on_poll=on_poll)
    screen.rows([image_row(do.image.info(SNAPSHOT))], IMAGE_TABLE)


def change(do: Client, screen: Screen) -> None:
    """The part that changes things."""
    title(screen, f'do.image.update({SNAPSHOT}, "Nifty renamed snapshot")')
    screen.rows([image_row(do.image.update(SNAPSHOT, "Nifty renamed snapshot"))], IMAGE_TABLE)

    copy(do, screen)

    title(screen, f"do.image.convert({BACKUP}, wait=True, poll=1)")
    converted = do.image.convert(BACKUP, wait=True, poll=1, timeout=60)
    screen.rows([action_row(converted)], ACTION_TABLE)

    title(screen, f"do.image.action_list({SNAPSHOT}), and the first of them")
    actions = do.image.action_list(SNAPSHOT)
    screen.rows(map(action_row, actions), HISTORY_TABLE)
    screen.say(f"started {do.image.action_info(SNAPSHOT, actions[0].id).started_at}")

    title(screen, f"do.image.destroy({BACKUP})")
    do.image.destroy(BACKUP)
    screen.say("gone")

    title(screen, f"do.image.info({BACKUP}), which is gone")
    try:
        do.image.info(BACKUP)
    except NotFoundError as error:
        screen.say(f"NotFoundError: {error.message} (request id {error.request_id})")


def main() -> int:
    """Runs the demo."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--live", action="store_true", help="read from the real API")
    screen = Screen(Settings())
    if parser.parse_args().live:
        if not os.environ.get("DIGITALOCEAN_ACCESS_TOKEN"):
            print("--live needs a token in DIGITALOCEAN_ACCESS_TOKEN", file=sys.stderr)
            return 2
        try:
            with Client() as do:
                read(do, screen)
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
            read(do, screen)
            change(do, screen)
            print(f"\n{len(fake.requests)} requests; quota: {do.rate_limit}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
