"""What the pages of ``nashgan explore`` share: a server for this machine only, and examples as people see them."""

import io
from base64 import b64encode
from typing import Annotated

import numpy as np
from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse
from jaxtyping import Shaped
from starlette.middleware.trustedhost import TrustedHostMiddleware

from nashgan.runtime.errors import UserError
from nashgan.spaces.space import Space

HOST = "127.0.0.1"
MOST_SEED = 2**31 - 1
Seed = Annotated[int, Query(ge=0, le=MOST_SEED)]
PICTURE = 320  # pixels of a small picture's shorter side


def serving(page: str) -> FastAPI:
    """An application that shows `page`, and answers 400 with the message of a UserError."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])  # no other site's name leads here

    @app.get("/", response_class=HTMLResponse)
    def show() -> str:
        return page

    @app.exception_handler(UserError)
    def refused(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status_code=400)

    return app


def shown(space: Space, example: Shaped[np.ndarray, "..."]) -> dict[str, object]:
    """An example for the page: its text, or a picture with its size in pixels as it is to be seen."""
    if space.media == "text/plain":
        return {"text": space.encode(example).decode()}
    picture, file = space.picture(example), io.BytesIO()
    picture.save(file, "PNG")
    media, content = ("image/png", file.getvalue())
    if space.media == "image/gif":
        media, content = space.media, space.encode(example)
    zoom = max(1, PICTURE // min(picture.size))
    source = f"data:{media};base64,{b64encode(content).decode()}"
    return {"source": source, "width": picture.width * zoom, "height": picture.height * zoom, "crisp": zoom > 1}
