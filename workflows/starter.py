"""The one place that starts workflows: by id, with priority, search attributes and summary.

Every start rejects a duplicate id, or finds the one that runs, so starting again after a crash
changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.batching import Batch
from activities.cause import Cause, current_cause
from activities.deliveries.recovering import Recovery
from activities.health.reading import HealthLook
from activities.imports.views import ImportView
from activities.mail import WaitingMail
from activities.mail_groups import MailGroup
from activities.pictures.batches import BatchView
from activities.rules.runs import import_id, recovery_id, render_id
from workflows.check_one_link import CheckOneLink, LinkToCheck
from workflows.deliver_webhooks import Deliveries, DeliverWebhooks, retry_id
from workflows.import_links import ImportLinks, LinksToImport
from workflows.policies import BULK, NORMAL, URGENT, fair
from workflows.queues import DELIVERY, RENDER, SHORT, searchable
from workflows.recover_deliveries import RecoverDeliveries, Recovering, RecoveryProgress
from workflows.render_batch import PicturesToRender, RenderBatch
from workflows.retry_delivery import RetryDelivery
from workflows.roll_up_scans import Rolling, RollUpScans
from workflows.send_mail import MailToSend, SendMail
from workflows.send_mails import MailsToSend, SendMails

AWAY = (
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
)
"""What the server, or the way to it, answers while it is away."""


class TemporalAway(Exception):
    """Temporal did not answer; whether the workflow was started is not known. Start it again."""


class Starter:
    """Starts workflows over one connection, which is made when first needed."""

    def __init__(self, connect: Callable[[], Awaitable[Client]], *, seconds: float = 10.0) -> None:
        self._connect = connect
        self._seconds = seconds
        self._client: Client | None = None
        self._connecting = asyncio.Lock()

    async def client(self) -> Client:
        """The connected client; raises `TemporalAway`."""
        async with self._connecting:
            if self._client is None:
                try:
                    async with asyncio.timeout(self._seconds):
                        self._client = await self._connect()
                except (RuntimeError, RPCError, TimeoutError, OSError) as fault:
                    raise TemporalAway(str(fault).partition("\n")[0]) from fault
        return self._client

    async def is_here(self) -> bool:
        """Whether Temporal answers now."""
        try:
            async with asyncio.timeout(2.0):
                return await (await self.client()).service_client.check_health()
        except (TemporalAway, RPCError, TimeoutError):
            return False

    async def deliver(self, batch: Batch) -> None:
        """Start `DeliverWebhooks` for a batch, or find it started. Raises `TemporalAway`."""
        organization = str(batch.organization_id)
        client = await self.client()
        async with self._answered():
            await client.start_workflow(
                DeliverWebhooks.run,
                Deliveries(batch.organization_id, batch.id, batch.cause),
                id=f"deliver/{organization}/{batch.id}",
                task_queue=DELIVERY,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                priority=fair(organization),
                search_attributes=searchable(
                    organization,
                    asset=str(batch.asset_id) if batch.asset_id else None,
                    event=batch.kind,
                ),
                static_summary=batch.summary,
                request_eager_start=False,
            )

    async def send_mail(self, mail: WaitingMail) -> None:
        """Start `SendMail` for a mail, or find it started. Raises `TemporalAway`."""
        organization = str(mail.organization_id or "nobody")
        client = await self.client()
        async with self._answered():
            await client.start_workflow(
                SendMail.run,
                MailToSend(organization, mail.id, mail.cause),
                id=f"mail/{mail.id}",
                task_queue=SHORT,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                priority=fair(organization, URGENT),
                search_attributes=searchable(organization, event=f"mail.{mail.kind}"),
                static_summary=f"{mail.kind} mail",
                request_eager_start=False,
            )

    async def send_mails(self, group: MailGroup) -> None:
        """Start `SendMails` for a group, or find it started. Raises `TemporalAway`."""
        organization = str(group.organization_id or "everybody")
        client = await self.client()
        async with self._answered():
            await client.start_workflow(
                SendMails.run,
                MailsToSend(organization, group.id, group.cause),
                id=f"mails/{group.id}",
                task_queue=SHORT,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                priority=fair(organization, BULK),
                search_attributes=searchable(organization, event=f"mail.{group.kind}"),
                static_summary=f"{group.size} {group.kind} mails",
                request_eager_start=False,
            )

    async def import_links(self, job: ImportView, organization_id: UUID, cause: Cause) -> None:
        """Start `ImportLinks` for an import, or find it started. Raises `TemporalAway`."""
        organization = str(organization_id)
        client = await self.client()
        async with self._answered():
            await client.start_workflow(
                ImportLinks.run,
                LinksToImport(organization_id, job.id, job.total, cause),
                id=import_id(job.id),
                task_queue=SHORT,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                priority=fair(organization, BULK),
                search_attributes=searchable(organization),
                static_summary=f"{job.good} links from {job.title}",
                request_eager_start=False,
            )

    async def render_batch(self, batch: BatchView, organization_id: UUID, cause: Cause) -> None:
        """Start `RenderBatch` for a batch, or find it started. Raises `TemporalAway`."""
        organization = str(organization_id)
        client = await self.client()
        async with self._answered():
            await client.start_workflow(
                RenderBatch.run,
                PicturesToRender(organization_id, batch.id, batch.total, cause),
                id=render_id(batch.id),
                task_queue=RENDER,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                priority=fair(organization, BULK),
                search_attributes=searchable(organization),
                static_summary=f"{batch.total} pictures into one archive",
                request_eager_start=False,
            )

    async def check_link(self, look: HealthLook, cause: Cause) -> None:
        """Start `CheckOneLink`, or find it started. Raises `TemporalAway`."""
        health = look.before
        organization = str(health.organization_id)
        client = await self.client()
        async with self._answered():
            await client.start_workflow(
                CheckOneLink.run,
                LinkToCheck(health.organization_id, health.asset_id, cause),
                id=look.run.workflow_id or "",
                task_queue=SHORT,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                priority=fair(organization),
                search_attributes=searchable(organization, asset=str(health.asset_id)),
                static_summary=f"one look at where a {health.noun} leads",
                request_eager_start=False,
            )

    async def roll_up_scans(self) -> None:
        """Start `RollUpScans`, or find it running. Raises `TemporalAway`."""
        client = await self.client()
        async with self._answered():
            await client.start_workflow(
                RollUpScans.run,
                Rolling(),
                id="roll-up-scans",
                task_queue=SHORT,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                priority=fair("everybody", NORMAL),
                search_attributes=searchable("everybody"),
                static_summary="scans into totals, months of scans, retention",
                request_eager_start=False,
            )

    async def recover(self, recovery: Recovery, organization_id: UUID, per_minute: int) -> None:
        """Start `RecoverDeliveries`. Raises `TemporalAway`."""
        organization, plan = str(organization_id), recovery.plan
        job = Recovering(
            organization_id=organization_id,
            endpoint_id=recovery.endpoint_id,
            mode=plan.mode,
            since=plan.since,
            until=plan.until,
            total=plan.total,
            per_minute=per_minute,
            cause=current_cause(),
        )
        client = await self.client()
        async with self._answered():
            await client.start_workflow(
                RecoverDeliveries.run,
                job,
                id=recovery_id(recovery.endpoint_id, recovery.request_id),
                task_queue=DELIVERY,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                priority=fair(organization, BULK),
                search_attributes=searchable(organization),
                static_summary=f"{plan.total} {plan.mode} deliveries",
                request_eager_start=False,
            )

    async def recovery_progress(
        self, endpoint_id: UUID, request_id: UUID
    ) -> RecoveryProgress | None:
        """How far a recovery is; None when there is none. Raises `TemporalAway`."""
        client = await self.client()
        handle = client.get_workflow_handle(recovery_id(endpoint_id, request_id))
        try:
            async with self._answered():
                return await handle.query(RecoverDeliveries.progress)
        except RPCError as fault:
            if fault.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
        return None

    async def wake_delivery(self, delivery_id: UUID, resend: int) -> bool:
        """Tell a delivery that waits to look again; False when nobody tries it.

        Raises `TemporalAway`.
        """
        told = await self.client()
        handle = told.get_workflow_handle(retry_id(delivery_id, resend))
        try:
            async with self._answered():
                await handle.signal(RetryDelivery.look_again)
        except RPCError as fault:
            if fault.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True

    @asynccontextmanager
    async def _answered(self) -> AsyncIterator[None]:
        """A start inside ends in time, was made before, or raises `TemporalAway`."""
        try:
            async with asyncio.timeout(self._seconds):
                yield
        except WorkflowAlreadyStartedError:
            return
        except TimeoutError as fault:
            raise TemporalAway("no answer in time") from fault
        except RPCError as fault:
            if fault.status in AWAY:
                raise TemporalAway(fault.message) from fault
            raise
