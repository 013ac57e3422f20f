"""What an agent is made of: its record, the pages it was built from, the chunks it knows, and its
versions."""

from agents.models.agent import NAME_LENGTH, AgentRecord, AgentStatus
from agents.models.newest import SEARCHED_NEWEST, among_newest
from agents.models.pages import CONTENT, DOCUMENT_SCHEME, Chunk, Page, PageContent, PageStatus
from agents.models.versions import AgentVersion

__all__ = [
    "CONTENT",
    "DOCUMENT_SCHEME",
    "NAME_LENGTH",
    "SEARCHED_NEWEST",
    "AgentRecord",
    "AgentStatus",
    "AgentVersion",
    "Chunk",
    "Page",
    "PageContent",
    "PageStatus",
    "among_newest",
]

# Django finds an app's models through this module, also those that live elsewhere.
from agents.documents.models import Document, DocumentContent  # noqa: F401
from agents.providers.local.models import LocalAgent, LocalPassage  # noqa: F401
