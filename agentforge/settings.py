"""Every setting comes from the environment, has a default that runs on one machine, and is
listed in `.env.example`. A missing or bad value stops the start with a sentence."""

import os
import sys
from datetime import timedelta
from pathlib import Path

from agentforge.checked_env import refuse_above
from agentforge.environment import (
    LOCAL_PROVIDER,
    allowed_networks,
    database_config,
    embedded_redis_url,
    encryption_keys,
    env,
    generated_secret,
    kafka_config,
    kombu_url,
    outside_providers,
    webhook_secret,
)

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("AGENTFORGE_DATA_DIR", "") or BASE_DIR / ".agentforge").resolve()

DEBUG = env.switch("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or generated_secret(DATA_DIR / "secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "django_celery_results",
    "agentforge",
    "tasks",
    "tasks.projects",
    "agents",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "agentforge.content_policy.content_policy",
    "servestatic.middleware.ServeStaticMiddleware",
    "tasks.api.body_limit.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tasks.api.outage.DatabaseAwayMiddleware",
    "tasks.origin.noting_the_source",
]
ROOT_URLCONF = "agentforge.urls"
ASGI_APPLICATION = "agentforge.asgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["agentforge.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static", ("guide", BASE_DIR / "docs" / "images")]
SERVESTATIC_USE_FINDERS = True

# ── Services ─────────────────────────────────────────────────────────────────────────────────
DATABASES = {
    "default": database_config(
        env.server("DATABASE_URL", ["sqlite", "postgres", "postgresql"]), DATA_DIR
    )
}
REDIS_URL = env.server("REDIS_URL", ["redis", "rediss", "unix"]) or embedded_redis_url(DATA_DIR)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "agentforge",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "agentforge"},
    },
}

# ── Celery ───────────────────────────────────────────────────────────────────────────────────
LONGEST_STEP = 2 * 60 * 60
"""Seconds. No step's hard time limit may be longer: past it, Redis delivers a message again."""

CELERY_BROKER_URL = kombu_url(
    env.server("CELERY_BROKER_URL", ["redis", "rediss", "unix", "amqp", "amqps", "memory"])
    or REDIS_URL
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": LONGEST_STEP + 600,
    "queue_order_strategy": "priority",
    "socket_keepalive": True,
    "socket_connect_timeout": 2,
    "health_check_interval": 25,
}
CELERY_RESULT_BACKEND = "tasks.results.MaskedResults"
CELERY_RESULT_EXTENDED = True
# Celery's own clean-up deletes all at once; ours (`tasks.retention`) deletes in chunks.
CELERY_RESULT_EXPIRES = None
CELERY_CACHE_BACKEND = "django-cache"
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "normal"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = env.whole(
    "AGENTFORGE_WORKER_MAX_TASKS_PER_CHILD", 500, least=1, most=1_000_000_000
)
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.whole(
    "AGENTFORGE_WORKER_MAX_MEMORY_KB", 380_000, least=1, most=1_000_000_000
)
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = env.seconds(
    "AGENTFORGE_WORKER_SHUTDOWN_SECONDS", 10.0, least=0, most=3600
)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Steps that Celery lets a connection live for. It goes by age instead: see `tasks.connections`.
CELERY_DB_REUSE_MAX = sys.maxsize
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "engine.sweep",
        "schedule": timedelta(seconds=5),
        "options": {"queue": "maintenance", "expires": 5},
    },
    "webhooks": {
        "task": "engine.deliver_webhooks",
        "schedule": timedelta(seconds=5),
        "options": {"queue": "maintenance", "expires": 5},
    },
    "clean-up": {
        "task": "engine.clean_up",
        "schedule": timedelta(seconds=60),
        "options": {"queue": "maintenance", "expires": 60},
    },
}

# ── API ──────────────────────────────────────────────────────────────────────────────────────
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tasks.api.authentication.BearerAuthentication",
        "tasks.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["tasks.api.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "tasks.api.negotiation.AlwaysJson",
    "DEFAULT_METADATA_CLASS": "tasks.api.metadata.PlainMetadata",
    "DEFAULT_SCHEMA_CLASS": "tasks.api.schema.AutoSchema",
    "EXCEPTION_HANDLER": "tasks.api.errors.exception_handler",
    "DEFAULT_THROTTLE_RATES": {
        "submit": env.rate("AGENTFORGE_RATE_SUBMIT", "600/min"),
        "preview": env.rate("AGENTFORGE_RATE_PREVIEW", "30/min"),
    },
    "COERCE_DECIMAL_TO_STRING": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "AgentForge",
    "VERSION": "1",
    "DESCRIPTION": "Turn websites and documents into AI agents, in the background, "
    "with exact live progress.",
    "SERVE_INCLUDE_SCHEMA": False,
    # Else a text that may not be empty in a request may not be so in an answer either.
    "COMPONENT_SPLIT_REQUEST": True,
    "PREPROCESSING_HOOKS": ["tasks.api.routes.without_trailing_slashes"],
    "ENUM_NAME_OVERRIDES": {
        "State": "tasks.states.State.choices",
        "StepState": "tasks.states.StepState.choices",
        "Priority": "tasks.states.Priority.choices",
        "EventType": "tasks.states.EventType.choices",
        "DeliveryState": "tasks.states.DeliveryState.choices",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
AGENTFORGE_METRICS_PUBLIC = env.switch("AGENTFORGE_METRICS_PUBLIC", False)
AGENTFORGE_MAX_BODY_BYTES = env.whole(
    "AGENTFORGE_MAX_BODY_BYTES", 1_000_000, least=1, most=1_000_000_000
)
DATA_UPLOAD_MAX_MEMORY_SIZE = AGENTFORGE_MAX_BODY_BYTES
AGENTFORGE_UPLOAD_MAX_BYTES = env.whole(
    "AGENTFORGE_UPLOAD_MAX_BYTES", 50_000_000, least=1, most=2_000_000_000
)
AGENTFORGE_UPLOAD_PATHS = frozenset({"/agents", "/documents", "/dashboard/agents/new"})
"""Where a body of several parts may be as large as that."""

AGENTFORGE_UNTAKEN_SECONDS = env.seconds(
    "AGENTFORGE_UNTAKEN_SECONDS", 60.0, least=1, most=24 * 3600
)

# ── The engine ───────────────────────────────────────────────────────────────────────────────
AGENTFORGE_LEASE_SECONDS = env.seconds("AGENTFORGE_LEASE_SECONDS", 15.0, least=1.5, most=3600)
AGENTFORGE_RELAY_SECONDS = env.seconds("AGENTFORGE_RELAY_SECONDS", 1.0, least=0, most=2)
AGENTFORGE_MAX_DEATHS = env.whole("AGENTFORGE_MAX_DEATHS", 3, least=1, most=100)
AGENTFORGE_WEBHOOK_SECRET = webhook_secret(env.str("AGENTFORGE_WEBHOOK_SECRET", ""), DATA_DIR)

# ── Projects ─────────────────────────────────────────────────────────────────────────────────
AGENTFORGE_PROJECT_KEY = encryption_keys(env.str("AGENTFORGE_PROJECT_KEY", ""), DATA_DIR)
PROJECT_CONFIG_URL = env.server("PROJECT_CONFIG_URL", ["http", "https"])
PROJECT_CONFIG_TOKEN = env.str("PROJECT_CONFIG_TOKEN", "")

# ── Kafka ────────────────────────────────────────────────────────────────────────────────────
KAFKA_BOOTSTRAP_SERVERS = env.str("KAFKA_BOOTSTRAP_SERVERS", "")
KAFKA_GROUP_ID = env.str("KAFKA_GROUP_ID", "agentforge")
KAFKA_TOPIC_TASKS = env.str("KAFKA_TOPIC_TASKS", "tasks")
KAFKA_TOPIC_CONTROL = env.str("KAFKA_TOPIC_CONTROL", "task-control")
KAFKA_TOPIC_PROGRESS = env.str("KAFKA_TOPIC_PROGRESS", "task-progress")
KAFKA_TOPIC_DEAD_LETTER = env.str("KAFKA_TOPIC_DEAD_LETTER", "tasks-dead-letter")
KAFKA_CONFIG = kafka_config(env.str("KAFKA_CONFIG", "{}"))
AGENTFORGE_AGENT_COMMAND = (sys.executable, "-m", "agents.cli")
"""What a project runs that names no command."""

AGENTFORGE_PROGRAM_SECONDS = env.whole(
    "AGENTFORGE_PROGRAM_SECONDS", 3600, least=1, most=LONGEST_STEP - 100
)
AGENTFORGE_PROGRAM_MEMORY_MB = env.whole(
    "AGENTFORGE_PROGRAM_MEMORY_MB", 2_000, least=50, most=10_000_000
)
AGENTFORGE_PROGRAM_PROCESSES = env.whole("AGENTFORGE_PROGRAM_PROCESSES", 100, least=1, most=100_000)
AGENTFORGE_PROGRAM_OUTPUT_MB = env.whole(
    "AGENTFORGE_PROGRAM_OUTPUT_MB", 100, least=1, most=1_000_000
)

# ── Retention: days, 0 for ever ──────────────────────────────────────────────────────────────
AGENTFORGE_KEEP_TASKS_DAYS = env.days("AGENTFORGE_KEEP_TASKS_DAYS", 90)
AGENTFORGE_KEEP_DEAD_LETTERS_DAYS = env.days("AGENTFORGE_KEEP_DEAD_LETTERS_DAYS", 180)
AGENTFORGE_KEEP_EVENTS_DAYS = env.days("AGENTFORGE_KEEP_EVENTS_DAYS", 30)
AGENTFORGE_KEEP_AUDIT_DAYS = env.days("AGENTFORGE_KEEP_AUDIT_DAYS", 365)
AGENTFORGE_KEEP_RESULTS_DAYS = env.days("AGENTFORGE_KEEP_RESULTS_DAYS", 30)
AGENTFORGE_KEEP_RAW_DAYS = env.days("AGENTFORGE_KEEP_RAW_DAYS", 7)
AGENTFORGE_KEEP_DRAFTS_DAYS = env.days("AGENTFORGE_KEEP_DRAFTS_DAYS", 30)
AGENTFORGE_KEEP_DOCUMENTS_DAYS = env.days("AGENTFORGE_KEEP_DOCUMENTS_DAYS", 30)

# ── Documents ────────────────────────────────────────────────────────────────────────────────
AGENTFORGE_DOCUMENT_MAX_BYTES = env.whole(
    "AGENTFORGE_DOCUMENT_MAX_BYTES", 20_000_000, least=1, most=1_000_000_000
)
AGENTFORGE_DOCUMENTS_MAX_BYTES = env.whole(
    "AGENTFORGE_DOCUMENTS_MAX_BYTES", 1_000_000_000, least=1, most=1_000_000_000_000
)
AGENTFORGE_MAX_DOCUMENTS = env.whole("AGENTFORGE_MAX_DOCUMENTS", 100, least=1, most=10_000)
AGENTFORGE_DOCUMENT_MAX_PAGES = env.whole(
    "AGENTFORGE_DOCUMENT_MAX_PAGES", 2_000, least=1, most=100_000
)
AGENTFORGE_DOCUMENT_MAX_TEXT = env.whole(
    "AGENTFORGE_DOCUMENT_MAX_TEXT", 5_000_000, least=1, most=100_000_000
)
AGENTFORGE_DOCUMENT_SECONDS = env.whole("AGENTFORGE_DOCUMENT_SECONDS", 60, least=1, most=600)
AGENTFORGE_DOCUMENT_MEMORY_MB = env.whole(
    "AGENTFORGE_DOCUMENT_MEMORY_MB", 1_000, least=200, most=100_000
)
DATA_UPLOAD_MAX_NUMBER_FILES = AGENTFORGE_MAX_DOCUMENTS

# ── The crawl ────────────────────────────────────────────────────────────────────────────────
AGENTFORGE_CRAWL_ALLOW_PRIVATE = allowed_networks(
    env.str("AGENTFORGE_CRAWL_ALLOW_PRIVATE", "" if env.str("REDIS_URL", "") else "127.0.0.1")
)
AGENTFORGE_CRAWL_CONCURRENCY = env.whole("AGENTFORGE_CRAWL_CONCURRENCY", 16, least=1, most=256)
AGENTFORGE_CRAWL_PER_HOST = env.whole("AGENTFORGE_CRAWL_PER_HOST", 16, least=1, most=256)
AGENTFORGE_CRAWL_RATE = env.whole("AGENTFORGE_CRAWL_RATE", 0, least=0, most=10_000)
AGENTFORGE_CRAWL_USER_AGENT = env.str("AGENTFORGE_CRAWL_USER_AGENT", "AgentForge/1.0")
AGENTFORGE_PAGE_TIMEOUT = env.seconds("AGENTFORGE_PAGE_TIMEOUT", 20.0, least=0.1, most=3600)
AGENTFORGE_PAGE_MAX_BYTES = env.whole(
    "AGENTFORGE_PAGE_MAX_BYTES", 5_000_000, least=1, most=1_000_000_000
)
AGENTFORGE_PAGE_RETRIES = env.whole("AGENTFORGE_PAGE_RETRIES", 2, least=0, most=100)
AGENTFORGE_MAX_URLS = env.whole("AGENTFORGE_MAX_URLS", 100, least=1, most=100_000)
AGENTFORGE_MAX_PAGES = env.whole("AGENTFORGE_MAX_PAGES", 10_000, least=1, most=1_000_000)
AGENTFORGE_DEFAULT_PAGES = env.whole("AGENTFORGE_DEFAULT_PAGES", 500, least=1, most=1_000_000)
AGENTFORGE_MAX_DEPTH = env.whole("AGENTFORGE_MAX_DEPTH", 50, least=0, most=10_000)
AGENTFORGE_DEFAULT_DEPTH = env.whole("AGENTFORGE_DEFAULT_DEPTH", 10, least=0, most=10_000)
refuse_above(
    ("AGENTFORGE_DEFAULT_PAGES", AGENTFORGE_DEFAULT_PAGES),
    ("AGENTFORGE_MAX_PAGES", AGENTFORGE_MAX_PAGES),
)
refuse_above(
    ("AGENTFORGE_DEFAULT_DEPTH", AGENTFORGE_DEFAULT_DEPTH),
    ("AGENTFORGE_MAX_DEPTH", AGENTFORGE_MAX_DEPTH),
)

# ── Rendering ────────────────────────────────────────────────────────────────────────────────
AGENTFORGE_CHROMIUM = env.program("AGENTFORGE_CHROMIUM")
AGENTFORGE_CHROMIUM_SANDBOX = env.switch("AGENTFORGE_CHROMIUM_SANDBOX", os.geteuid() != 0)
AGENTFORGE_RENDER_CONCURRENCY = env.whole("AGENTFORGE_RENDER_CONCURRENCY", 2, least=1, most=64)
AGENTFORGE_RENDER_SECONDS = env.seconds("AGENTFORGE_RENDER_SECONDS", 20.0, least=1, most=600)
AGENTFORGE_RENDER_MEMORY_MB = env.whole(
    "AGENTFORGE_RENDER_MEMORY_MB", 1_000, least=200, most=100_000
)

# ── Knowledge ────────────────────────────────────────────────────────────────────────────────
AGENTFORGE_CHUNK_TOKENS = env.whole("AGENTFORGE_CHUNK_TOKENS", 400, least=1, most=100_000)
AGENTFORGE_CHUNK_OVERLAP = env.whole("AGENTFORGE_CHUNK_OVERLAP", 40, least=0, most=100_000)
refuse_above(
    ("AGENTFORGE_CHUNK_OVERLAP", AGENTFORGE_CHUNK_OVERLAP),
    ("AGENTFORGE_CHUNK_TOKENS - 1", AGENTFORGE_CHUNK_TOKENS - 1),
)
AGENTFORGE_DESCRIBER = env.str(
    "AGENTFORGE_DESCRIBER", "agents.knowledge.describe.ExtractiveDescriber"
)
AGENTFORGE_PROVIDERS = {
    LOCAL_PROVIDER: "agents.providers.local.LocalProvider",
    **outside_providers(env.str("AGENTFORGE_PROVIDERS", "")),
}

LOG_FORMAT = env.choice("AGENTFORGE_LOG_FORMAT", "line", ["line", "json"])
LOG_LEVEL = env.level("LOG_LEVEL", "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "tasks.log_lines.LineFormatter",
            "format": "{asctime} {levelname:<7} {name}: {message}",
            "style": "{",
        },
        "json": {"()": "tasks.log_lines.JsonFormatter"},
    },
    "filters": {
        "ids": {"()": "tasks.log_lines.IdsFilter"},
        "masking": {"()": "tasks.masking.MaskingFilter"},
        "without_readiness": {"()": "agentforge.quiet_logs.WithoutReadiness"},
        "without_traceback": {"()": "agentforge.quiet_logs.WithoutTraceback"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["ids", "masking"],
        }
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "httpx": {"level": "WARNING"},
        # At INFO, Celery tells of every message that comes and goes: several lines a step.
        "celery": {"level": "WARNING" if LOG_LEVEL == "INFO" else LOG_LEVEL},
        "celery.redirected": {"level": "WARNING"},
        # In place of uvicorn's own handlers, which know neither masks nor ids.
        "uvicorn": {"handlers": [], "propagate": True},
        "uvicorn.access": {"handlers": [], "propagate": True},
        "uvicorn.error": {"level": "WARNING"},
        "django.request": {"filters": ["without_readiness"]},
        "django.security.DisallowedHost": {"filters": ["without_traceback"]},
    },
}
