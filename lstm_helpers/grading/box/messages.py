"""Messages between host and box: a JSON header and raw arrays. No pickle: nothing that is read can run.

A frame is b"LSTM", the header's length (4 bytes), the header, then the arrays' bytes one after the other. A cell's
source travels as an array of bytes (``text_array``): it may be longer than a header.

Each request has a number, higher than any before, and names the fork it is meant for. Each reply names the request
that it answers ("re") and its place among the replies to it ("part"); the last one says "end". Both sides check this,
so that a reply that is late, missing or one too many is never taken for the answer to another question.
"""

import json
import struct

import numpy as np

MAGIC = b"LSTM"
SIZES = struct.Struct("<4sI")
DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)
LARGEST_HEADER, LARGEST_ARRAYS = 1 << 20, 1 << 26  # bytes


class FrameError(Exception):
    """What came is no frame, or larger than allowed."""


def pack(header, arrays=None):
    """The bytes of a frame: a header (plain JSON data) and named arrays. FrameError for what is not sent."""
    listed, parts = [], []
    for name, array in (arrays or {}).items():
        array = np.ascontiguousarray(array)
        if array.dtype.name not in DTYPES or not array.dtype.isnative:
            raise FrameError(f"{name} has dtype {array.dtype}, which is not sent")
        listed.append([name, array.dtype.name, list(np.shape(arrays[name]))])
        parts.append(array.tobytes())
    if sum(map(len, parts)) > LARGEST_ARRAYS:
        raise FrameError(f"the arrays take more than {LARGEST_ARRAYS >> 20} MB")
    text = json.dumps({**header, "arrays": listed}).encode()
    if len(text) > LARGEST_HEADER:
        raise FrameError(f"the header takes more than {LARGEST_HEADER >> 20} MB")
    return SIZES.pack(MAGIC, len(text)) + text + b"".join(parts)


def write(stream, header, arrays=None):
    """Send what ``pack`` makes of the header and the arrays."""
    stream.write(pack(header, arrays))
    stream.flush()


def text_array(text):
    """Text of any length as an array of bytes."""
    return np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)


def array_text(array):
    """The text that ``text_array`` made an array of."""
    return array.tobytes().decode("utf-8", "surrogatepass")


def read(stream):
    """The next (header, arrays). EOFError at the end of the stream, FrameError for anything that is not a frame."""
    magic, length = SIZES.unpack(_exactly(stream, SIZES.size))
    if magic != MAGIC or length > LARGEST_HEADER:
        raise FrameError("this is not a message of the grader")
    try:
        header = json.loads(_exactly(stream, length))
        listed = [(str(name), str(dtype), tuple(int(n) for n in shape)) for name, dtype, shape in header.pop("arrays")]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise FrameError(f"this message cannot be read: {type(error).__name__}") from None
    arrays, total = {}, 0
    for name, dtype, shape in listed:
        if dtype not in DTYPES or len(shape) > 32 or not all(0 <= n <= LARGEST_ARRAYS for n in shape):
            raise FrameError("an array of a kind that is not allowed")
        count = int(np.prod(shape, dtype=object))  # object: no overflow, whatever sizes are claimed
        total += count * np.dtype(dtype).itemsize
        if total > LARGEST_ARRAYS:
            raise FrameError(f"the arrays take more than {LARGEST_ARRAYS >> 20} MB")
        arrays[name] = np.frombuffer(_exactly(stream, count * np.dtype(dtype).itemsize), dtype).reshape(shape).copy()
    return header, arrays


def _exactly(stream, count):
    data = stream.read(count)
    if len(data) < count:
        raise EOFError("the other side has ended")
    return data
