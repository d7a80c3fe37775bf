"""From the topic `alerts` to the subscribers, from where they were told last."""

import asyncio
import logging

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.broker import fetched, prompt
from streams.broker.alert_stream import alert_in
from streams.broker.client_logs import calm_kafka_logs
from streams.broker.outage import Outage
from streams.settings import Settings
from streams.topics import ALERTS, group_name, topic_name
from streams.webhooks.senders import Senders

log = logging.getLogger(__name__)

POLL_MS = 1000
"""How long a read waits, and how often the place is saved. Unit: ms. Source: chosen."""


async def send_for_ever(settings: Settings, senders: Senders) -> None:
    """Tell every subscriber until cancelled; the first time from now on.

    The place is saved on the broker up to which everyone has been told: after a restart what waited
    is sent again, under the same ids. Raises BrokerError where the broker stays away.
    """
    calm_kafka_logs()
    tasks = [
        asyncio.ensure_future(work)
        for work in (
            _read_for_ever(settings, senders),
            senders.deliver_for_ever(),
            Outage(settings.broker).check_for_ever(),
        )
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await senders.close()


async def _read_for_ever(settings: Settings, senders: Senders) -> None:
    fetched.install()
    prompt.install()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.broker.address.split(","),
        group_id=f"{group_name(settings.topics)}-webhooks",
        enable_auto_commit=False,
        auto_offset_reset="latest",
        fetch_max_wait_ms=fetched.WAIT_MS,
    )
    await consumer.start()
    try:
        at = TopicPartition(topic_name(settings.topics, ALERTS), 0)
        consumer.assign([at])
        saved = await consumer.committed(at)
        next_place = await consumer.position(at)
        log.info("webhooks: from place %d on %s", next_place, at.topic)
        while True:
            batches = await consumer.getmany(at, timeout_ms=POLL_MS)
            for record in batches.get(at, []):
                next_place = record.offset + 1
                alert = alert_in(record.value)
                if alert is not None:
                    senders.offer(alert, record.offset)
            told = senders.told_to(next_place)
            if told != saved:
                await consumer.commit({at: told})
                saved = told
    finally:
        await consumer.stop()
