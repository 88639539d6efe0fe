"""What `monitor check` says of a Reddit account. It never writes to Reddit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors._reddit_session import Session
from monitor.ports import Finding, Health, Refusal, Standing, Unauthorized

SCOPES = {
    "identity": "to know our own name",
    "read": "to read subreddits",
    "privatemessages": "to read mentions and messages",
    "submit": "to answer",
    "edit": "to correct what we said",
    "history": "to find out whether an answer arrived",
}
MODMAIL_SCOPE = "modmail"
LABEL = (
    "Register the account as an app (Reddit labels automated accounts since March 2026) and ask "
    "the moderators for permission before it answers there."
)


@dataclass(frozen=True, slots=True)
class Watched:
    """What the account is configured to look at."""

    subreddits: Sequence[str]
    modmail: Sequence[str]
    username: str
    token_kind: str


def health_of(session: Session, watched: Watched) -> Health:
    """Ask who we are and look at every place. Refusals become findings."""
    try:
        me = session.get("api/v1/me")
    except Refusal as refusal:
        return Health(findings=(_no_login(refusal),))
    if not isinstance(me, Mapping) or not isinstance(me.get("id"), str):
        unknown = Finding(
            "login", Standing.FAILED, "Reddit does not say who we are", "Use a user's token."
        )
        return Health(findings=(unknown,))
    name = str(me.get("name"))
    findings = [*_login(me, name, watched), *_scopes(session, watched)]
    for sub in dict.fromkeys([*watched.subreddits, *watched.modmail]):
        findings += _place(session, sub, modmail=sub in watched.modmail)
    return Health(f"t2_{me['id']}", name, tuple(findings))


def _no_login(refusal: Refusal) -> Finding:
    if isinstance(refusal, Unauthorized):
        remedy = (
            "Check client id, client secret and password or refresh token. "
            "Without approved access, use imports of Reddit archives instead."
        )
    else:
        remedy = "Check the network and https://www.redditstatus.com, then try again."
    return Finding("login", Standing.FAILED, refusal.reason, remedy)


def _login(me: Mapping[str, Any], name: str, watched: Watched) -> Iterator[Finding]:
    yield Finding("login", Standing.OK, f"u/{name}, by {watched.token_kind}")
    if watched.username and name.lower() != watched.username.lower():
        yield Finding(
            "username",
            Standing.FAILED,
            f"the account is u/{name}, the configuration says u/{watched.username}",
            "Set username to the account that the secrets belong to.",
        )
    if me.get("is_suspended"):
        yield Finding(
            "account",
            Standing.FAILED,
            f"u/{name} is suspended",
            "Appeal at https://www.reddit.com/appeals.",
        )


def _scopes(session: Session, watched: Watched) -> Iterator[Finding]:
    try:
        granted = session.scopes()
    except Refusal as refusal:
        yield Finding("scopes", Standing.WARNING, refusal.reason, "Try again.")
        return
    wanted = dict(SCOPES)
    if watched.modmail:
        wanted[MODMAIL_SCOPE] = "to read and answer modmail"
    missing = [] if "*" in granted else [s for s in wanted if s not in granted]
    if not missing:
        yield Finding("scopes", Standing.OK, "the token allows everything needed")
        return
    yield Finding(
        "scopes",
        Standing.FAILED,
        "the token does not allow " + ", ".join(f"{s} ({wanted[s]})" for s in missing),
        "Make a new refresh token with these scopes.",
    )


def _place(session: Session, sub: str, *, modmail: bool) -> Iterator[Finding]:
    subject = f"r/{sub}"
    try:
        shown = session.get(f"r/{sub}/about/")
    except Refusal as refusal:
        remedy = "Check the spelling; a private subreddit must let the account in."
        yield Finding(subject, Standing.FAILED, refusal.reason, remedy)
        return
    about = shown.get("data") if isinstance(shown, Mapping) else None
    if not isinstance(about, Mapping) or shown.get("kind") != "t5":
        yield Finding(subject, Standing.FAILED, "there is no such subreddit", "Check the spelling.")
        return
    yield _standing(subject, about)
    if modmail:
        yield _modmail(session, sub, about)


def _standing(subject: str, about: Mapping[str, Any]) -> Finding:
    if about.get("user_is_banned"):
        return Finding(
            subject,
            Standing.FAILED,
            "readable, but the account is banned and cannot answer",
            "Ask its moderators, or take it out of the configuration.",
        )
    if about.get("user_is_moderator"):
        return Finding(subject, Standing.OK, "readable; the account is a moderator and can answer")
    for judge in (_muted, _restricted):
        if finding := judge(subject, about):
            return finding
    return Finding(
        subject, Standing.WARNING, "readable and open to answers, but we don't moderate it", LABEL
    )


def _muted(subject: str, about: Mapping[str, Any]) -> Finding | None:
    if not about.get("user_is_muted"):
        return None
    found = "readable, but the account is muted there"
    return Finding(subject, Standing.WARNING, found, "Ask its moderators.")


def _restricted(subject: str, about: Mapping[str, Any]) -> Finding | None:
    closed = about.get("restrict_commenting") or about.get("subreddit_type") == "restricted"
    if not closed or about.get("user_is_contributor"):
        return None
    return Finding(
        subject,
        Standing.WARNING,
        "readable, but only approved users may answer",
        "Ask its moderators to approve the account.",
    )


def _modmail(session: Session, sub: str, about: Mapping[str, Any]) -> Finding:
    subject = f"modmail of r/{sub}"
    remedy = "Make the account a moderator with the permission for mail."
    if not about.get("user_is_moderator"):
        return Finding(subject, Standing.FAILED, "only moderators see modmail", remedy)
    try:
        session.get("api/mod/conversations/", {"entity": sub, "limit": 1})
    except Refusal as refusal:
        return Finding(subject, Standing.FAILED, refusal.reason, remedy)
    return Finding(subject, Standing.OK, "readable")
