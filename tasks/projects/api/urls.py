"""The routes of the project API."""

from tasks.api.routes import route
from tasks.projects.api import views

urlpatterns = [*route("projects/<slug:name>", views.ProjectView.as_view(), "project")]
