"""Results of an earlier run."""

from qaws.report.formatter import clear_results


def test_clearing_results_spares_other_files(tmp_path):
    for name in ("1-result.json", "1-attachment.txt", "2-container.json", "notes.txt"):
        (tmp_path / name).touch()
    clear_results(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]
