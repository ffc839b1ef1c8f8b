"""Makes the talk of the demo: our own text, a synthetic voice, slides drawn here.

python benchmarks/make_talk.py src/entrypoints/cli/samples/notes/talk.mp4
"""

import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from hibari import Hibari
from PIL import Image, ImageDraw, ImageFont

FONTS = Path(__file__).parent.parent / "src/adapters/runtime/typefaces/fonts"
SIZE, RATE, SOUND = (1280, 720), 10, 24_000
INK, PAPER, SHADE, ACCENT = (26, 32, 44), (250, 250, 247), (96, 106, 122), (26, 95, 180)
TALK = (
    (
        "Alarms that people trust",
        ("Nora Quinn", "Harbour Systems"),
        (
            "Hello, and welcome. Today I want to talk about alarms that people trust. Last year "
            "our team received four thousand alarms a month, and nobody read them any more."
        ),
    ),
    (
        "Every alarm has an owner",
        ("One name beside each alarm", "No owner, no alarm"),
        (
            "The first idea is about ownership. Write one name next to every alarm. If nobody "
            "wants to own an alarm, then it should not exist. After two weeks we had deleted more "
            "than half of them."
        ),
    ),
    (
        "Measure what users feel",
        ("Page load time", "Failed orders", "Not processor load"),
        (
            "The second idea is about measurement. Customers do not feel the load of a processor. "
            "They feel how long a page takes, and whether their order went through. So we measure "
            "page load time and failed orders, and we wake people for nothing else."
        ),
    ),
    (
        "Practise on quiet days",
        ("One drill each month", "Write down what was missing"),
        (
            "The third idea is practice. Once a month we switch a server off on purpose. We "
            "decided that every drill ends with a short note about what was missing. Samir will "
            "write the first guide by Friday."
        ),
    ),
    (
        "What changed",
        ("4,000 alarms became 60", "Answered in three minutes"),
        (
            "Let me sum up. Give every alarm an owner, measure what users feel, and practise on "
            "quiet days. Four thousand alarms became sixty, and the median answer now takes three "
            "minutes. Thank you for listening."
        ),
    ),
)


def slide(title: str, lines: tuple[str, ...], number: int) -> Image.Image:
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 18, SIZE[1]), fill=ACCENT)
    draw.text((90, 110), title, INK, ImageFont.truetype(FONTS / "Carlito-Bold.ttf", 64))
    body = ImageFont.truetype(FONTS / "Carlito-Regular.ttf", 42)
    for at, line in enumerate(lines):
        draw.ellipse((96, 276 + 86 * at, 110, 290 + 86 * at), fill=ACCENT)
        draw.text((140, 256 + 86 * at), line, INK, body)
    small = ImageFont.truetype(FONTS / "Carlito-Regular.ttf", 24)
    draw.text((90, 660), f"{number} / {len(TALK)}", SHADE, small)
    return image


def main(target: Path) -> None:
    voice = Hibari()
    pause = np.zeros(int(0.7 * SOUND), np.float32)
    spoken = [np.concatenate([voice(text, seed=7), pause]) for *_, text in TALK]
    target.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(target), "w", options={"movflags": "+faststart"}) as file:
        video = file.add_stream("libx264", rate=RATE)
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        video.options = {"crf": "24", "preset": "slow", "tune": "stillimage"}
        audio = file.add_stream("aac", rate=SOUND, layout="mono")
        audio.bit_rate = 48_000
        write_video(file, video, spoken)
        write_audio(file, audio, np.concatenate(spoken))


def write_video(file: av.container.OutputContainer, stream: object, spoken: list) -> None:
    at, shown = 0.0, 0
    for number, ((title, lines, _), sound) in enumerate(zip(TALK, spoken, strict=True), start=1):
        begin, length = at, len(sound) / SOUND
        at += length
        while shown / RATE < at:
            share = (shown / RATE - begin) / length
            visible = 1 + int(share * len(lines) * 1.3)  # a line appears after the other
            picture = slide(title, lines[: min(visible, len(lines))], number)
            frame = av.VideoFrame.from_image(picture)
            frame.pts, frame.time_base = shown, Fraction(1, RATE)
            file.mux(stream.encode(frame))
            shown += 1
    file.mux(stream.encode(None))


def write_audio(file: av.container.OutputContainer, stream: object, sound: np.ndarray) -> None:
    for at in range(0, len(sound), 1024):
        block = np.zeros(1024, np.float32)
        block[: len(sound[at : at + 1024])] = sound[at : at + 1024]
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SOUND, at, Fraction(1, SOUND)
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
