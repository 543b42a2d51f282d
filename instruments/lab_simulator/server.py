"""The simulated lab over HTTP: thin handlers around the front desk."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from experiments.build import BUILD_ID_PATTERN, SignedBuild
from experiments.build_status import BuildState, BuildStatus, Health
from experiments.capabilities import Capabilities
from experiments.errors import CellwrightError, Rejected, Unsafe
from experiments.signature import access_token
from instruments.lab_protocol import (
    PREFIX,
    REASONS,
    STATUS_OF,
    AbortRequest,
    FileList,
    Notice,
    NoticeList,
    Refused,
)
from instruments.lab_simulator.desk import Desk

VERSION = "1.0"
TICK_S = 0.5
BuildId = Annotated[str, Path(pattern=BUILD_ID_PATTERN)]
FileName = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]


def create_app(desk: Desk) -> FastAPI:
    """Return the lab's application."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        desk.resume()
        ticking = asyncio.create_task(_tick(desk))
        yield
        ticking.cancel()
        await desk.close()

    def admitted(authorization: Annotated[str, Header()] = "") -> None:
        token = authorization.removeprefix("Bearer ")
        if not hmac.compare_digest(token.encode(), access_token(desk.secret).encode()):
            raise Unsafe("the access token is not this instrument's", reason="no_access")

    app = FastAPI(
        title="Cellwright lab protocol",
        version=VERSION,
        description=__doc__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    inside = APIRouter(prefix=PREFIX, dependencies=[Depends(admitted)], responses=REASONS)

    @app.exception_handler(CellwrightError)
    async def refuse(_: Request, error: CellwrightError) -> JSONResponse:
        return _refused(error)

    @app.exception_handler(RequestValidationError)
    async def misread(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return _refused(Rejected(f"{where}: {first['msg']}", reason="invalid"))

    @app.get(PREFIX + "/health")
    async def health() -> Health:
        return Health(instrument=desk.offer.instrument, is_ok=True, message="open", version=VERSION)

    @inside.get("/capabilities")
    async def capabilities() -> Capabilities:
        return desk.capabilities()

    @inside.put("/builds/{build_id}")
    async def submit(build_id: BuildId, build: SignedBuild, response: Response) -> BuildStatus:
        if build.build.id != build_id:
            raise Rejected(f"address and body name two builds: {build_id}", reason="invalid")
        status, is_new = desk.submit(build)
        response.status_code = 201 if is_new else 200
        return status

    @inside.get("/builds/{build_id}")
    async def status(build_id: BuildId) -> BuildStatus:
        return desk.status(build_id)

    @inside.post("/builds/{build_id}/abort")
    async def abort(build_id: BuildId, request: AbortRequest) -> BuildStatus:
        return desk.abort(build_id, request.reason)

    @inside.get("/builds/{build_id}/files")
    async def files(build_id: BuildId) -> FileList:
        return FileList(build_id=build_id, files=desk.files(build_id))

    @inside.get("/builds/{build_id}/files/{name}", response_class=Response)
    async def file(build_id: BuildId, name: FileName) -> Response:
        return Response(desk.file(build_id, name), media_type="application/octet-stream")

    @inside.get("/notices")
    async def notices(after: int = 0) -> NoticeList:
        return NoticeList(
            notices=tuple(
                Notice(sequence=sequence, build_id=build_id, state=BuildState(state))
                for sequence, build_id, state in desk.ledger.notices(after)
            )
        )

    app.include_router(inside)
    return app


def _refused(error: CellwrightError) -> JSONResponse:
    reason = error.evidence.get("reason") or ("limits" if isinstance(error, Unsafe) else "internal")
    document = Refused(
        reason=reason,
        message=error.message,
        refusals=error.evidence.get("refusals", ()),
        newest_epoch=error.evidence.get("newest_epoch"),
    )
    return JSONResponse(document.model_dump(mode="json"), status_code=STATUS_OF.get(reason, 500))


async def _tick(desk: Desk) -> None:
    while True:
        desk.tick()
        await asyncio.sleep(TICK_S)
