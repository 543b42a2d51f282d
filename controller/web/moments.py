"""The part of a campaign's page that changes, written once for all pages that ask for it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from controller.follower import Followed
from controller.web.render import written
from controller.web.service import Service
from controller.web.view import campaign_view, log_lines


@dataclass
class _Moment:
    followed: Followed
    words: object
    text: str


@dataclass
class Moments:
    """The last moment of every campaign that was asked for; who asks makes no difference to it."""

    _known: dict[str, _Moment] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def text(self, service: Service, campaign: str) -> str:
        """Return the moment's HTML; fifty pages that hear of an event have it written once."""
        followed = service.campaign(campaign)
        with self._lock:
            view = campaign_view(service, campaign)
            words = (view.snapshot, view.run_words, service.reading_words)
            known = self._known.get(campaign)
            if known is None or known.followed is not followed or known.words != words:
                text = written(
                    "moment.html",
                    view=view,
                    log=log_lines(service, campaign),
                    reading=words[-1],
                )
                known = self._known[campaign] = _Moment(followed, words, text)
            return known.text
