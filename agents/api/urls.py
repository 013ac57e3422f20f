"""The routes of the agent API."""

from agents.api import documents, preview, refresh, views
from tasks.api.routes import route

urlpatterns = [
    *route("documents", documents.DocumentListView.as_view(), "documents"),
    *route("documents/<uuid:document_id>", documents.DocumentView.as_view(), "document"),
    *route("agents", views.AgentListView.as_view(), "agents"),
    *route("agents/preview", preview.PreviewView.as_view(), "agents-preview"),
    *route("agents/<uuid:agent_id>", views.AgentView.as_view(), "agent"),
    *route("agents/<uuid:agent_id>/pages", views.AgentPagesView.as_view(), "agent-pages"),
    *route(
        "agents/<uuid:agent_id>/pages/<int:page_id>", views.AgentPageView.as_view(), "agent-page"
    ),
    *route("agents/<uuid:agent_id>/refresh", refresh.AgentRefreshView.as_view(), "agent-refresh"),
    *route(
        "agents/<uuid:agent_id>/versions", refresh.AgentVersionsView.as_view(), "agent-versions"
    ),
    *route("agents/<uuid:agent_id>/search", views.AgentSearchView.as_view(), "agent-search"),
    *route("agents/<uuid:agent_id>/ask", views.AgentAskView.as_view(), "agent-ask"),
]
