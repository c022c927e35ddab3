"""Pictures of a storm."""

from qaws.report.storm_plot import MOST_POINTS, live_plot, thinned, welcome_plot


def test_pictures_say_what_they_show():
    svg = live_plot([(0.0, 20), (0.5, 300), (9.0, 20)], [(0.3, 150)], 300, 1.2)
    for words in ("clients live", "limit 300", "churn", "time since the storm began (s)"):
        assert words in svg
    assert "limit" not in live_plot([(0.0, 0)], [], None, 1.0)
    assert "until the welcome (ms)" in welcome_plot([(0.0, 1.0), (50.0, 2.0), (100.0, 9.0)])


def test_thinning_keeps_the_peak():
    course = [(n / 100, 250 + n % 7) for n in range(5000)]
    course[1234] = (12.34, 301)
    thin = thinned(course)
    assert len(thin) <= MOST_POINTS
    assert max(count for _, count in thin) == 301
    assert thinned([]) == []
