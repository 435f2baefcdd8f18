"""Wrong use of models and errors. Each marked line must be flagged with these rules."""

# ruff: noqa: T201 - what is assigned has to be used
# What follows from a mistake is left out.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

from do_images import (
    Action,
    ActionErroredError,
    ActionGroupError,
    APIConnectionError,
    APIStatusError,
    Image,
    ImageTimeoutError,
)


def images(image: Image) -> None:
    image.nme  # wrong: attr-defined reportAttributeAccessIssue
    image.size  # wrong: attr-defined reportAttributeAccessIssue
    image.slug.upper()  # wrong: union-attr reportOptionalMemberAccess
    print(image.min_disk_size + 1)  # wrong: operator reportOptionalOperand
    print(image.created_at + 5)  # wrong: operator reportOperatorIssue
    slug: str = image.slug  # wrong: assignment reportAssignmentType
    size: int | None = image.size_gigabytes  # wrong: assignment reportAssignmentType
    region: str | None = image.regions  # wrong: assignment reportAssignmentType
    created_at: str = image.created_at  # wrong: assignment reportAssignmentType
    image["name"]  # wrong: index reportIndexIssue
    Image(id="1", name="golden", created_at=image.created_at)  # wrong: arg-type reportArgumentType
    Image(name="golden", created_at=image.created_at)  # wrong: call-arg reportCallIssue
    print(slug, size, region, created_at)


def actions(action: Action) -> None:
    action.progress  # wrong: attr-defined reportAttributeAccessIssue
    action.region.slug  # wrong: union-attr reportAttributeAccessIssue reportOptionalMemberAccess
    action.status.value  # wrong: attr-defined reportAttributeAccessIssue
    started: float = action.started_at  # wrong: assignment reportAssignmentType
    number: str = action.resource_id  # wrong: assignment reportAssignmentType
    print(started, number)


def changes(image: Image, action: Action) -> None:
    image.name = "renamed"  # wrong: misc reportAttributeAccessIssue
    image.regions = ["nyc3"]  # wrong: misc reportAttributeAccessIssue
    action.status = "completed"  # wrong: misc reportAttributeAccessIssue


def errors(
    status: APIStatusError,
    lost: APIConnectionError,
    errored: ActionErroredError,
    late: ImageTimeoutError,
    group: ActionGroupError,
) -> None:
    status.code  # wrong: attr-defined reportAttributeAccessIssue
    status.request.headers  # wrong: attr-defined reportAttributeAccessIssue
    status.body["message"]  # wrong: index reportIndexIssue
    print(status.retry_after + 1)  # wrong: operator reportOptionalOperand
    lost.status_code  # wrong: attr-defined reportAttributeAccessIssue
    errored.image.name  # wrong: union-attr reportOptionalMemberAccess
    late.action.id  # wrong: union-attr reportOptionalMemberAccess
    group.actions.keys()  # wrong: attr-defined reportAttributeAccessIssue
