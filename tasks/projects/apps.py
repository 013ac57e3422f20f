from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "tasks.projects"
    label = "projects"
    verbose_name = "Projects"
