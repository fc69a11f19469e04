"""Record histories: `python -m tests.workflows.record`.

Run it when a workflow is new. Histories that are there already are kept, because they stand for
runs that are under way in the field: a change that cannot replay them needs `workflow.patched`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from temporalio import activity
from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
)
from temporalio.testing import WorkflowEnvironment

from activities.cause import Cause
from activities.gateways.mailer import MailerAway
from activities.imports.running import ImportPart, ImportProgress
from activities.mail import DeliverMail, MailReport
from activities.mail_groups import DeliverMails, MailsReport
from activities.pictures.batches_running import BatchProgress, RenderNextPart
from activities.rules.backoff import RETRY_POLICIES
from activities.statistics.keeping import KeepRolledUp, RollingReport
from activities.statistics.storage import KeepScanStorage, StorageKept
from tests.workflows.alerting import judging
from tests.workflows.health import looking_after
from tests.workflows.housework import House, keeping
from tests.workflows.notices import noticing
from tests.workflows.receivers import (
    ORGANIZATION,
    Script,
    skipping_server,
    start_recovery,
    start_retry,
    working,
)
from tests.workflows.workers import working_on
from workflows.check_one_link import CheckOneLink, LinkToCheck
from workflows.deliver_webhooks import Deliveries, DeliverWebhooks
from workflows.import_links import ImportLinks, LinksToImport
from workflows.recover_deliveries import RecoverDeliveries
from workflows.render_batch import PicturesToRender, RenderBatch
from workflows.retry_delivery import RetryDelivery
from workflows.roll_up_scans import Rolling, RollUpScans
from workflows.send_mail import MailToSend, SendMail
from workflows.send_mails import MailsToSend, SendMails

HISTORIES = Path(__file__).parent / "histories"
STANDARD = RETRY_POLICIES["standard"]


async def record_retries(temporal: WorkflowEnvironment) -> None:
    """A delivery given up, one that got through, one paused and resumed, two cancelled."""
    async with working(temporal, Script(failures=99, delays=STANDARD)) as queue:
        handle = await start_retry(temporal, queue, STANDARD[0])
        await handle.result()
        await keep("retry_delivery_given_up", handle)
        handle = await start_retry(temporal, queue, 86400.0)
        await handle.signal(RetryDelivery.cancel)
        await handle.result()
        await keep("retry_delivery_cancelled", handle)
        handle = await start_retry(temporal, queue, 86400.0)
        await handle.query(RetryDelivery.why)
        await handle.cancel()
        with suppress(WorkflowFailureError):
            await handle.result()
        await keep("retry_delivery_cancelled_by_the_ui", handle)
    async with working(temporal, Script(failures=1, delays=STANDARD)) as queue:
        handle = await start_retry(temporal, queue, 3600.0)
        await handle.signal(RetryDelivery.pause)
        await temporal.fast_forward(handle, timedelta(hours=2))
        await handle.signal(RetryDelivery.resume)
        await handle.result()
        await keep("retry_delivery_paused_and_delivered", handle)


async def record_holds(temporal: WorkflowEnvironment) -> None:
    """A first attempt that was held, woken, and forced at last; a recovery that was paused."""
    holds = [("endpoint_paused", 86400.0), ("circuit_open", 3600.0), ("throttled", 86400.0)]
    async with working(temporal, Script(failures=0, delays=STANDARD, holds=holds)) as queue:
        batch = uuid4()
        handle = await temporal.client.start_workflow(
            DeliverWebhooks.run,
            Deliveries(ORGANIZATION, batch, Cause("r-1")),
            id=f"deliver/{ORGANIZATION}/{batch}",
            task_queue=queue,
        )
        await handle.result()
        await keep("deliver_webhooks_held", handle)
        child = temporal.client.get_workflow_handle_for(RetryDelivery.run, f"retry/{batch}")
        await child.signal(RetryDelivery.look_again)
        while (await child.query(RetryDelivery.why)).reason != "throttled":
            await asyncio.sleep(0.1)
        await child.signal(RetryDelivery.send_now)
        await child.result()
        await keep("retry_delivery_held", child)
    script = Script(failures=0, delays=STANDARD, parts=(1,) * 250)
    async with working(temporal, script) as queue:
        recovery = await start_recovery(temporal, queue, total=250)
        await recovery.signal(RecoverDeliveries.pause)
        await recovery.signal(RecoverDeliveries.resume)
        await recovery.result()
        await keep("recover_deliveries_done", recovery)


async def record_batches(temporal: WorkflowEnvironment) -> None:
    """Batches that went through, whose failure or failures became retries, one that told of a
    failure meanwhile, and one partly held.
    """
    for name, failures, others in (
        ("delivered", 0, 0),
        ("with_a_failure", 1, 0),
        ("that_told_meanwhile", 1, 0),
        ("with_failures_and_held", 1, 2),
    ):
        script = Script(failures=failures, delays=STANDARD)
        if name == "that_told_meanwhile":
            script.tells = asyncio.Event()
            asyncio.get_running_loop().call_later(2.0, script.tells.set)
        script.others, script.parked = [uuid4() for _ in range(others)], others
        async with working(temporal, script) as queue:
            batch = uuid4()
            handle = await temporal.client.start_workflow(
                DeliverWebhooks.run,
                Deliveries(ORGANIZATION, batch, Cause("r-1")),
                id=f"deliver/{ORGANIZATION}/{batch}",
                task_queue=queue,
            )
            await handle.result()
            await keep(f"deliver_webhooks_{name}", handle)


async def record_mails(temporal: WorkflowEnvironment) -> None:
    """A mail that was sent at the second try, one that the provider refused, and a group."""
    for name, report in (
        ("sent", MailReport("sent")),
        ("refused", MailReport("refused", "too late")),
    ):
        async with mailing(temporal, report) as queue:
            mail = uuid4()
            handle = await temporal.client.start_workflow(
                SendMail.run,
                MailToSend("nobody", mail, Cause("r-1")),
                id=f"mail/{mail}",
                task_queue=queue,
            )
            await handle.result()
            await keep(f"send_mail_{name}", handle)
    async with mailing(temporal, MailReport("sent")) as queue:
        group = uuid4()
        sending = await temporal.client.start_workflow(
            SendMails.run,
            MailsToSend("everybody", group, Cause("r-1")),
            id=f"mails/{group}",
            task_queue=queue,
        )
        await sending.result()
        await keep("send_mails_done", sending)


async def record_imports(temporal: WorkflowEnvironment) -> None:
    """An import of three parts, the second of which failed once."""
    async with importing(temporal) as queue:
        job = uuid4()
        handle = await temporal.client.start_workflow(
            ImportLinks.run,
            LinksToImport(ORGANIZATION, job, 250, Cause("r-1")),
            id=f"import/{job}",
            task_queue=queue,
        )
        await handle.result()
        await keep("import_links_done", handle)


async def record_rendering(temporal: WorkflowEnvironment) -> None:
    """A batch of three parts, the second of which failed once, and a run that another follows."""
    for name, parts in (("done", 500), ("followed", 2)):
        async with rendering(temporal) as queue:
            batch = uuid4()
            handle = await temporal.client.start_workflow(
                RenderBatch.run,
                PicturesToRender(ORGANIZATION, batch, 600, Cause("r-1"), parts),
                id=f"render/{batch}",
                task_queue=queue,
            )
            run = handle.first_execution_run_id
            await handle.result()
            first = temporal.client.get_workflow_handle(handle.id, run_id=run)
            await keep(f"render_batch_{name}", first)


async def record_rolling(temporal: WorkflowEnvironment) -> None:
    """A run of three rounds, the second of which failed once; another one follows."""
    async with rolling(temporal) as queue:
        handle = await temporal.client.start_workflow(
            RollUpScans.run, Rolling(rounds=3), id=f"roll-up-scans-{uuid4()}", task_queue=queue
        )
        first = temporal.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
        while (await first.describe()).status is WorkflowExecutionStatus.RUNNING:
            await asyncio.sleep(0.1)
        await handle.terminate()
        await keep("roll_up_scans_followed", first)


async def record_housework(temporal: WorkflowEnvironment) -> None:
    """A run of each scheduled workflow, started by hand: expiry with a part that failed once."""
    async with keeping(temporal, House()) as queue:
        expiry = await temporal.client.start_workflow(
            "ExpireAssets", id=f"expire-{uuid4()}", task_queue=queue
        )
        await expiry.result()
        await keep("expire_assets_done", expiry)
        retention = await temporal.client.start_workflow(
            "ApplyRetention", id=f"retention-{uuid4()}", task_queue=queue
        )
        await retention.result()
        await keep("apply_retention_done", retention)


async def record_health(temporal: WorkflowEnvironment) -> None:
    """A pass over links, and a look at one of them that failed once."""
    async with looking_after(temporal) as queue:
        handle = await temporal.client.start_workflow(
            "CheckLinkHealth", id=f"link-health-checks-{uuid4()}", task_queue=queue
        )
        await handle.result()
        await keep("check_link_health_done", handle)
        link = uuid4()
        asked = await temporal.client.start_workflow(
            CheckOneLink.run,
            LinkToCheck(ORGANIZATION, link, Cause("r-1")),
            id=f"check/{link}/2026-11-22T06:45Z",
            task_queue=queue,
        )
        await asked.result()
        await keep("check_one_link_done", asked)


async def record_alerts(temporal: WorkflowEnvironment) -> None:
    """A run over rules in two parts, the second of which failed once."""
    async with judging(temporal) as queue:
        handle = await temporal.client.start_workflow(
            "SendAlerts", id=f"qr-alerts-{uuid4()}", task_queue=queue
        )
        await handle.result()
        await keep("send_alerts_done", handle)


async def record_notices(temporal: WorkflowEnvironment) -> None:
    """A run of each workflow that mails once a period, in two parts, one of which failed once."""
    async with noticing(temporal) as queue:
        for name, kept in (
            ("SendNotifications", "send_notifications_done"),
            ("WeeklyDigest", "weekly_digest_done"),
            ("TrialReminders", "trial_reminders_done"),
        ):
            handle = await temporal.client.start_workflow(
                name, id=f"{kept}-{uuid4()}", task_queue=queue
            )
            await handle.result()
            await keep(kept, handle)


@asynccontextmanager
async def rolling(temporal: WorkflowEnvironment) -> AsyncIterator[str]:
    """A worker whose database has scans, and went away once."""
    rounds = 0

    @activity.defn(name="keep_rolled_up")
    async def keep_rolled_up(command: KeepRolledUp) -> RollingReport:
        nonlocal rounds
        rounds += 1
        if rounds == 2:
            raise RuntimeError("something is wrong")
        oldest = datetime(2026, 11, 21, 12, tzinfo=UTC) if rounds == 1 else None
        return RollingReport(5, 1000, 20, oldest)

    @activity.defn(name="keep_scan_storage")
    async def keep_scan_storage(command: KeepScanStorage) -> StorageKept:
        return StorageKept(1, 0, 17, True)

    async with working_on(temporal, [RollUpScans], [keep_rolled_up, keep_scan_storage]) as queue:
        yield queue


@asynccontextmanager
async def importing(temporal: WorkflowEnvironment) -> AsyncIterator[str]:
    """A worker that makes 100 lines a part, after one fault."""
    made = 0
    failed = False

    @activity.defn(name="import_part")
    async def import_part(command: ImportPart) -> ImportProgress:
        nonlocal made, failed
        if made == 100 and not failed:
            failed = True
            raise RuntimeError("the database went away")
        made = min(250, made + 100)
        return ImportProgress("done" if made == 250 else "running", 250, made, 0)

    async with working_on(temporal, [ImportLinks], [import_part]) as queue:
        yield queue


@asynccontextmanager
async def rendering(temporal: WorkflowEnvironment) -> AsyncIterator[str]:
    """A worker that draws 250 pictures a part, after one fault."""
    done = 0
    failed = False

    @activity.defn(name="render_next_part")
    async def render_next_part(command: RenderNextPart) -> BatchProgress:
        nonlocal done, failed
        if done == 250 and not failed:
            failed = True
            raise RuntimeError("a process died")
        done = min(600, done + 250)
        return BatchProgress("done" if done == 600 else "running", 600, done, 0)

    async with working_on(temporal, [RenderBatch], [render_next_part]) as queue:
        yield queue


@asynccontextmanager
async def mailing(temporal: WorkflowEnvironment, report: MailReport) -> AsyncIterator[str]:
    """A worker whose provider is away at the first try."""

    @activity.defn(name="deliver_mail")
    async def deliver_mail(command: DeliverMail) -> MailReport:
        if activity.info().attempt == 1:
            raise MailerAway("Resend did not take it: 429 rate_limit_exceeded", 7.0)
        return report

    @activity.defn(name="deliver_mails")
    async def deliver_mails(command: DeliverMails) -> MailsReport:
        if activity.info().attempt == 1:
            raise MailerAway("Resend did not take it: 429 rate_limit_exceeded", 7.0)
        return MailsReport(sent=98, refused=2)

    async with working_on(temporal, [SendMail, SendMails], [deliver_mail, deliver_mails]) as queue:
        yield queue


async def keep(name: str, handle: WorkflowHandle[Any, Any]) -> None:
    """Write the history under its name unless there is one."""
    path = HISTORIES / f"{name}.json"
    if not path.exists():
        told = (await handle.fetch_history()).to_json()
        path.write_text(re.sub(r'"\d+@[^"]*"', '"recorder"', told))
        print(f"recorded {path.name}")


async def main() -> None:
    async with await skipping_server() as temporal:
        await record_retries(temporal)
        await record_batches(temporal)
        await record_holds(temporal)
        await record_mails(temporal)
        await record_imports(temporal)
        await record_rendering(temporal)
        await record_rolling(temporal)
        await record_health(temporal)
        await record_alerts(temporal)
        await record_housework(temporal)
        await record_notices(temporal)
    await asyncio.sleep(0.3)


if __name__ == "__main__":
    asyncio.run(main())
