"""The anchor of sustained deliveries: one workflow with one activity for each of them."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

from workers.demo.crowd import each
from workers.sandbox import make_runner

QUEUE = "bench-one-each"
STARTS_AT_ONCE = 50


@workflow.defn
class DeliverOne:
    """Post once."""

    @workflow.run
    async def run(self, url: str) -> int:
        status: int = await workflow.execute_activity(
            "post_once", url, start_to_close_timeout=timedelta(seconds=20)
        )
        return status


class Poster:
    """The activity, over one session."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @activity.defn(name="post_once")
    async def post_once(self, url: str) -> int:
        """One bare POST; answers the status."""
        async with self._session.post(url, data=b"{}") as answer:
            await answer.read()
            return answer.status


async def deliver_one_each(client: Client, url: str, count: int, run: str) -> None:
    """Deliver `count` times to `url`; `run` makes the ids of the workflows its own."""

    async def deliver(number: int) -> None:
        await client.execute_workflow(
            DeliverOne.run, url, id=f"bench/{run}/{number}", task_queue=QUEUE
        )

    async with (
        aiohttp.ClientSession() as session,
        Worker(
            client,
            task_queue=QUEUE,
            workflows=[DeliverOne],
            activities=[Poster(session).post_once],
            workflow_runner=make_runner(),
            build_id="anchor",
        ),
    ):
        await each(range(count), deliver, STARTS_AT_ONCE)
