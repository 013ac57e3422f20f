"""Where everything stands: the API at the root, the pages for staff, our own guide."""

from typing import Any

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from agentforge.robots import robots
from tasks.api.routes import route

PUBLIC: dict[str, Any] = {"authentication_classes": [], "permission_classes": []}

urlpatterns = [
    path("robots.txt", robots),
    path("admin/", admin.site.urls),
    path("", include("agentforge.guide")),
    path("", include("agents.dashboard")),
    path("", include("agents.new_agent")),
    path("", include("tasks.overview_pages")),
    path("", include("tasks.bulk_pages")),
    path("", include("tasks.dashboard")),
    path("", include("tasks.token_pages")),
    path("", include("tasks.dead_letter_pages")),
    path("", include("tasks.webhook_pages")),
    path("", include("agents.api.urls")),
    path("", include("tasks.api.urls")),
    path("", include("tasks.projects.api.urls")),
    *route("schema", SpectacularJSONAPIView.as_view(**PUBLIC), "schema"),
    *route("docs", SpectacularSwaggerSplitView.as_view(**PUBLIC), "docs"),
]

handler400 = "tasks.api.errors.bad_request"
handler403 = "tasks.api.errors.forbidden"
handler404 = "tasks.api.errors.not_found"
handler500 = "tasks.api.errors.server_error"
