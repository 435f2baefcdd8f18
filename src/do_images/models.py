# GENERATED from spec/images.yaml by "make generate". Do not edit.
"""The responses of the API, as frozen pydantic models."""

from typing import Literal, TypeAlias

from pydantic import Field

from do_images._base import Items, Model, Strings, Timestamp

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
    """The response to the offer of an image to another account."""

    transfer_id: int = Field(
        description="The id of the account transfer; 0 if it was accepted at once."
    )
    """The id of the account transfer; 0 if it was accepted at once."""


class Pages(Model, frozen=True):
    """The URLs of other pages; rely on their page numbers only."""

    first: str | None = Field(
        default=None, description="The URL of the first page; absent on the first page."
    )
    """The URL of the first page; absent on the first page."""

    prev: str | None = Field(
        default=None, description="The URL of the previous page; absent on the first page."
    )
    """The URL of the previous page; absent on the first page."""

    next: str | None = Field(
        default=None, description="The URL of the next page; absent on the last page."
    )
    """The URL of the next page; absent on the last page."""

    last: str | None = Field(
        default=None, description="The URL of the last page; absent on the last page."
    )
    """The URL of the last page; absent on the last page."""


class Meta(Model, frozen=True):
    """Information about a list."""

    total: int | None = Field(
        default=None, description="The number of items on all pages; it may be out of date."
    )
    """The number of items on all pages; it may be out of date."""


class ErrorResponse(Model, frozen=True):
    """The body of an error."""

    id: str = Field(description="The short name of the error, such as `not_found`.")
    """The short name of the error, such as `not_found`."""

    message: str = Field(description="The description of the error.")
    """The description of the error."""

    request_id: str | None = Field(
        default=None, description="The id by which DigitalOcean's support finds the request."
    )
    """The id by which DigitalOcean's support finds the request."""


ImageType: TypeAlias = Literal["base", "snapshot", "backup", "custom", "admin"] | str
"""The kind of an image; `base` and `admin` images belong to DigitalOcean."""


ImageStatus: TypeAlias = Literal["NEW", "new", "available", "pending", "deleted", "retired"] | str
"""The status of an image; that of a failed import is `deleted`."""


ImageKind: TypeAlias = Literal["application", "distribution"] | str
"""A filter of public images, those with an application or those without."""


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
"""The operating system of an image; upper and lower case vary in old records."""


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
"""The slug of a region; new regions open without notice."""


ActionStatus: TypeAlias = Literal["in-progress", "completed", "errored"] | str
"""The status of an action; `in-progress` until it is `completed` or `errored`."""


ActionType: TypeAlias = Literal["transfer", "convert"] | str
"""The type of an action; actions on other resources have many more types."""


ResourceType: TypeAlias = Literal["image", "droplet", "volume", "reserved_ip", "floating_ip"] | str
"""A kind of resource that actions are performed on."""


class Image(Model, frozen=True):
    """A disk image that Droplets can be created from."""

    id: int = Field(description="The id of the image.")
    """The id of the image."""

    name: str = Field(description="The name of the image, which need not be unique.")
    """The name of the image, which need not be unique."""

    created_at: Timestamp = Field(description="When the image was created, in UTC.")
    """When the image was created, in UTC."""

    type: ImageType | None = Field(
        default=None, description="The kind of the image, such as `snapshot`."
    )
    """The kind of the image, such as `snapshot`."""

    distribution: Distribution | None = Field(
        default=None, description="The operating system of the image."
    )
    """The operating system of the image."""

    slug: str | None = Field(
        default=None,
        description="The unique name of a public image; null or empty for private ones.",
    )
    """The unique name of a public image; null or empty for private ones."""

    public: bool | None = Field(default=None, description="Whether all accounts can use the image.")
    """Whether all accounts can use the image."""

    regions: Strings = Field(
        default=[],
        description="The slugs of the regions that have the image; a slug may occur twice.",
    )
    """The slugs of the regions that have the image; a slug may occur twice."""

    min_disk_size: int | None = Field(
        default=None,
        description="The smallest disk of a Droplet that can use the image, in gigabytes (GB).",
    )
    """The smallest disk of a Droplet that can use the image, in gigabytes (GB)."""

    size_gigabytes: float | None = Field(
        default=None, description="The size of the image, in gigabytes (GB)."
    )
    """The size of the image, in gigabytes (GB)."""

    description: str | None = Field(default=None, description="The description of the image.")
    """The description of the image."""

    tags: Strings = Field(default=[], description="The tags of the image.")
    """The tags of the image."""

    status: ImageStatus | None = Field(
        default=None, description="The status of the image; only an `available` image can be used."
    )
    """The status of the image; only an `available` image can be used."""

    error_message: str | None = Field(
        default=None, description="The reason why an import failed; empty or null if it did not."
    )
    """The reason why an import failed; empty or null if it did not."""


class Region(Model, frozen=True):
    """A place where DigitalOcean runs data centers."""

    slug: RegionSlug | None = Field(
        default=None, description="The slug of the region; null if unknown."
    )
    """The slug of the region; null if unknown."""

    name: str | None = Field(
        default=None, description="The name of the region, such as `New York 3`; null if unknown."
    )
    """The name of the region, such as `New York 3`; null if unknown."""

    features: Strings = Field(
        default=[], description="The features of the region, such as `image_transfer`."
    )
    """The features of the region, such as `image_transfer`."""

    available: bool | None = Field(
        default=None, description="Whether Droplets can be created in the region."
    )
    """Whether Droplets can be created in the region."""

    sizes: Strings = Field(
        default=[],
        description="The slugs of the Droplet sizes in the region, such as `s-1vcpu-1gb`.",
    )
    """The slugs of the Droplet sizes in the region, such as `s-1vcpu-1gb`."""


class ImageResponse(Model, frozen=True):
    """A response with one image."""

    image: Image = Field(description="The image.")
    """The image."""


class Links(Model, frozen=True):
    """The links of a page."""

    pages: Pages | None = Field(
        default=None,
        description="The URLs of other pages; null, absent or empty if there is one page only.",
    )
    """The URLs of other pages; null, absent or empty if there is one page only."""


class Action(Model, frozen=True):
    """An operation on a resource, such as the transfer of an image."""

    id: int = Field(description="The id of the action.")
    """The id of the action."""

    status: ActionStatus = Field(
        description="The status of the action, which alone decides whether it has ended."
    )
    """The status of the action, which alone decides whether it has ended."""

    type: ActionType = Field(description="The type of the action, such as `transfer`.")
    """The type of the action, such as `transfer`."""

    started_at: Timestamp | None = Field(
        default=None, description="When the action started, in UTC."
    )
    """When the action started, in UTC."""

    completed_at: Timestamp | None = Field(
        default=None,
        description="When the action ended, in UTC; may be null after the end, or set before it.",
    )
    """When the action ended, in UTC; may be null after the end, or set before it."""

    resource_id: int | None = Field(
        default=None,
        description="The id of the image, or of another resource, that the action is performed on.",
    )
    """The id of the image, or of another resource, that the action is performed on."""

    resource_type: ResourceType | None = Field(
        default=None, description="The kind of the resource, such as `image`."
    )
    """The kind of the resource, such as `image`."""

    region: Region | str | None = Field(
        default=None,
        description="The region, for a transfer the target; a slug in records until 2015.",
    )
    """The region, for a transfer the target; a slug in records until 2015."""

    region_slug: RegionSlug | None = Field(default=None, description="The slug of the region.")
    """The slug of the region."""


class ImagesResponse(Model, frozen=True):
    """A page of images."""

    images: Items[Image] = Field(description="The images of this page; null means none.")
    """The images of this page; null means none."""

    links: Links | None = Field(default=None, description="The links to other pages.")
    """The links to other pages."""

    meta: Meta | None = Field(default=None, description="The number of images on all pages.")
    """The number of images on all pages."""


class ActionResponse(Model, frozen=True):
    """A response with one action."""

    action: Action = Field(description="The action.")
    """The action."""


class ActionsResponse(Model, frozen=True):
    """A page of actions."""

    actions: Items[Action] = Field(description="The actions of this page; null means none.")
    """The actions of this page; null means none."""

    links: Links | None = Field(default=None, description="The links to other pages.")
    """The links to other pages."""

    meta: Meta | None = Field(default=None, description="The number of actions on all pages.")
    """The number of actions on all pages."""


Action.__module__ = "do_images"
Image.__module__ = "do_images"
Region.__module__ = "do_images"
