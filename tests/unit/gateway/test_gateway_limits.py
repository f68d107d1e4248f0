"""Token buckets and connection counts."""

from volt_gateway.limits import MOST_BUCKETS, ConnectionLimits, TokenBucket, TokenBuckets


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = TokenBucket(rate=2.0, burst=3, now=0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(0.4)
    assert bucket.take(0.5)
    assert not bucket.take(0.6)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]


def test_each_key_has_a_bucket_of_its_own_and_the_oldest_is_forgotten() -> None:
    buckets = TokenBuckets(rate=1.0, burst=1)
    assert [buckets.take(key, 0.0) for key in ("a", "a", "b")] == [True, False, True]
    assert buckets.take("a", 1.0)
    for number in range(MOST_BUCKETS - 1):
        buckets.take(number, 1.0)
    assert not buckets.take("a", 1.0)
    assert buckets.take("b", 1.0), "it was forgotten"


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
