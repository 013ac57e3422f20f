"""How a website becomes an agent, and how the agent follows it: the steps and their weights."""

from dataclasses import replace

from agents import params
from agents.refresh import params as refresh_params
from agents.refresh.compare import compare
from agents.refresh.prepare import prepare
from agents.refresh.publish import publish
from agents.refresh.scrape import scrape_changes
from agents.refresh.undo import discard_draft
from agents.refresh.upload import upload_changes
from agents.steps.create import create
from agents.steps.describe import describe
from agents.steps.extract import PAGES, extract
from agents.steps.finalize import finalize
from agents.steps.scrape import scrape
from agents.steps.upload import upload
from agents.steps.validate import validate
from agents.undo import remove_from_provider
from tasks.registry import register
from tasks.workflows import RetryPolicy, Step, Undo, Workflow

CHANGED_PAGES = replace(PAGES, details="{done} of {total} changed pages read")
PROVIDER_RETRIES = RetryPolicy(attempts=5, base=2.0, cap=120.0)

BUILD_AGENT = register(
    Workflow(
        name=params.WORKFLOW,
        title="Build an agent",
        clean=params.clean,
        subject=params.subject,
        undo=Undo(remove_from_provider, from_step="create"),
        steps=(
            Step("validate", validate, weight=5, soft_time_limit=60),
            Step("scrape", scrape, weight=35, soft_time_limit=3600),
            Step("extract", extract, weight=15, soft_time_limit=3600, fan_out=PAGES),
            Step("describe", describe, weight=15, soft_time_limit=600),
            Step("create", create, weight=10, soft_time_limit=120, retry=PROVIDER_RETRIES),
            Step("upload", upload, weight=15, soft_time_limit=3600, retry=PROVIDER_RETRIES),
            Step("finalize", finalize, weight=5, soft_time_limit=120, retry=PROVIDER_RETRIES),
        ),
    )
)

REFRESH_AGENT = register(
    Workflow(
        name=refresh_params.WORKFLOW,
        title="Refresh an agent",
        clean=refresh_params.clean,
        subject=refresh_params.subject,
        undo=Undo(discard_draft, from_step="upload"),
        steps=(
            Step("validate", prepare, weight=5, soft_time_limit=60),
            Step("scrape", scrape_changes, weight=50, soft_time_limit=3600),
            Step("extract", compare, weight=20, soft_time_limit=3600, fan_out=CHANGED_PAGES),
            Step("upload", upload_changes, weight=20, soft_time_limit=3600, retry=PROVIDER_RETRIES),
            Step("publish", publish, weight=5, soft_time_limit=120, retry=PROVIDER_RETRIES),
        ),
    )
)
