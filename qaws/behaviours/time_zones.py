"""A service that runs in another time zone than the suite does."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from qaws.sut.launch_sections import TIME_ZONE
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified

ZONES = Path("/usr/share/zoneinfo")
"""Where programs of this machine look a zone up; without its file they take it for UTC."""


def start_in(testbed: Testbed, zone: str) -> None:
    """Start the service in a time zone of the IANA database, and see that it runs there.

    Raises:
        Broken: there is no such zone.
        NotVerified: the suite does not start the service, this machine has no time zones, or the
            variable has not reached the process that listens.
    """
    if not ZONES.is_dir():
        raise NotVerified(f"this machine has no time zones: {ZONES} is missing; install tzdata")
    try:
        offset = datetime.now(ZoneInfo(zone)).isoformat()[-6:]
    except (ZoneInfoNotFoundError, ValueError):
        raise Broken(f'no time zone "{zone}" in {ZONES}; one is called "Asia/Kathmandu"') from None
    service = testbed.use_service({TIME_ZONE: zone})
    setting = testbed.target.setting(TIME_ZONE)
    variable, meant = setting.variable, setting.text(zone)
    for pid, told in service.told_to_listeners(variable).items() if variable else ():
        if told != meant:
            raise NotVerified(
                f"the service is to run in {zone}, but process {pid}, which holds its port, "
                f"{f'has {variable}={told}' if told else f'shows no {variable}'}: does the launch "
                f'command hand the variable on? else name what does as "{TIME_ZONE}" in [settings]'
            )
    testbed.scenario.remarks.append(f"the service was told to run in {zone}, UTC{offset}")
