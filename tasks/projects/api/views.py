"""`GET /projects/{name}`: the configuration, for workers; without secrets for those who use it."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tasks.api.errors import Conflict
from tasks.api.schema import refusal
from tasks.projects.api.serializers import ConfigSerializer
from tasks.projects.config import ProjectConfig
from tasks.projects.models import READ_SECRETS, Project
from tasks.projects.sealing import WrongKey


class ProjectView(APIView):
    """`GET /projects/{name}`."""

    @extend_schema(
        operation_id="projects_get",
        parameters=[OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH)],
        responses={
            200: ConfigSerializer,
            409: refusal("A secret of the project cannot be decrypted any more."),
        },
        description="The configuration of a project. Users with the permission "
        f"`{READ_SECRETS}` get it with its secrets, as workers need it; members and "
        "staff get `***` in their place.",
    )
    def get(self, request: Request, name: str) -> Response:
        is_worker = request.user.has_perm(READ_SECRETS)
        projects = Project.objects.all() if is_worker else Project.objects.visible_to(request.user)
        project = projects.filter(name=name).prefetch_related("variables").first()
        if project is None:
            raise NotFound("There is no such project. Check its name.")
        try:
            config = ProjectConfig.of(project)
        except WrongKey as error:
            raise Conflict(str(error), code=error.code) from error
        return Response(
            config.as_json() if is_worker else config.masked(),
            headers={"Cache-Control": "no-store"},
        )
