"""The admin's pages of projects. Secrets are written here and never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from tasks import audit
from tasks.acts import Act
from tasks.admin_base import ModelAdmin, TabularInline
from tasks.admin_people import UsernamesField
from tasks.masking import mask
from tasks.projects.config import shown_connection
from tasks.projects.models import Project, Variable
from tasks.projects.sealing import WrongKey

if TYPE_CHECKING:
    VariableModelForm = forms.ModelForm[Variable]
    ProjectModelForm = forms.ModelForm[Project]
else:
    VariableModelForm = ProjectModelForm = forms.ModelForm

KEPT = "Kept as it is"
UNREADABLE = "encrypted with a key that is gone; enter it again"


class VariableForm(VariableModelForm):
    """A variable. What is secret is replaced or kept, and not shown."""

    value = forms.CharField(required=False, strip=False, widget=forms.TextInput({"size": 50}))

    class Meta:
        model = Variable
        fields = ["name", "value", "is_secret"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, each in self.fields.items():
            # The head of the column is no label.
            each.widget.attrs["aria-label"] = each.label or name.capitalize()
        field = self.fields["value"]
        field.widget.attrs["autocomplete"] = "off"
        if self.instance.pk is None:
            return
        if self.instance.is_secret:
            field.widget.attrs["placeholder"] = KEPT
        else:
            self.initial["value"] = _shown(self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        was_secret = self.instance.pk is not None and self.initial.get("is_secret")
        if was_secret and not cleaned.get("is_secret") and not cleaned.get("value"):
            self.add_error("value", "Enter the value again: what was secret is not shown.")
        return cleaned

    def save(self, commit: bool = True) -> Variable:
        value = self.cleaned_data.get("value", "")
        is_kept = self.instance.pk is not None and self.instance.is_secret and not value
        if not is_kept:
            self.instance.value = value
        return super().save(commit)


def _shown(variable: Variable) -> str:
    try:
        return variable.value
    except WrongKey:
        return ""


class VariableInline(TabularInline):
    """The environment of the program."""

    model = Variable
    form = VariableForm
    extra = 1
    verbose_name_plural = "environment"


class ProjectForm(ProjectModelForm):
    """A project, with its connection replaced or kept, and not shown."""

    db_conn = forms.CharField(
        label="Database connection",
        required=False,
        widget=forms.PasswordInput({"size": 80, "autocomplete": "new-password"}),
        help_text="The program gets it as AGENTFORGE_DB_CONN. Empty: kept as it is.",
    )
    forget_db_conn = forms.BooleanField(label="Forget the connection", required=False)
    members = UsernamesField(
        required=False,
        help_text="The names of users who may start tasks here, one a line. Staff with the "
        "permission to may, too.",
    )

    class Meta:
        model = Project
        fields = "__all__"

    def save(self, commit: bool = True) -> Project:
        if self.cleaned_data.get("db_conn") or self.cleaned_data.get("forget_db_conn"):
            self.instance.db_conn = self.cleaned_data.get("db_conn", "")
        return super().save(commit)


@admin.register(Project)
class ProjectAdmin(ModelAdmin):
    """Projects. Whoever may change one decides what workers execute."""

    form = ProjectForm
    inlines = (VariableInline,)
    list_display = ("name", "program", "working_directory", "updated_at")
    when_empty = "No project yet. Add one to run a program of your own as a task."
    search_fields = ("name", "working_directory")
    readonly_fields = ("connection", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "command", "working_directory", "paths", "members")}),
        ("Database", {"fields": ("connection", "db_conn", "forget_db_conn")}),
        (
            "Limits",
            {
                "fields": ("max_seconds", "max_memory_mb", "max_processes", "max_output_mb"),
                "description": "Empty: what the installation allows, which is also the most.",
            },
        ),
        (None, {"fields": ("created_at", "updated_at")}),
    )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Note which fields and variables have changed, and not what to."""
        super().save_related(request, form, formsets, change)
        variables = (row for formset in formsets for row in formset.forms if row.has_changed())
        names = (str(row.instance) for row in variables)
        fields = sorted({*form.changed_data, *names})
        if change and fields:
            audit.record(request.user, Act.CHANGE, form.instance, fields=fields)
        elif not change:
            audit.record(request.user, Act.ADD, form.instance)

    def delete_model(self, request: HttpRequest, obj: Project) -> None:
        self.delete_queryset(request, Project.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        with transaction.atomic():
            for project in queryset:
                audit.record(request.user, Act.DELETE, project)
            queryset.delete()

    @admin.display(description="program")
    def program(self, project: Project) -> str:
        return mask(" ".join(project.command)) or "this installation's"

    @admin.display(description="connection now", empty_value="none")
    def connection(self, project: Project) -> str | None:
        try:
            return shown_connection(project.db_conn) or None
        except WrongKey:
            return UNREADABLE

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        return super().get_queryset(request).order_by("name")
