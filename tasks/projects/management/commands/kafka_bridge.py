"""`manage.py kafka_bridge`: joins Kafka's topics to the engine until it is told to stop."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tasks.management.owners import find_owner
from tasks.management.tables import require_tables


class Command(BaseCommand):
    help = "Takes tasks from Kafka and sends their progress back, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner", help="username of the owner (default: the first superuser)")

    def handle(self, *args: Any, owner: str | None, **options: Any) -> None:
        require_tables()
        if find_spec("confluent_kafka") is None:
            raise CommandError(
                "The bridge needs confluent-kafka. Install it with: "
                "pip install -r requirements-kafka.txt"
            )
        if not settings.KAFKA_BOOTSTRAP_SERVERS:
            raise CommandError(
                "KAFKA_BOOTSTRAP_SERVERS is not set. Name the brokers, such as kafka:9092."
            )
        from tasks.projects.kafka.bridge import Bridge
        from tasks.projects.kafka.config import KafkaConfig

        config = KafkaConfig.from_settings()
        bridge = Bridge(config, find_owner(owner))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: bridge.stop())
        self.stdout.write(f"Taking {config.tasks} and {config.control} from {config.servers}.")
        bridge.run()
        self.stdout.write("Stopped.")
