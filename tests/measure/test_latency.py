"""The histogram against numpy, and against HdrHistogram's own way of counting."""

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram

from qaws.measure.latency import MOST_BINS, Course, Latencies, bucket_of, highest_in


def drawn(count=50_000, seed=1):
    return np.random.default_rng(seed).lognormal(8, 1.2, count).astype(np.int64)


@pytest.mark.parametrize("digits", [2, 3])
def test_buckets_are_those_of_the_library(digits):
    library = HdrHistogram(1, 120_000_000, digits)
    values = np.unique(np.r_[np.arange(5000), drawn(), 120_000_000])
    found = bucket_of(values, digits)
    assert found.tolist() == [library._counts_index_for(int(value)) for value in values]
    highest = [highest_in(int(bucket), digits) for bucket in found]
    assert highest == [library.get_highest_equivalent_value(int(value)) for value in values]


def test_percentiles_are_right_to_three_digits():
    values, latencies = drawn(), Latencies()
    latencies.record(values)
    assert latencies.count == len(values)
    for percentile in (50, 95, 99, 99.9):
        exact = np.sort(values)[round(len(values) * percentile / 100) - 1] / 1000
        found = latencies.percentile_ms(percentile)
        assert exact <= found <= exact * 1.001 + 0.001, percentile
    assert latencies.max_ms == values.max() / 1000


def test_merging_is_as_recording_everything_in_one():
    one, other, both = Latencies(), Latencies(), Latencies()
    one.record(drawn(seed=1))
    other.record(drawn(seed=2))
    both.record(np.r_[drawn(seed=1), drawn(seed=2)])
    one.merge(Latencies.from_wire(*other.to_wire()))
    assert one.plot() == both.plot()
    assert one.count == both.count
    assert one.to_wire() == both.to_wire()


def test_impossible_values_are_counted_and_kept_within_the_range():
    latencies = Latencies()
    latencies.record(np.array([-500, 10, 500_000_000]))
    assert (latencies.early, latencies.earliest_us) == (1, -500)
    assert latencies.count == 3
    assert latencies.max_ms == 120_000
    restored = Latencies.from_wire(*latencies.to_wire())
    assert (restored.early, restored.earliest_us, restored.max_ms) == (1, -500, 120_000)


def test_nothing_measured_is_zero():
    latencies = Latencies()
    latencies.record(np.array([], np.int64))
    assert latencies.percentiles_ms((50, 99)) == {50: 0.0, 99: 0.0}
    assert Latencies.from_wire(*latencies.to_wire()).count == 0
    assert Course().points() == []


def test_the_plot_rises_to_the_maximum():
    latencies = Latencies()
    latencies.record(drawn())
    plot = latencies.plot()
    assert [p for p, _ in plot] == sorted({p for p, _ in plot})
    assert [ms for _, ms in plot] == sorted(ms for _, ms in plot)
    assert plot[-1] == (100.0, latencies.max_ms)


def test_the_course_shows_when_it_was_slow():
    start, course = 1_700_000_000_000_000, Course()
    due = start + np.arange(1000) * 1000
    latency = np.where((due - start) // 100_000 == 4, 50_000, 2_000)
    for part in np.array_split(np.arange(1000), 7):
        course.record(due[part], latency[part])
    points = course.points()
    assert [point.start_s for point in points] == pytest.approx([i / 10 for i in range(10)])
    assert [point.deliveries for point in points] == [100] * 10
    assert [point.max_ms for point in points] == [50 if i == 4 else 2 for i in range(10)]
    assert points[4].p50_ms == pytest.approx(50, rel=0.01)
    assert points[5].p99_ms == pytest.approx(2, rel=0.01)


def test_a_long_course_gets_wider_bins_and_loses_nothing():
    due = 1_700_000_000_000_000 + np.arange(3 * MOST_BINS) * 100_000
    one, other = Course(), Course()
    one.record(due, np.full(len(due), 5_000))
    other.record(due[:10], np.full(10, 9_000))
    other.merge(Course.from_wire(*one.to_wire()))
    assert other.bin_ms == 400
    points = other.points()
    assert len(points) <= MOST_BINS + 1
    assert sum(point.deliveries for point in points) == 3 * MOST_BINS + 10
    assert points[0].max_ms == 9
