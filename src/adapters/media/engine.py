"""Media files opened in child processes that see this one file and no network."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from adapters.media.messages import (
    CaptionsCall,
    CutAnswer,
    CutCall,
    Done,
    Grabbed,
    GrabCall,
    ListenAnswer,
    ListenCall,
    LookAnswer,
    LookCall,
    MadeShard,
    ProbeCall,
)
from adapters.media.pools import MEDIA
from adapters.runtime.children import Children, Lease
from adapters.runtime.files import read_file, write_file
from domain.artifacts.ports import BlobStore
from domain.notes.frames import Cutting, FrameCandidate, Picture, Sighting
from domain.notes.media import AudioShard, Dynamic, Listening, MediaFacts, Span, UnknownTrack
from domain.notes.ports import CutOrder, GrabOrder, ListenOrder, MediaEngine, Tell
from domain.notes.transcript import Segment

LONGEST_MS: Final = 12 * 3_600_000
_Item: Any = Done | MadeShard
_SOURCE: Final = "source"
_LEAST_SECONDS: Final = 180.0
_OF_LENGTH: Final = 0.5  # a machine twenty times slower than ours still gets through
_A_PICTURE: Final = 30.0  # seconds
_CODING: Final = 20.0  # times the length of a clip


@dataclass(frozen=True, slots=True)
class ChildMediaEngine(MediaEngine):
    """`longest_ms` is the length of video that is taken."""

    children: Children
    blobs: BlobStore
    longest_ms: int = LONGEST_MS

    async def probe(
        self, source_key: str, *, language: str | None, track: int | None
    ) -> MediaFacts:
        async with self._opened(source_key) as (child, source):
            call = ProbeCall(
                source=source, language=language, track=track, limit_ms=self.longest_ms
            )
            return await child.call(
                "probe", call, returns=MediaFacts, wall_seconds=_seconds(self.longest_ms)
            )

    async def listen(self, order: ListenOrder, tell: Tell) -> Listening:
        facts, shards = order.facts, list[AudioShard]()
        if facts.audio_choice is None:
            raise _no_track(facts, "sound")
        async with self._opened(order.source_key) as (child, source):
            call = ListenCall(
                source=source,
                track=facts.audio_choice,
                offset_ms=facts.offset_ms,
                duration_ms=facts.duration_ms,
                shard_ms=order.shard_ms,
                longest_ms=order.longest_ms,
            )

            async def shard(made: MadeShard) -> None:
                shards.append(await self._stored_shard(child, order.prefix, made))

            answer = await child.call(
                "listen",
                call,
                returns=ListenAnswer,
                each=_heard(tell, shard),
                items=_Item,
                wall_seconds=_seconds(facts.duration_ms),
            )
        return Listening(
            shards=tuple(shards),
            speech_ms=answer.speech_ms,
            level_db=answer.level_db,
            gaps=answer.gaps,
            decoded_ms=answer.decoded_ms,
        )

    async def look(self, source_key: str, facts: MediaFacts, tell: Tell) -> Sighting:
        if facts.video is None:
            raise _no_track(facts, "picture")

        async def told(done: Done) -> None:
            await tell(done.ms)

        async with self._opened(source_key) as (child, source):
            call = LookCall(
                source=source,
                track=facts.video.index,
                offset_ms=facts.offset_ms,
                duration_ms=facts.duration_ms,
            )
            seen = await child.call(
                "look",
                call,
                returns=LookAnswer,
                each=told,
                items=Done,
                wall_seconds=_seconds(facts.duration_ms),
            )
        candidates = tuple(
            FrameCandidate(
                number=number,
                time_ms=each.time_ms,
                stable=each.stable,
                kind=each.kind,
                sharpness=each.sharpness,
                content=each.content,
                look=int(each.look, 16),
            )
            for number, each in enumerate(seen.candidates, 1)
        )
        return Sighting(candidates=candidates, cuts=seen.cuts, frames_decoded=seen.frames_decoded)

    async def grab(self, order: GrabOrder) -> tuple[Picture, ...]:
        facts = order.facts
        if facts.video is None:
            raise _no_track(facts, "picture")
        async with self._opened(order.source_key) as (child, source):
            call = GrabCall(
                source=source,
                track=facts.video.index,
                offset_ms=facts.offset_ms,
                times_ms=order.times_ms,
                width=order.width,
                dynamic=facts.video.dynamic,
            )
            seconds = _LEAST_SECONDS + _A_PICTURE * len(order.times_ms)
            grabbed = await child.call(
                "grab", call, returns=tuple[Grabbed, ...], wall_seconds=seconds
            )
            return tuple(
                [await self._stored_picture(child, order.prefix, each) for each in grabbed]
            )

    async def cut(self, order: CutOrder) -> Cutting:
        facts = order.facts
        async with self._opened(order.source_key) as (child, source):
            call = CutCall(
                source=source,
                video=facts.video.index if facts.video else None,
                audio=facts.audio_choice,
                offset_ms=facts.offset_ms,
                span=_within(order.span, facts),
                dynamic=facts.video.dynamic if facts.video else Dynamic.SDR,
                target="clip",
            )
            seconds = _LEAST_SECONDS + _CODING * order.span.length_ms / 1000
            cut = await child.call("cut", call, returns=CutAnswer, wall_seconds=seconds)
            info = await self.blobs.put(order.key, read_file(child.scratch / call.target))
        return Cutting(
            key=info.key,
            size=info.size,
            sha256=info.sha256,
            start_ms=cut.start_ms,
            end_ms=cut.end_ms,
        )

    async def captions(self, source_key: str, facts: MediaFacts, track: int) -> tuple[Segment, ...]:
        readable = [each.index for each in facts.captions if each.text]
        if track not in readable:
            raise UnknownTrack("There is no such caption track.", track=track, tracks=readable)
        async with self._opened(source_key) as (child, source):
            call = CaptionsCall(source=source, track=track, offset_ms=facts.offset_ms)
            return await child.call(
                "captions",
                call,
                returns=tuple[Segment, ...],
                wall_seconds=_seconds(facts.duration_ms),
            )

    @asynccontextmanager
    async def _opened(self, key: str) -> AsyncIterator[tuple[Lease, str]]:
        """A child that may read the object, and where it finds it. Raises BlobNotFound."""
        path = await self.blobs.local_path(key)
        readable = () if path is None else (path,)
        async with self.children.lease(MEDIA, readable=readable) as child:
            if path is None:
                path = child.scratch / _SOURCE
                await write_file(path, self.blobs.open(key))
            yield child, str(path)

    async def _stored_shard(self, child: Lease, prefix: str, made: MadeShard) -> AudioShard:
        file = child.scratch / Path(made.name).name
        info = await self.blobs.put(f"{prefix}/{file.name}", read_file(file))
        file.unlink()
        return AudioShard(
            number=made.number,
            span=Span(start_ms=made.start_ms, end_ms=made.end_ms),
            key=info.key,
            size=info.size,
            sha256=info.sha256,
            speech=tuple(made.speech),
        )

    async def _stored_picture(self, child: Lease, prefix: str, made: Grabbed) -> Picture:
        file = child.scratch / Path(made.name).name
        info = await self.blobs.put(f"{prefix}/{made.time_ms:09}.jpg", read_file(file))
        return Picture(
            key=info.key,
            size=info.size,
            sha256=info.sha256,
            time_ms=made.time_ms,
            width=made.width,
            height=made.height,
        )


def _heard(tell: Tell, shard: Callable[[MadeShard], Awaitable[None]]) -> Any:
    async def each(item: Done | MadeShard) -> None:
        if isinstance(item, MadeShard):
            await shard(item)
        else:
            await tell(item.ms)

    return each


def _seconds(length_ms: int) -> float:
    return _LEAST_SECONDS + _OF_LENGTH * length_ms / 1000


def _within(span: Span, facts: MediaFacts) -> Span:
    end = min(span.end_ms, facts.duration_ms)
    return Span(start_ms=max(0, min(span.start_ms, end)), end_ms=end)


def _no_track(facts: MediaFacts, what: str) -> UnknownTrack:
    known = [each.index for each in facts.audio]
    return UnknownTrack(f"There is no {what} in this file.", track=None, tracks=known)
