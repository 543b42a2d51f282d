"""The generic lab over HTTP: anything that speaks ``instruments.lab_protocol``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
from pydantic import BaseModel

from experiments.build import SignedBuild
from experiments.build_status import BuildStatus, Health
from experiments.capabilities import Capabilities
from experiments.errors import CellwrightError, OutcomeUnknown, Transient, Unreachable
from experiments.signature import access_token
from instruments.gate import require_authentic
from instruments.hard_limits import HardLimits
from instruments.http_answer import (
    MAX_DOCUMENT_BYTES,
    MAX_FILE_BYTES,
    bounded_body,
    document_of,
    refusal_of,
)
from instruments.lab_protocol import PREFIX, AbortRequest, FileList, Notice, NoticeList
from instruments.result_file import ResultFile
from instruments.spool import Spool

TIMEOUT_S: Final = 10.0
FILE_TIMEOUT_S: Final = 120.0

Document = TypeVar("Document", bound=BaseModel)
Given = TypeVar("Given")


class HttpLab:
    """One lab at one address, which only the administrator's file can name."""

    def __init__(
        self,
        name: str,
        address: str,
        secret: bytes,
        spool_folder: Path,
        *,
        hard_limits: HardLimits | None = None,
        is_simulated: bool = False,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._name = name
        self._secret = secret
        self._spool = Spool(spool_folder)
        self._hard_limits = hard_limits or HardLimits()
        self._is_simulated = is_simulated
        self._timeout_s = timeout_s
        self._newest_epoch = 0
        self._client = httpx.AsyncClient(
            base_url=address.rstrip("/") + PREFIX,
            headers={
                "authorization": f"Bearer {access_token(secret)}",
                "accept-encoding": "identity",
            },
            follow_redirects=False,
            trust_env=False,
            timeout=timeout_s,
            limits=httpx.Limits(max_connections=4),
        )

    def __repr__(self) -> str:
        """Show no credential."""
        return f"HttpLab({self._name!r})"

    @property
    def name(self) -> str:
        """Return the administrator's name for the lab."""
        return self._name

    async def capabilities(self) -> Capabilities:
        """Return what the lab says of itself, narrowed by the administrator's hard limits.

        It is simulated only where the administrator's file says so too.
        """
        told = await self._asked("GET", "/capabilities", Capabilities)
        is_simulated = told.is_simulated and self._is_simulated
        own = {"instrument": self._name, "is_simulated": is_simulated}
        return self._hard_limits.narrowed(told.model_copy(update=own))

    async def submit(self, build: SignedBuild, epoch: int) -> BuildStatus:
        """Send a build. Raises ``OutcomeUnknown`` wherever the lab might have accepted it."""
        require_authentic(build, epoch, secret=self._secret, newest_epoch=self._newest_epoch)
        self._hard_limits.require(build.payload, self._name)
        self._newest_epoch = epoch
        build_id = build.build.id
        try:
            status = await self._asked("PUT", f"/builds/{build_id}", BuildStatus, build)
        except Unreachable as error:
            if error.evidence.get("was_sent") is False:
                raise
            raise OutcomeUnknown(
                f"build {build_id} may or may not be accepted: {error.message}",
                build_id=build_id,
            ) from error
        try:
            return self._of(build_id, status, build.build.payload_sha256)
        except Unreachable as error:
            raise OutcomeUnknown(error.message, build_id=build_id) from error

    async def status(self, build_id: str) -> BuildStatus:
        """Ask how a build fares."""
        return self._of(build_id, await self._asked("GET", f"/builds/{build_id}", BuildStatus))

    async def results(self, build_id: str) -> tuple[ResultFile, ...]:
        """Fetch the files that are not here yet; each is of the listed hash or not taken.

        What a running test still writes is left where it is: it changes with every look, may be
        large, and nothing here rests on it.
        """
        listed = await self._asked("GET", f"/builds/{build_id}/files", FileList)
        if listed.build_id != build_id:
            raise self._of_another(build_id, listed.build_id)
        found: list[ResultFile] = []
        for entry in listed.files:
            if entry.is_partial:
                continue
            path = self._spool.find(entry.sha256)
            if path is None:
                body = await self._fetched(f"/builds/{build_id}/files/{entry.name}")
                kept = await asyncio.to_thread(self._spool.keep, body)
                path, sha256 = kept
                if sha256 != entry.sha256:
                    raise Unreachable(
                        f"{self._name}: file {entry.name} has sha256 {sha256[:12]}…, "
                        f"{entry.sha256[:12]}… was listed"
                    )
            found.append(self._spool.result(path, entry, build_id))
        return tuple(found)

    async def abort(self, build_id: str, reason: str) -> BuildStatus:
        """Stop a build, asking until the lab has heard it: an abort may be repeated."""
        request = AbortRequest(reason=reason[:2000])
        last: CellwrightError = Unreachable(f"{self._name}: no answer")
        for pause_s in (0.0, 0.2, 1.0, 3.0):
            await asyncio.sleep(pause_s)
            try:
                told = await self._asked("POST", f"/builds/{build_id}/abort", BuildStatus, request)
                return self._of(build_id, told)
            except Transient as error:
                last = error
        raise last

    async def notices(self, after: int) -> tuple[Notice, ...]:
        """Return what may have changed since a sequence number, in order, each once."""
        told = await self._asked("GET", f"/notices?after={int(after)}", NoticeList)
        by_sequence = {n.sequence: n for n in told.notices if n.sequence > after}
        return tuple(by_sequence[sequence] for sequence in sorted(by_sequence))

    async def health(self) -> Health:
        """Return whether the lab answers; raises nothing."""
        try:
            told = await self._asked("GET", "/health", Health)
        except CellwrightError as error:
            return Health(instrument=self._name, is_ok=False, message=error.message)
        return told.model_copy(update={"instrument": self._name})

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _asked(
        self, method: str, path: str, kind: type[Document], body: BaseModel | None = None
    ) -> Document:
        status, answer = await self._answered(method, path, MAX_DOCUMENT_BYTES, body)
        if status >= 300:
            raise refusal_of(self._name, status, answer)
        return document_of(answer, kind)

    async def _fetched(self, path: str) -> bytes:
        status, answer = await self._answered("GET", path, MAX_FILE_BYTES)
        if status >= 300:
            raise refusal_of(self._name, status, answer)
        return answer

    async def _answered(
        self, method: str, path: str, most: int, body: BaseModel | None = None
    ) -> tuple[int, bytes]:
        content = None if body is None else body.model_dump_json().encode()
        headers = {} if body is None else {"content-type": "application/json"}

        async def exchange() -> tuple[int, bytes]:
            request = self._client.build_request(method, path, content=content, headers=headers)
            response = await self._client.send(request, stream=True)
            try:
                return response.status_code, await bounded_body(response, most)
            finally:
                await response.aclose()

        limit_s = FILE_TIMEOUT_S if most == MAX_FILE_BYTES else 2.0 * self._timeout_s
        return await self._within(exchange(), limit_s)

    async def _within(self, exchange: Awaitable[Given], limit_s: float) -> Given:
        try:
            return await asyncio.wait_for(exchange, limit_s)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable(
                f"{self._name}: no connection ({type(error).__name__})", was_sent=False
            ) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unreachable(f"{self._name}: {type(error).__name__}") from error

    def _of(self, build_id: str, status: BuildStatus, sha256: str | None = None) -> BuildStatus:
        """Return the status where it is of the build asked for. Raises ``Unreachable``."""
        if status.build_id != build_id:
            raise self._of_another(build_id, status.build_id)
        if sha256 is not None and status.payload_sha256 != sha256:
            raise Unreachable(f"{self._name} tells of another payload under build {build_id}")
        return status

    def _of_another(self, build_id: str, told: Any) -> Unreachable:
        return Unreachable(f"{self._name} was asked of build {build_id} and tells of {told}")
