"""`POST /agents/preview`: what the scope of a build would include, and what not."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.serializers import PreviewRequest, PreviewSerializer
from agents.crawl.preview import Preview
from agents.preview import preview
from tasks.api.throttles import SubmitThrottle

SAMPLES = 20


class PreviewThrottle(SubmitThrottle):
    """Previews are counted apart from submissions: each makes requests while it is waited for."""

    scope = "preview"


class PreviewView(APIView):
    """`POST /agents/preview`."""

    throttle_classes = [PreviewThrottle]

    @extend_schema(
        operation_id="agents_preview",
        request=PreviewRequest,
        responses=PreviewSerializer,
        description="Looks at the start pages, robots.txt and the site's lists, for ten seconds "
        "at most, and says what a build with these parameters would fetch and leave out. Nothing "
        "is stored.",
    )
    def post(self, request: Request) -> Response:
        body = PreviewRequest(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(PreviewSerializer(_shape(preview(body.validated_data))).data)


def _shape(seen: Preview) -> dict[str, Any]:
    return {
        "complete": seen.is_complete,
        "included": {"count": len(seen.included), "samples": seen.included[:SAMPLES]},
        "excluded": seen.excluded,
        "pages": [
            {
                "url": url,
                "status": result.status.value,
                "reason_code": result.reason_code,
                "reason": result.reason,
                "http_status": result.http_status,
                "bytes": len(result.body),
                "duration_ms": result.duration_ms,
            }
            for url, result in seen.pages.items()
        ],
        "lists": [
            {
                "url": file.url,
                "kind": file.kind,
                "reason": file.result.reason,
                "listed": file.listed,
                "in_scope": file.kept,
            }
            for file in seen.lists
        ],
        "crawl_delays": [
            {"origin": origin, "seconds": seconds} for origin, seconds in seen.crawl_delays.items()
        ],
    }
