"""Token buckets and connection counts."""

from volt_gateway.limits import ConnectionLimits, TokenBucket


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = TokenBucket(rate=2.0, burst=3, now=0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(0.4)
    assert bucket.take(0.5)
    assert not bucket.take(0.6)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]


def test_connections_are_limited_in_all_and_by_address() -> None:
    limits = ConnectionLimits(total=3, per_address=2)
    for _ in range(2):
        assert limits.reached("10.0.0.1") is None
        limits.enter("10.0.0.1")
    reached = limits.reached("10.0.0.1")
    assert reached is not None
    assert (reached.limit, "limit for one address" in reached.sentence) == ("connections_per_address", True)
    limits.enter("10.0.0.2")
    reached = limits.reached("10.0.0.3")
    assert reached is not None
    assert (reached.limit, "its limit" in reached.sentence) == ("connections", True)
    limits.leave("10.0.0.1")
    assert limits.reached("10.0.0.1") is None
    assert limits.open == 2
