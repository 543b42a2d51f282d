"""What every instrument keeps; subclass and say how one is opened.

Needs nothing but an adapter: results are not waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from experiments.build import SignedBuild, signed_build
from experiments.build_status import BuildState
from experiments.errors import CellwrightError, Rejected, Unsafe
from instruments.instrument import Instrument
from tests.instruments.a_build import build_of, payload_of, recipe_of, request_of

LONGEST_S = 20.0
"""Every call must end within this, whatever happens."""


class InstrumentContract:
    """Subclass with ``opened`` and ``secret``; build ids are fresh in every test."""

    secret: bytes

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[Instrument]:
        """Open the instrument; close it after the block."""
        raise NotImplementedError
        yield

    @pytest.fixture
    def fresh(self, request: pytest.FixtureRequest) -> Callable[..., SignedBuild]:
        """Return a function that signs builds with ids of this test alone."""
        mark = f"t{abs(hash((request.node.nodeid, time.monotonic_ns())))}"

        def make(number: int = 1, *, epoch: int | None = None, secret: bytes | None = None, **kw):
            return signed_build(
                f"{mark}-{number}",
                payload_of(request_of(**kw)),
                epoch=self.epoch if epoch is None else epoch,
                secret=secret or self.secret,
            )

        return make

    epoch = 5

    def run(self, steps: Callable[[Instrument], Awaitable[Any]]) -> Any:
        """Open the instrument and take the steps, in time."""

        async def whole() -> Any:
            async with self.opened() as instrument:
                return await asyncio.wait_for(steps(instrument), LONGEST_S)

        return asyncio.run(whole())

    def refusal(self, build: SignedBuild, epoch: int | None = None) -> CellwrightError:
        """Return the error that submitting a build ends in; it must leave no trace."""

        async def steps(instrument: Instrument) -> CellwrightError:
            with pytest.raises((Rejected, Unsafe)) as caught:
                await instrument.submit(build, self.epoch if epoch is None else epoch)
            with pytest.raises(Rejected, match="known"):
                await instrument.status(build.build.id)
            return caught.value

        return self.run(steps)

    def test_tells_what_it_can_do(self):
        found = self.run(lambda instrument: instrument.capabilities())
        assert found.formats
        assert found.limits.current_A > 0

    def test_tells_whether_it_is_well(self):
        assert self.run(lambda instrument: instrument.health()).is_ok

    def test_a_build_is_known_once_it_is_submitted(self, fresh):
        build = fresh()

        async def steps(instrument):
            first = await instrument.submit(build, self.epoch)
            assert await instrument.results(build.build.id) == ()
            return first, await instrument.status(build.build.id)

        for status in self.run(steps):
            assert status.build_id == build.build.id
            assert status.payload_sha256 == build.build.payload_sha256
            assert not status.is_final

    def test_the_same_build_twice_is_one_build(self, fresh):
        async def steps(instrument):
            first = await instrument.submit(fresh(), self.epoch)
            again = await instrument.submit(fresh(), self.epoch)
            return first, again

        first, again = self.run(steps)
        assert (first.build_id, first.payload_sha256) == (again.build_id, again.payload_sha256)

    def test_a_known_id_with_another_payload_is_refused(self, fresh):
        async def steps(instrument):
            first = await instrument.submit(fresh(), self.epoch)
            with pytest.raises(Rejected, match="another payload"):
                await instrument.submit(fresh(n_cells=2), self.epoch)
            return first, await instrument.status(first.build_id)

        first, later = self.run(steps)
        assert first.payload_sha256 == later.payload_sha256

    def test_a_signature_with_another_secret_is_refused(self, fresh):
        found = self.refusal(fresh(secret=b"a secret of some other instrument"))
        assert isinstance(found, Unsafe)

    def test_a_signature_of_another_build_is_refused(self, fresh):
        signature = fresh(1).signature
        found = self.refusal(fresh(2).model_copy(update={"signature": signature}))
        assert isinstance(found, Unsafe)

    def test_a_signature_of_another_epoch_is_refused(self, fresh):
        assert isinstance(self.refusal(fresh(), epoch=self.epoch + 1), Unsafe)

    def test_an_older_epoch_is_refused(self, fresh):
        async def steps(instrument):
            await instrument.submit(fresh(1), self.epoch)
            with pytest.raises(Rejected, match=r"epoch 4"):
                await instrument.submit(fresh(2, epoch=self.epoch - 1), self.epoch - 1)

        self.run(steps)

    @pytest.mark.parametrize(
        ("changes", "limit"),
        [
            ({"recipe": recipe_of(thickness_m=300e-6)}, "limits.thickness_m"),
            ({"n_cells": 96}, "max_cells"),
        ],
    )
    def test_a_limit_holds_whoever_has_signed(self, fresh, changes, limit):
        found = self.refusal(fresh(**changes))
        assert isinstance(found, Unsafe)
        assert limit in found.message, found.message

    def test_an_unknown_build_is_refused_everywhere(self):
        async def steps(instrument):
            for asked in (
                instrument.status("never-heard-of"),
                instrument.results("never-heard-of"),
                instrument.abort("never-heard-of", "test"),
            ):
                with pytest.raises(Rejected, match="known") as caught:
                    await asked
                assert caught.value.reason == "unknown_build"

        self.run(steps)

    def test_an_abort_works_also_twice(self, fresh):
        async def steps(instrument):
            status = await instrument.submit(fresh(), self.epoch)
            first = await instrument.abort(status.build_id, "smoke")
            again = await instrument.abort(status.build_id, "smoke again")
            return first, again, await instrument.status(status.build_id)

        for status in self.run(steps):
            assert status.state is BuildState.aborted
            assert status.reason == "smoke"

    def test_nothing_it_shows_of_itself_holds_the_secret(self):
        async def steps(instrument):
            return repr(instrument) + str(vars(type(instrument)))

        assert self.secret.decode() not in self.run(steps)


__all__ = ["InstrumentContract", "build_of"]
