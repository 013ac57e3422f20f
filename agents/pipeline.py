"""How a website becomes an agent: seven steps and their weights."""

from agents import params
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
