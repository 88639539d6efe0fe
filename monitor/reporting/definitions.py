"""What every number means; printed in every report. It states, it does not measure."""

from __future__ import annotations

DEFINITIONS: tuple[tuple[str, str], ...] = (
    (
        "Question",
        "one person's one need: what they wrote within five minutes; "
        "it belongs to the week in which it was asked.",
    ),
    (
        "Asked twice",
        "the same words of the same person in another place within half an hour: each channel "
        "counts it, totals count it once, and the first answer in any of them ends the wait in all.",
    ),
    (
        "In target",
        "a person of the team answered in public within the wait allowed for that topic, urgency, "
        "place and language. Unanswered questions count as late, never as missing.",
    ),
    (
        "Community",
        "not staff, but somebody else answered within that wait; "
        "never somebody whose name sounds like the team's.",
    ),
    ("Nobody", "no answer within that wait; with staff and community it makes 100%."),
    (
        "Median, 9 in 10",
        "the wait until the first staff answer that half, or nine in ten, of all questions did not "
        "exceed, by Kaplan and Meier’s curve. “>” marks a lower bound: so many still wait that "
        "the number is not known yet.",
    ),
    (
        "Change",
        "the share in calm hours against that of the period before. “≈”: it could be chance; "
        "questions of the same six hours share their luck and count as one event.",
    ),
    (
        "Surge",
        "far more people ask than at this hour in the four weeks before (less than once in "
        "100,000 by chance); it lasts until volume and queue are back.",
    ),
    (
        "Answered first",
        "who answered first within a day of the question, as rivals (Aalen and Johansen): staff, "
        "community, the FAQ where the asker said that it helped; nobody: none of them.",
    ),
    (
        "Duty hours",
        "the clock runs only while somebody on the roster who reads the language is on duty. "
        "Who was answered before duty began is counted apart.",
    ),
    (
        "Whoever asks now",
        "how many of the last day wait for staff, divided by the pace of staff in the last 15 minutes.",
    ),
    ("Mean", "the wait for staff with each cut at 24 hours, so that the unanswered count."),
    (
        "Acknowledged",
        "our automatic message or reaction came; it never counts as an answer. "
        "Its times are of those acknowledged.",
    ),
    ("Waiting", "the asker's last word has no staff answer yet."),
    ("Unanswered", "still open, and nobody at all has answered."),
    (
        "Time",
        "from the platform's own timestamps: what we saw late is visibility, not a wait.",
    ),
    ("Few", "below twelve questions no percentage or median is shown, only counts or “·”."),
)
