"""Reading the student's code: the line that failed, its operation, the error in plain words, the names that it uses.

Probes need it (``checks.probe``), so it runs beside the student's code, too: NumPy and the standard library alone.
"""

import dis
import functools
import linecache
import re
import traceback
import types

import numpy as np

NO_ENTRY = "there is no entry of that number in this tuple"
ONE_NUMBER = "an array stands where one whole number belongs"
NO_AXIS = "this line asks a function for an axis that the array does not have: axis=-1 is the last one of any array"
PLAIN_WORDS = [
    (
        r"too many indices for array: array is (\d+)-dimensional",
        r"the index asks for more axes than the \1 of this array: a[..., k:n] cuts the last one of any array",
    ),
    (
        r"axis (-?\d+) is out of bounds for array of dimension (\d+)",
        r"there is no axis \1 in an array with \2 of them: axis=-1 means the last axis of any array",
    ),
    (r"tuple index out of range", NO_ENTRY),
    (r"ufunc 'bitwise_xor' not supported", "^ is no power in Python: write x**2"),
    (
        r"matmul: Input operand 1 has a mismatch",
        "this matrix product does not fit: the last size on the left must be the first size of a matrix on the right",
    ),
    (
        r"solve1?: Input operand 1 has a mismatch",
        "this system does not fit: np.linalg.solve(A, b) needs as many numbers in b as A has rows",
    ),
    (
        r"numpy boolean (subtract|negative)",
        "True and False cannot be subtracted: np.where(yes, 1, -1) makes numbers of them, and ~yes is the opposite",
    ),
    (
        r"matmul: Input operand . does not have enough dimensions",
        "a matrix product needs arrays, and this is one number",
    ),
    (
        r"index (-?\d+) is out of bounds for axis (\d) with size (\d+)",
        r"there is no entry \1 on axis \2: its \3 entries are numbered from 0",
    ),
    (
        r"zero-size array to reduction operation (\w+)",
        r"\1 of no numbers at all: what is to come out where nothing is there, such as for a length of 0?",
    ),
    (r"cannot reshape array", "the array has another number of entries than this shape"),
    (r"could not (be )?broadcast", "these shapes do not fit together element by element"),
    (
        r"truth value of an array",
        "`if`, `and`, `max` and the like need one True or False, and this is an array of them: use np.where, "
        "np.maximum or a mask",
    ),
    (
        r"array split does not result in an equal division",
        "np.split cuts the rows unless `axis=` says otherwise (`axis=-1` is the last axis), and what it cuts here does "
        "not make so many equal pieces: count them",
    ),
    (r"only integer scalar arrays can be converted to a scalar index", ONE_NUMBER),
    (r"name '(\w+)' is not defined", r"there is no `\1` here: is it spelled right, and did its cell run?"),
    (
        r"local variable '(\w+)' (?:where it is not associated|referenced before)",
        r"`\1` is read before this function gives it a value",
    ),
    (
        r"0-dimensional arrays can be converted|only length-1 arrays",
        "one number is needed here and this is an array: math.exp takes one number, np.exp takes any array",
    ),
    (
        r"inhomogeneous shape|all input arrays must have the same shape",
        "the arrays that are put together here differ in shape, and np.array and np.stack need them all alike",
    ),
    (
        r"concatenate.*(axis|dimension)|along dimension",
        "these arrays do not fit along that axis: axis=-1 joins them side by side, axis=0 one below the other",
    ),
]
_SAME = {"LOAD_METHOD": "LOAD_ATTR"}  # np.split(...), with or without `import numpy as np` in the same source
_SILENT = {"CACHE", "EXTENDED_ARG", "NOP", "PRECALL", "PUSH_NULL", "RESUME"}
_SILENT |= {"JUMP_BACKWARD", "JUMP_ABSOLUTE"}  # the end of a loop stands at its last line


def namespace(obj):
    """The notebook's variables as a function or class sees them; an empty dictionary for anything else."""
    return getattr(obj, "__globals__", None) or getattr(getattr(obj, "__init__", None), "__globals__", None) or {}


def own_line(obj, tb):
    """The line in the checked function and, if that called another of the student's, the line there, with shapes."""
    space = namespace(obj)
    mine = [(frame, number) for frame, number in traceback.walk_tb(tb) if frame.f_globals is space]
    if not mine:
        return ""
    text = _frame_line(*mine[0])
    if len(mine) > 1:
        text += f"\nwhich calls {mine[-1][0].f_code.co_name}, {_frame_line(*mine[-1])}"
    return text


def functions_on(tb, space):
    """The names of a notebook's own functions on the way to where an error was raised; space: its variables."""
    on_the_way = (frame for frame, _ in traceback.walk_tb(tb) if frame.f_globals is space)
    return sorted({frame.f_code.co_name for frame in on_the_way} - {"<module>"})


def message_pattern(said):
    """A message with its names and shapes, and without what changes from one run to the next."""
    return re.sub(r"\b(0x)[0-9a-fA-F]+|\b(lines? )\d+", r"\1\2", said)


def raised_in(obj, tb):
    """Whether a `raise` of the checked function's own notebook raised it, in the person's own words."""
    *_, last = _steps(tb)
    frame = last.tb_frame
    return frame.f_globals is namespace(obj) and frame.f_code.co_code[last.tb_lasti] == dis.opmap["RAISE_VARARGS"]


def in_plain_words(obj, tb, said, line):
    """What is told in place of Python's message ``said``, "" where that is plain enough; line: the student's own."""
    words = ""
    for pattern, plain in PLAIN_WORDS:
        if found := re.search(pattern, said):
            words = _of_tuple(obj, tb, line) if plain == NO_ENTRY else found.expand(plain)
    return words + _where_one_number_belongs(operation(obj, tb)) if words == ONE_NUMBER else words


def _where_one_number_belongs(doing):
    """What is added for an array in the place of a number, by the operation that failed: its last word does it."""
    if doing.endswith(("BINARY_SUBSCR None", "BINARY_SLICE None")):
        return ": a slice such as h[:n] begins and ends at one number, the same for all"
    joins = re.search(r"LOAD_ATTR (concatenate|\w*stack)\b", doing)
    return f". np.{joins[1]} takes its arrays as one list: [h, x]" if joins else ""


def _of_tuple(obj, tb, line):
    """What is said of an index beyond the end of a tuple: the student's own, by ``line``, or that of a library."""
    *_, last = _steps(tb)
    if last.tb_frame.f_globals is not namespace(obj):
        return NO_AXIS
    shapes = set(re.findall(r"(\w+)\.shape\b", line))
    return (
        f"{NO_ENTRY}: {(name := shapes.pop())}.shape has one for each axis of {name}" if len(shapes) == 1 else NO_ENTRY
    )


def operation(obj, tb):
    """What was being worked out in the checked function: operators, functions and arguments, without local names."""
    space = namespace(obj)
    mine = next((step for step in _steps(tb) if step.tb_frame.f_globals is space), None)
    try:
        return _expression(mine.tb_frame.f_code, mine.tb_lasti) if mine else ""
    except Exception:  # bytecode that somebody made by hand
        return ""


def _steps(tb):
    while tb:
        yield tb
        tb = tb.tb_next


def _expression(code, at):
    """The instructions of the expression that the one at offset ``at`` ends, as text."""
    steps = _instructions(code, code.co_linetable)
    place = {step.offset: step.positions for step in steps}[at]
    start, end = (place.lineno, place.col_offset), (place.end_lineno, place.end_col_offset)
    given, words = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount], []
    for step in steps:
        p = step.positions
        if None in (*start, *end, p.lineno, p.col_offset) or step.opname in _SILENT:
            continue
        if start <= (p.lineno, p.col_offset) and (p.end_lineno, p.end_col_offset) <= end:
            words.append(_word(step, given))
    return "; ".join(words)


@functools.lru_cache(maxsize=256)
def _instructions(code, positions):
    """The instructions of a code object; codes that differ only in where their text stands are equal to Python."""
    return tuple(dis.get_instructions(code))


def _word(step, given):
    if step.opname == "BINARY_OP":
        return step.argrepr
    if isinstance(step.argval, types.CodeType):
        return " ".join(step.argval.co_names)
    if "_FAST" in step.opname or step.opname.endswith("_DEREF"):
        names = step.argval if isinstance(step.argval, tuple) else (step.argval,)
        return " ".join(name if name in given else "_" for name in names)
    return f"{_SAME.get(step.opname, step.opname)} {step.argval}"


def _frame_line(frame, number):
    text = linecache.getline(frame.f_code.co_filename, number).strip()
    shapes = {
        word: array.shape if (array := frame.f_locals[word]).ndim else f"= {array}"
        for word in dict.fromkeys(re.findall(r"\w+", text))
        if isinstance(frame.f_locals.get(word), np.ndarray)
    }
    if shapes:  # the sizes by which it was cut stand in other lines: H, B, T
        sizes = {name: value for name, value in frame.f_locals.items() if re.fullmatch("[A-Z]", name)}
        shapes |= {name: f"= {value}" for name, value in sizes.items() if isinstance(value, int | np.integer)}
    there = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
    return f"line {number}: {text}" + (f"\nshapes there: {there}" if there else "")


def names_in(fn):
    """Every name that a function looks up, also in functions inside it."""
    waiting, names = [getattr(fn, "__code__", None)], set()
    while waiting:
        code = waiting.pop()
        if isinstance(code, types.CodeType):
            names.update(code.co_names)
            waiting += code.co_consts
    return names


def globals_read(fn):
    """Names of arrays and numbers that the function takes from the notebook instead of its arguments."""
    code, space = getattr(fn, "__code__", None), namespace(fn)
    if not isinstance(code, types.CodeType):
        return []
    values = [
        name
        for name in code.co_names
        if isinstance(space.get(name), (np.ndarray, np.generic, float, int)) and not isinstance(space[name], bool)
    ]
    try:
        named = _globals_named(code) if values else ()
    except Exception:  # bytecode that somebody made by hand
        return []
    return [name for name in values if name in named]


@functools.lru_cache(maxsize=256)
def _globals_named(code):
    """Those of code.co_names that are no attributes, such as the T of .T."""
    return {step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
