"""Fills a template and draws it with unoserver: a count a line, the seconds in answer.

The filling is ours, the fastest there is; documents and pages go through files, unoserver's
fastest way, and one connection is kept.
"""

import atexit
import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xmlrpc.client import ServerProxy

from adapters.docx.filler import Filler
from adapters.docx.template import compile_template
from adapters.libreoffice.profile import write_font_settings
from adapters.runtime.typefaces.book import SHIPPED

template, rows, office, python, packages = sys.argv[1:]
filler = Filler(compile_template(Path(template).read_bytes()))
data = json.loads(Path(rows).read_text(encoding="utf-8"))
work = Path(tempfile.mkdtemp(prefix="unoserver-"))
source, target = work / "in.docx", work / "out.pdf"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(port: int) -> subprocess.Popen[bytes]:
    fonts = work / "fonts.conf"
    write_font_settings(fonts, [SHIPPED], work / "font-cache")
    log = (work / "log").open("wb")
    return subprocess.Popen(
        [
            python, "-m", "unoserver.server", "--executable", office,
            "--port", str(port), "--uno-port", str(free_port()),
            "--user-installation", str(work / "profile"),
        ],
        env=os.environ
        | {"PYTHONPATH": packages, "FONTCONFIG_FILE": str(fonts), "SAL_USE_VCLPLUGIN": "svp"},
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip


def stop(server: subprocess.Popen[bytes]) -> None:
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    shutil.rmtree(work, ignore_errors=True)


def pdf(row: dict[str, object]) -> bytes:
    source.write_bytes(filler.fill(row))
    proxy.convert(str(source), None, str(target), "pdf", "writer_pdf_Export", [], False)
    return target.read_bytes()


port = free_port()
server = start_server(port)
atexit.register(stop, server)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
proxy = ServerProxy(f"http://127.0.0.1:{port}", allow_none=True)
for _ in range(120):
    if server.poll() is not None:
        raise SystemExit((work / "log").read_text())
    try:
        proxy.info()
        break
    except (ConnectionError, OSError):
        time.sleep(0.5)
else:
    raise SystemExit((work / "log").read_text())

print("ready", flush=True)
done = 0
for line in sys.stdin:
    count = int(line)
    if count == 0:
        print(base64.b64encode(pdf(data[1])).decode(), flush=True)
        continue
    started = time.perf_counter()
    for i in range(done, done + count):
        pdf(data[i % len(data)])
    print(time.perf_counter() - started, flush=True)
    done += count
