"""The engine over its REST API: submit, look, wait, cancel, retry."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx

from tasks.states import FINISHED
from tests.engine.waiting import eventually

Json = dict[str, Any]


class Engine:
    """Submits test workflows and waits for what becomes of them."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._submitted: list[str] = []

    def submit(self, workflow: str, callback_url: str = "", **params: Any) -> str:
        """Submit a task and return its id."""
        return self._submit(workflow=workflow, params=params, callback_url=callback_url)

    def submit_to(self, project: str, type_: str, command: str = "", **params: Any) -> str:
        """Submit a task of a project and return its id."""
        return self._submit(project=project, type=type_, command=command, params=params)

    def _submit(self, **body: Any) -> str:
        response = self._client.post("/tasks", json=body)
        assert response.status_code == 202, response.text
        task_id: str = response.json()["task_id"]
        self._submitted.append(task_id)
        return task_id

    def task(self, task_id: str) -> Json:
        response = self._client.get(f"/tasks/{task_id}")
        assert response.status_code == 200, response.text
        return response.json()

    def step(self, task_id: str, name: str) -> Json:
        (step,) = [step for step in self.task(task_id)["steps"] if step["name"] == name]
        return step

    def events(self, task_id: str) -> list[Json]:
        """The task's history, which has no gap."""
        events: list[Json] = []
        after: int | None = 0
        while after is not None:
            page = self._client.get(f"/tasks/{task_id}/events", params={"after": after}).json()
            events += page["results"]
            after = page["next"]
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        return events

    def step_events(self, task_id: str, name: str, state: str) -> list[Json]:
        """The events at which the step entered the state."""
        return [
            event
            for event in self.events(task_id)
            if event["step"] == name and event["data"].get("step_state") == state
        ]

    def wait_for(self, task_id: str, state: str, seconds: float = 20) -> Json:
        """Wait until the task is in that state; give up when it can no longer get there."""

        def arrived() -> Json | None:
            task = self.task(task_id)
            if task["state"] == state:
                return task
            assert task["state"] not in FINISHED, task
            return None

        return eventually(arrived, seconds)

    def wait_for_end(self, task_id: str, seconds: float = 20) -> Json:
        """Wait until the task is in a final state; the task."""
        return eventually(
            lambda: task if (task := self.task(task_id))["state"] in FINISHED else None, seconds
        )

    def wait_for_step(self, task_id: str, name: str, state: str, seconds: float = 20) -> None:
        eventually(lambda: self.step(task_id, name)["state"] == state, seconds)

    def wait_for_percent(self, task_id: str, percent: float) -> None:
        eventually(lambda: self.task(task_id)["percent"] >= percent)

    def wait_for_message(self, task_id: str, message: str) -> None:
        eventually(lambda: any(event["message"] == message for event in self.events(task_id)))

    def cancel(self, task_id: str) -> Json:
        """Ask for the task's end; the task as it was answered."""
        response = self._client.delete(f"/tasks/{task_id}")
        assert response.status_code == 202, response.text
        return response.json()

    def cancel_if_possible(self, task_id: str) -> bool:
        """The same for a task that may have ended by itself."""
        status = self._client.delete(f"/tasks/{task_id}").status_code
        assert status in (202, 409)
        return status == 202

    def seconds_from_cancel_to_end(self, task_id: str) -> float:
        """How long the worker went on after it had been asked to stop."""
        self.wait_for(task_id, "CANCELLED")
        events = self.events(task_id)
        (asked,) = [event for event in events if "asked for this task" in event["message"]]
        return seconds_between(asked, events[-1])

    def seconds_of_step(self, task_id: str, name: str) -> float:
        """How long the step took."""
        step = self.step(task_id, name)
        return _seconds(step["started_at"], step["finished_at"])

    def retry(self, task_id: str) -> None:
        assert self._client.post(f"/tasks/{task_id}/retry", json={}).status_code == 202

    def cancel_what_is_left(self) -> None:
        for task_id in self._submitted:
            if self.cancel_if_possible(task_id):
                self.wait_for(task_id, "CANCELLED")


def seconds_between(earlier: Json, later: Json) -> float:
    """The time between two events."""
    return _seconds(earlier["at"], later["at"])


def _seconds(first: str, second: str) -> float:
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()
