"""All variations, and the services that they make."""

from __future__ import annotations

from tests.services.variants import answers, frames, processes, texts, timing
from tests.services.variants.variation import Variation

MODULES = (answers, frames, texts, timing, processes)

MADE_OF = {
    "spelling": (
        # What is written last is applied first.
        texts.json_spelt_otherwise,
        texts.whole_numbers_with_a_fraction,
        texts.members_in_another_order,
        texts.members_of_its_own,
        texts.errors_that_say_more,
        texts.session_ids_with_a_prefix,
        answers.headers_spelt_otherwise,
        answers.status_lines_without_words,
        answers.statistics_with_more_members,
        answers.reasons_with_more_words,
    ),
    "pieces": (
        frames.messages_in_fragments,
        frames.segments_that_end_within_a_frame,
        frames.pings_and_unasked_pongs,
        frames.only_the_last_ping_is_answered,
        frames.goodbyes_answered_without_a_code,
        frames.clients_in_any_order,
        answers.bodies_in_chunks,
    ),
    "leisure": (
        timing.handshakes_that_take_a_while,
        timing.commands_that_take_a_while,
        timing.places_that_are_free_a_little_later,
        timing.statistics_from_memory,
        timing.idle_clients_closed_a_second_late,
        timing.sessions_that_end_a_little_late,
        timing.loss_told_again_and_again,
        processes.an_end_by_the_signal,
    ),
    "bustle": (
        answers.headers_that_differ_by_themselves,
        answers.strangers_get_a_page,
        processes.health_asked_all_the_time,
        processes.a_child_and_a_second_port,
        processes.memory_that_comes_and_goes,
        processes.traces_of_another_job,
        processes.a_log_that_tells_all,
    ),
}
"""Service → its variations, in the order in which they are applied."""


def all_variations() -> dict[str, Variation]:
    """Return every variation by name."""
    found = [v for m in MODULES for v in vars(m).values() if isinstance(v, Variation)]
    return {each.name: each for each in found}
