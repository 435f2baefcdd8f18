"""Wrong use of `AsyncClient`. Each marked line must be flagged with these rules."""

# ruff: noqa: T201 - what is assigned has to be used
# What follows from a mistake is left out.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

from do_images import Action, AsyncClient, Client, Image


async def forgotten_awaits(do: AsyncClient, action: Action) -> None:
    do.image.destroy(7555620)  # wrong: unused-coroutine reportUnusedCoroutine
    do.image.transfer(7555620, "nyc3", wait=True)  # wrong: unused-coroutine reportUnusedCoroutine
    do.action.wait(action)  # wrong: unused-coroutine reportUnusedCoroutine
    do.image.prune("web-*", keep_last=5)  # wrong: unused-coroutine reportUnusedCoroutine
    do.image.destroy_many([7555620])  # wrong: unused-coroutine reportUnusedCoroutine
    print(do.image.latest("web-*").name)  # wrong: attr-defined reportAttributeAccessIssue
    do.aclose()  # wrong: unused-coroutine reportUnusedCoroutine
    print(do.image.info(7555620).name)  # wrong: attr-defined reportAttributeAccessIssue
    image: Image = do.image.info(7555620)  # wrong: assignment reportAssignmentType
    for found in do.image.list():  # wrong: attr-defined reportGeneralTypeIssues
        print(found)
    print(image)


async def iterators(do: AsyncClient) -> None:
    await do.image.iter()  # wrong: misc reportGeneralTypeIssues
    for image in do.image.iter():  # wrong: attr-defined reportGeneralTypeIssues
        print(image)
    async for image in do.image.list():  # wrong: attr-defined reportGeneralTypeIssues
        print(image)


async def doors(do: AsyncClient, other: Client) -> None:
    do.close()  # wrong: attr-defined reportAttributeAccessIssue
    with do:  # wrong: attr-defined reportGeneralTypeIssues
        pass
    async with other:  # wrong: attr-defined reportGeneralTypeIssues
        pass
    await other.image.info(7555620)  # wrong: misc reportGeneralTypeIssues
