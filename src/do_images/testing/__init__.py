"""A fake of the API, for the tests of whoever uses this package.

    with FakeDigitalOcean() as fake, fake.client() as do:
        action = do.image.transfer(7555620, "nyc3", wait=True)

No network, no account, no time: the clients of a fake wait on its virtual clock.
`python -m do_images.testing` serves it on a loopback port, for any client in any language.

What the real API does now and then is switched on by name, `fake.quirk("region_as_slug")`:

Images:

- only_required_fields: images have `id`, `name` and `created_at` alone
- optional_fields_missing: images lack type, description, tags, status and error_message
- empty_slug: private images have the slug ""
- null_tags: `tags` is null
- null_regions: `regions` is null
- duplicate_regions: a region occurs twice
- lower_case_status: a new image has the status `new`
- lower_case_distribution: the distribution is `ubuntu`
- retired: public images have the status `retired`
- unknown_os: the distribution is `Unknown OS`

Images and actions:

- nanoseconds: times have nine decimals
- unknown_fields: there are fields that the documentation does not have
- unknown_values: types, regions and the like have values that nobody knew before

Actions:

- action_without_envelope: an action comes without its envelope, as the official schema has it
- one_transfer_at_a_time: an image that is being copied is busy: another transfer is answered 422
- region_as_slug: `region` is a slug, as in records until 2015
- null_region: `region` is null
- region_without_sizes: the region has no `sizes`
- null_available: the region's `available` is null
- null_completed_at: `completed_at` is null on a completed action
- early_completed_at: `completed_at` is set on an action in progress
- null_resource_id: `resource_id` is null

Pages:

- links_absent: a single page has no `links`
- links_null: a single page's `links` is null
- links_pages_empty: a single page's `links` is `{"pages": {}}`
- meta_absent: pages have no `meta`
- wrong_total: `meta.total` is 1
- next_other_scheme: `next` is an http:// address
- next_other_host: `next` is on another host
- next_other_path: `next` has another path, and no filters
- next_repeats: `next` leads back to the page that it stands on
- next_never_ends: every page has a `next`, empty ones too
- shifting_pages: each page begins with the last item of the one before

Account transfers:

- accepted_at_once: an account transfer is accepted at once, its id is 0
- swapped_no_content: accept answers 204, decline and cancel 201

Errors:

- html_errors: errors are a proxy's HTML page
- text_errors: errors are plain text
- empty_errors: errors have no body
- empty_error_id: an error's `id` is ""
- titled_error_id: an error's `id` is the status in words, such as `Too Many Requests`
- object_message: an error's `message` is an object
- root_causes: errors are `{"error": ..., "root_causes": [...]}`
- other_busy_words: a busy image is told of in other words

Headers and time:

- no_rate_limit: responses state no quota
- stale_get: what is new answers 404 for a while
- stale_list: what is new is missing from lists for a while
"""

from do_images.testing._clock import AsyncVirtualClock, VirtualClock
from do_images.testing._fake import FakeDigitalOcean
from do_images.testing._faults import Broken
from do_images.testing._messages import Loss, Reply, Request
from do_images.testing._quirks import Quirk

__all__ = [
    "AsyncVirtualClock",
    "Broken",
    "FakeDigitalOcean",
    "Loss",
    "Quirk",
    "Reply",
    "Request",
    "VirtualClock",
]
