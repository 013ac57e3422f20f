"""How many submissions a user may send."""

from __future__ import annotations

import logging
import time

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

logger = logging.getLogger(__name__)


class SubmitThrottle(SimpleRateThrottle):
    """Counts POST requests a user in fixed windows; 429 with Retry-After above the rate.

    DRF's own counting keeps and rewrites the times of all requests of the window; this is one
    counter, so that a high rate costs no more than a low one.
    """

    scope = "submit"
    rate: str
    num_requests: int
    duration: int

    def allow_request(self, request: Request, view: APIView) -> bool:
        if request.method != "POST" or not self.rate or not request.user.is_authenticated:
            return True
        try:
            return self._count(request.user.pk) <= self.num_requests
        except Exception as error:
            # The count is in Redis. A submission must not fail because Redis does.
            logger.warning("Submissions are not counted while the cache is down: %r", error)
            return True

    def wait(self) -> float:
        """Seconds until the next window."""
        return self.duration - time.time() % self.duration

    def _count(self, user_id: int) -> int:
        key = f"throttle-{self.scope}-{user_id}-{int(time.time() // self.duration)}"
        try:
            return cache.incr(key)
        except ValueError:
            return 1 if cache.add(key, 1, timeout=self.duration) else cache.incr(key)
