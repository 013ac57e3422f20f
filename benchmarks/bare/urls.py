"""The project's own routes, and the bare view beside them, on the same server."""

from django.urls import include, path
from rest_framework import generics, serializers

from benchmarks.bare.models import Row


class RowSerializer(serializers.ModelSerializer[Row]):
    class Meta:
        model = Row
        fields = ["id", "name", "created_at"]


class RowView(generics.CreateAPIView[Row]):
    """DRF's own create view, behind the same authentication."""

    queryset = Row.objects.all()  # type: ignore[attr-defined]  # the app of another settings file
    serializer_class = RowSerializer


urlpatterns = [path("bare", RowView.as_view()), path("", include("agentforge.urls"))]
