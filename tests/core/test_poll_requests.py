"""Which requests show how several actions stand."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from do_images._core.waits.poll_requests import PollRequest, Target, account_page, plan, single
from do_images._endpoints import ACTIONS_GET, ACTIONS_LIST, IMAGE_ACTIONS_GET, IMAGE_ACTIONS_LIST

PAGE = 200
IDS = st.integers(min_value=1, max_value=2**63 - 1)
# Few images, so that many actions share one.
IMAGES = st.none() | st.integers(min_value=1, max_value=6)
TARGETS = st.dictionaries(IDS, IMAGES, max_size=40).map(
    lambda images: [Target(id_, image) for id_, image in images.items()]
)
HIDDEN = st.sets(st.integers(min_value=0, max_value=39))


def _some(targets: list[Target], places: set[int]) -> set[int]:
    return {target.id for place, target in enumerate(targets) if place in places}


def _paths(polls: list[PollRequest]) -> list[str]:
    return [poll.request.path for poll in polls]


@given(TARGETS, st.booleans(), HIDDEN, HIDDEN)
def test_it_covers_every_action_once_and_costs_no_more_than_one_request_for_each(
    targets: list[Target], account: bool, off_account: set[int], off_image: set[int]
) -> None:
    polls = plan(
        targets,
        account=account,
        off_account=_some(targets, off_account),
        off_image=_some(targets, off_image),
    )
    covered = Counter(id_ for poll in polls for id_ in poll.expected_ids)
    assert covered == Counter(target.id for target in targets)
    assert len(polls) <= len(targets)


@given(TARGETS, st.booleans(), HIDDEN, HIDDEN)
def test_each_request_can_show_what_it_covers(
    targets: list[Target], account: bool, off_account: set[int], off_image: set[int]
) -> None:
    hidden_in_account = _some(targets, off_account)
    hidden_in_image = _some(targets, off_image)
    images = {target.id: target.image for target in targets}
    polls = plan(targets, account=account, off_account=hidden_in_account, off_image=hidden_in_image)
    for poll in polls:
        assert poll.expected_ids
        image = {images[id_] for id_ in poll.expected_ids}
        if poll.request.endpoint is ACTIONS_LIST:
            assert account
            assert not poll.expected_ids & hidden_in_account
        elif poll.request.endpoint is IMAGE_ACTIONS_LIST:
            assert image == {int(poll.request.path.split("/")[3])}
            assert not poll.expected_ids & hidden_in_image
        elif poll.request.endpoint is IMAGE_ACTIONS_GET:
            assert image == {int(poll.request.path.split("/")[3])}
            assert poll.expected_ids == {int(poll.request.path.split("/")[-1])}
        else:
            assert poll.request.endpoint is ACTIONS_GET
            assert image == {None}
            assert poll.expected_ids == {int(poll.request.path.split("/")[-1])}


@given(TARGETS, HIDDEN, HIDDEN)
def test_leave_to_use_the_accounts_list_never_costs_more(
    targets: list[Target], off_account: set[int], off_image: set[int]
) -> None:
    hidden = _some(targets, off_account), _some(targets, off_image)
    with_it = plan(targets, off_account=hidden[0], off_image=hidden[1])
    without = plan(targets, account=False, off_account=hidden[0], off_image=hidden[1])
    assert len(with_it) <= len(without)


@given(st.integers(min_value=0, max_value=1000), st.booleans())
def test_pages_are_full(count: int, one_image: bool) -> None:
    polls = plan([Target(id_ + 1, 1 if one_image else id_ + 1) for id_ in range(count)])
    assert len(polls) == -(-count // PAGE)
    if count > 1:
        assert max(len(poll.expected_ids) for poll in polls) == min(count, PAGE)
        assert [poll.request.query and poll.request.query["page"] for poll in polls] == [
            str(page + 1) for page in range(len(polls))
        ]


def test_nothing_costs_nothing() -> None:
    assert plan([]) == []


def test_one_action_is_asked_for_through_its_image() -> None:
    assert _paths(plan([Target(9, 1)])) == ["/v2/images/1/actions/9"]


def test_one_action_of_something_else_is_asked_for_by_its_number() -> None:
    assert _paths(plan([Target(9, None)])) == ["/v2/actions/9"]


def test_several_of_one_image_are_one_request() -> None:
    (poll,) = plan([Target(9, 1), Target(8, 1), Target(7, 1)])
    assert _paths([poll]) == ["/v2/images/1/actions"]
    assert poll.request.query == {"page": "1", "per_page": "200"}


def test_several_of_many_images_are_one_request_to_the_account() -> None:
    polls = plan([Target(9, 1), Target(8, 2), Target(7, None)])
    assert _paths(polls) == ["/v2/actions"]
    assert polls == [account_page(1, [7, 8, 9])]


def test_without_the_account_each_image_is_one_request() -> None:
    targets = [Target(9, 1), Target(8, 2), Target(7, 1), Target(6, None)]
    assert _paths(plan(targets, account=False)) == [
        "/v2/images/1/actions",
        "/v2/images/2/actions/8",
        "/v2/actions/6",
    ]


def test_many_of_two_images_do_not_need_the_account() -> None:
    targets = [Target(id_, 1 + id_ % 2) for id_ in range(1, 251)]
    assert _paths(plan(targets)) == ["/v2/images/2/actions", "/v2/images/1/actions"]


def test_what_the_account_does_not_show_is_sought_through_its_image() -> None:
    targets = [Target(id_, id_) for id_ in range(1, 8)] + [Target(8, 9), Target(9, 9)]
    assert _paths(plan(targets, off_account={8, 9})) == ["/v2/actions", "/v2/images/9/actions"]


def test_what_no_list_shows_is_asked_for_singly() -> None:
    targets = [Target(8, 1), Target(9, 1)]
    assert _paths(plan(targets, off_account={8, 9}, off_image={8, 9})) == [
        "/v2/images/1/actions/8",
        "/v2/images/1/actions/9",
    ]


def test_the_account_is_not_asked_for_what_an_images_list_shows_anyway() -> None:
    targets = [Target(7, 1), Target(8, 1), Target(9, 1)]
    assert _paths(plan(targets, off_account={8, 9})) == ["/v2/images/1/actions"]


def test_a_request_for_one_covers_one() -> None:
    assert single(Target(9, 1)).expected_ids == {9}
