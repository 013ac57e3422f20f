"""A build among kills must give exactly what an undisturbed build of the same website gave."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from tests.chaos.database import Database, Row

QUESTION = "Which crane stands at quay 2 of harbour 17?"

Knowledge = dict[str, list[tuple[object, ...]]]

PAGES = (
    "SELECT url, status, content_hash FROM agents_page "
    "WHERE agent_id = '{agent}' ORDER BY url, status"
)
CHUNKS = (
    "SELECT agents_page.url, agents_chunk.position, agents_chunk.text FROM agents_chunk "
    "JOIN agents_page ON agents_page.id = agents_chunk.page_id "
    "WHERE agents_chunk.agent_id = '{agent}' ORDER BY agents_page.url, agents_chunk.position"
)
PASSAGES = (
    "SELECT passage.url, passage.headings, passage.text FROM agents_localpassage AS passage "
    "JOIN agents_localagent ON agents_localagent.id = passage.agent_id "
    "WHERE agents_localagent.reference = '{agent}' "
    "ORDER BY passage.url, passage.headings, passage.text"
)


class Builds:
    """What the agents of a stack know, in its tables and in its answers."""

    def __init__(self, database: Database, api: httpx.Client) -> None:
        self._database, self._api = database, api

    def knowledge(self, task: Row) -> Knowledge:
        """The pages, chunks, provider rows and search results of the agent that a task built."""
        agent = task["agent_id"]
        stored = agent if self._database.is_server else agent.replace("-", "")
        queries = {"pages": PAGES, "chunks": CHUNKS, "passages": PASSAGES}
        knowledge: Knowledge = {
            name: [tuple(row.values()) for row in self._database.rows(sql.format(agent=stored))]
            for name, sql in queries.items()
        }
        found = self._api.get(f"/agents/{agent}/search", params={"q": QUESTION, "limit": 20})
        hits = found.raise_for_status().json()["results"]
        # Passages of the same score stand in the order of their ids, which is that of the crawl.
        knowledge["found"] = [(round(hit["score"], 6),) for hit in hits]
        return knowledge

    def faults_of(self, task: Row, undisturbed: Knowledge) -> Iterator[str]:
        """In what the task's agent differs from the undisturbed one, in sentences."""
        knowledge = self.knowledge(task)
        for name, rows in undisturbed.items():
            if knowledge[name] != rows:
                yield (
                    f"its agent has {len(knowledge[name])} {name}, and not the {len(rows)} of an "
                    "undisturbed build"
                )
