# GENERATED from spec/images.yaml by "make generate". Do not edit.
"""What the API answers with, as frozen pydantic models."""

from typing import Literal, TypeAlias

from pydantic import Field

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

    transfer_id: int = Field(
        description="The account transfer's number; 0 means that it was accepted at once."
    )
    """The account transfer's number; 0 means that it was accepted at once."""


class Pages(Model, frozen=True):
    """Addresses of other pages; only their page numbers are to be relied on."""

    first: str | None = Field(default=None, description="The URL of the first page; absent on it.")
    """The URL of the first page; absent on it."""

    prev: str | None = Field(
        default=None, description="The URL of the page before this one; absent on the first."
    )
    """The URL of the page before this one; absent on the first."""

    next: str | None = Field(
        default=None, description="The URL of the page after this one; absent on the last."
    )
    """The URL of the page after this one; absent on the last."""

    last: str | None = Field(default=None, description="The URL of the last page; absent on it.")
    """The URL of the last page; absent on it."""


class Meta(Model, frozen=True):
    """Facts about a list as a whole."""

    total: int | None = Field(
        default=None,
        description="How many items all pages hold together; a hint, it may be out of date.",
    )
    """How many items all pages hold together; a hint, it may be out of date."""


class ErrorResponse(Model, frozen=True):
    """What went wrong, as the API itself puts it."""

    id: str = Field(description="A short name of the error, such as `not_found`.")
    """A short name of the error, such as `not_found`."""

    message: str = Field(description="What went wrong, in words for people.")
    """What went wrong, in words for people."""

    request_id: str | None = Field(
        default=None, description="What DigitalOcean's support asks for."
    )
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

    id: int = Field(description="The image's number, which never changes.")
    """The image's number, which never changes."""

    name: str = Field(description="The name shown in lists; the owner can change it.")
    """The name shown in lists; the owner can change it."""

    created_at: Timestamp = Field(description="When the image was created, in UTC.")
    """When the image was created, in UTC."""

    type: ImageType | None = Field(default=None, description="What the image was made from.")
    """What the image was made from."""

    distribution: Distribution | None = Field(
        default=None, description="The operating system that the image holds."
    )
    """The operating system that the image holds."""

    slug: str | None = Field(
        default=None,
        description="The readable name of a public image; null or empty for private ones.",
    )
    """The readable name of a public image; null or empty for private ones."""

    public: bool | None = Field(
        default=None, description="Whether every account can use the image."
    )
    """Whether every account can use the image."""

    regions: Strings = Field(
        default=[], description="Slugs of the regions that have the image; one may occur twice."
    )
    """Slugs of the regions that have the image; one may occur twice."""

    min_disk_size: int | None = Field(
        default=None,
        description="The smallest disk that a Droplet needs for this image, in gigabytes (GB).",
    )
    """The smallest disk that a Droplet needs for this image, in gigabytes (GB)."""

    size_gigabytes: float | None = Field(
        default=None, description="How much storage the image takes, in gigabytes (GB)."
    )
    """How much storage the image takes, in gigabytes (GB)."""

    description: str | None = Field(default=None, description="Free text about the image.")
    """Free text about the image."""

    tags: Strings = Field(default=[], description="Names of the tags on the image.")
    """Names of the tags on the image."""

    status: ImageStatus | None = Field(
        default=None, description="How far the image is; only an `available` one can be used."
    )
    """How far the image is; only an `available` one can be used."""

    error_message: str | None = Field(
        default=None,
        description="Why the import of a custom image failed; empty or null if it did not.",
    )
    """Why the import of a custom image failed; empty or null if it did not."""


class Region(Model, frozen=True):
    """A place where DigitalOcean runs data centers."""

    slug: RegionSlug = Field(description="The region's short name, which requests use.")
    """The region's short name, which requests use."""

    name: str = Field(description="The region's name for people, such as `New York 3`.")
    """The region's name for people, such as `New York 3`."""

    features: Strings = Field(
        default=[], description="Names of what the region offers, such as `image_transfer`."
    )
    """Names of what the region offers, such as `image_transfer`."""

    available: bool | None = Field(
        default=None, description="Whether new Droplets can be created there."
    )
    """Whether new Droplets can be created there."""

    sizes: Strings = Field(
        default=[], description="Slugs of the Droplet sizes to be had there, such as `s-1vcpu-1gb`."
    )
    """Slugs of the Droplet sizes to be had there, such as `s-1vcpu-1gb`."""


class ImageResponse(Model, frozen=True):
    """The envelope of one image."""

    image: Image = Field(description="The image.")
    """The image."""


class Links(Model, frozen=True):
    """The links of a page."""

    pages: Pages | None = Field(
        default=None,
        description="Where the other pages are; null, absent or empty if there is one page only.",
    )
    """Where the other pages are; null, absent or empty if there is one page only."""


class Action(Model, frozen=True):
    """A job on a resource, such as the transfer of an image."""

    id: int = Field(description="The action's number, which never changes.")
    """The action's number, which never changes."""

    status: ActionStatus = Field(
        description="How far the job is; this alone tells whether it has ended."
    )
    """How far the job is; this alone tells whether it has ended."""

    type: ActionType = Field(description="What the job does.")
    """What the job does."""

    started_at: Timestamp | None = Field(default=None, description="When the job started, in UTC.")
    """When the job started, in UTC."""

    completed_at: Timestamp | None = Field(
        default=None,
        description="When the job ended, in UTC; may be null after the end and set before it.",
    )
    """When the job ended, in UTC; may be null after the end and set before it."""

    resource_id: int | None = Field(
        default=None,
        description="The number of the image, or other resource, that the job is about.",
    )
    """The number of the image, or other resource, that the job is about."""

    resource_type: ResourceType | None = Field(
        default=None, description="What kind of resource `resource_id` is."
    )
    """What kind of resource `resource_id` is."""

    region: Region | str | None = Field(
        default=None,
        description="The region the job works in or copies to; a slug in records until 2015.",
    )
    """The region the job works in or copies to; a slug in records until 2015."""

    region_slug: RegionSlug | None = Field(default=None, description="The slug of that region.")
    """The slug of that region."""


class ImagesResponse(Model, frozen=True):
    """A page of images."""

    images: list[Image] = Field(description="The images of this page.")
    """The images of this page."""

    links: Links | None = Field(default=None, description="Where the other pages are.")
    """Where the other pages are."""

    meta: Meta | None = Field(default=None, description="How many images there are on all pages.")
    """How many images there are on all pages."""


class ActionResponse(Model, frozen=True):
    """The envelope of one action."""

    action: Action = Field(description="The action.")
    """The action."""


class ActionsResponse(Model, frozen=True):
    """A page of actions."""

    actions: list[Action] = Field(description="The actions of this page.")
    """The actions of this page."""

    links: Links | None = Field(default=None, description="Where the other pages are.")
    """Where the other pages are."""

    meta: Meta | None = Field(default=None, description="How many actions there are on all pages.")
    """How many actions there are on all pages."""


Action.__module__ = "do_images"
Image.__module__ = "do_images"
Region.__module__ = "do_images"
