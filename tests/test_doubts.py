"""A run is in doubt only where nothing else is amiss with it."""

import pytest

from tests.doubts import leave_in_doubt, require_sound

PASSED = {"status": "passed", "message": ""}
IN_DOUBT = {"status": "error", "message": "INCONCLUSIVE: it stood still\nfor long"}
FAILED = {"status": "failed", "message": "INCONCLUSIVE is not what it begins with, nor its status"}
BROKEN = {"status": "error", "message": "no broker"}


def test_a_run_that_is_sound_goes_on():
    require_sound([PASSED, {"status": "skipped", "message": "SKIPPED: no feed"}], "")
    leave_in_doubt(["", "no broker"])


def test_one_in_doubt_is_skipped_and_says_why():
    with pytest.raises(pytest.skip.Exception, match=r"^inconclusive: it stood still$"):
        require_sound([PASSED, IN_DOUBT], "")


@pytest.mark.parametrize("amiss", [FAILED, BROKEN])
def test_what_is_wrong_beside_a_doubt_is_told(amiss):
    with pytest.raises(AssertionError, match="all that it printed"):
        require_sound([IN_DOUBT, amiss], "all that it printed")
