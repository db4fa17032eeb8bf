"""When to try again: worked by hand, on a clock that stands still."""

from streams.delivery.retry import COUNTED_ATTEMPTS, Patience, Reach, pause


def test_the_pause_doubles_to_a_minute() -> None:
    """And stays there however long it lasts."""
    assert [pause(number) for number in (1, 2, 3, 6, 7, 8, 5000)] == [1, 2, 4, 32, 60, 60, 60]


def test_several_connections_that_fail_at_once_count_once() -> None:
    """Eight that find nobody have not tried eight times one after the other."""
    reach = Reach()
    assert reach.failed("refused", 100.0)
    assert not any(reach.failed("refused", 100.0) for _ in range(7))
    assert (reach.failures, reach.wait(100.0), reach.wait(100.4)) == (1, 1.0, 0.5999999999999943)
    reach.failed("refused", 101.0)
    assert (reach.failures, reach.wait(101.0), reach.since) == (2, 2.0, 100.0)
    assert reach.answered()
    assert (reach.wait(101.0), reach.since) == (0.0, None)
    assert not reach.answered()


def test_a_message_put_off_while_others_are_taken_is_at_fault_itself() -> None:
    """After as many answers as there is patience for."""
    patience = Patience()
    assert [patience.put_off(taken) for taken in range(COUNTED_ATTEMPTS)] == [False] * (
        COUNTED_ATTEMPTS - 1
    ) + [True]


def test_a_message_put_off_while_nothing_is_taken_waits_for_ever() -> None:
    """The billing system is away, and no message is to blame."""
    patience = Patience()
    assert not any(patience.put_off(7) for _ in range(1000))
    assert patience.attempts == 1000
