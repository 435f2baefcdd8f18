# GENERATED from spec/images.yaml by "make generate". Do not edit.
"""What the API answers with, as frozen pydantic models."""

from typing import Literal, TypeAlias

from do_images._base import Model, Strings, Timestamp

__all__ = [
    "AccountTransferResponse",
    "Action",
    "ActionResponse",
    "ActionStatus",
    "ActionType",
    "ActionsResponse",
    "Distribution",
    "ErrorResponse",
    "Image",
    "ImageKind",
    "ImageResponse",
    "ImageStatus",
    "ImageType",
    "ImagesResponse",
    "Links",
    "Meta",
    "Pages",
    "Region",
    "RegionSlug",
    "ResourceType",
]


class AccountTransferResponse(Model, frozen=True):
    """The answer to the offer of an image."""

    transfer_id: int
    """The account transfer's number; 0 means that it was accepted at once."""


class Pages(Model, frozen=True):
    """Addresses of other pages; only their page numbers are to be relied on."""

    first: str | None = None
    """The URL of the first page; absent on it."""

    prev: str | None = None
    """The URL of the page before this one; absent on the first."""

    next: str | None = None
    """The URL of the page after this one; absent on the last."""

    last: str | None = None
    """The URL of the last page; absent on it."""


class Meta(Model, frozen=True):
    """Facts about a list as a whole."""

    total: int | None = None
    """How many items all pages hold together; a hint, it may be out of date."""


class ErrorResponse(Model, frozen=True):
    """What went wrong, as the API itself puts it."""

    id: str
    """A short name of the error, such as `not_found`."""

    message: str
    """What went wrong, in words for people."""

    request_id: str | None = None
    """What DigitalOcean's support asks for."""


ImageType: TypeAlias = Literal["base", "snapshot", "backup", "custom", "admin"] | str
"""What an image was made from; `base` and `admin` ones are DigitalOcean's own."""


ImageStatus: TypeAlias = Literal["NEW", "new", "available", "pending", "deleted", "retired"] | str
"""How far an image is; a failed import ends as `deleted`."""


ImageKind: TypeAlias = Literal["application", "distribution"] | str
"""A kind of public image to list; with an application on it, or a bare system."""


Distribution: TypeAlias = (
    Literal[
        "AlmaLinux",
        "Arch Linux",
        "CentOS",
        "CoreOS",
        "Debian",
        "Fedora",
        "Fedora Atomic",
        "FreeBSD",
        "Gentoo",
        "openSUSE",
        "RancherOS",
        "Rocky Linux",
        "Ubuntu",
        "Unknown",
        "Unknown OS",
    ]
    | str
)
"""The operating system that an image holds; its case varies in old records."""


RegionSlug: TypeAlias = (
    Literal[
        "ams1",
        "ams2",
        "ams3",
        "atl1",
        "blr1",
        "fra1",
        "lon1",
        "nyc1",
        "nyc2",
        "nyc3",
        "ric1",
        "sfo1",
        "sfo2",
        "sfo3",
        "sgp1",
        "syd1",
        "tor1",
    ]
    | str
)
"""The short name of a region; new ones open without notice."""


ActionStatus: TypeAlias = Literal["in-progress", "completed", "errored"] | str
"""How far a job is; `in-progress` until it ends as `completed` or `errored`."""


ActionType: TypeAlias = Literal["transfer", "convert"] | str
"""What a job does; those on other resources than images have many more types."""


ResourceType: TypeAlias = Literal["image", "droplet", "volume", "reserved_ip", "floating_ip"] | str
"""A kind of resource that jobs are about."""


class Image(Model, frozen=True):
    """A disk to start Droplets from."""

    id: int
    """The image's number, which never changes."""

    name: str
    """The name shown in lists; the owner can change it."""

    created_at: Timestamp
    """When the image was created, in UTC."""

    type: ImageType | None = None
    """What the image was made from."""

    distribution: Distribution | None = None
    """The operating system that the image holds."""

    slug: str | None = None
    """The readable name of a public image; null or empty for private ones."""

    public: bool | None = None
    """Whether every account can use the image."""

    regions: Strings = []
    """Slugs of the regions that have the image; one may occur twice."""

    min_disk_size: int | None = None
    """The smallest disk that a Droplet needs for this image, in gigabytes (GB)."""

    size_gigabytes: float | None = None
    """How much storage the image takes, in gigabytes (GB)."""

    description: str | None = None
    """Free text about the image."""

    tags: Strings = []
    """Names of the tags on the image."""

    status: ImageStatus | None = None
    """How far the image is; only an `available` one can be used."""

    error_message: str | None = None
    """Why the import of a custom image failed; empty or null if it did not."""


class Region(Model, frozen=True):
    """A place where DigitalOcean runs data centers."""

    slug: RegionSlug
    """The region's short name, which requests use."""

    name: str
    """The region's name for people, such as `New York 3`."""

    features: Strings = []
    """Names of what the region offers, such as `image_transfer`."""

    available: bool | None = None
    """Whether new Droplets can be created there."""

    sizes: Strings = []
    """Slugs of the Droplet sizes to be had there, such as `s-1vcpu-1gb`."""


class ImageResponse(Model, frozen=True):
    """The envelope of one image."""

    image: Image
    """The image."""


class Links(Model, frozen=True):
    """The links of a page."""

    pages: Pages | None = None
    """Where the other pages are; null, absent or empty if there is one page only."""


class Action(Model, frozen=True):
    """A job on a resource, such as the transfer of an image."""

    id: int
    """The action's number, which never changes."""

    status: ActionStatus
    """How far the job is; this alone tells whether it has ended."""

    type: ActionType
    """What the job does."""

    started_at: Timestamp | None = None
    """When the job started, in UTC."""

    completed_at: Timestamp | None = None
    """When the job ended, in UTC; may be null after the end and set before it."""

    resource_id: int | None = None
    """The number of the image, or other resource, that the job is about."""

    resource_type: ResourceType | None = None
    """What kind of resource `resource_id` is."""

    region: Region | str | None = None
    """The region the job works in or copies to; a slug in records until 2015."""

    region_slug: RegionSlug | None = None
    """The slug of that region."""


class ImagesResponse(Model, frozen=True):
    """A page of images."""

    images: list[Image]
    """The images of this page."""

    links: Links | None = None
    """Where the other pages are."""

    meta: Meta | None = None
    """How many images there are on all pages."""


class ActionResponse(Model, frozen=True):
    """The envelope of one action."""

    action: Action
    """The action."""


class ActionsResponse(Model, frozen=True):
    """A page of actions."""

    actions: list[Action]
    """The actions of this page."""

    links: Links | None = None
    """Where the other pages are."""

    meta: Meta | None = None
    """How many actions there are on all pages."""
