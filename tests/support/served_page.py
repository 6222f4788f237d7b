"""An application of `nashgan explore` on a real server of its own."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from nashgan.commands.explore_page import HOST


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The page's address."""
    with socket.create_server((HOST, 0)) as place:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        try:
            yield f"http://{HOST}:{place.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join()
