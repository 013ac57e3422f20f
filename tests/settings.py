"""The project's settings on a data directory of their own, so that a test touches nothing else."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_data_dir = Path(tempfile.mkdtemp(prefix="agentforge-tests-"))
atexit.register(shutil.rmtree, _data_dir, ignore_errors=True)
os.environ["AGENTFORGE_DATA_DIR"] = str(_data_dir)
# Their websites and receivers are on loopback, also where a Redis is named.
os.environ["AGENTFORGE_CRAWL_ALLOW_PRIVATE"] = "127.0.0.1"

from agentforge.settings import *  # noqa: E402, F403
from agentforge.settings import DATABASES, MIDDLEWARE  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["TEST"] = {"NAME": str(_data_dir / "test.sqlite3")}
MIDDLEWARE = [
    name.replace(
        "servestatic.middleware.ServeStaticMiddleware", "tests.static_files.StaticFilesFoundOnce"
    )
    for name in MIDDLEWARE
]
