"""Small pictures as bytes and as data URIs."""

import base64
from io import BytesIO

from PIL import Image


def a_picture(
    width: int = 40, height: int = 20, kind: str = "PNG", colour: str = "navy", **options: object
) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, kind, **options)
    return buffer.getvalue()


def data_uri(content: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
